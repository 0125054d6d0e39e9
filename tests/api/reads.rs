//! What is told of gateways, channels, rounds, changes and plans.

use channelwarden::model::GatewayKind;
use channelwarden::serve::{ALERTS, AlertRow};
use channelwarden::store::HoldScope;
use serde_json::json;

use crate::scene::{Scene, TAG};

#[tokio::test]
async fn the_whole_stands_in_the_seeds_summary() {
    let scene = Scene::new().await;
    let summary = scene.read("/api/summary").await;
    assert_eq!(summary["total_models"], 14, "{summary:#}");
    let lights = ["healthy_count", "degraded_count", "down_count", "unknown_count"];
    assert_eq!(lights.map(|light| summary[light].as_u64().unwrap()).iter().sum::<u64>(), 14, "{summary:#}");
    assert_eq!((&summary["withdrawn_count"], &summary["channels_count"]), (&json!(1), &json!(3)), "{summary:#}");
    assert_eq!((&summary["pending_count"], &summary["held_count"]), (&json!(0), &json!(1)), "{summary:#}");
    assert_eq!((&summary["hold"], &summary["may_act"]), (&json!(false), &json!(false)), "{summary:#}");
    assert!(summary["last_updated"].as_str().unwrap().ends_with('Z'), "{summary:#}");
    assert_eq!(summary["gateways"], scene.read("/api/gateways").await);
    assert_eq!(summary, scene.read("/api/summary?gateway=main").await, "there is only that one");

    let gateway = &summary["gateways"][0];
    assert_eq!(
        (&gateway["name"], &gateway["mode"], &gateway["stale"]),
        (&json!("main"), &json!("apply"), &json!(false))
    );
    assert_eq!((&gateway["channels"], &gateway["models"], &gateway["withdrawn"]), (&json!(3), &json!(14), &json!(1)));
    assert_eq!((&gateway["error"], &gateway["kind"]), (&json!(null), &json!(null)));
    assert!(gateway["last_good"] == gateway["last_round"] && gateway["next_hint"].is_string(), "{gateway:#}");
    assert_eq!(GatewayKind::OneApi.to_string(), "One API");
}

#[tokio::test]
async fn a_channel_has_its_models_in_sum_and_what_holds_it() {
    let scene = Scene::new().await;
    let channels = scene.read("/api/channels").await;
    assert_eq!(channels.as_array().unwrap().len(), 3);
    let two = &channels[1];
    assert_eq!(
        (&two["name"], &two["status"], &two["gateway"]),
        (&json!("<b>two</b>"), &json!("enabled"), &json!("main"))
    );
    assert_eq!((&two["models"], &two["withdrawn"], &two["hold"]), (&json!(8), &json!(1), &json!(null)), "{two:#}");
    assert_eq!((&two["up"], &two["down"]), (&json!(7), &json!(1)), "{two:#}");
    assert!(two["provider"].as_str().is_some_and(|provider| !provider.is_empty()), "{two:#}");

    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let id = two["id"].as_i64().unwrap();
    let channel = HoldScope { gateway: Some("main".to_owned()), channel: Some(id), model: None };
    let model = HoldScope {
        channel: Some(channels[0]["id"].as_i64().unwrap()),
        model: Some("a".to_owned()),
        ..channel.clone()
    };
    scene.setup.store.hold(&channel, "mine", now).await.unwrap();
    scene.setup.store.hold(&model, "one model only", now).await.unwrap();
    let channels = scene.read("/api/channels?gateway=main").await;
    let holds: Vec<_> = channels.as_array().unwrap().iter().map(|row| &row["hold"]).collect();
    assert_eq!(holds, [&json!(null), &json!("mine"), &json!(null)]);
    assert_eq!(scene.read("/api/summary").await["hold"], false, "a part is not everything");
    let holds = scene.read("/api/holds").await;
    assert_eq!(holds[0]["reason"], "mine");
    assert_eq!((&holds[1]["model"], &holds[1]["at"]), (&json!("a"), &json!("2026-11-21T12:00:00Z")));

    scene.setup.store.hold(&HoldScope::default(), "stop", now).await.unwrap();
    assert_eq!(scene.read("/api/summary").await["hold"], true);
    std::fs::write(scene.setup.store.hold_file(), "").unwrap();
    let holds = scene.read("/api/holds").await;
    assert_eq!((holds.as_array().unwrap().len(), &holds[0]["id"]), (4, &json!(null)), "{holds:#}");
}

