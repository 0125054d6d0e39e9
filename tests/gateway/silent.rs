//! A database that falls silent in the middle costs one statement's deadline, never more; what came of a lost COMMIT is
//! found out by looking. And what is kept apart for poolers.

use std::time::Duration;

use channelwarden::apply::{self, Outcome};
use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Database, Gateway, GatewayError, SwapError};
use channelwarden::model::{Change, ChannelRef, WorkingList};

use crate::bench::{Bench, GATEWAY};
use crate::databases::{Db, Engine};
use crate::gateways::{ChannelRow, Schema};
use crate::silence::{Line, Silence};

const SERVERS: [Engine; 2] = [Engine::MySql, Engine::Postgres];
/// More than all deadlines of one step together; what takes longer hangs.
const HANGS: Duration = Duration::from_secs(25);

/// A bench whose gateway is reached by a line, with a short deadline.
async fn bench(engine: Engine) -> (Bench, Line) {
    let db = Db::create(engine, Schema::NewApi).await;
    let line = Line::to(&db.address()).await;
    let address = DatabaseAddress::parse(&line.address(&db.address())).unwrap();
    let mut bench = Bench::over(db).await;
    let gateway = Database::open(GATEWAY, &address, None, "salt").await.unwrap();
    bench.gateway = gateway.with_deadline(Duration::from_secs(1));
    (bench, line)
}

fn change(channel: channelwarden::model::Channel, after: &str) -> Change {
    Change {
        channel: ChannelRef { id: channel.id, created: channel.created, name: channel.name },
        before: channel.models.unwrap(),
        fingerprint: channel.fingerprint,
        after: WorkingList::split(after).unwrap(),
        removed: vec![],
        added: vec![],
        restored: vec![],
    }
}

#[tokio::test]
async fn a_silent_connection_ends_a_read_and_never_comes_back() {
    for engine in SERVERS {
        let (bench, line) = bench(engine).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let all = async {
            // More often than the pool has connections: none of them may stay taken.
            for _ in 0..6 {
                line.fall_silent(Silence::After("FROM channels"));
                let error = bench.gateway.channel(id).await.unwrap_err();
                assert!(matches!(error, GatewayError::Unreachable { .. }), "{engine:?} {error:?}");
                assert!(error.to_string().contains("did not read its channels within 1s"), "{error}");
                assert!(line.fell_silent());
            }
            assert!(bench.gateway.channel(id).await.unwrap().is_some(), "{engine:?}");
            bench.gateway.close().await;
        };
        tokio::time::timeout(HANGS, all).await.unwrap();
    }
}

#[tokio::test]
async fn a_swap_that_falls_silent_changes_nothing_and_lets_go_of_its_locks() {
    let one = async |engine, silence| {
        let (bench, line) = bench(engine).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let before = bench.db.dump().await;
        let intent = bench.intent(id, "a,c").await;
        let all = async {
            line.fall_silent(silence);
            let error = bench.commit(intent.clone()).await.unwrap_err();
            let lost = matches!(error, SwapError::Database(GatewayError::Unreachable { .. }));
            assert!(lost && line.fell_silent(), "{engine:?} {silence:?} {error:?}");
            bench.gateway.settled_image(id).await.unwrap();
            assert_eq!(bench.db.dump().await, before, "{engine:?} {silence:?}");
            bench.commit(intent).await.unwrap();
            assert_eq!(bench.db.models(id).await.as_deref(), Some("a,c"), "{engine:?} {silence:?}");
        };
        tokio::time::timeout(HANGS, all).await.unwrap();
    };
    for engine in SERVERS {
        let moments = ["BEGIN", "FOR UPDATE", "UPDATE channels", "DELETE FROM abilities"];
        let silences = moments.map(|moment| [Silence::Before(moment), Silence::After(moment)]).concat();
        futures::future::join_all(silences.into_iter().map(|silence| one(engine, silence))).await;
    }
}

#[tokio::test]
async fn what_came_of_a_commit_without_an_answer_is_found_by_looking() {
    for engine in SERVERS {
        for (silence, applied) in [(Silence::Before("COMMIT"), false), (Silence::After("COMMIT"), true)] {
            let (bench, line) = bench(engine).await;
            let id = bench.db.channel(ChannelRow::default()).await;
            let change = change(bench.gateway.channel(id).await.unwrap().unwrap(), "a,c");
            let gateway = Gateway::of(GATEWAY, Some(bench.gateway.clone()), None, None).unwrap();
            line.fall_silent(silence);
            let turn = bench.store.turn().await.unwrap();
            let done = apply::apply(&bench.store, &gateway, &change, None, &turn);
            let done = tokio::time::timeout(HANGS, done).await.unwrap().unwrap();
            assert!(line.fell_silent());
            match &done {
                Outcome::Applied(_) => assert!(applied, "{engine:?}"),
                Outcome::Failed(why) => assert!(!applied && why.contains("did not commit within"), "{engine:?} {why}"),
                Outcome::Rehearsed | Outcome::Conflict(_) | Outcome::OnHold(_) | Outcome::Refused(_) => {
                    panic!("{engine:?} {done:?}")
                }
            }
            let list = if applied { "a,c" } else { "a,b,c" };
            assert_eq!(bench.db.models(id).await.as_deref(), Some(list), "{engine:?}");
            assert!(bench.store.open_intents(GATEWAY).await.unwrap().is_empty(), "{engine:?}: settled");
        }
    }
}

/// `PgBouncer` gives another server connection after every transaction: what is prepared under a name, or asked in two
/// exchanges outside a transaction, is asked of a server that knows nothing of it.
#[tokio::test]
async fn nothing_in_postgres_outlives_its_transaction() {
    let (bench, line) = bench(Engine::Postgres).await;
    let id = bench.db.channel(ChannelRow::default()).await;
    // So sqlx names its statements; a connection that has one named falls silent.
    line.fall_silent(Silence::Before("sqlx_s_"));
    bench.commit(bench.intent(id, "a,c").await).await.unwrap();
    assert!(!line.fell_silent());
    line.fall_silent(Silence::Before("BEGIN"));
    bench.gateway.channel(id).await.unwrap_err();
    assert!(line.fell_silent(), "a read is a transaction too");
}
