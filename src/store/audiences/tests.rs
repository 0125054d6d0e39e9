use std::time::Duration;

use super::*;
use crate::config::StoreConfig;
use crate::store::{PostQuery, Posting};

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("store.db")).await.unwrap(), folder)
}

fn line(key: &str, line: &str) -> (String, String) {
    (key.to_owned(), line.to_owned())
}

fn ops() -> Address {
    Address { receiver: "ops".to_owned(), chat: String::new() }
}

#[tokio::test]
async fn lines_and_their_message_are_kept_together_or_not_at_all() {
    let (store, _folder) = store().await;
    assert_eq!(store.ledger("ops").await.unwrap(), None);
    let to = ops();
    let telling = Telling {
        state: "one".to_owned(),
        put: vec![line("[\"a\"]", "{\"a\":1}"), line("b'\"", "2")],
        dropped: vec![],
        post: Some((&to, "hello".to_owned())),
    };
    let id = store.tell("ops", &telling, noon()).await.unwrap();
    let kept = KeptLedger { state: "one".to_owned(), lines: vec!["{\"a\":1}".to_owned(), "2".to_owned()] };
    assert_eq!(store.ledger("ops").await.unwrap(), Some(kept.clone()));
    let posts = store.next_posts("ops").await.unwrap();
    assert_eq!((Some(posts[0].id), posts[0].body.as_str()), (id, "hello"));

    // A message that cannot be written down takes the lines with it.
    sqlx::query("create trigger full before insert on outbox begin select raise(abort, 'full'); end")
        .execute(&store.writer)
        .await
        .unwrap();
    let changed = Telling { state: "two".to_owned(), put: vec![line("c", "3")], ..telling.clone() };
    assert!(store.tell("ops", &changed, noon()).await.is_err());
    assert_eq!(store.ledger("ops").await.unwrap(), Some(kept));

    let telling = Telling {
        state: "two".to_owned(),
        put: vec![line("c", "3"), line("[\"a\"]", "4")],
        dropped: vec!["b'\"".to_owned()],
        post: None,
    };
    assert_eq!(store.tell("ops", &telling, noon()).await.unwrap(), None);
    let kept = store.ledger("ops").await.unwrap().unwrap();
    assert_eq!((kept.state.as_str(), kept.lines), ("two", vec!["4".to_owned(), "3".to_owned()]));
    store.close().await;
}

#[tokio::test]
async fn ten_thousand_lines_are_three_statements() {
    let (store, _folder) = store().await;
    let put: Vec<_> = (0..10_000).map(|number| line(&format!("key {number}"), &"x".repeat(300))).collect();
    let dropped = put.iter().skip(1).map(|(key, _)| key.clone()).collect();
    let telling = Telling { put, ..Telling::default() };
    store.tell("ops", &telling, noon()).await.unwrap();
    assert_eq!(store.ledger("ops").await.unwrap().unwrap().lines.len(), 10_000);
    store.tell("ops", &Telling { dropped, ..Telling::default() }, noon()).await.unwrap();
    assert_eq!(store.ledger("ops").await.unwrap().unwrap().lines.len(), 1);
    store.close().await;
}

#[tokio::test]
async fn an_audience_that_is_no_more_is_forgotten_with_its_mute() {
    let (store, _folder) = store().await;
    for audience in ["bot/1", "bot/2"] {
        let telling = Telling { put: vec![line("a", "1")], ..Telling::default() };
        store.tell(audience, &telling, noon()).await.unwrap();
    }
    let later = noon() + Duration::from_hours(1);
    for audience in ["", "bot/1", "bot/2"] {
        store.mute(audience, later).await.unwrap();
    }
    store.keep_audiences(&["bot/2".to_owned()]).await.unwrap();
    assert_eq!(store.ledger("bot/1").await.unwrap(), None);
    assert_eq!(store.ledger("bot/2").await.unwrap().unwrap().lines, ["1"]);
    assert_eq!(store.mutes(noon()).await.unwrap(), [(String::new(), later), ("bot/2".to_owned(), later)]);
    assert_eq!(store.mutes(later).await.unwrap(), []);
    assert!(store.unmute("").await.unwrap());
    assert!(!store.unmute("").await.unwrap());
    store.mute("bot/2", later + Duration::from_hours(1)).await.unwrap();
    assert_eq!(store.mutes(later).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn what_was_taken_goes_after_a_week_what_was_given_up_after_a_quarter_and_what_waits_never() {
    let (store, _folder) = store().await;
    for state in [Posting::Sent, Posting::Dead, Posting::Waiting] {
        let id = store.post(&ops(), state.as_str(), noon()).await.unwrap();
        store.posted(id, state, noon(), "").await.unwrap();
    }
    store.mute("", noon()).await.unwrap();
    for (days, left) in [(6, 3), (8, 2), (89, 2), (91, 1), (1000, 1)] {
        store.prune(&StoreConfig::default(), noon() + Duration::from_hours(24 * days)).await.unwrap();
        let posts = store.posts(&PostQuery { limit: 9, ..PostQuery::default() }).await.unwrap();
        assert_eq!(posts.total, left, "after {days} days");
    }
    let mutes: i64 = sqlx::query_scalar("select count(*) from mute").fetch_one(&store.writer).await.unwrap();
    assert_eq!(mutes, 0);
    store.close().await;
}
