use jiff::Timestamp;

use super::*;
use crate::model::{ChannelRef, Guard, ModelName, Outcome};

/// What version 1 kept, in its own words.
const VERSION_1: &str = r#"
insert into meta values ('salt', 'ABCDEF'), ('heartbeat', '1790000000000');
insert into round values (1, 'main', 'apply', 1790000000000, 1790000001000, '{"gateway":"main","pairs":7,"probed":7}');
insert into observation values
  (1, 1, 'main', 3, 1700000000, 'alive', 1790000000500, 'works', 200, 120, 'max_tokens', ''),
  (2, 1, 'main', 3, 1700000000, 'dead', 1790000000600, 'gone', 404, 90, 'max_tokens', 'status 404');
insert into standing values
  ('main', 3, 1700000000, 'alive', 0, null, '{"last":["works","2026-09-21T14:13:20.5Z"],
    "last_alive":"2026-09-21T14:13:20.5Z","denied":null,"failing":null,"unrouted":null,"shape":"max_tokens",
    "withdrawn":null,"next_probe":null}'),
  ('main', 3, 1700000000, 'dead', 1, 1790003600000, '{"last":["gone","2026-09-21T14:13:20.6Z"],"last_alive":null,
    "denied":{"count":2,"since":"2026-09-21T14:00:00Z","last":"2026-09-21T14:13:20.6Z"},"failing":null,"unrouted":null,
    "shape":null,"withdrawn":{"at":"2026-09-21T14:13:21Z","reason":{"outcome":"gone","count":2,
    "since":"2026-09-21T14:00:00Z","over_s":800,"detail":"status 404"},"attempts":1},
    "next_probe":"2026-09-21T15:13:20Z"}');
insert into proposal values ('main', 4, 1, 1790000000700,
  '{"channel":{"id":4,"created":1,"name":"four"},"before":"a,b","fingerprint":"f00d","after":["a","b"],"removed":[],
    "added":[],"restored":[]}',
  '[{"channel":{"id":4,"created":1,"name":"four"},"removals":[{"model":"b","reason":{"outcome":"gone","count":2,
    "since":"2026-09-21T14:00:00Z","over_s":800,"detail":""}}],"additions":[],"guard":"last-route","why":"the last"}]');
insert into hold values (1, 'main', 3, 'alive', 'mine', 1790000000000);
"#;

#[tokio::test]
async fn a_store_of_version_1_is_brought_up_to_date_with_all_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let old = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(MIGRATIONS[0]).execute(&old).await.unwrap();
    sqlx::raw_sql(VERSION_1).execute(&old).await.unwrap();
    sqlx::raw_sql("pragma user_version = 1").execute(&old).await.unwrap();
    old.close().await;

    // Twice: the second time there is nothing left to do.
    for _ in 0..2 {
        let store = Store::open(&path).await.unwrap();
        assert_eq!(store.salt(), "ABCDEF", "fingerprints must not change");
        let seen = store.observed_in(1, true, 10).await.unwrap();
        let told: Vec<_> =
            seen.iter().map(|seen| (seen.model.as_str(), seen.cold, seen.ttft_ms, &seen.marks)).collect();
        assert_eq!(told, [("alive", false, None, &vec![]), ("dead", false, None, &vec![])]);
        assert_eq!(
            (seen[1].status, seen[1].detail.as_str(), seen[1].shape.as_str()),
            (Some(404), "status 404", "max_tokens")
        );
        let at: Timestamp = "2026-09-21T14:13:20.5Z".parse().unwrap();
        assert_eq!(seen[0].at, at);
        let auto_vacuum: i64 = sqlx::query_scalar("pragma auto_vacuum").fetch_one(&store.writer).await.unwrap();
        assert_eq!(auto_vacuum, 2, "it can shrink");
        let query = ModelQuery { limit: 10, ..ModelQuery::default() };
        let models = store.models(&query, at).await.unwrap().rows;
        let told: Vec<_> = models.iter().map(|row| (row.model_id.as_str(), row.listed, row.light)).collect();
        assert_eq!(told, [("alive", true, Light::Up), ("dead", false, Light::Down)], "summed up, and withdrawn");
        let (from, until) = (at - jiff::SignedDuration::from_hours(1), at + jiff::SignedDuration::from_hours(1));
        let points = store.series(&[], Some("main"), Window { from, until, bucket_hours: 24 }).await.unwrap();
        assert_eq!((points.len(), points[0].up, points[0].down), (1, 1, 1));
        let channel = ChannelRef { id: 3, created: 1_700_000_000, name: String::new() };
        let known = store.standings("main", &channel).await.unwrap();
        let of = |model: &str| known[&ModelName::parse(model).unwrap()].clone();
        assert_eq!((of("alive").shape.as_deref(), of("alive").odd.len()), (Some("max_tokens"), 0));
        let withdrawn = of("dead").withdrawn.unwrap();
        assert_eq!((withdrawn.reason.outcome, withdrawn.attempts), (Outcome::Gone, 1));
        let due: Timestamp = "2026-09-21T15:13:20Z".parse().unwrap();
        assert_eq!(store.next_due("main", Timestamp::UNIX_EPOCH).await.unwrap(), Some(due));
        let proposals = store.proposals("main").await.unwrap();
        assert_eq!((proposals[0].channel, proposals[0].held[0].guard), (4, Guard::LastRoute));
        assert_eq!(store.held_models("main", 3).await.unwrap(), [ModelName::parse("alive").unwrap()]);
        assert_eq!(store.pairs_since("main", Timestamp::UNIX_EPOCH).await.unwrap(), 7);
        assert_eq!(store.listed("main", &channel).await.unwrap(), None);
        assert_eq!(store.rests(Timestamp::UNIX_EPOCH).await.unwrap(), []);
        store.close().await;
    }
}

