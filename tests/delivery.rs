//! Messages on their way to a webhook that is down, slow, picky or gone, over real sockets and a clock of the tests' own.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/log.rs"]
mod log;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use channelwarden::config::{Config, ReceiverConfig, SecretRef, WebhookConfig};
use channelwarden::notify::delivery::{self, Delivery};
use channelwarden::notify::{Digest, Receiver};
use channelwarden::store::{Address, Post, PostQuery, Posting, Store};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use log::Log;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk=";

/// What came.
#[derive(Clone, Debug)]
struct Came {
    id: String,
    at: String,
    signature: String,
    token: String,
    body: String,
}

/// A webhook that answers as it is told, and 200 when it is told nothing.
#[derive(Clone, Default)]
struct Hook {
    came: Arc<Mutex<Vec<Came>>>,
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    /// While set, an answer never comes.
    hangs: Arc<Mutex<bool>>,
    arrived: Arc<Notify>,
}

impl Hook {
    async fn listen(&self, at: &str) -> std::net::SocketAddr {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/canary-path-1", axum::routing::post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        address
    }

    fn ids(&self) -> Vec<String> {
        self.came.lock().unwrap().iter().map(|came| came.id.clone()).collect()
    }
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    hook.came.lock().unwrap().push(Came {
        id: header("webhook-id"),
        at: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        token: header("x-token"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    hook.arrived.notify_one();
    if *hook.hangs.lock().unwrap() {
        std::future::pending::<()>().await;
    }
    let (status, after) = hook.answers.lock().unwrap().pop_front().unwrap_or((200, ""));
    // As some do, it tells what it was told.
    let words = format!("no {} for /canary-path-1 with {SECRET}", header("x-token"));
    let mut answer = (StatusCode::from_u16(status).unwrap(), words).into_response();
    if !after.is_empty() {
        answer.headers_mut().insert("retry-after", after.parse().unwrap());
    }
    answer
}

fn settings(url: String) -> ReceiverConfig {
    let webhook = WebhookConfig {
        url: SecretRef::literal(url),
        secret: Some(SecretRef::literal(SECRET)),
        headers: BTreeMap::from([("x-token".to_owned(), SecretRef::literal("canary-token-1"))]),
        template: None,
        content_type: None,
    };
    ReceiverConfig { webhook: Some(webhook), ..ReceiverConfig::default() }
}

async fn open(folder: &Path) -> Store {
    Store::open(&folder.join("store.db")).await.unwrap()
}

fn delivery(store: &Store, name: &str, at: std::net::SocketAddr) -> Delivery {
    let (settings, config) = (settings(format!("http://{at}/canary-path-1")), Config::default());
    let receiver = Receiver::new(name, &settings, &config).unwrap();
    assert!(!format!("{receiver:?}").contains("canary"));
    Delivery::new(store.clone(), name, receiver, &settings, &config).unwrap()
}

async fn post(store: &Store, name: &str, now: Timestamp) -> i64 {
    let to = Address { receiver: name.to_owned(), chat: String::new() };
    store.post(&to, &serde_json::to_string(&Digest::trial(now)).unwrap(), now).await.unwrap()
}

/// Whether a text tells a secret; what stands before a signing key is none.
fn tells(text: &str) -> bool {
    let key = SECRET.trim_start_matches("whsec_");
    text.to_ascii_lowercase().contains("canary") || text.contains(key) || text.contains(key.trim_end_matches('='))
}

/// All messages, the oldest first. None of them tells a secret.
async fn posts(store: &Store) -> Vec<Post> {
    let mut rows = store.posts(&PostQuery { limit: 100, ..PostQuery::default() }).await.unwrap().rows;
    rows.reverse();
    for post in &rows {
        assert!(!tells(&post.note), "{}", post.note);
    }
    rows
}

fn start() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A port at which nobody listens, until a test does.
async fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_receiver_that_is_down_for_a_day_gets_every_message_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (store, at) = (open(folder.path()).await, nobody().await);
    let mut delivery = delivery(&store, "own", at);
    let ids = [post(&store, "own", start()).await, post(&store, "own", start()).await];
    let (mut now, end, mut tries) = (start(), start() + SignedDuration::from_hours(24), 0);
    while now < end {
        tries += 1;
        let next = delivery.deliver_due(now).await.unwrap().unwrap();
        assert!(next > now, "it does not spin");
        now = next;
    }
    // A quarter of an hour and a little between any two.
    assert!((80..=110).contains(&tries), "{tries}");
    let waiting = posts(&store).await;
    assert_eq!((waiting[0].attempts, waiting[1].attempts), (tries, 0), "one knocks, the other waits behind it");
    let (name, since, why) = store.failing_receivers(now).await.unwrap().remove(0);
    assert!(name == "own" && since == start() && why.contains("no connection"), "{why}");

    let hook = Hook::default();
    hook.listen(&at.to_string()).await;
    while let Some(next) = delivery.deliver_due(now).await.unwrap() {
        now = next;
    }
    let mark = store.mark();
    assert_eq!(hook.ids(), ids.map(|id| format!("{mark}-{id}")));
    assert!(posts(&store).await.iter().all(|post| post.state == Posting::Sent && post.note.is_empty()));
    assert!(store.failing_receivers(now).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_is_signed_and_its_id_tells_nothing_of_the_salt() {
    let folder = tempfile::tempdir().unwrap();
    let (store, hook) = (open(folder.path()).await, Hook::default());
    let mut delivery = delivery(&store, "own", hook.listen("127.0.0.1:0").await);
    post(&store, "own", start()).await;
    assert_eq!(delivery.deliver_due(start()).await.unwrap(), None);
    let came = hook.came.lock().unwrap().remove(0);
    assert_eq!((came.at.as_str(), came.token.as_str()), ("1795262400", "canary-token-1"));
    let key = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", came.id, came.at, came.body).as_bytes());
    assert_eq!(came.signature, format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())));
    let body: Value = serde_json::from_str(&came.body).unwrap();
    assert_eq!((&body["id"], &body["test"]), (&Value::from(came.id.clone()), &Value::from(true)));
    let salt = store.salt().to_ascii_lowercase();
    assert!(!came.id.split('-').any(|part| part.len() > 3 && salt.contains(part)), "{}", came.id);
}

#[tokio::test]
async fn what_a_receiver_says_decides_what_comes_of_a_message() {
    let minute = 60;
    for (status, after, state, at_least) in [
        (204, "", Posting::Sent, 0),
        (429, "120", Posting::Waiting, 2 * minute),
        (503, "7200", Posting::Waiting, 60 * minute),
        (500, "", Posting::Waiting, 5),
        (302, "", Posting::Waiting, 5),
        (401, "", Posting::Waiting, 5),
        (404, "", Posting::Waiting, 5),
        (408, "", Posting::Waiting, 5),
        (400, "", Posting::Dead, 0),
        (410, "", Posting::Dead, 0),
        (413, "", Posting::Dead, 0),
        (422, "", Posting::Dead, 0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (store, hook) = (open(folder.path()).await, Hook::default());
        hook.answers.lock().unwrap().push_back((status, after));
        let mut delivery = delivery(&store, "own", hook.listen("127.0.0.1:0").await);
        post(&store, "own", start()).await;
        delivery.deliver_due(start()).await.unwrap();
        let post = posts(&store).await.remove(0);
        let wait = post.at.duration_since(start()).as_secs();
        assert_eq!(post.state, state, "{status}: {}", post.note);
        assert!(wait >= at_least && wait <= at_least + at_least / 4 + 1, "{status}: {wait} s");
        assert_eq!(post.note.is_empty(), state == Posting::Sent, "{status}");
    }
}

#[tokio::test]
async fn a_dead_letter_does_not_stop_the_next_and_can_be_had_again_under_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let (store, hook) = (open(folder.path()).await, Hook::default());
    hook.answers.lock().unwrap().push_back((400, ""));
    let mut delivery = delivery(&store, "own", hook.listen("127.0.0.1:0").await);
    let dead = post(&store, "own", start()).await;
    post(&store, "own", start()).await;
    assert_eq!(delivery.deliver_due(start()).await.unwrap(), Some(start()));
    assert_eq!(delivery.deliver_due(start()).await.unwrap(), None);
    let states: Vec<_> = posts(&store).await.iter().map(|post| post.state).collect();
    assert_eq!(states, [Posting::Dead, Posting::Sent]);
    assert_eq!(store.post_again(Some(dead), start()).await.unwrap(), 1);
    delivery.deliver_due(start()).await.unwrap();
    let ids = hook.ids();
    assert!(ids.len() == 3 && ids[0] == ids[2] && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn after_three_days_a_message_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut delivery = delivery(&store, "own", nobody().await);
    post(&store, "own", start()).await;
    let mut now = start();
    while let Some(next) = delivery.deliver_due(now).await.unwrap() {
        // In big steps: a machine that slept.
        now = next.max(now + SignedDuration::from_hours(10));
    }
    let post = posts(&store).await.remove(0);
    assert_eq!((post.state, post.at.duration_since(start()).as_hours()), (Posting::Dead, 80));
    assert!(post.note.starts_with("given up after 3days: no connection"), "{}", post.note);
}

#[tokio::test]
async fn a_crash_between_send_and_mark_costs_one_duplicate_with_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let hook = Hook::default();
    let at = hook.listen("127.0.0.1:0").await;
    let store = open(folder.path()).await;
    post(&store, "own", start()).await;
    *hook.hangs.lock().unwrap() = true;
    let mut dying = delivery(&store, "own", at);
    let killed = tokio::spawn(async move { dying.deliver_due(start()).await.map(drop) });
    hook.arrived.notified().await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    *hook.hangs.lock().unwrap() = false;
    store.close().await;

    let store = open(folder.path()).await;
    let mut delivery = delivery(&store, "own", at);
    assert_eq!(delivery.deliver_due(start()).await.unwrap(), None);
    assert_eq!(delivery.deliver_due(start()).await.unwrap(), None);
    let ids = hook.ids();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test]
async fn a_failing_receiver_is_one_line_and_its_recovery_another_and_neither_tells_a_secret() {
    let (log, _guard) = Log::listen();
    let folder = tempfile::tempdir().unwrap();
    let (store, hook) = (open(folder.path()).await, Hook::default());
    hook.answers.lock().unwrap().extend([(503, ""), (503, ""), (503, ""), (200, ""), (400, "")]);
    let mut delivery = delivery(&store, "own", hook.listen("127.0.0.1:0").await);
    post(&store, "own", start()).await;
    post(&store, "own", start()).await;
    let mut now = start();
    while let Some(next) = delivery.deliver_due(now).await.unwrap() {
        now = next;
    }
    let log = log.text();
    let ours: Vec<_> = log.lines().filter(|line| line.contains("channelwarden::notify")).collect();
    let has = |at: usize, words: &str| assert!(ours.get(at).is_some_and(|line| line.contains(words)), "{ours:#?}");
    assert_eq!(ours.len(), 3, "{ours:#?}");
    has(0, "WARN channelwarden::notify::delivery: a message is not taken");
    has(1, "INFO channelwarden::notify::delivery: messages are taken again");
    has(2, "WARN channelwarden::notify::delivery: a message is given up");
    assert!(!tells(&log), "{log}");
    posts(&store).await;
}

#[tokio::test]
async fn one_receiver_that_hangs_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, stop) = (open(folder.path()).await, CancellationToken::new());
    let (slow, quick) = (Hook::default(), Hook::default());
    *slow.hangs.lock().unwrap() = true;
    let mut workers = vec![];
    let mut wakes = vec![];
    for (name, hook) in [("slow", &slow), ("quick", &quick)] {
        let (wake, at) = (Arc::new(Notify::new()), hook.listen("127.0.0.1:0").await);
        let worker = delivery::run(delivery(&store, name, at), Arc::clone(&wake), Arc::default(), stop.clone());
        workers.push(tokio::spawn(worker));
        wakes.push(wake);
    }
    let now = channelwarden::clock::now();
    for name in ["slow", "quick"] {
        post(&store, name, now).await;
    }
    for wake in &wakes {
        wake.notify_one();
    }
    let both = async {
        slow.arrived.notified().await;
        quick.arrived.notified().await;
        // Again, while the other one is hanging.
        post(&store, "quick", now).await;
        wakes[1].notify_one();
        quick.arrived.notified().await;
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("the quick one waits for the slow one");
    stop.cancel();
    let quick_one = workers.pop().unwrap();
    tokio::time::timeout(Duration::from_secs(20), quick_one).await.expect("it does not stop").unwrap();
    workers.remove(0).abort();
}
