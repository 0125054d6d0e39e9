//! Bark, against a stand-in of bark-server 2 that refuses what the real one and Apple refuse.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use channelwarden::config::{BarkConfig, Config, Language, ReceiverConfig, SecretRef};
use channelwarden::model::Cause;
use channelwarden::notify::event::ChannelName;
use channelwarden::notify::{Digest, Entry, Event, Letter, Receiver, Refusal, Totals, What};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const KEY: &str = "canaryKey0123456789";
/// What Apple takes for one push.
const APNS: usize = 4096;
/// What the server adds to it.
const AROUND: usize = 400;

type Pushed = Arc<Mutex<Vec<Value>>>;

/// The server's answer, which holds its code once more.
fn answer(code: u16, message: &str) -> (StatusCode, String) {
    let body = json!({ "code": code, "message": message, "timestamp": 1_795_262_400 });
    (StatusCode::from_u16(code).unwrap(), body.to_string())
}

async fn push(State(pushed): State<Pushed>, body: String) -> (StatusCode, String) {
    let Ok(push) = serde_json::from_str::<Value>(&body) else { return answer(400, "request bind failed") };
    let key = push["device_key"].as_str().unwrap_or_default();
    if key != KEY {
        let why = format!("failed to get device token: failed to get [{key}] device token from database");
        return answer(400, &why);
    }
    let levels = ["active", "timeSensitive", "passive", "critical"];
    if !levels.contains(&push["level"].as_str().unwrap_or_default()) || !push["body"].is_string() {
        return answer(400, "bad push");
    }
    if body.len() + AROUND > APNS {
        return answer(500, "push failed: apns response: PayloadTooLarge");
    }
    pushed.lock().unwrap().push(push);
    answer(200, "success")
}

async fn receiver(key: &str) -> (Receiver, Pushed) {
    let pushed = Pushed::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().route("/push", axum::routing::post(push)).with_state(Arc::clone(&pushed));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let bark = BarkConfig { server, key: SecretRef::literal(key) };
    let settings = ReceiverConfig { bark: Some(bark), ..ReceiverConfig::default() };
    (Receiver::new("phone", &settings, &Config::default()).unwrap(), pushed)
}

async fn deliver(receiver: &Receiver, entries: Vec<Entry>) -> Result<(), Refusal> {
    let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let digest = Digest { at, totals: Totals { models: 45, down: 2, ..Totals::default() }, entries, test: false };
    let (language, zone) = (Language::Zh, TimeZone::UTC);
    let letter = Letter {
        id: "1a2b3c4d-7",
        to: "",
        digest: &digest,
        language,
        link: Some("https://w.example"),
        zone: &zone,
        at,
    };
    receiver.deliver(&letter).await
}

fn entry(cause: Cause, channel: i64, model: &str) -> Entry {
    let since: Timestamp = "2026-11-21T11:00:00Z".parse().unwrap();
    let event = Event {
        cause,
        gateway: "main".to_owned(),
        channel: Some(ChannelName { id: channel, name: "东\"}\u{202e}\n".to_owned() }),
        subject: model.to_owned(),
        since,
        evidence: "402 余额不足".repeat(20),
        mark: String::new(),
        change: None,
    };
    Entry { what: What::First, event, until: None, flapping: false }
}

#[tokio::test]
async fn a_push_has_its_loudness_and_takes_its_own_place() {
    for (cause, level) in
        [(Cause::NoCredit, "timeSensitive"), (Cause::Substituted, "active"), (Cause::Degraded, "passive")]
    {
        let (receiver, pushed) = receiver(KEY).await;
        assert_eq!(deliver(&receiver, vec![entry(cause, 3, "gpt-4o")]).await, Ok(()));
        let push = pushed.lock().unwrap().remove(0);
        let field = |name: &str| push[name].as_str().unwrap().to_owned();
        assert_eq!(
            (field("level"), field("id"), field("group")),
            (level.into(), "1a2b3c4d-7".into(), "channelwarden".into())
        );
        assert_eq!(field("url"), "https://w.example");
        assert!(field("body").contains("45") && !field("body").contains('\u{202e}'), "{push}");
        assert!(field("title").contains('东') && !field("title").contains('\n'), "{push}");
    }
}

#[tokio::test]
async fn a_flood_fits_into_a_push_and_says_what_is_left_out() {
    let (receiver, pushed) = receiver(KEY).await;
    let entries = (0..500).map(|n| entry(Cause::NoCredit, n / 10, &format!("模型-{n}"))).collect();
    assert_eq!(deliver(&receiver, entries).await, Ok(()));
    let push = pushed.lock().unwrap().remove(0);
    let body = push["body"].as_str().unwrap();
    assert!(body.len() <= 1500 && body.contains("45"), "{} bytes: {body}", body.len());
}

#[tokio::test]
async fn an_unknown_device_waits_for_a_person_and_its_key_is_not_told() {
    let (receiver, pushed) = receiver("canaryKeyOfNobody1").await;
    let Err(Refusal::Later { why, after: None }) = deliver(&receiver, vec![entry(Cause::NoCredit, 3, "m")]).await
    else {
        panic!("it was taken, or given up");
    };
    assert!(why.contains("bark.key") && why.contains("failed to get device token") && !why.contains("canary"), "{why}");
    assert!(pushed.lock().unwrap().is_empty());
}
