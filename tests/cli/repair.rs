//! `repair`, and what a sweep tells of drift.

use crate::scene::{Scene, assert_told};

async fn drifted(mode: &str) -> Scene {
    let mut scene = Scene::new(mode).await;
    for (name, models) in [("Acme", "good,fine"), ("Borealis", "good"), ("Corvus", "good")] {
        let behaviours: Vec<_> = models.split(',').map(|model| (model, "works")).collect();
        scene.channel(name, models, &behaviours).await;
    }
    scene.setup.db.run("DELETE FROM abilities WHERE channel_id = 1 AND model = 'fine'").await;
    scene.setup.db.run("UPDATE abilities SET priority = 5 WHERE channel_id = 2").await;
    scene.setup.db.run("INSERT INTO abilities VALUES ('default', 'old', 2, 1, 0)").await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_rehearsed_set_right_and_taken_back() {
    let scene = drifted("observe").await;
    let (before, bytes) = (scene.setup.db.dump().await, scene.gateway_bytes());
    assert_told("sweep_drift", scene.run_to(0, &["sweep"]).await);
    assert_told("repair_dry_run", scene.run_to(0, &["repair", "--dry-run"]).await);
    assert_eq!(scene.gateway_bytes(), bytes);
    assert_told("repair_one", scene.run_to(0, &["repair", "--channel", "1"]).await);
    assert_told("repair", scene.run_to(0, &["repair"]).await);
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
    assert_told("repair_nothing", scene.run_to(0, &["repair"]).await);
    assert_told("history_repair", scene.run_to(0, &["history"]).await);
    assert_told("undo_repair", scene.run_to(0, &["undo", "--since", "1h"]).await);
    assert_eq!(scene.setup.db.dump().await, before);
    let unknown = scene.run_to(1, &["repair", "--channel", "77"]).await;
    assert!(unknown.err.contains("no such channel"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_and_an_exclusion_stop_a_repair_and_orphans_are_listed() {
    let scene = drifted("apply").await;
    scene.setup.db.run("DELETE FROM channels WHERE id = 3").await;
    let text = std::fs::read_to_string(scene.setup.config_file()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["gateways"]["main"]["channels"] = serde_json::json!({ "exclude": [1] });
    scene.configure(&config.to_string());
    scene.run_to(0, &["hold"]).await;
    let bytes = scene.gateway_bytes();
    assert_told("repair_on_hold", scene.run_to(3, &["repair"]).await);
    assert_eq!(scene.gateway_bytes(), bytes);
    scene.run_to(0, &["release"]).await;
    let json = scene.run_to(0, &["repair", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["drift"][0]["why"], "excluded by the configuration", "{json}");
    assert_eq!(json["drift"][1]["outcome"]["result"], "applied", "{json}");
    assert_eq!(json["orphans"], serde_json::json!({ "rows": 1, "channels": [3] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_does_not_do_again_what_a_person_took_back() {
    let scene = drifted("apply").await;
    let text = std::fs::read_to_string(scene.setup.config_file()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["gateways"]["main"]["repair"] = true.into();
    scene.configure(&config.to_string());
    let before = scene.setup.db.dump().await;
    let swept = scene.run_to(0, &["sweep"]).await;
    assert!(swept.out.contains("2 channels repaired"), "{swept}");
    scene.run_to(0, &["undo", "--since", "1h"]).await;
    assert_eq!(scene.setup.db.dump().await, before);
    let swept = scene.run_to(0, &["sweep"]).await;
    assert!(swept.out.contains("left alone: its repair was taken back"), "{swept}");
    assert_eq!(scene.setup.db.dump().await, before);
    scene.run_to(0, &["repair"]).await;
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_leaves_what_waits_for_a_person() {
    let scene = Scene::dead_model("propose").await;
    scene.confirm(2).await;
    scene.setup.db.run("UPDATE abilities SET priority = 5 WHERE channel_id = 1 AND model = 'fine'").await;
    scene.run_to(0, &["repair"]).await;
    scene.run_to(2, &["plan"]).await;
    scene.run_to(0, &["apply"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine");
}
