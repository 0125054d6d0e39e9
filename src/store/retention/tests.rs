use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing, Timing, Usage};
use crate::store::{Finding, Window};

const DAY: Duration = Duration::from_hours(24);

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

fn channel() -> ChannelRef {
    ChannelRef { id: 7, created: 5, name: "seven".to_owned() }
}

fn name(number: usize) -> ModelName {
    ModelName::parse(&format!("model-{number}")).unwrap()
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("store.db")).await.unwrap(), folder)
}

/// A round over so many models, with a detail of its own where it failed.
async fn round(store: &Store, at: Timestamp, models: usize, outcome: Outcome) {
    let round = store.begin_round("g", "observe", at).await.unwrap();
    let detail = if outcome == Outcome::Works { String::new() } else { format!("said at {at}") };
    let usage = Usage { requests: 1, prompt_tokens: Some(20), completion_tokens: Some(7) };
    let timing = Timing { first_token_ms: Some(321), ..Timing::default() };
    let bare = Observation::bare(outcome, at, Shape::LimitedStream, detail);
    let observation = Observation { status: Some(200), latency_ms: 1234, timing, usage, ..bare };
    let finding = |number| Finding {
        model: name(number),
        observation: observation.clone(),
        cost: Some(150),
        standing: Standing::default(),
    };
    let (listed, findings): (Vec<_>, Vec<_>) = (0..models).map(|number| (name(number), finding(number))).unzip();
    store.remember("g", round, &channel(), &listed, &findings).await.unwrap();
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&store.writer).await.unwrap()
}

#[tokio::test]
async fn what_is_old_goes_observations_first_and_sums_later() {
    let (store, _folder) = store().await;
    for hour in 0..72 {
        round(&store, hours(hour), 2, if hour % 10 == 9 { Outcome::Gone } else { Outcome::Works }).await;
    }
    let window = |bucket_hours| Window { from: hours(-12), until: hours(73), bucket_hours };
    let days = store.series(&[], Some("g"), window(24)).await.unwrap();
    let keep = StoreConfig {
        keep_observations: DAY,
        keep_hourly: DAY + DAY / 2,
        keep_daily: 20 * DAY,
        ..StoreConfig::default()
    };
    for _ in 0..2 {
        store.prune(&keep, hours(72)).await.unwrap();
        assert_eq!(count(&store, "select count(*) from observation").await, 2 * 24);
        let first: i64 = count(&store, "select min(at_ms) from observation").await;
        assert_eq!(first, hours(48).as_millisecond());
        assert_eq!(count(&store, "select count(*) from text").await, 3, "the words of the last day's failures");
        assert_eq!(store.series(&[], Some("g"), window(24)).await.unwrap(), days, "days are as they were");
        let of_one = store.series(&[1], None, window(24)).await.unwrap();
        assert_eq!(of_one.iter().map(|day| day.up).sum::<u64>() * 2, days.iter().map(|day| day.up).sum::<u64>());
        // The 21st and the 22nd are told as a whole, the 23rd and 24th hour by hour.
        let points = store.series(&[1], None, window(1)).await.unwrap();
        assert_eq!(points.len(), 2 + 24 + 12, "{points:?}");
        assert_eq!((points[0].at, points[0].up + points[0].down), ("2026-11-21T00:00:00Z".parse().unwrap(), 12));
    }
    let keep = StoreConfig { keep_daily: DAY, keep_changes: DAY, ..keep };
    store.prune(&keep, hours(72)).await.unwrap();
    let (days, totals) = ("select count(*) from day", "select count(*) from total");
    assert_eq!((count(&store, days).await, count(&store, totals).await), (4, 2));
    let oldest: i64 = count(&store, "select min(at_ms) from transition").await;
    assert!(oldest >= hours(48).as_millisecond());
    store.close().await;
}

#[tokio::test]
async fn what_is_known_of_a_lost_channel_goes_with_its_last_observation() {
    let (store, _folder) = store().await;
    round(&store, noon(), 2, Outcome::Works).await;
    let keep = StoreConfig { keep_observations: DAY, keep_daily: 2 * DAY, ..StoreConfig::default() };
    let left = async |hour| {
        store.forget_others("g", &[(8, 5)]).await.unwrap();
        store.prune(&keep, hours(hour)).await.unwrap();
        store.forget_others("g", &[(8, 5)]).await.unwrap();
        store.prune(&keep, hours(hour)).await.unwrap();
        let mut counts = vec![];
        for sql in ["select count(*) from standing", "select count(*) from pair", "select count(*) from place"] {
            counts.push(count(&store, sql).await);
        }
        counts
    };
    assert_eq!(left(23).await, [2, 2, 1], "one absence may be a backup being put back");
    assert_eq!(left(25).await, [0, 2, 1], "its days are still there");
    assert_eq!(left(49).await, [0, 0, 0]);
    store.close().await;
}

#[tokio::test]
async fn the_file_keeps_within_its_bound_and_gives_back_what_is_free() {
    let (store, folder) = store().await;
    let path = folder.path().join("store.db");
    for minute in 0..60 {
        round(&store, noon() + SignedDuration::from_mins(minute), 1000, Outcome::Works).await;
    }
    let bytes = count(&store, "select sum(pgsize) from dbstat where name = 'observation'").await;
    let observations = count(&store, "select count(*) from observation").await;
    println!("{} bytes an observation, indexes and all", bytes / observations);
    assert!(observations == 60_000 && bytes / observations <= 48, "{bytes} for {observations}");
    let size = async || {
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&store.writer).await.unwrap();
        std::fs::metadata(&path).unwrap().len()
    };
    let before = size().await;
    assert!(before > 2 << 20, "{before}");
    let keep = StoreConfig { max_mib: 2, ..StoreConfig::default() };
    store.prune(&keep, hours(1)).await.unwrap();
    let after = size().await;
    assert!(after <= (2 << 20) + (1 << 19), "{after} of {before}");
    let left = count(&store, "select count(*) from observation").await;
    assert!(left >= 5000, "no more than needed: {left}");
    let newest = count(&store, "select max(at_ms) from observation").await;
    assert_eq!(newest, (noon() + SignedDuration::from_mins(59)).as_millisecond(), "the oldest went");
    let window = Window { from: noon(), until: hours(1), bucket_hours: 1 };
    assert_eq!(store.series(&[], None, window).await.unwrap()[0].up, 60_000, "what was summed up stays");
    store.close().await;
}

#[tokio::test]
async fn a_log_that_is_full_of_failures_drives_out_no_observation() {
    let (store, _folder) = store().await;
    round(&store, noon(), 10, Outcome::Works).await;
    sqlx::query(
        "insert into log_failure (gateway, call, at_ms, model, status, class, detail)
         with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000)
         select 'g', 'call ' || i, ?, 'm', 500, 'server', 'it is down' from n",
    )
    .bind(noon().as_millisecond())
    .execute(&store.writer)
    .await
    .unwrap();
    let pages = "select page_count * page_size from pragma_page_count, pragma_page_size";
    assert!(count(&store, pages).await > 4 << 20);
    store.prune(&StoreConfig { max_mib: 3, ..StoreConfig::default() }, hours(1)).await.unwrap();
    assert!(count(&store, pages).await < (3 << 20) + (1 << 19));
    assert_eq!(count(&store, "select count(*) from observation").await, 10);
    assert_eq!(count(&store, "select max(id) from log_failure").await, 60_000);
    assert!(count(&store, "select count(*) from log_failure").await >= 10_000);
    store.close().await;
}
