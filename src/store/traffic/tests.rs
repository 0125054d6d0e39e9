use std::time::Duration;

use super::*;
use crate::config::StoreConfig;
use crate::model::{Came, Observation, Outcome, Shape};
use crate::store::Finding;

const GATEWAY: &str = "main";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn channel() -> ChannelRef {
    ChannelRef { id: 7, created: 1000, name: String::new() }
}

fn cursor(last_id: i64) -> LogCursor {
    LogCursor { source: "here".to_owned(), last_id }
}

fn worked(channel: i64, model: &str, second: i64) -> Witnessed {
    Witnessed { channel, model: name(model), came: Came::Worked(at(second)) }
}

fn failure(second: i64, status: u16) -> TrafficFailure {
    TrafficFailure { at: at(second), status: Some(status), detail: format!("status {status}") }
}

fn failed(channel: i64, model: &str, second: i64, status: u16) -> Witnessed {
    Witnessed { channel, model: name(model), came: Came::Failed(failure(second, status)) }
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("store.db")).await.unwrap(), folder)
}

#[tokio::test]
async fn traffic_is_the_same_however_often_and_in_whatever_order_it_is_told() {
    let (store, _folder) = store().await;
    assert_eq!(store.log_cursor(GATEWAY).await.unwrap(), None);
    let first = [worked(7, "a", 2000), failed(7, "a", 2050, 500), failed(7, "a", 2040, 404), worked(7, "b", 2001)];
    let second = [worked(7, "a", 2100), failed(7, "b", 2002, 503), worked(8, "a", 2003)];
    for (part, last_id) in [(&first[..], 10), (&second[..], 20), (&first[..], 20), (&[][..], 30)] {
        store.take_traffic(GATEWAY, &cursor(last_id), part).await.unwrap();
    }
    let known = store.traffic(GATEWAY, &channel()).await.unwrap();
    let a = Traffic { worked: Some(at(2100)), failed: Some(failure(2050, 500)) };
    let b = Traffic { worked: Some(at(2001)), failed: Some(failure(2002, 503)) };
    assert_eq!(known, HashMap::from([(name("a"), a), (name("b"), b)]));
    assert_eq!(store.log_cursor(GATEWAY).await.unwrap(), Some(cursor(30)));
    assert_eq!(store.traffic("other", &channel()).await.unwrap(), HashMap::new());
}

#[tokio::test]
async fn a_channel_does_not_inherit_the_traffic_of_one_that_had_its_id() {
    let (store, _folder) = store().await;
    let told = [worked(7, "a", 999), failed(7, "a", 1000, 500), worked(7, "b", 998)];
    store.take_traffic(GATEWAY, &cursor(1), &told).await.unwrap();
    let known = store.traffic(GATEWAY, &channel()).await.unwrap();
    assert_eq!(known, HashMap::from([(name("a"), Traffic { worked: None, failed: Some(failure(1000, 500)) })]));
}

#[tokio::test]
async fn old_traffic_and_that_of_channels_that_are_no_more_is_forgotten() {
    let (store, _folder) = store().await;
    let told = [worked(7, "old", 2000), failed(7, "old", 2999, 500), failed(7, "new", 3000, 500), worked(9, "x", 5000)];
    store.take_traffic(GATEWAY, &cursor(1), &told).await.unwrap();
    let keep = StoreConfig { keep_observations: Duration::from_secs(1000), ..StoreConfig::default() };
    store.prune(&keep, at(4000)).await.unwrap();
    store.forget_others(GATEWAY, &[(7, 1000)]).await.unwrap();
    let names: Vec<_> = store.traffic(GATEWAY, &channel()).await.unwrap().into_keys().collect();
    assert_eq!(names, [name("new")]);
    let nine = ChannelRef { id: 9, ..channel() };
    assert_eq!(store.traffic(GATEWAY, &nine).await.unwrap(), HashMap::new());
}

#[tokio::test]
async fn a_model_that_fails_for_its_users_is_due_once_and_only_if_nothing_else_will_look() {
    let (store, _folder) = store().await;
    let due = async |model: &str, failed, now| {
        store.due_now(GATEWAY, &channel(), &name(model), at(failed), at(now)).await.unwrap()
    };
    assert!(due("a", 2000, 2010).await, "it was never looked at");
    assert_eq!(store.due_channels(GATEWAY, at(2009)).await.unwrap(), Vec::<i64>::new());
    assert_eq!(store.due_channels(GATEWAY, at(2010)).await.unwrap(), [7]);
    let known = store.standings(GATEWAY, &channel()).await.unwrap();
    assert_eq!(known[&name("a")], Standing { next_probe: Some(at(2010)), ..Standing::default() });
    assert!(!due("a", 2011, 2012).await, "it is due already");

    let looked =
        Standing { last: Some((Outcome::Works, at(3000))), shape: Some("x".to_owned()), ..Standing::default() };
    let observation = Observation::bare(Outcome::Works, at(3000), Shape::MaxTokens, "");
    let finding = Finding { model: name("b"), observation, cost: None, standing: looked.clone() };
    store.remember(GATEWAY, 1, &channel(), &[name("b")], &[finding]).await.unwrap();
    assert!(!due("b", 2999, 3001).await, "it was looked at since");
    assert!(due("b", 3000, 3002).await);
    let known = store.standings(GATEWAY, &channel()).await.unwrap();
    assert_eq!(known[&name("b")], Standing { next_probe: Some(at(3002)), ..looked }, "all else is as it was");
}
