//! Intents that a crash left open, settled when the gateway is away, edited, or still busy with our last words.

use channelwarden::apply;
use channelwarden::store::ChangeState::{Abandoned, Applied, Conflict};
use serde_json::json;

use crate::child::Child;
use crate::databases::{Engine, Lit};
use crate::world::Setup;
use crate::{AFTER, BEFORE, about_to_change, side_by_side, until};

impl Setup {
    /// The same configuration and store, with the gateway's database where nothing is.
    fn lost(&self) -> std::path::PathBuf {
        let address = match self.db.engine {
            Engine::Sqlite => "sqlite:/nowhere/one-api.db",
            Engine::MySql => "mysql://cw:cw@127.0.0.1:9/gone",
            Engine::Postgres => "postgres://cw:cw@127.0.0.1:9/gone",
        };
        let file = self.config_file().with_file_name("lost.json5");
        let text = std::fs::read_to_string(self.config_file()).unwrap();
        std::fs::write(&file, text.replace(&self.db.address(), address)).unwrap();
        file
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_waits_for_an_unreachable_gateway() {
    side_by_side(
        Engine::ALL.into_iter().flat_map(|engine| ["after-models", "after-commit"].map(|at| away(engine, at))),
    )
    .await;
}

async fn away(engine: Engine, point: &'static str) {
    let case = format!("{engine:?} {point}");
    let setup = about_to_change(engine, &json!({})).await;
    setup.killed_at(&["sweep"], point).await;
    let ended = Child::start(&setup.lost(), &["sweep"], None).ends().await;
    assert_eq!(ended.code, Some(1), "{case}: {ended:?}");
    assert!(ended.err.contains("cannot reach the database"), "{case}: {ended:?}");
    assert_eq!(setup.open().await, 1, "{case}: not settled without a look");
    // The loop does not end over it, and settles nothing either.
    let mut child = Child::start(&setup.lost(), &["run"], None);
    child.logs("cannot reach the database").await;
    child.signal("TERM");
    assert_eq!(child.ends().await.code, Some(0), "{case}");
    assert_eq!(setup.open().await, 1, "{case}");

    setup.command(&["sweep"]).await;
    assert_eq!(setup.open().await, 0, "{case}");
    assert_eq!(setup.list().await, AFTER, "{case}");
    let settled = if point == "after-commit" { vec![Applied] } else { vec![Abandoned, Applied] };
    assert_eq!(setup.states().await, settled, "{case}");
    setup.agrees(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_after_the_crash_stays() {
    side_by_side(
        Engine::ALL.into_iter().flat_map(|engine| ["after-models", "after-commit"].map(|at| edited(engine, at))),
    )
    .await;
}

async fn edited(engine: Engine, point: &'static str) {
    let case = format!("{engine:?} {point}");
    let setup = about_to_change(engine, &json!({})).await;
    setup.killed_at(&["sweep"], point).await;
    setup.upstreams["one"].set("mine", channelwarden::simulate::Behaviour::Works);
    let theirs = format!("{},mine", setup.list().await);
    setup.db.edit(setup.channels["one"], "models", Lit::text(&theirs)).await;
    setup.as_the_gateway("one").await;
    let admins = setup.db.dump().await;

    let gateway = setup.gateway().await;
    let turn = setup.store.turn().await.unwrap();
    let settled = apply::recover(&setup.store, &gateway, &turn).await.unwrap();
    assert!(matches!(&settled[..], [told] if told.contains("conflict")), "{case}: {settled:?}");
    assert_eq!(setup.db.dump().await, admins, "{case}: hands off");
    assert_eq!(setup.states().await, [Conflict], "{case}");
    let again = apply::recover(&setup.store, &gateway, &turn).await.unwrap();
    assert!(again.is_empty(), "{case}: settled once: {again:?}");
    drop(turn);
    let undone = setup.command(&["undo", "--since", "1h"]).await;
    assert!(undone.out.contains("nothing to undo"), "{case}: {undone:?}");

    // What a later round does, it does on top of the edit.
    setup.command(&["sweep"]).await;
    assert!(setup.list().await.contains("mine"), "{case}");
    setup.agrees(&case).await;
}

/// Killed between sending COMMIT and hearing of it, we leave a transaction that the server has not finished yet. A look
/// past it would see the old list, and call a change abandoned that is there a moment later.
#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_transaction_is_waited_for() {
    side_by_side(Engine::ALL.into_iter().flat_map(|engine| [true, false].map(|commits| unfinished(engine, commits))))
        .await;
}

async fn unfinished(engine: Engine, commits: bool) {
    let case = format!("{engine:?}, commits: {commits}");
    let setup = about_to_change(engine, &json!({})).await;
    let id = setup.channels["one"];
    let gateway = setup.gateway().await;
    setup.killed_at(&["sweep"], "before-lock").await;
    // Its last words, still under way.
    let mut server = setup.db.lock_channel(id).await;
    server.run(&format!("UPDATE channels SET models = '{AFTER}' WHERE id = {id}")).await;
    let turn = setup.store.turn().await.unwrap();
    let ends = async {
        // Time enough for a look that does not wait.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        if commits { server.commit().await } else { server.release().await }
    };
    let (settled, ()) = tokio::join!(apply::recover(&setup.store, &gateway, &turn), ends);
    let settled = settled.unwrap();
    assert_eq!(settled.len(), 1, "{case}");
    assert_eq!(setup.list().await, if commits { AFTER } else { BEFORE }, "{case}");
    assert_eq!(setup.states().await, [if commits { Applied } else { Abandoned }], "{case}: {settled:?}");
}

/// An intent is not left to the one who comes next while its writer lives, however long it takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_under_way_is_nobody_elses_to_settle() {
    side_by_side(Engine::ALL.map(|engine| async move {
        let setup = about_to_change(engine, &json!({})).await;
        let mut slow = setup.start_to_crash(&["sweep"], "after-journal");
        slow.says("crash-point after-journal").await;
        let mut next = setup.start(&["sweep", "--json"]);
        let mut stopped = setup.start(&["run"]);
        until("both are up", || async { setup.store.heartbeat().await.unwrap().is_some() }).await;
        // Time enough to do what it must not do.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert!(next.runs(), "{engine:?}: it waits for its turn");
        assert_eq!(setup.open().await, 1, "{engine:?}");
        // Who waits for a turn can still be stopped.
        stopped.signal("TERM");
        assert_eq!(stopped.ends().await.code, Some(0), "{engine:?}");
        slow.kill();
        let ended = next.ends().await;
        assert_eq!(ended.code, Some(0), "{engine:?}: {ended:?}");
        assert_eq!(setup.states().await, [Abandoned, Applied], "{engine:?}");
        assert_eq!(setup.list().await, AFTER, "{engine:?}");
        setup.agrees("both").await;
    }))
    .await;
}