#[tokio::test]
async fn what_version_3_observed_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let old = SqlitePool::connect_with(options).await.unwrap();
    for step in &MIGRATIONS[..3] {
        sqlx::raw_sql(*step).execute(&old).await.unwrap();
    }
    sqlx::raw_sql(
        "insert into observation (round, gateway, channel, created, model, at_ms, outcome, status, latency_ms, shape, detail,
           ttft_ms, cold, prompt_tokens, completion_tokens, marks)
         select r.column1, 'main', c.column1, 1, 'm' || m.column1, 1790000000000 + r.column1 * 3600000 + m.column1,
           iif(m.column1 = 3 and r.column1 > 2, 'gone', 'works'), 200, 100 * m.column1, 'max_tokens_stream', 'said ' || m.column1,
           50, r.column1 = 1, 21, 7, 'wrong-answer cut-off'
         from (values (1), (2), (3), (4), (5)) r, (values (1), (2)) c, (values (1), (2), (3)) m;
         pragma user_version = 3",
    )
    .execute(&old)
    .await
    .unwrap();
    old.close().await;
    let store = Store::open(&path).await.unwrap();
    let mut kept = vec![];
    for round in 1..=5 {
        kept.extend(store.observed_in(round, true, 100).await.unwrap());
    }
    assert_eq!(kept.len(), 30);
    let seen = &kept[2];
    assert_eq!((seen.model.as_str(), seen.channel, seen.at.as_millisecond()), ("m3", 1, 1_790_003_600_003));
    assert_eq!(
        (seen.ttft_ms, seen.cold, seen.prompt_tokens, seen.completion_tokens),
        (Some(50), true, Some(21), Some(7))
    );
    assert_eq!(
        (&seen.marks[..], seen.shape.as_str()),
        (&["wrong-answer".to_owned(), "cut-off".to_owned()][..], "max_tokens_stream")
    );
    assert_eq!(store.observed("main", Some(2), Some("m3"), 100).await.unwrap().len(), 5);
    assert_eq!(store.observed("main", Some(2), None, 100).await.unwrap().len(), 15);
    let turned = store.transitions(None, None, 10).await.unwrap();
    assert_eq!(
        (turned.len(), turned[0].model_id.as_str(), turned[0].up, turned[0].detail.as_str()),
        (2, "m3", false, "said 3")
    );
    store.close().await;
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).await.unwrap();
    sqlx::raw_sql("pragma user_version = 99").execute(&store.writer).await.unwrap();
    store.close().await;
    let refused = Store::open(&path).await.unwrap_err().to_string();
    assert!(
        refused.contains("written by a newer channelwarden (its version is 99, ours 7): run the newer"),
        "{refused}"
    );
    let options = SqliteConnectOptions::new().filename(&path);
    let left = SqlitePool::connect_with(options).await.unwrap();
    let version: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&left).await.unwrap();
    assert_eq!(version, 99);
}
