//! `sweep`: its table, its JSON, its scopes, and that a dry run is dry.

use channelwarden::simulate::ListBehaviour;
use serde_json::{Value, json};

use crate::scene::{Scene, assert_told};

const REPORT: [&str; 25] = [
    "gateway",
    "round",
    "mode",
    "channels",
    "skipped",
    "skipped_count",
    "unprobed",
    "unprobed_count",
    "down",
    "down_count",
    "keys",
    "pairs",
    "probed",
    "wanted",
    "outcomes",
    "doubtful",
    "doubtful_count",
    "still_withdrawn",
    "odd",
    "expiring",
    "changes",
    "held",
    "blackout",
    "notes",
    "errors",
];

#[tokio::test(flavor = "multi_thread")]
async fn json_is_one_object_a_gateway() {
    let scene = Scene::dead_model("observe").await;
    let (file, copy) = (scene.gateway_file(), scene.folder().join("copy.db"));
    std::fs::copy(&file, &copy).unwrap();
    let database = |path: &std::path::Path| json!({ "database": format!("sqlite:{}", path.display()) });
    scene.configure(&json!({ "gateways": { "a": database(&file), "b": database(&copy) } }).to_string());
    let ran = scene.run_to(0, &["sweep", "--json"]).await;
    assert_eq!(ran.err, "");
    let reports: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = reports.iter().map(|report| report["gateway"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b"]);
    for report in &reports {
        for key in REPORT {
            assert!(report.get(key).is_some(), "no {key} in {report}");
        }
        assert_eq!(report["probed"], 5);
        assert_eq!(report["outcomes"], json!({ "works": 4, "gone": 1 }));
        assert_eq!(report["doubtful"][0]["model"], "dead");
    }
    let only = scene.run_to(0, &["sweep", "--json", "--gateway", "b"]).await;
    assert_eq!(only.out.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_in_any_mode() {
    let scene = Scene::dead_model("apply").await;
    let before = scene.gateway_bytes();
    scene.run_to(0, &["sweep", "--dry-run"]).await;
    assert_told("sweep_dry_run", scene.run_to(2, &["sweep", "--dry-run"]).await);
    assert_eq!(scene.gateway_bytes(), before);
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine");
}

/// A dead model, and verdicts that take their time.
async fn patient() -> Scene {
    let slow = json!({ "denied": { "times": 2, "over": "10m" }, "failing": { "times": 3, "over": "1h" } });
    let mut scene = Scene::with(&json!({ "verdict": slow })).await;
    scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;
    scene.channel("Borealis", "dead,good", &[("dead", "works"), ("good", "works")]).await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn confirm_sees_it_through_in_one_run() {
    let scene = patient().await;
    // Without it, one look names the suspect and when it is looked at again.
    let once = scene.run_to(0, &["sweep"]).await;
    assert!(once.out.contains("#1 Acme: dead doubtful, again at 2"), "{once}");
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine,dead");

    // From the start: how long the looks above took must not matter.
    let scene = patient().await;
    assert_told("sweep_confirm", scene.run_to(0, &["sweep", "--confirm=1s"]).await);
    assert_eq!(scene.list("Acme").await, "good,fine");
    assert_eq!(scene.list("Borealis").await, "dead,good");
}

#[tokio::test(flavor = "multi_thread")]
async fn confirm_takes_its_spacing_for_a_name_that_the_upstream_still_lists() {
    let scene = patient().await;
    let listed = ["good", "fine", "dead"].map(str::to_owned).to_vec();
    scene.upstream("Acme").change(|world| world.list = ListBehaviour::Names(listed));
    // Three denials over an hour, otherwise.
    let ran = scene.run_to(0, &["sweep", "--confirm=1s"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine", "{ran}");
    assert_eq!(ran.out.matches("looking again at").count(), 2, "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirming_sweep_still_tells_what_its_first_look_found() {
    let mut scene = Scene::with(&json!({ "verdict": { "denied": { "times": 2, "over": "1ms" } } })).await;
    scene.channel("Acme", "good,only-here", &[("good", "works"), ("only-here", "gone")]).await;
    scene.run_to(0, &["sweep"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    scene.channel("Borealis", "good,dead,fine", &[("good", "works"), ("dead", "gone"), ("fine", "works")]).await;
    scene.channel("Cinder", "dead", &[("dead", "works")]).await;
    // By now it is long enough ago: the first look holds the last route of Acme; the second one is about Borealis only.
    let ran = scene.run_to(3, &["sweep", "--confirm=1s"]).await;
    assert_eq!(scene.list("Borealis").await, "good,fine", "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_or_a_model_alone() {
    let scene = Scene::dead_model("apply").await;
    let one = scene.run_to(0, &["sweep", "--channel", "2"]).await;
    assert!(one.out.contains("#2 Borealis") && !one.out.contains("#1 Acme"), "{one}");
    assert_eq!(scene.upstream("Acme").total(), 0);
    scene.run_to(0, &["sweep"]).await;
    let (good, dead) = (scene.upstream("Borealis").asked("good"), scene.upstream("Acme").asked("dead"));
    let one = scene.run_to(0, &["sweep", "--model", "dead", "--channel", "1"]).await;
    assert_eq!(scene.upstream("Acme").asked("dead"), dead + 1, "{one}");
    assert_eq!(scene.upstream("Borealis").asked("good"), good);
    assert_eq!(scene.list("Acme").await, "good,fine");
    let none = scene.run_to(1, &["sweep", "--channel", "99"]).await;
    assert!(none.err.contains("no gateway has such a channel"), "{none}");
}
