//! A ChannelMonitor `config.json`, as it is, in the place of ours.

use std::path::Path;

use serde_json::{Value, json};

use crate::databases::Lit;
use crate::scene::{Ran, Scene, assert_told, run_in};

/// Its keys, over this gateway.
async fn scene(over: Value) -> Scene {
    let mut scene = Scene::dead_model("observe").await;
    let all = [("good", "works"), ("advanced-voice", "gone"), ("other", "works")];
    scene.channel("Cinder", "advanced-voice,good,other", &all).await;
    scene.channel("refresh", "gone-too,all-gone", &[("gone-too", "gone"), ("all-gone", "gone")]).await;
    let mut config = json!({
        "oneapi_type": "oneapi",
        "exclude_channel": [],
        "exclude_model": ["advanced-voice"],
        "models": ["good"],
        "force_models": false,
        "force_inside_models": false,
        "time_period": "1h",
        "max_concurrent": 12,
        "rps": 1000,
        "timeout": 10,
        "db_type": "sqlite",
        "db_dsn": scene.gateway_file(),
        "do_not_modify_db": false,
        "base_url": "http://127.0.0.1:3000",
        "system_token": "canary-token",
        "uptime-kuma": { "status": "disabled", "model_url": {}, "channel_url": {} },
        "notification": { "smtp": { "enabled": false, "password": "canary" } },
    });
    config.as_object_mut().unwrap().extend(over.as_object().cloned().unwrap());
    std::fs::remove_file(scene.setup.config_file()).unwrap();
    std::fs::write(scene.folder().join("config.json"), serde_json::to_string_pretty(&config).unwrap()).unwrap();
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_unchanged_and_writes() {
    let scene = scene(json!({})).await;
    assert_told("channel_monitor", scene.run_to(3, &["sweep", "--confirm=1s"]).await);
    assert_eq!(scene.list("Acme").await, "good,fine");
    assert_eq!(scene.list("Borealis").await, "dead,good");
    assert_eq!(scene.list("Cinder").await, "advanced-voice,good,other", "an excluded model is kept");
    assert_eq!(scene.upstream("Cinder").asked("advanced-voice"), 0);
    assert_eq!(scene.list("refresh").await, "gone-too,all-gone", "the channel stays, and its list is never empty");
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_writes_nothing_when_told_so() {
    let scene = scene(json!({ "do_not_modify_db": true })).await;
    let before = scene.gateway_bytes();
    scene.run_to(0, &["sweep"]).await;
    let ran = scene.run_to(3, &["sweep", "--confirm=1s"]).await;
    assert!(ran.out.contains("main [observe]") && ran.out.contains("would be withdrawn"), "{ran}");
    assert_eq!(scene.gateway_bytes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_channel_is_left_alone() {
    let scene = scene(json!({ "exclude_channel": [1] })).await;
    scene.setup.db.edit(1, "weight", Lit::Int(3)).await;
    let ran = scene.run_to(3, &["sweep", "--confirm=1s"]).await;
    assert!(ran.out.contains("#1 Acme: left alone: excluded by the configuration"), "{ran}");
    assert_eq!(scene.upstream("Acme").total(), 0);
    assert_eq!(scene.list("Acme").await, "good,fine,dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_published_examples_migrate_into_what_the_check_accepts() {
    for form in ["json", "yaml"] {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/config/cm-example.{form}"));
        let text = std::fs::read_to_string(example).unwrap();
        let text =
            text.replace("YOUR_DB_TYPE", "mysql").replace("YOUR_DB_DSN", "root:password@tcp(127.0.0.1:3306)/oneapi");
        std::fs::write(folder.path().join(format!("config.{form}")), text).unwrap();
        let theirs = run_in(folder.path(), &["config", "check"]).await;
        let migrated = run_in(folder.path(), &["config", "migrate"]).await;
        assert_eq!((theirs.code, migrated.code, migrated.err.as_str()), (0, 0, ""), "{theirs}{migrated}");
        // The one that is looked for first.
        std::fs::write(folder.path().join("config.json5"), &migrated.out).unwrap();
        let ours = run_in(folder.path(), &["config", "check"]).await;
        assert_eq!(ours.code, 0, "{ours}");
        assert!(ours.out.starts_with("config.json5 is sound"), "{ours}");
        // Word for word the same, but for what it is read from and the notes on what ChannelMonitor did.
        let means = |ran: &Ran| {
            ran.out
                .lines()
                .filter(|line| line.contains("gateway main:") || line.contains("a round every"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(means(&ours), means(&theirs), "{theirs}{ours}");
        assert_eq!(means(&ours).len(), 3, "{ours}");
    }
}
