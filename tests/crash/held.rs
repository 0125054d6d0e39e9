//! The stop button, pressed at any moment before the commit.

use channelwarden::apply::Outcome;
use channelwarden::store::{ChangeState, HoldScope};
use jiff::Timestamp;
use serde_json::json;

use crate::databases::Engine;
use crate::world::Setup;
use crate::{AFTER, about_to_change, side_by_side, until};

impl Setup {
    /// Presses the button: as a file, or as a row.
    async fn hold(&self, as_file: bool) {
        if as_file {
            std::fs::write(self.store.hold_file(), "").unwrap();
        } else {
            let scope =
                HoldScope { gateway: Some("main".to_owned()), channel: Some(self.channels["one"]), model: None };
            self.store.hold(&scope, "stop", Timestamp::UNIX_EPOCH).await.unwrap();
        }
    }

    async fn release(&self, as_file: bool) {
        if as_file {
            std::fs::remove_file(self.store.hold_file()).unwrap();
        } else {
            self.command(&["release", "--channel", &self.channels["one"].to_string()]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_between_plan_and_write_stops_the_write() {
    side_by_side(Engine::ALL.into_iter().flat_map(|engine| [true, false].map(|as_file| before(engine, as_file)))).await;
}

async fn before(engine: Engine, as_file: bool) {
    let case = format!("{engine:?}, as a file: {as_file}");
    let setup = about_to_change(engine, &json!({})).await;
    let first = setup.db.dump().await;
    let change = setup.decided().await;
    setup.hold(as_file).await;
    let outcome = setup.write(&change).await;
    assert!(matches!(outcome, Outcome::OnHold(_)), "{case}: {outcome:?}");
    assert_eq!(setup.db.dump().await, first, "{case}");
    assert_eq!(setup.open().await, 0, "{case}");
    setup.release(as_file).await;
    assert!(matches!(setup.write(&change).await, Outcome::Applied(_)), "{case}");
    assert_eq!(setup.list().await, AFTER, "{case}");
    setup.agrees(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_inside_the_write_stops_it() {
    side_by_side(Engine::ALL.into_iter().flat_map(|engine| [true, false].map(|as_file| inside(engine, as_file)))).await;
}

async fn inside(engine: Engine, as_file: bool) {
    let case = format!("{engine:?}, as a file: {as_file}");
    let setup = about_to_change(engine, &json!({})).await;
    let first = setup.db.dump().await;
    let change = setup.decided().await;
    let gateway = setup.gateway().await;
    let locked = setup.db.lock_channel(change.channel.id).await;
    let operator = async {
        until("the intent is written down", || async { setup.open().await == 1 }).await;
        setup.hold(as_file).await;
        locked.release().await;
    };
    let (outcome, ()) = tokio::join!(setup.write_to(&gateway, &change), operator);
    assert!(matches!(outcome, Outcome::OnHold(_)), "{case}: {outcome:?}");
    assert_eq!(setup.db.dump().await, first, "{case}");
    assert_eq!(setup.states().await, [ChangeState::Abandoned], "{case}");
    setup.release(as_file).await;
    assert!(matches!(setup.write(&change).await, Outcome::Applied(_)), "{case}");
}

/// The last look at the button is just before the commit: everything is written by then, and taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_before_the_commit_takes_the_write_back() {
    let setup = about_to_change(Engine::Postgres, &json!({})).await;
    let first = setup.db.dump().await;
    let change = setup.decided().await;
    // A gate in the middle of the write, which the test holds shut.
    setup
        .db
        .run(
            "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END';
             CREATE TRIGGER gate BEFORE UPDATE ON channels FOR EACH ROW EXECUTE FUNCTION gate()",
        )
        .await;
    let gateway = setup.gateway().await;
    let mut gate = setup.db.lock_channel(setup.channels["two"]).await;
    gate.run("SELECT pg_advisory_xact_lock(1)").await;
    let waits = "SELECT CAST(pid AS TEXT) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let operator = async {
        until("the write stands at the gate", || async { !setup.db.rows(waits).await.is_empty() }).await;
        setup.hold(false).await;
        gate.release().await;
    };
    let (outcome, ()) = tokio::join!(setup.write_to(&gateway, &change), operator);
    assert!(matches!(outcome, Outcome::OnHold(_)), "{outcome:?}");
    assert_eq!(setup.db.dump().await, first);
    assert_eq!(setup.states().await, [ChangeState::Abandoned]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_on_hold_looks_and_writes_nothing() {
    side_by_side(Engine::ALL.map(|engine| async move {
        let setup = about_to_change(engine, &json!({})).await;
        let first = setup.db.dump().await;
        setup.command(&["hold", "--reason", "not today"]).await;
        let mut child = setup.start(&["run"]);
        child.logs("OnHold").await;
        assert_eq!(setup.db.dump().await, first, "{engine:?}");
        assert_eq!(setup.states().await, [], "{engine:?}: not even an intent");
        // Released, the next round of the same process writes.
        setup.command(&["release"]).await;
        child.signal("HUP");
        until("the loop writes", || async { setup.list().await == AFTER }).await;
        child.signal("TERM");
        assert_eq!(child.ends().await.code, Some(0), "{engine:?}");
        assert_eq!(setup.states().await, [ChangeState::Applied], "{engine:?}");
        setup.agrees("released").await;
    }))
    .await;
}
