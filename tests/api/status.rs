//! All that matters at one look.

use channelwarden::serve::{ALERTS, AlertRow};
use channelwarden::store::HoldScope;
use serde_json::{Value, json};

use crate::litellm::{Silent, fill};
use crate::scene::{Scene, TAG};

fn commands(status: &Value) -> Vec<&str> {
    status["actions"].as_array().unwrap().iter().map(|action| action["command"].as_str().unwrap()).collect()
}

fn alert(severity: &str) -> AlertRow {
    AlertRow {
        cause: "no-credit".to_owned(),
        severity: severity.to_owned(),
        gateway: "main".to_owned(),
        channel: Some(1),
        channel_name: TAG.to_owned(),
        subject: String::new(),
        since: "2026-11-21T12:00:00Z".parse().unwrap(),
        evidence: "insufficient quota".to_owned(),
    }
}

#[tokio::test]
async fn a_gateway_is_told_with_its_lights_its_latest_round_and_what_waits() {
    let scene = Scene::new().await;
    let (status, summary) = (scene.read("/api/status").await, scene.read("/api/summary").await);
    assert_eq!(status["version"], summary["version"]);
    assert_eq!((&status["well"], &status["litellm"], &status["processes"]), (&json!(true), &json!([]), &json!([])));
    let (totals, row) = (&status["totals"], &status["gateways"][0]);
    for (of, figure) in [
        ("models", "total_models"),
        ("working", "healthy_count"),
        ("down", "down_count"),
        ("degraded", "degraded_count"),
        ("withdrawn", "withdrawn_count"),
        ("channels", "channels_count"),
    ] {
        assert_eq!(totals[of], summary[figure], "{of}");
    }
    assert_eq!(totals["channels_down"], 0);
    assert_eq!((&row["counts"]["total"], &row["counts"]["up"]), (&totals["models"], &totals["working"]));
    assert_eq!((&row["held"], &row["proposed"], &row["holds"]), (&json!(1), &json!(0), &json!(0)), "{row:#}");
    assert_eq!((&row["trouble"], &row["kind"], &row["mode"]), (&json!(null), &json!(null), &json!("apply")));
    assert_eq!(row["next_round"], summary["gateways"][0]["next_hint"]);
    let round = &row["last_round"];
    assert_eq!((&round["id"], &round["applied"], &round["held"]), (&json!(2), &json!(1), &json!(1)), "{round:#}");
    assert!(round["ended"].is_string() && round["probed"].as_u64() > Some(0), "{round:#}");
    let one = scene.setup.channels["one"];
    assert_eq!(commands(&status), [format!("channelwarden apply --gateway main --channel {one} --held")]);
}

#[tokio::test]
async fn what_is_wrong_or_on_hold_has_a_command_each_and_only_the_critical_is_not_well() {
    let scene = Scene::new().await;
    let store = &scene.setup.store;
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    store.hold(&HoldScope { gateway: Some("main".to_owned()), ..HoldScope::default() }, "mine", now).await.unwrap();
    store.keep_snapshot(ALERTS, &[alert("warning")]).await.unwrap();
    let status = scene.read("/api/status").await;
    assert_eq!((&status["well"], &status["gateways"][0]["holds"]), (&json!(true), &json!(1)), "{status:#}");
    assert_eq!(status["alerts"], scene.read("/api/alerts").await);
    assert!(commands(&status).contains(&"channelwarden release --gateway main"), "{status:#}");

    store.keep_snapshot(ALERTS, &[alert("critical")]).await.unwrap();
    let status = scene.read("/api/status").await;
    assert_eq!(status["well"], false);
    assert_eq!(commands(&status)[0], "channelwarden sweep --gateway main --channel 1");

    store.keep_snapshot::<Vec<AlertRow>>(ALERTS, &vec![]).await.unwrap();
    store.trouble("main", Some("no connection"), now).await.unwrap();
    let status = scene.read("/api/status").await;
    let row = &status["gateways"][0];
    assert_eq!((&status["well"], &row["trouble"]), (&json!(false), &json!("no connection")));
    assert_eq!(row["trouble_since"], "2026-11-21T12:00:00Z");
    assert_eq!(commands(&status)[0], "channelwarden doctor");
}

#[tokio::test]
async fn a_litellm_is_told_with_its_ladder_its_deployments_and_what_lasts() {
    let silent = Silent::new().await;
    let scene = silent.scene().await;
    let before = scene.read("/api/status").await;
    assert_eq!(before["well"], true, "nothing is known, and nothing wrong");
    assert_eq!(
        commands(&before),
        ["channelwarden sweep --gateway main --dry-run", "channelwarden sweep --gateway proxy --dry-run"]
    );
    fill(&scene.setup.store, channelwarden::clock::now()).await;
    let status = scene.read("/api/status").await;
    let [row] = status["litellm"].as_array().unwrap().as_slice() else { panic!("{status:#}") };
    let counts = json!({ "total": 4, "well": 1, "ill": 1, "unknown": 1, "blocked": 1 });
    assert_eq!((&row["gateway"], &row["deployments"]), (&json!("proxy"), &counts), "{row:#}");
    assert_eq!(row["failures_24h"], json!({ "credits": 2, "rate": 1 }));
    assert_eq!(row["checks"], scene.read("/api/test/litellm").await[0]["checks"]);
    let [incident] = row["incidents"].as_array().unwrap().as_slice() else { panic!("{row:#}") };
    assert_eq!((&incident["class"], &incident["subject"]), (&json!("credits"), &json!(TAG)));
    let processes = status["processes"].as_array().unwrap();
    assert_eq!((&processes[0]["gateway"], &processes[0]["found"]), (&json!("main"), &json!(false)));
    assert_eq!((&processes[1]["pid"], &processes[1]["uptime_s"]), (&json!(42), &json!(3600)), "{processes:#?}");
    assert_eq!(status["well"], false);
    assert_eq!(commands(&status)[..2], ["channelwarden doctor", "channelwarden sweep --gateway proxy"]);
    silent.was_left_alone().await;
}
