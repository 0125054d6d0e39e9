use std::future::pending;

use super::*;
use crate::config::{ReceiverConfig, SecretRef, WebhookConfig};
use crate::store::PostQuery;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A receiver that nobody listens behind.
async fn delivery(folder: &tempfile::TempDir) -> Delivery {
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let webhook = WebhookConfig {
        url: SecretRef::literal("http://127.0.0.1:9/canary-1"),
        secret: None,
        headers: BTreeMap::new(),
        template: None,
        content_type: None,
    };
    let settings = ReceiverConfig { webhook: Some(webhook), ..ReceiverConfig::default() };
    let config = Config::default();
    let receiver = Receiver::new("bot", &settings, &config).unwrap();
    Delivery::new(store, "bot", receiver, &settings, &config).unwrap()
}

fn to(chat: &str) -> Address {
    Address { receiver: "bot".to_owned(), chat: chat.to_owned() }
}

async fn posted(delivery: &Delivery, chats: &[&str]) {
    let body = serde_json::to_string(&Digest::trial(now())).unwrap();
    for chat in chats {
        delivery.store.post(&to(chat), &body, now()).await.unwrap();
    }
}

/// What each message stands at: its chat, state, seconds until it is tried, and note.
async fn outbox(delivery: &Delivery) -> Vec<(String, Posting, i64, String)> {
    let query = PostQuery { limit: 100, ..PostQuery::default() };
    let mut rows = delivery.store.posts(&query).await.unwrap().rows;
    rows.reverse();
    let seconds = |at: Timestamp| at.duration_since(now()).as_secs();
    rows.into_iter().map(|post| (post.to.chat, post.state, seconds(post.at), post.note)).collect()
}

async fn answered(delivery: &Delivery, chat: &str, answer: Result<(), Refusal>) {
    let posts = delivery.store.next_posts("bot").await.unwrap();
    let post = posts.into_iter().find(|post| post.to.chat == chat).unwrap();
    delivery.note(&Note { post, answer, at: now() }).await.unwrap();
}

#[tokio::test]
async fn a_panic_and_a_hang_are_refusals_like_others() {
    let why = |answer: Result<(), Refusal>| match answer {
        Err(Refusal::Later { why, after: None }) => why,
        other => panic!("{other:?}"),
    };
    let brief = Duration::from_millis(1);
    assert!(why(contained(async { panic!("canary") }, PATIENCE).await).contains("a bug of ours"));
    assert!(why(contained(pending(), brief).await).contains("more than its time"));
    assert_eq!(contained(async { Ok(()) }, brief).await, Ok(()));
}

#[tokio::test]
async fn who_is_gone_gets_nothing_more_and_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let delivery = delivery(&folder).await;
    posted(&delivery, &["1", "1", "2"]).await;
    let why = "blocked by the user".to_owned();
    answered(&delivery, "1", Err(Refusal::Gone { why: why.clone() })).await;
    let rows = outbox(&delivery).await;
    let dead = |chat: &str| (chat.to_owned(), Posting::Dead, 0, why.clone());
    assert_eq!(rows, [dead("1"), dead("1"), ("2".to_owned(), Posting::Waiting, 0, String::new())]);
    assert!(!delivery.store.subscriber(&to("1")).await.unwrap().unwrap().wanted);
    assert_eq!(delivery.store.subscriber(&to("2")).await.unwrap(), None);
}

#[tokio::test]
async fn who_moved_is_told_at_the_new_address_at_once_and_a_circle_waits() {
    let folder = tempfile::tempdir().unwrap();
    let delivery = delivery(&folder).await;
    posted(&delivery, &["1", "1"]).await;
    answered(&delivery, "1", Err(Refusal::Moved { to: "-100".to_owned() })).await;
    let rows = outbox(&delivery).await;
    assert!(rows.iter().all(|(chat, state, wait, _)| (chat.as_str(), *state, *wait) == ("-100", Posting::Waiting, 0)));
    answered(&delivery, "-100", Err(Refusal::Moved { to: "1".to_owned() })).await;
    let (chat, _, wait, _) = outbox(&delivery).await.swap_remove(0);
    assert!(chat == "1" && wait >= 10, "{chat} in {wait} s");
}

#[tokio::test]
async fn a_refusal_waits_and_ends_after_three_days() {
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    posted(&delivery, &["1"]).await;
    let later = |after: Option<u64>| Refusal::Later { why: "503".to_owned(), after: after.map(Duration::from_secs) };
    answered(&delivery, "1", Err(later(None))).await;
    let wait = outbox(&delivery).await[0].2;
    assert!((5..=6).contains(&wait), "{wait}");
    answered(&delivery, "1", Err(later(Some(100)))).await;
    let wait = outbox(&delivery).await[0].2;
    assert!((100..=125).contains(&wait), "{wait}");
    delivery.manner.give_up = Duration::ZERO;
    answered(&delivery, "1", Err(later(None))).await;
    let (_, state, _, note) = outbox(&delivery).await.swap_remove(0);
    assert_eq!((state, note.as_str()), (Posting::Dead, "given up after 0s: 503"));
}

