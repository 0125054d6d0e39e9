//! The lease in the gateway's database: one holder, taken over when it runs out, and a fence against whoever lost it.

use std::time::Duration;

use channelwarden::gateway::{Database, Lease, SwapError};

use crate::bench::{Bench, open};
use crate::databases::{Db, Engine};
use crate::gateways::{ChannelRow, Schema};

const LONG: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(1);

impl Bench {
    async fn leased(&self, holder: &str, term: Duration) -> Database {
        self.gateway.clone().with_lease(holder, term).await.unwrap()
    }

    /// The gateway reached as another instance would, with an order ready.
    async fn writes_as(&self, gateway: Database, models: &str) -> Result<(), SwapError> {
        let id = 1;
        let intent = self.intent(id, models).await;
        let permit = self.store.permit(&intent);
        let journaled = self.store.open_intent(intent, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        let order = channelwarden::gateway::Order::Commit { journaled: &journaled, permit: &permit };
        gateway.swap(&order).await.map(drop)
    }
}

fn epoch(gateway: &Database) -> i64 {
    let Lease::Ours(epoch) = gateway.lease() else { panic!("{:?}", gateway.lease()) };
    *epoch
}

#[tokio::test]
async fn of_two_holders_one_has_it_and_only_that_one_writes() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        bench.db.channel(ChannelRow::default()).await;
        let columns = bench.db.dump().await;
        let (one, other) = (bench.leased("one", LONG).await, bench.leased("other", LONG).await);
        assert_eq!(epoch(&one), 1, "{engine:?}");
        let Lease::Theirs(why) = other.lease() else { panic!("{engine:?} {other:?}") };
        assert!(why.contains("another instance") && why.ends_with(": one"), "{why}");
        assert!(why.contains("59m") || why.contains("1h"), "{engine:?}: by the database's clock: {why}");
        assert_eq!(bench.db.dump().await, columns, "{engine:?}: the gateway's own tables are untouched");

        let error = bench.writes_as(other.clone(), "a").await.unwrap_err();
        assert!(matches!(&error, SwapError::Refused(why) if why.contains("another instance")), "{engine:?} {error}");
        assert_eq!(other.writable(), Err(why.clone()));
        bench.writes_as(one.clone(), "a,b").await.unwrap();

        // Renewed it is the same lease; given back it is anybody's.
        assert_eq!(epoch(&bench.leased("one", LONG).await), 1);
        one.release_lease().await.unwrap();
        let other = bench.leased("other", LONG).await;
        assert_eq!(epoch(&other), 2, "{engine:?}: the epoch only grows");
        one.release_lease().await.unwrap();
        assert!(matches!(bench.leased("one", LONG).await.lease(), Lease::Theirs(_)), "{engine:?}: not ours to give");
        other.release_lease().await.unwrap();
        assert_eq!(epoch(&bench.leased("one", LONG).await), 3, "{engine:?}");
    }
}

#[tokio::test]
async fn it_is_taken_over_when_it_runs_out_and_a_paused_writer_commits_nothing() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let paused = bench.leased("paused", SHORT).await;
        // Run out, but nobody else has it: it is still ours to write under.
        tokio::time::sleep(Duration::from_millis(20)).await;
        bench.writes_as(paused.clone(), "a,b").await.unwrap();

        let other = bench.leased("other", LONG).await;
        assert_eq!(epoch(&other), epoch(&paused) + 1, "{engine:?}");
        let before = bench.db.dump().await;
        let error = bench.writes_as(paused.clone(), "b").await.unwrap_err();
        assert!(
            matches!(&error, SwapError::Conflict(why) if why == "another instance took over: other"),
            "{engine:?} {error}"
        );
        assert_eq!(bench.db.dump().await, before);
        bench.writes_as(other, "a").await.unwrap();
        assert_eq!(bench.db.models(id).await.as_deref(), Some("a"), "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_it_over_in_the_middle_of_a_write() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let slow = bench.leased("slow", SHORT).await;
        let other = open(&bench.db.address()).await.unwrap();
        // The slow one has passed the fence, and waits for a row that somebody holds. (SQLite locks all at once: there the
        // two come one after the other in any order.)
        let locked = bench.db.lock_channel(id).await;
        let release = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            locked.release().await;
        };
        let taken = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let other = other.with_lease("other", LONG).await.unwrap();
            (epoch(&other), bench.db.models(id).await)
        };
        let (written, (epoch, seen), ()) = tokio::join!(bench.writes_as(slow, "b"), taken, release);
        assert_eq!(epoch, 2, "{engine:?}");
        let expected = if written.is_ok() { "b" } else { "a,b,c" };
        assert!(engine == Engine::Sqlite || written.is_ok(), "{engine:?} {written:?}");
        assert_eq!(seen.as_deref(), Some(expected), "{engine:?}: what was written stood there before the takeover");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_start_at_once_agree() {
    for engine in Engine::ALL {
        for _ in 0..5 {
            let bench = Bench::new(engine, Schema::NewApi).await;
            let others = [open(&bench.db.address()).await.unwrap(), open(&bench.db.address()).await.unwrap()];
            let [one, other] = others;
            let (one, other) = tokio::join!(one.with_lease("one", LONG), other.with_lease("other", LONG));
            let both = [one.unwrap(), other.unwrap()];
            let ours = both.iter().filter(|gateway| matches!(gateway.lease(), Lease::Ours(_))).count();
            assert_eq!(ours, 1, "{engine:?} {:?}", both.map(|gateway| gateway.lease().clone()));
        }
    }
}

#[tokio::test]
async fn without_the_right_to_make_the_table_nothing_is_written_and_the_remedy_is_named() {
    let db = Db::create(Engine::Postgres, Schema::NewApi).await;
    db.channel(ChannelRow::default()).await;
    let user = format!("lease_{}", std::process::id());
    db.run(&format!("CREATE USER {user} PASSWORD 'secret'; REVOKE CREATE ON SCHEMA public FROM PUBLIC")).await;
    db.run(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON channels, abilities TO {user}")).await;
    let mut address = url::Url::parse(&db.address()).unwrap();
    address.set_username(&user).unwrap();
    address.set_password(Some("secret")).unwrap();
    let limited = open(address.as_str()).await.unwrap();
    assert_eq!(limited.writable(), Ok(()));
    let limited = limited.with_lease("limited", LONG).await.unwrap();
    let why = limited.writable().unwrap_err();
    assert!(why.contains("CREATE TABLE channelwarden_lease") && !why.contains("secret"), "{why}");

    let bench = Bench::over(db).await;
    let error = bench.writes_as(limited.clone(), "a").await.unwrap_err();
    assert!(matches!(error, SwapError::Refused(_)), "{error}");
    // Made by hand, with no more rights than the remedy names.
    let statement = why.split_once(": CREATE").unwrap().1;
    bench.db.run(&format!("CREATE{statement}")).await;
    bench.db.run(&format!("GRANT SELECT, INSERT, UPDATE ON channelwarden_lease TO {user}")).await;
    let limited = limited.with_lease("limited", LONG).await.unwrap();
    assert_eq!(epoch(&limited), 1);
    bench.writes_as(limited.clone(), "a").await.unwrap();
    limited.close().await;
    bench.db.run(&format!("DROP OWNED BY {user}; DROP USER {user}")).await;
}
