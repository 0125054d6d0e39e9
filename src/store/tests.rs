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
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).await.unwrap();
    sqlx::raw_sql("pragma user_version = 99").execute(&store.writer).await.unwrap();
    store.close().await;
    let refused = Store::open(&path).await.unwrap_err().to_string();
    assert!(refused.contains("written by a newer channelwarden (its version is 99)"), "{refused}");
}