#[tokio::test]
async fn a_round_is_told_in_figures() {
    let scene = Scene::new().await;
    let rounds = scene.read("/api/rounds").await;
    let [latest, first] = rounds.as_array().unwrap().as_slice() else { panic!("{rounds:#}") };
    assert!(latest["id"].as_i64() > first["id"].as_i64(), "newest first");
    assert_eq!((&first["pairs"], &first["probed"], &first["missed"]), (&json!(14), &json!(14), &json!(0)));
    assert_eq!((&first["ok"], &first["limited"], &first["failed"]), (&json!(10), &json!(0), &json!(4)), "{first:#}");
    let rate = first["ok_rate"].as_f64().unwrap();
    assert!((rate - 100.0 * 10.0 / 14.0).abs() < 1e-9, "{rate}");
    assert_eq!(
        (&latest["changes"], &latest["held"], &latest["full"]),
        (&json!(1), &json!(1), &json!(true)),
        "{latest:#}"
    );

    let status = scene.read("/api/status").await;
    assert_eq!((&status["scan_state"], &status["running"]), (&json!("idle"), &json!([])));
    assert_eq!(status["timeline"], rounds);
    let under_way = scene.live.began("main", true, "2026-11-21T12:00:00Z".parse().unwrap());
    scene.live.moved("main", 14, 3);
    let status = scene.read("/api/status").await;
    assert_eq!(status["scan_state"], "running");
    let running =
        json!({ "gateway": "main", "since": "2026-11-21T12:00:00Z", "full": true, "expected": 14, "done": 3 });
    assert_eq!((&status["running"][0], &scene.read("/api/summary").await["running"][0]), (&running, &running));
    drop(under_way);
    assert_eq!(scene.read("/api/status").await["scan_state"], "idle");
}

#[tokio::test]
async fn a_change_is_a_diff_with_its_reason_and_without_routing_rows() {
    let scene = Scene::new().await;
    let changes = scene.read("/api/changes").await;
    let [change] = changes.as_array().unwrap().as_slice() else { panic!("{changes:#}") };
    assert_eq!(
        (&change["channel_name"], &change["state"], &change["undoable"]),
        (&json!("<b>two</b>"), &json!("applied"), &json!(true))
    );
    assert_eq!(change["removed"][0]["model"], "dead");
    assert!(change["removed"][0]["reason"].as_str().unwrap().starts_with("gone 2×"), "{change:#}");
    let names = |side: &str| change[side].as_array().unwrap().clone();
    assert_eq!(names("before").len(), names("after").len() + 1);
    assert_eq!((&names("after")[0], names("after").contains(&json!("dead"))), (&json!(TAG), false), "{change:#}");
    assert_eq!((&change["added"], &change["restored"], &change["undoes"]), (&json!([]), &json!([]), &json!(null)));
    assert!(change.get("intent").is_none() && !change.to_string().contains("abilities"), "{change:#}");
    let id = change["id"].as_i64().unwrap();
    assert_eq!(&scene.read(&format!("/api/changes/{id}")).await, change);

    let channel = change["channel"].as_i64().unwrap();
    for (filter, count) in [
        (format!("channel={channel}"), 1),
        (format!("channel={}", channel + 1), 0),
        ("state=applied&gateway=main".to_owned(), 1),
        ("state=open".to_owned(), 0),
        ("state=conflict".to_owned(), 0),
    ] {
        let found = scene.read(&format!("/api/changes?{filter}")).await;
        assert_eq!(found.as_array().unwrap().len(), count, "{filter}");
    }
}