#[tokio::test]
async fn what_was_taken_and_not_noted_is_noted_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    posted(&delivery, &["1"]).await;
    let post = delivery.store.next_posts("bot").await.unwrap().remove(0);
    delivery.unnoted.insert(post.id, Note { post, answer: Ok(()), at: now() });
    assert_eq!(delivery.deliver_due(now()).await.unwrap(), None);
    // Nobody listens: had it been sent, it would wait.
    assert_eq!(outbox(&delivery).await, [("1".to_owned(), Posting::Sent, 0, String::new())]);
    assert!(delivery.unnoted.is_empty());
}

#[tokio::test]
async fn a_message_that_nobody_can_read_does_not_stop_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    delivery.store.post(&to("1"), "{", now()).await.unwrap();
    posted(&delivery, &["1"]).await;
    assert_eq!(delivery.deliver_due(now()).await.unwrap(), Some(now()), "the next one at once");
    let rows = outbox(&delivery).await;
    assert_eq!((rows[0].1, rows[1].1), (Posting::Dead, Posting::Waiting));
    assert!(rows[0].3.contains("cannot be read"), "{rows:?}");
}

#[tokio::test]
async fn an_hour_without_a_taken_message_is_told_to_others_and_names_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    posted(&delivery, &["1"]).await;
    delivery.deliver_due(now()).await.unwrap();
    let after = |minutes: u64| pace::later(now(), Duration::from_mins(minutes));
    assert!(delivery.store.failing_receivers(after(59)).await.unwrap().is_empty());
    let (name, since, note) = delivery.store.failing_receivers(after(60)).await.unwrap().remove(0);
    assert_eq!((name.as_str(), since), ("bot", now()));
    assert!(note.contains("no connection") && !note.contains("canary"), "{note}");
    answered(&delivery, "1", Err(Refusal::Never { why: "400".to_owned() })).await;
    assert_eq!(delivery.store.failing_receivers(after(5)).await.unwrap()[0].2, "400", "a dead letter at once");
    assert!(delivery.store.failing_receivers(after(25 * 60)).await.unwrap().is_empty(), "for a day");
    posted(&delivery, &["2"]).await;
    let post = delivery.store.next_posts("bot").await.unwrap().remove(0);
    delivery.store.posted(post.id, Posting::Sent, after(1), "").await.unwrap();
    assert!(delivery.store.failing_receivers(after(5)).await.unwrap().is_empty(), "one was taken since");
}

#[tokio::test]
async fn a_chat_that_left_is_sent_nothing_that_waits_or_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    posted(&delivery, &["1", "2"]).await;
    delivery.store.subscribe(&to("1"), false, now()).await.unwrap();
    delivery.manner.chats = Some(BTreeSet::new());
    delivery.deliver_due(now()).await.unwrap();
    let left = |chat: &str| (chat.to_owned(), Posting::Dead, 0, UNWANTED.to_owned());
    assert_eq!(outbox(&delivery).await, [left("1"), left("2")], "one unsubscribed, one is not named any more");
    assert!(delivery.store.failing_receivers(now()).await.unwrap().is_empty(), "their receiver is well");
    delivery.store.post_again(None, now()).await.unwrap();
    delivery.manner.chats = Some(BTreeSet::from(["2".to_owned()]));
    delivery.deliver_due(now()).await.unwrap();
    let rows = outbox(&delivery).await;
    assert_eq!((&rows[0], rows[1].1), (&left("1"), Posting::Waiting), "named again, and tried");
}

#[tokio::test]
async fn who_hangs_holds_up_no_end() {
    let hangs = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut delivery = delivery(&folder).await;
    let url = format!("http://{}/", hangs.local_addr().unwrap());
    let webhook = WebhookConfig {
        url: SecretRef::literal(url),
        secret: None,
        headers: BTreeMap::new(),
        template: None,
        content_type: None,
    };
    let settings = ReceiverConfig { webhook: Some(webhook), ..ReceiverConfig::default() };
    delivery.receiver = Receiver::new("bot", &settings, &Config::default()).unwrap();
    posted(&delivery, &[""]).await;
    let (store, stop) = (delivery.store.clone(), CancellationToken::new());
    let running = tokio::spawn(run(delivery, Arc::default(), Arc::default(), stop.clone()));
    let _taken = hangs.accept().await.unwrap();
    stop.cancel();
    tokio::time::timeout(GRACE * 2, running).await.expect("it waits for who hangs").unwrap();
    assert_eq!(store.next_posts("bot").await.unwrap().len(), 1, "it is sent by the next start");
}
