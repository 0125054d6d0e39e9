//! SIGTERM and SIGHUP, sent to the loop at awkward moments.

use std::path::PathBuf;

use channelwarden::simulate::Behaviour;
use channelwarden::store::ChangeState;
use serde_json::json;

use crate::databases::Engine;
use crate::{AFTER, BEFORE, about_to_change, side_by_side, until};

/// Far longer than any test waits for an end.
const LONG: &str = "10m";

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_hanging_probes() {
    side_by_side(Engine::ALL.map(|engine| async move {
        let setup = about_to_change(engine, &json!({ "probe": { "timeout": LONG, "first_byte_timeout": LONG } })).await;
        let first = setup.db.dump().await;
        setup.upstreams["two"].set("b", Behaviour::Hangs);
        let asked = setup.upstreams["two"].asked("b");
        for command in [&["run"][..], &["sweep"]] {
            let before = setup.upstreams["two"].asked("b");
            let mut child = setup.start(command);
            until("the probe hangs", || async { setup.upstreams["two"].asked("b") > before }).await;
            child.signal("TERM");
            let ended = child.ends().await;
            // The loop was asked to end; a sweep was asked to end before it was done.
            let code = i32::from(command != ["run"]);
            assert_eq!(ended.code, Some(code), "{engine:?} {command:?}: {ended:?}");
        }
        assert_eq!(setup.upstreams["two"].asked("b"), asked + 2, "{engine:?}");
        assert_eq!(setup.db.dump().await, first, "{engine:?}");
        assert_eq!(setup.states().await, [], "{engine:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_write_under_way() {
    side_by_side(Engine::ALL.map(|engine| async move {
        let setup = about_to_change(engine, &json!({})).await;
        // Once the child has opened the gateway (which waits for locks too), it is held up in its write only.
        setup.upstreams["two"].set("b", Behaviour::Slow(std::time::Duration::from_millis(300)));
        let before = setup.upstreams["two"].asked("b");
        let mut child = setup.start(&["run"]);
        until("the child asks", || async { setup.upstreams["two"].asked("b") > before }).await;
        let locked = setup.db.lock_channel(setup.channels["one"]).await;
        until("the intent is written down", || async { setup.open().await == 1 }).await;
        child.signal("TERM");
        child.logs("stopping").await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(child.runs(), "{engine:?}: never in the middle of a write");
        locked.release().await;
        let ended = child.ends().await;
        assert_eq!(ended.code, Some(0), "{engine:?}: {ended:?}");
        assert_eq!(setup.states().await, [ChangeState::Applied], "{engine:?}");
        assert_eq!(setup.list().await, AFTER, "{engine:?}");
        setup.agrees("stopped").await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_is_told_and_the_old_one_holds() {
    let setup = about_to_change(Engine::Sqlite, &json!({ "gateways": { "main": { "mode": "observe" } } })).await;
    let file = setup.config_file();
    let good = std::fs::read_to_string(&file).unwrap();
    let looked = setup.upstreams["one"].asked("a");
    let mut child = setup.start(&["run"]);
    child.logs("checked").await;

    // Broken as a text, as a configuration, and only when it is put to use.
    let nowhere = PathBuf::from("/nowhere/at/all");
    let broken = [
        ("{ gateways: ", "config.json5"),
        (&good.replace("\"mode\"", "\"moed\""), "moed"),
        (&good.replace("\"timeout\"", &format!("\"ca_file\": {nowhere:?}, \"timeout\"")), "/nowhere/at/all"),
        (&good.replace("store.db", "no/such/folder/store.db"), "no/such/folder"),
    ];
    for (number, (text, told)) in broken.into_iter().enumerate() {
        std::fs::write(&file, text).unwrap();
        child.signal("HUP");
        let log = child.logs_times("the configuration stays as it was", number + 1).await;
        assert!(log.contains(told), "{told}: {log}");
        assert!(child.runs(), "{told}");
    }
    assert_eq!(setup.list().await, BEFORE);
    let rounds = setup.store.rounds("main", 100).await.unwrap();
    assert!(rounds.iter().all(|round| round.mode == "observe"), "{rounds:?}");
    assert!(setup.upstreams["one"].asked("a") > looked);

    // Mended, the new settings hold at once.
    std::fs::write(&file, good.replace("\"observe\"", "\"apply\"")).unwrap();
    child.signal("HUP");
    until("the new mode holds", || async { setup.list().await == AFTER }).await;
    child.signal("TERM");
    assert_eq!(child.ends().await.code, Some(0));
    setup.agrees("reloaded").await;
}
