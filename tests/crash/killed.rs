//! SIGKILL at every step between journal and outcome.

use std::time::Instant;

use channelwarden::simulate::Behaviour;
use channelwarden::store::ChangeState::{Abandoned, Applied};
use serde_json::json;

use crate::databases::Engine;
use crate::{AFTER, BEFORE, about_to_change, side_by_side};

/// Each crash point, and whether the gateway has the change by then.
const POINTS: [(&str, bool); 8] = [
    ("after-journal", false),
    ("before-lock", false),
    ("after-compare", false),
    ("after-models", false),
    ("after-abilities", false),
    ("before-commit", false),
    ("after-commit", true),
    ("before-outcome", true),
];

const SWEEP: [&str; 2] = ["sweep", "--json"];

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_killed_anywhere_is_settled_and_done_once() {
    let cases = POINTS.into_iter().flat_map(|(point, written)| Engine::ALL.map(|engine| (engine, point, written)));
    side_by_side(cases.map(|(engine, point, written)| sweep(engine, point, written))).await;
}

async fn sweep(engine: Engine, point: &'static str, written: bool) {
    let case = format!("sweep killed at {point} on {engine:?}");
    let setup = about_to_change(engine, &json!({})).await;
    let first = setup.db.dump().await;
    setup.killed_at(&SWEEP, point).await;
    assert_eq!(setup.list().await, if written { AFTER } else { BEFORE }, "{case}");
    setup.agrees(&case).await;
    assert_eq!(setup.open().await, 1, "{case}: the intent was written down first");

    let again = setup.command(&SWEEP).await;
    let notes = again.report()["notes"].to_string();
    assert!(notes.contains("left open by a crash"), "{case}: it is told: {notes}");
    let applied = (Applied, BEFORE.to_owned(), AFTER.to_owned());
    let abandoned = (Abandoned, BEFORE.to_owned(), AFTER.to_owned());
    let journal = if written { vec![applied] } else { vec![abandoned, applied] };
    assert_eq!(setup.journal().await, journal, "{case}: done once, and nothing left open");
    assert_eq!(setup.list().await, AFTER, "{case}");
    setup.agrees(&case).await;

    let settled = setup.db.dump().await;
    setup.command(&SWEEP).await;
    assert_eq!(setup.db.dump().await, settled, "{case}: one more sweep");
    assert_eq!(setup.journal().await, journal, "{case}: one more sweep");

    // However it was settled, what was taken off is known as ours to put back.
    setup.upstreams["one"].set("gone", Behaviour::Works);
    let back = setup.command(&SWEEP).await.report();
    assert_eq!(back["changes"][0]["change"]["restored"], json!(["gone"]), "{case}: {back}");
    setup.agrees(&case).await;

    setup.command(&["undo", "--since", "1h"]).await;
    assert_eq!(setup.db.dump().await, first, "{case}: undo");
    assert_eq!(setup.open().await, 0, "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeps_killed_at_any_moment_leave_nothing_half_done() {
    side_by_side(Engine::ALL.map(any_moment)).await;
}

/// Kills after a little more time each time, through start, probes, write and end; the crash points cannot name every
/// instruction.
async fn any_moment(engine: Engine) {
    let case = format!("killed at any moment on {engine:?}");
    let setup = about_to_change(engine, &json!({})).await;
    let start = Instant::now();
    let looked = setup.start(&["sweep", "--dry-run"]).ends().await;
    assert_eq!(looked.code, Some(2), "{case}: {looked:?}");
    let whole = start.elapsed();
    for n in 0..20 {
        // There is something to write most of the time: what is gone comes back, and goes again.
        let how = if n / 4 % 2 == 0 { Behaviour::Gone } else { Behaviour::Works };
        setup.upstreams["one"].set("gone", how);
        let mut child = setup.start(&SWEEP);
        tokio::time::sleep(whole * (n % 10 + 3) / 10).await;
        if child.runs() {
            child.kill();
        }
    }
    setup.upstreams["one"].set("gone", Behaviour::Gone);
    for _ in 0..3 {
        setup.command(&SWEEP).await;
    }
    assert_eq!(setup.open().await, 0, "{case}");
    assert_eq!(setup.list().await, AFTER, "{case}");
    setup.agrees(&case).await;
    let mut applied = setup.journal().await;
    applied.retain(|(state, ..)| *state == Applied);
    // A line lost or written twice would break the chain from the first list to the last.
    assert_eq!(applied.first().map(|line| line.1.as_str()), Some(BEFORE), "{case}");
    assert_eq!(applied.last().map(|line| line.2.as_str()), Some(AFTER), "{case}");
    assert!(applied.windows(2).all(|pair| pair[0].2 == pair[1].1), "{case}: {applied:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_killed_anywhere_is_settled_and_done_once() {
    let cases = POINTS.into_iter().enumerate();
    // Every point once, the engines by turns: the write itself is the same as a sweep's.
    side_by_side(cases.map(|(n, (point, written))| apply(Engine::ALL[n % 3], point, written))).await;
}

async fn apply(engine: Engine, point: &'static str, written: bool) {
    let case = format!("apply killed at {point} on {engine:?}");
    let setup = about_to_change(engine, &json!({ "gateways": { "main": { "mode": "propose" } } })).await;
    let first = setup.db.dump().await;
    setup.round().await;
    assert_eq!(setup.db.dump().await, first, "{case}: proposed only");
    setup.killed_at(&["apply"], point).await;
    setup.agrees(&case).await;
    assert_eq!(setup.open().await, 1, "{case}");

    // What recovery finds done is no proposal any more.
    let again = setup.command(&["apply"]).await;
    assert!(again.out.contains("left open by a crash"), "{case}: {again:?}");
    assert_eq!(again.out.contains("nothing to apply"), written, "{case}: {again:?}");
    assert_eq!(setup.states().await, if written { vec![Applied] } else { vec![Abandoned, Applied] }, "{case}");
    assert_eq!(setup.list().await, AFTER, "{case}");
    setup.agrees(&case).await;
    setup.command(&["undo", "--last"]).await;
    assert_eq!(setup.db.dump().await, first, "{case}: undo");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_killed_anywhere_is_settled_and_done_once() {
    let cases = POINTS.into_iter().enumerate();
    side_by_side(cases.map(|(n, (point, written))| undo(Engine::ALL[(n + 1) % 3], point, written))).await;
}

async fn undo(engine: Engine, point: &'static str, written: bool) {
    let case = format!("undo killed at {point} on {engine:?}");
    let setup = about_to_change(engine, &json!({})).await;
    let first = setup.db.dump().await;
    setup.round().await;
    let done = setup.db.dump().await;
    assert_eq!(setup.list().await, AFTER);
    setup.killed_at(&["undo", "--last"], point).await;
    // A transaction that the killed process left on the server ends a moment later.
    setup.agrees(&case).await;
    assert_eq!(setup.db.dump().await, if written { first.clone() } else { done }, "{case}");
    assert_eq!(setup.open().await, 1, "{case}");

    let again = setup.command(&["undo", "--last"]).await;
    assert!(again.out.contains("left open by a crash"), "{case}: {again:?}");
    assert_eq!(setup.db.dump().await, first, "{case}: both tables byte for byte");
    let states = if written { vec![Applied, Applied] } else { vec![Applied, Abandoned, Applied] };
    assert_eq!(setup.states().await, states, "{case}");
    // What was undone stays undone: its models are on hold.
    setup.command(&SWEEP).await;
    assert_eq!(setup.list().await, BEFORE, "{case}: one more sweep");
    assert_eq!(setup.states().await, states, "{case}: one more sweep");
}
