//! Each command's words and exit code, along the life of one withdrawn model.

use channelwarden::model::Sample;

use crate::databases::Lit;
use crate::scene::{Scene, assert_told};

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_observe_a_change_is_shown_and_never_written() {
    let scene = Scene::dead_model("observe").await;
    let before = scene.gateway_bytes();
    assert_told("plan_without_a_round", scene.run_to(0, &["plan"]).await);
    assert_told("sweep_first", scene.run_to(0, &["sweep", "--all"]).await);
    assert_told("plan_nothing", scene.run_to(0, &["plan"]).await);
    assert_told("sweep_observe", scene.run_to(2, &["sweep"]).await);
    assert_told("plan_observe", scene.run_to(2, &["plan"]).await);
    assert_told("apply_observe", scene.run_to(1, &["apply"]).await);
    assert_told("apply_rehearse", scene.run_to(0, &["apply", "--rehearse"]).await);
    assert_eq!(scene.gateway_bytes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_propose_a_change_waits_for_apply_and_undo_takes_it_back() {
    let scene = Scene::dead_model("propose").await;
    let first = scene.setup.db.dump().await;
    assert_told("sweep_propose", scene.confirm(2).await);
    assert_eq!(scene.setup.db.dump().await, first);
    assert_told("apply", scene.run_to(0, &["apply"]).await);
    assert_eq!(scene.list("Acme").await, "good,fine");
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
    assert_told("apply_nothing", scene.run_to(0, &["apply"]).await);
    assert_told("plan_after_apply", scene.run_to(0, &["plan"]).await);
    assert_told("undo_rehearse", scene.run_to(0, &["undo", "--last", "--rehearse"]).await);
    assert_eq!(scene.list("Acme").await, "good,fine");
    assert_told("undo_last", scene.run_to(0, &["undo", "--last"]).await);
    assert_eq!(scene.setup.db.dump().await, first);
    assert_told("undo_again", scene.run_to(4, &["undo", "1"]).await);
    assert_told("history", scene.run_to(0, &["history"]).await);
    assert_told("history_model", scene.run_to(0, &["history", "--model", "dead", "--channel", "1"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_no_table_knows_are_shown() {
    let scene = Scene::dead_model("observe").await;
    let sample = Sample {
        fingerprint: "0123".to_owned(),
        host: "api.acme.test:443".to_owned(),
        status: 400,
        body: "{\"error\":\"never\u{1b} heard of\"}".to_owned(),
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
    };
    scene.setup.store.keep_samples(&[sample.clone(), sample]).await.unwrap();
    assert_told("history_samples", scene.run_to(0, &["history", "samples"]).await);
    let json = scene.run_to(0, &["history", "samples", "--json", "--limit", "1"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["samples"][0]["seen"], 2, "{json}");
    assert_eq!(json["samples"][0]["last"], "2026-11-21T12:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_by_number_by_time_and_by_round() {
    let scene = Scene::dead_model("apply").await;
    let first = scene.setup.db.dump().await;
    let ways: [&[&str]; 3] = [&["undo", "1"], &["undo", "--since", "1h"], &["undo", "--round", "2"]];
    for (way, name) in ways.iter().zip(["undo_number", "undo_since", "undo_round"]) {
        let scene = Scene::dead_model("apply").await;
        scene.confirm(0).await;
        assert_eq!(scene.list("Acme").await, "good,fine");
        assert_told(name, scene.run_to(0, way).await);
        assert_eq!(scene.list("Acme").await, "good,fine,dead");
        assert_told("undo_nothing", scene.run_to(0, &["undo", "--since", "1h"]).await);
        // What a person took back is not taken off again.
        scene.confirm(0).await;
        assert_eq!(scene.list("Acme").await, "good,fine,dead");
    }
    scene.run_to(0, &["undo", "--last"]).await;
    assert_eq!(scene.setup.db.dump().await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_change_is_the_last_of_all_gateways() {
    let (scene, other) = (Scene::dead_model("apply").await, Scene::dead_model("apply").await);
    let mut config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(scene.setup.config_file()).unwrap()).unwrap();
    config["gateways"]["other"] = serde_json::json!({ "database": other.setup.db.address(), "mode": "apply" });
    scene.configure(&config.to_string());
    scene.confirm(0).await;
    assert_eq!((scene.list("Acme").await, other.list("Acme").await), ("good,fine".to_owned(), "good,fine".to_owned()));
    scene.run_to(0, &["undo", "--last"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine", "an older change than the last was undone too");
    assert_eq!(other.list("Acme").await, "good,fine,dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_limit_held_is_told_and_let_through_by_apply_held() {
    let mut scene = Scene::new("apply").await;
    scene.channel("Dune", "good,only-here", &[("good", "works"), ("only-here", "gone")]).await;
    assert_told("sweep_held", scene.confirm(3).await);
    assert_told("plan_held", scene.run_to(3, &["plan"]).await);
    assert_told("apply_but_held", scene.run_to(3, &["apply"]).await);
    assert_eq!(scene.list("Dune").await, "good,only-here");
    assert_told("apply_held", scene.run_to(0, &["apply", "--held"]).await);
    assert_eq!(scene.list("Dune").await, "good");
    scene.run_to(0, &["plan"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_between_sweep_and_apply_is_a_conflict_and_stays() {
    let scene = Scene::dead_model("propose").await;
    scene.confirm(2).await;
    scene.setup.db.edit(1, "models", Lit::text("good,fine,dead,mine")).await;
    scene.setup.as_the_gateway("Acme").await;
    let theirs = scene.gateway_bytes();
    assert_told("apply_conflict", scene.run_to(4, &["apply"]).await);
    assert_eq!(scene.gateway_bytes(), theirs);
    scene.run_to(0, &["plan"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_stops_writing_until_it_is_released() {
    let scene = Scene::dead_model("apply").await;
    let before = scene.gateway_bytes();
    assert_told("hold_list_none", scene.run_to(0, &["hold", "--list"]).await);
    assert_told("hold", scene.run_to(0, &["hold", "--reason", "holidays"]).await);
    assert_told("sweep_on_hold", scene.confirm(3).await);
    assert_told("apply_on_hold", scene.run_to(3, &["apply"]).await);
    assert_eq!(scene.gateway_bytes(), before);
    let named = ["--channel", "2", "--model", "good"];
    assert_told("hold_model", scene.run_to(0, &[&["hold"], &named[..]].concat()).await);
    assert_told("hold_list", scene.run_to(0, &["hold", "--list"]).await);
    assert_told("release", scene.run_to(0, &["release"]).await);
    assert_told("release_model", scene.run_to(0, &[&["release"], &named[..]].concat()).await);
    assert_told("release_none", scene.run_to(0, &["release"]).await);
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_a_hold_too() {
    let scene = Scene::dead_model("apply").await;
    let before = scene.gateway_bytes();
    std::fs::write(scene.folder().join("store.db.hold"), "").unwrap();
    assert_told("sweep_hold_file", scene.confirm(3).await);
    assert_told("hold_list_file", scene.run_to(0, &["hold", "--list"]).await);
    assert_eq!(scene.gateway_bytes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_leaves_alone_since_it_was_decided_is_not_written() {
    let scene = Scene::dead_model("propose").await;
    scene.confirm(2).await;
    let text = std::fs::read_to_string(scene.setup.config_file()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["gateways"]["main"]["rules"] = serde_json::json!([{ "models": ["dead"], "policy": "passive" }]);
    scene.configure(&config.to_string());
    let ran = scene.run_to(3, &["apply"]).await;
    assert!(
        ran.out.contains("−dead held by on-hold: excluded, kept, put on hold or no longer probed since it was decided"),
        "{ran}"
    );
    assert_eq!(scene.list("Acme").await, "good,fine,dead");
    // The next round asks it no more, so nothing waits any longer.
    scene.run_to(0, &["sweep"]).await;
    assert!(scene.run_to(0, &["plan"]).await.out.contains("nothing to change"));
}
