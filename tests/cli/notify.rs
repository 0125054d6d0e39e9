//! `notify`: a trial, the outbox, and quiet.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use channelwarden::notify::Digest;
use channelwarden::store::{Address, Posting};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::scene::{Ran, Scene, assert_told};

/// Two webhooks: one takes what it is sent, the other answers 503; and one at which nobody listens.
async fn scene() -> (Scene, Arc<Mutex<Vec<String>>>) {
    let taken = Arc::new(Mutex::new(vec![]));
    let keep = Arc::clone(&taken);
    let take = axum::routing::post(async move |body: String| keep.lock().unwrap().push(body));
    let refuse = axum::routing::post(async || (StatusCode::SERVICE_UNAVAILABLE, "no /canary-path-2 today"));
    let app = Router::new().route("/canary-path-1", take).route("/canary-path-2", refuse);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let hook = |path: &str| json!({ "webhook": { "url": format!("http://{at}/{path}"), "secret": "canary-secret-1" } });
    let receivers = json!({
        "own": hook("canary-path-1"),
        "poor": hook("canary-path-2"),
        "off": { "enabled": false, "webhook": { "url": "http://127.0.0.1:9/canary-path-3" } },
    });
    let config = json!({ "gateways": { "main": { "mode": "observe" } }, "notify": { "receivers": receivers } });
    (Scene::with(&config).await, taken)
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test]
async fn a_trial_tells_which_receiver_works_and_why_not() {
    let (scene, taken) = scene().await;
    assert_told("notify_test", scene.run_to(1, &["notify", "test"]).await);
    let body: Value = serde_json::from_str(&taken.lock().unwrap().remove(0)).unwrap();
    assert_eq!((&body["test"], body["entries"].as_array().unwrap().len()), (&json!(true), 0));
    scene.run_to(0, &["notify", "test", "own"]).await;
    let ran = scene.run_to(1, &["notify", "test", "poor", "--json"]).await;
    let told = &json_of(&ran)[0];
    assert_eq!((&told["receiver"], &told["ok"], &told["may_pass"]), (&json!("poor"), &json!(false), &json!(true)));
    let ran = scene.run_to(1, &["notify", "test", "off"]).await;
    assert!(ran.out.contains("failed  off  webhook: no connection"), "{ran}");
    assert_told("notify_test_unknown", scene.run_to(1, &["notify", "test", "nobody"]).await);
    assert_eq!(taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_receiver_a_trial_says_where_one_is_named() {
    let scene = Scene::new("observe").await;
    assert_told("notify_test_none", scene.run_to(0, &["notify", "test"]).await);
}

#[tokio::test]
async fn where_none_is_enabled_a_trial_says_so() {
    let off = json!({ "off": { "enabled": false, "webhook": { "url": "http://127.0.0.1:9/x" } } });
    let scene = Scene::with(&json!({ "gateways": { "main": {} }, "notify": { "receivers": off } })).await;
    let ran = scene.run_to(0, &["notify", "test"]).await;
    assert!(ran.out.contains("no receiver is enabled"), "{ran}");
}

#[tokio::test]
async fn a_template_that_makes_no_json_or_cannot_be_filled_is_refused_by_the_check() {
    for (template, says) in [(r#"{"text": "{{ title }}"}"#, "own quotes"), ("{{ title|nosuch }}", "unknown filter")] {
        let hook = json!({ "url": "http://127.0.0.1:9/canary-path-4", "template": template });
        let notify = json!({ "receivers": { "own": { "webhook": hook } } });
        let scene = Scene::with(&json!({ "gateways": { "main": {} }, "notify": notify })).await;
        let ran = scene.run_to(1, &["config", "check"]).await;
        assert!(ran.err.contains("notify.receivers.own.webhook.template") && ran.err.contains(says), "{ran}");
    }
}

#[tokio::test]
async fn the_outbox_shows_what_waits_and_what_was_given_up() {
    let (scene, _) = scene().await;
    assert_told("notify_outbox_empty", scene.run_to(0, &["notify", "outbox"]).await);
    let store = &scene.setup.store;
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let body = serde_json::to_string(&Digest::trial(now)).unwrap();
    let to = |receiver: &str| Address { receiver: receiver.to_owned(), chat: String::new() };
    let sent = store.post(&to("own"), &body, now).await.unwrap();
    let dead = store.post(&to("poor"), &body, now).await.unwrap();
    store.post(&to("poor"), &body, now).await.unwrap();
    store.posted(sent, Posting::Sent, now, "").await.unwrap();
    store
        .posted(dead, Posting::Dead, now, "it does not take this message (it answered 400: bad\u{1b}[31m)")
        .await
        .unwrap();
    assert_told("notify_outbox", scene.run_to(0, &["notify", "outbox"]).await);
    let rows = async |args: &[&str]| {
        let ran = scene.run_to(0, &[&["notify", "outbox", "--json"], args].concat()).await;
        json_of(&ran).as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&["--dead"]).await, [dead]);
    assert_eq!(rows(&["--sent", "--receiver", "own"]).await, [sent]);
    assert_eq!(rows(&["--sent", "--limit", "2"]).await, [3, 2]);
    assert_told("notify_retry_unknown", scene.run_to(1, &["notify", "retry", &sent.to_string()]).await);
    assert_told("notify_retry", scene.run_to(0, &["notify", "retry", &dead.to_string()]).await);
    assert_eq!(rows(&["--dead"]).await, [0_i64; 0]);
    let ran = scene.run_to(0, &["notify", "outbox", "--dead"]).await;
    assert_eq!(ran.out, "nothing was given up\n", "two wait");
    scene.run_to(1, &["notify", "outbox", "--limit", "0"]).await;
    assert_told("notify_retry_none", scene.run_to(0, &["notify", "retry"]).await);
    scene.run_to(1, &["notify", "outbox", "--receiver", "nobody"]).await;
}

#[tokio::test]
async fn quiet_is_asked_for_and_ended() {
    let (scene, _) = scene().await;
    assert_told("notify_mute", scene.run_to(0, &["notify", "mute", "2h"]).await);
    scene.run_to(0, &["notify", "mute", "1d", "--audience", "own"]).await;
    assert_told("notify_unmute", scene.run_to(0, &["notify", "unmute"]).await);
    let ran = scene.run_to(0, &["notify", "unmute", "--audience", "own"]).await;
    assert!(ran.out.contains("nobody is muted"), "{ran}");
    assert_told("notify_unmute_again", scene.run_to(0, &["notify", "unmute"]).await);
    assert_told("notify_mute_unknown", scene.run_to(1, &["notify", "mute", "1h", "--audience", "nobody/3"]).await);
    scene.run_to(1, &["notify", "mute", "soon"]).await;
    let ran = scene.run_to(1, &["notify", "mute", "1h", "--audience", "own/3"]).await;
    assert!(ran.err.contains("own has no chats"), "{ran}");
    let ran = scene.run_to(1, &["notify", "mute", "0s"]).await;
    assert!(ran.err.contains("notify unmute"), "{ran}");
}