#[tokio::test]
async fn what_is_held_back_says_by_whom_and_whether_a_person_may_let_it_through() {
    let scene = Scene::new().await;
    let plan = scene.read("/api/plan?gateway=main").await;
    let [row] = plan.as_array().unwrap().as_slice() else { panic!("{plan:#}") };
    assert_eq!((&row["channel_name"], &row["mode"], &row["removed"]), (&json!("one"), &json!("apply"), &json!([])));
    let held = &row["held"][0];
    assert_eq!((&held["guard"], &held["may_be_lifted"]), (&json!("channel-limit"), &json!(true)), "{held:#}");
    let models: Vec<_> = held["removals"].as_array().unwrap().iter().map(|removal| &removal["model"]).collect();
    assert_eq!(models, ["c", "d", "e"], "{held:#}");
    assert!(held["why"].as_str().is_some_and(|why| !why.is_empty()) && row["before"] == row["after"], "{row:#}");
    // The same in figures.
    let summary = scene.read("/api/summary").await;
    assert_eq!((&summary["pending_count"], &summary["held_count"]), (&json!(0), &json!(1)), "{summary:#}");
    let metrics = scene.get("/metrics").await.text();
    for line in [
        "channelwarden_plan_held{gateway=\"main\",guard=\"channel-limit\"} 3\n",
        "channelwarden_plan_changes{gateway=\"main\",kind=\"removed\"} 0\n",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert_eq!(scene.get("/api/plan?offset=1").await.header("x-total-count"), Some("1"));
    assert_eq!(scene.read("/api/plan?offset=1").await, json!([]));
}

#[tokio::test]
async fn what_probing_used_up_stands_beside_what_it_may() {
    let mut scene = Scene::new().await;
    scene.setup.remember_accounts().await;
    scene.setup.round().await;
    scene.setup.prober.flush().await.unwrap();
    let budget = scene.read("/api/budget").await;
    let all = &budget["scopes"][0];
    assert_eq!(
        (&all["scope"], &all["limit_requests"], &all["limit_tokens"]),
        (&json!("all"), &json!(1000), &json!(null))
    );
    assert!(all["requests"].as_u64().unwrap() > 0, "{budget:#}");
    assert_eq!((&budget["days"][0]["day"], &budget["days"][0]["requests"]), (&budget["day"], &all["requests"]));
}

#[tokio::test]
async fn free_models_are_none_before_the_list_was_read_and_then_its_free_ones() {
    use channelwarden::openrouter::{Snapshot, entries};
    let scene = Scene::new().await;
    assert_eq!(scene.read("/api/free").await, json!([]));
    let list = json!({ "data": [
        { "id": "a/one:free", "context_length": 4096, "pricing": { "prompt": "0", "completion": "0" },
          "architecture": { "input_modalities": ["text", "image"], "output_modalities": ["text"] } },
        { "id": "a/two", "pricing": { "prompt": "0.1", "completion": "0.1" } },
        { "id": "a/three", "pricing": { "prompt": "0", "completion": "0" },
          "architecture": { "input_modalities": ["text"], "output_modalities": ["text"] } },
    ] });
    let snapshot = Snapshot::new(entries(&list).unwrap(), "2026-11-21T12:00:00Z".parse().unwrap());
    scene.setup.store.keep_snapshot("openrouter", &snapshot).await.unwrap();
    let free = scene.read("/api/free").await;
    let [one] = free.as_array().unwrap().as_slice() else { panic!("{free:#}") };
    assert_eq!((&one["id"], &one["name"], &one["context_length"]), (&json!("a/one:free"), &json!("one"), &json!(4096)));
    assert_eq!(
        (&one["modalities"], &one["free_kind"], &one["light"]),
        (&json!("text+image→text"), &json!("suffix"), &json!("unknown"))
    );
    assert_eq!(scene.read("/api/summary").await["free_count"], 1);
    assert_eq!(scene.read("/api/free?all=true").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_told_as_the_alerts_saw_it_last() {
    let scene = Scene::new().await;
    assert_eq!(scene.read("/api/alerts").await, json!([]));
    let row = |cause: &str, gateway: &str| AlertRow {
        cause: cause.to_owned(),
        severity: "critical".to_owned(),
        gateway: gateway.to_owned(),
        channel: Some(1),
        channel_name: TAG.to_owned(),
        subject: String::new(),
        since: "2026-11-21T12:00:00Z".parse().unwrap(),
        evidence: "insufficient quota".to_owned(),
    };
    scene.setup.store.keep_snapshot(ALERTS, &[row("no-credit", "main"), row("stale", "")]).await.unwrap();
    let rows = scene.read("/api/alerts").await;
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["channel_name"]), (2, &json!(TAG)), "{rows:#}");
    assert_eq!(scene.read("/api/alerts?gateway=main").await, json!([rows[0]]));
    assert_eq!(scene.read("/api/summary").await["alerts_count"], 2);
}
