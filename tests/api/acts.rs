//! What is asked to be done is done, by the loop's own desk, and answered.

use channelwarden::store::{Address, Posting};
use serde_json::json;

use crate::scene::{Scene, TAG, code};

#[tokio::test]
async fn what_is_held_is_approved_and_undone_and_each_is_a_change() {
    let scene = Scene::new().await;
    let before = scene.setup.db.dump().await;
    let one = scene.setup.channels["one"];
    let apply = scene.post("/api/plan/apply", &json!({ "gateway": "main", "channel": one })).await;
    assert_eq!((apply.status, &apply.json()["channels"][0]["outcome"]), (200, &json!("held")), "{}", apply.text());
    let approve = scene.post("/api/plan/approve", &json!({ "gateway": "main", "channel": one })).await.json();
    assert_eq!(approve["channels"][0]["outcome"], "applied", "{approve:#}");
    assert_eq!(scene.setup.lists().await["one"], "a,b");
    assert_eq!(scene.read("/api/plan").await, json!([]), "nothing waits any more");

    let change = approve["channels"][0]["change"].as_i64().unwrap();
    let row = scene.read(&format!("/api/changes/{change}")).await;
    assert_eq!(
        (&row["after"], &row["undoable"], row["removed"].as_array().unwrap().len()),
        (&json!(["a", "b"]), &json!(true), 3)
    );
    let undo = scene.post(&format!("/api/changes/{change}/undo"), &json!({})).await.json();
    assert_eq!(undo["channels"][0]["outcome"], "applied", "{undo:#}");
    assert_eq!(scene.setup.db.dump().await, before, "byte for byte");
    let row = scene.read(&format!("/api/changes/{change}")).await;
    assert_eq!((&row["undone_by"], &row["undoable"]), (&undo["channels"][0]["change"], &json!(false)), "{row:#}");

    let missing = scene.post("/api/changes/999999/undo", &json!({})).await;
    assert_eq!((missing.status, code(&missing).as_str()), (404, "not_found"));
    let nothing = scene.post("/api/plan/approve", &json!({ "gateway": "main", "channel": one })).await;
    assert_eq!((nothing.status, code(&nothing).as_str()), (404, "not_found"));
}

#[tokio::test]
async fn what_is_rejected_waits_no_more() {
    let scene = Scene::new().await;
    let one = scene.setup.channels["one"];
    let reject = scene.post("/api/plan/reject", &json!({ "gateway": "main", "channel": one })).await;
    assert_eq!((reject.status, &reject.json()["channels"][0]["outcome"]), (200, &json!("rejected")));
    assert_eq!(scene.read("/api/plan").await, json!([]));
    assert_eq!(scene.read("/api/holds").await.as_array().unwrap().len(), 3, "a model each");
}

#[tokio::test]
async fn a_hold_is_in_force_until_it_is_lifted() {
    let scene = Scene::new().await;
    let held = scene.post("/api/holds", &json!({ "reason": "<b>stop</b>" })).await;
    assert_eq!(held.status, 200, "{}", held.text());
    assert_eq!(scene.read("/api/holds").await[0]["reason"], "<b>stop</b>");
    assert_eq!(scene.read("/api/summary").await["hold"], true);
    let one = scene.setup.channels["one"];
    let approve = scene.post("/api/plan/approve", &json!({ "gateway": "main", "channel": one })).await.json();
    assert_eq!(approve["channels"][0]["outcome"], "on-hold", "{approve:#}");
    assert_eq!(scene.post("/api/holds/release", &json!({})).await.status, 200);
    assert_eq!(scene.read("/api/summary").await["hold"], false);

    // With one gateway a channel needs no gateway beside it.
    let model = json!({ "channel": one, "model": "a", "reason": "mine" });
    assert_eq!(scene.post("/api/holds", &model).await.status, 200);
    let row = &scene.read("/api/holds").await[0];
    assert_eq!((&row["gateway"], &row["channel"], &row["model"]), (&json!("main"), &json!(one), &json!("a")));
}

#[tokio::test]
async fn a_scan_is_begun_and_a_second_one_is_a_conflict() {
    let scene = Scene::new().await;
    let begun = scene.post("/api/scan", &json!({})).await;
    assert_eq!((begun.status, begun.json()), (202, json!({ "channels": [], "notes": [] })));
    scene.scans.asked("main").await;
    let under_way = scene.live.began("main", true, "2026-11-21T12:00:00Z".parse().unwrap());
    for body in [json!({}), json!({ "gateway": "main" })] {
        let again = scene.post("/api/scan", &body).await;
        assert_eq!((again.status, code(&again).as_str()), (409, "conflict"), "{body}");
    }
    drop(under_way);
    assert_eq!(scene.post("/api/scan", &json!({ "gateway": "main" })).await.status, 202);
    assert_eq!(scene.post("/api/scan", &json!({ "gateway": "nobody" })).await.status, 404);
}

#[tokio::test]
async fn a_message_that_was_given_up_is_shown_and_can_be_tried_again() {
    let scene = Scene::new().await;
    let store = &scene.setup.store;
    let now = channelwarden::clock::now();
    let to = Address { receiver: "ops".to_owned(), chat: String::new() };
    let event = json!({
        "cause": "no-credit", "gateway": "main", "channel": { "id": 1, "name": TAG }, "subject": "",
    });
    let body = json!({ "entries": [{ "what": "first", "event": event }] }).to_string();
    let id = store.post(&to, &body, now).await.unwrap();
    store.posted(id, Posting::Dead, now, "550 no such user").await.unwrap();
    let dead = scene.read("/api/outbox?state=dead&receiver=ops").await;
    assert_eq!(
        (&dead[0]["id"], &dead[0]["note"], &dead[0]["attempts"], &dead[0]["count"]),
        (&json!(id), &json!("550 no such user"), &json!(1), &json!(1)),
        "{dead:#}"
    );
    assert_eq!(dead[0]["entries"][0]["channel_name"], TAG);
    assert_eq!(scene.post("/api/outbox/retry", &json!({ "id": id })).await.status, 200);
    assert_eq!(scene.read("/api/outbox?state=dead").await, json!([]));
    assert_eq!(scene.read("/api/outbox?state=waiting").await[0]["attempts"], 0);
    let again = scene.post("/api/outbox/retry", &json!({ "id": id })).await;
    assert_eq!((again.status, code(&again).as_str()), (404, "not_found"));
}
