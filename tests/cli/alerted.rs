//! `run` tells: once, in one message for all that is new, and not again after a crash.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::gateways::ChannelRow;
use crate::run::Loop;
use crate::scene::{Scene, binary};

const PATIENCE: Duration = Duration::from_secs(40);

/// A webhook and what it was sent: the id of each message, and the message.
#[derive(Clone, Default)]
struct Hook {
    got: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Hook {
    /// One that takes everything, and its address.
    async fn open() -> (Self, String) {
        let hook = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/canary-0123456789", listener.local_addr().unwrap());
        let take = async |State(hook): State<Self>, headers: HeaderMap, body: String| {
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            hook.got.lock().unwrap().push((id, serde_json::from_str(&body).unwrap()));
            StatusCode::NO_CONTENT
        };
        let router = Router::new().route("/canary-0123456789", post(take)).with_state(hook.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        (hook, url)
    }

    /// Every entry of every message, as "what cause subject".
    fn told(&self) -> Vec<String> {
        let got = self.got.lock().unwrap();
        let entries = got.iter().flat_map(|(_, message)| message["entries"].as_array().unwrap().clone());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        entries
            .map(|entry| format!("{} {} {}", text(&entry["what"]), text(&entry["cause"]), text(&entry["subject"])))
            .collect()
    }

    async fn until(&self, words: &str) {
        let found = async {
            while !self.told().iter().any(|told| told.contains(words)) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {words:?} in {:#?}", self.told()));
    }
}

/// One channel that works, and one whose upstream knows another key.
async fn refused(url: &str) -> Scene {
    let config = json!({
        "gateways": { "main": { "mode": "apply" } },
        "verdict": { "denied": { "times": 2, "over": "1s" } },
        "notify": {
            "digest": "1s",
            "receivers": { "hook": { "webhook": { "url": url, "secret": "canary-secret-0123456789" } } },
        },
    });
    let mut scene = Scene::with(&config).await;
    scene.channel("Borealis", "dead", &[("dead", "works")]).await;
    let wrong = |row| ChannelRow { key: "sk-canary-refused-0123456789".to_owned(), ..row };
    scene.odd_channel("Cumulus", "a,b,c", &[("a", "works"), ("b", "works"), ("c", "works")], wrong).await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_once_with_its_reason_and_a_crash_repeats_nothing() {
    let (hook, url) = Hook::open().await;
    let mut scene = refused(&url).await;
    scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;

    let looping = Loop::start_in(&scene.folder());
    hook.until("key-bad").await;
    hook.until("withdrawn dead").await;
    let told = hook.told();
    let of_the_key = told.iter().filter(|line| line.contains("key-bad")).count();
    assert_eq!(of_the_key, 1, "one line, and not one for each model: {told:#?}");
    assert_eq!(told.iter().filter(|line| line.contains("withdrawn")).count(), 1, "{told:#?}");
    {
        let got = hook.got.lock().unwrap();
        let all = format!("{got:?}");
        assert!(!all.contains("canary") && all.contains("channelwarden undo"), "{all}");
        let ids: BTreeSet<_> = got.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), got.len(), "each message has an id of its own: {ids:?}");
    }

    looping.signal("KILL");
    drop(looping);
    let mut looping = Loop::start_in(&scene.folder());
    looping.until("checked").await;
    // A look, and the time that news are gathered, twice over.
    sleep(Duration::from_secs(8)).await;
    assert_eq!(hook.told(), told, "nothing is told again");
    let ran = scene.run_to(0, &["notify", "outbox"]).await;
    assert!(ran.out.contains("nothing is on its way"), "{ran}");
    assert_eq!(looping.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_sending_and_noting_it_sends_one_message_twice_and_with_the_same_id() {
    let (hook, url) = Hook::open().await;
    let scene = refused(&url).await;
    let mut command = binary(&scene.folder(), &["run"]);
    command.env("CHANNELWARDEN_CRASH_AT", "sent-not-noted").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let stood = async { while lines.next_line().await.unwrap().unwrap() != "crash-point sent-not-noted" {} };
    timeout(PATIENCE, stood).await.unwrap_or_else(|_| panic!("nothing was sent"));
    child.kill().await.unwrap();
    let sent = hook.got.lock().unwrap().clone();
    assert_eq!(sent.len(), 1, "{sent:#?}");

    let mut looping = Loop::start_in(&scene.folder());
    looping.until("checked").await;
    let again = async {
        while hook.got.lock().unwrap().len() < 2 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, again).await.unwrap_or_else(|_| panic!("it was lost, had it not been taken"));
    sleep(Duration::from_secs(8)).await;
    let got = hook.got.lock().unwrap().clone();
    let (entries, before) = (&got[1].1["entries"], &sent[0].1["entries"]);
    assert_eq!((got.len(), &got[1].0, entries), (2, &sent[0].0, before), "the same once more, and no other");
    assert_eq!(looping.stop().await, Some(0));
}
