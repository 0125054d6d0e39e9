//! What is told of models, one by one and over time, whatever their names.

use serde_json::{Value, json};

use crate::scene::{SLASHES, Scene, TAG, TURNED};

fn ids(rows: &Value) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row["model_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_model_has_the_seeds_fields_and_why() {
    let scene = Scene::new().await;
    let good = scene.model("one", "a").await;
    assert_eq!(
        (&good["light"], &good["latest_status"], &good["uptime_24h"]),
        (&json!("up"), &json!("OK"), &json!(100.0))
    );
    assert_eq!(
        (&good["consecutive_failures"], &good["listed"], &good["withdrawn"]),
        (&json!(0), &json!(true), &json!(null))
    );
    assert!(good["avg_latency_24h"].is_number(), "{good:#}");
    assert_eq!(good["sparkline_data"].as_array().unwrap().len(), 24);

    let bad = scene.model("one", "c").await;
    assert_eq!(
        (&bad["light"], &bad["outcome"], &bad["latest_status"]),
        (&json!("down"), &json!("gone"), &json!("HTTP 404")),
        "{bad:#}"
    );
    assert_eq!((&bad["consecutive_failures"], &bad["uptime_24h"]), (&json!(2), &json!(0.0)));
    assert!(bad["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{bad:#}");

    let gone = scene.model("<b>two</b>", "dead").await;
    assert_eq!(
        (&gone["listed"], &gone["withdrawn"]["outcome"], &gone["withdrawn"]["count"]),
        (&json!(false), &json!("gone"), &json!(2)),
        "{gone:#}"
    );
    assert_eq!(scene.read("/api/withdrawn").await, json!([gone]));
    assert_eq!(scene.read("/api/models?withdrawn=true").await, json!([gone]));
}

#[tokio::test]
async fn models_are_found_and_sorted() {
    let scene = Scene::new().await;
    let one = scene.setup.channels["one"];
    assert_eq!(ids(&scene.read(&format!("/api/models?channel={one}&sort=name")).await), ["a", "b", "c", "d", "e"]);
    let turned = scene.read(&format!("/api/models?channel={one}&sort=name&desc=true&limit=2")).await;
    assert_eq!(ids(&turned), ["e", "d"]);
    assert_eq!(ids(&scene.read(&format!("/api/models?channel={one}&light=down&sort=name")).await), ["c", "d", "e"]);
    assert_eq!(scene.read("/api/models?light=up,down,degraded,unknown").await.as_array().unwrap().len(), 14);
    assert_eq!(ids(&scene.read("/api/models?search=ONERROR").await), [TAG]);
    assert_eq!(ids(&scene.read("/api/models?search=%25").await), [SLASHES], "nothing is a pattern");
    assert_eq!(
        scene.read("/api/models?search=%3Cb%3Etwo").await.as_array().unwrap().len(),
        8,
        "a channel's name counts"
    );
    assert_eq!(scene.read("/api/models?search=x%27%29%3B--").await, json!([]));
}

#[tokio::test]
async fn a_model_is_named_by_number_or_by_name_whatever_that_is() {
    let scene = Scene::new().await;
    for (name, encoded) in [
        (TAG, "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"),
        (SLASHES, "openai%2Fgpt-4o%252F:free"),
        (TURNED, "abc%E2%80%AEtxt.exe"),
        (&"x".repeat(200), &"x".repeat(200)),
    ] {
        let row = scene.model("<b>two</b>", name).await;
        let by_name = scene.read(&format!("/api/models/{encoded}")).await;
        assert_eq!(by_name["model_id"], name);
        assert_eq!(by_name, scene.read(&format!("/api/models/{}", row["id"])).await);
        assert_eq!(by_name["elsewhere"], json!([]));
        let history = scene.read(&format!("/api/models/{encoded}/history")).await;
        assert_eq!(history.as_array().unwrap().len(), 2, "{name}: {history:#}");
    }
    let shared = scene.model("one", "c").await;
    let page = scene.read(&format!("/api/models/{}", shared["id"])).await;
    assert_eq!(page["elsewhere"][0]["channel_name"], "<b>two</b>");
    assert_eq!(scene.read("/api/models/c/history").await.as_array().unwrap().len(), 4, "of both channels");
}

#[tokio::test]
async fn what_was_seen_is_told_newest_first_and_summed_up_over_time() {
    let scene = Scene::new().await;
    let id = scene.model("one", "c").await["id"].clone();
    let history = scene.read(&format!("/api/models/{id}/history?limit=50")).await;
    let [latest, first] = history.as_array().unwrap().as_slice() else { panic!("{history:#}") };
    assert!(latest["run_datetime"].as_str() >= first["run_datetime"].as_str(), "{history:#}");
    assert_eq!((&latest["ok"], &latest["status_label"]), (&json!(false), &json!("HTTP 404")));
    assert!(latest["latency_ms"].is_u64() && latest["round"].as_i64() > first["round"].as_i64(), "{history:#}");
    assert_eq!(scene.read(&format!("/api/models/{id}/history?limit=1")).await, json!([latest]));

    for (window, bucket) in [("24h", "1h"), ("7d", "6h"), ("30d", "1d"), ("90d", "1d")] {
        let asked = format!("window={window}&bucket={bucket}");
        let down = |points: &Value| {
            points.as_array().unwrap().iter().map(|point| point["down"].as_u64().unwrap()).sum::<u64>()
        };
        let series = scene.read(&format!("/api/models/{id}/series?{asked}")).await;
        assert_eq!(down(&series), 2, "{asked}: {series:#}");
        assert_eq!(series[0]["uptime"], 0.0);
        assert_eq!(down(&scene.read(&format!("/api/series?{asked}&gateway=main")).await), 8, "{asked}");
        assert_eq!(
            scene.read(&format!("/api/series?{asked}")).await,
            scene.read(&format!("/api/series?{asked}&gateway=main")).await
        );
    }
}

#[tokio::test]
async fn a_model_that_went_down_is_a_transition_and_a_column_of_the_grid() {
    let mut scene = Scene::new().await;
    let id = scene.model("one", "a").await["id"].clone();
    let before = scene.read(&format!("/api/models/{id}/transitions")).await.as_array().unwrap().len();
    scene.setup.upstreams.get_mut("one").unwrap().set("a", channelwarden::simulate::Behaviour::Gone);
    scene.setup.round().await;
    let transitions = scene.read(&format!("/api/models/{id}/transitions")).await;
    assert_eq!(transitions.as_array().unwrap().len(), before + 1, "{transitions:#}");
    assert_eq!((&transitions[0]["up"], &transitions[0]["model_id"]), (&json!(false), &json!("a")), "{transitions:#}");
    assert_eq!(scene.read("/api/transitions?limit=1").await[0]["model_id"], "a");
    assert_eq!(scene.read("/api/transitions?gateway=main&limit=1").await[0]["up"], false);

    let grid = scene.read("/api/grid?gateway=main&rounds=30").await;
    assert_eq!((&grid["total"], grid["rounds"].as_array().unwrap().len()), (&json!(14), 3), "{grid:#}");
    assert!(grid["rounds"][0]["id"].as_i64() < grid["rounds"][2]["id"].as_i64(), "oldest first");
    let row = |model: &str, channel: &str| {
        let rows = grid["rows"].as_array().unwrap();
        rows.iter().find(|row| row["model_id"] == model && row["channel_name"] == channel).unwrap()["cells"].clone()
    };
    assert_eq!(row("a", "one"), json!(["OK", "OK", "FAIL"]));
    assert_eq!(row(TAG, "<b>two</b>"), json!(["OK", "OK", "OK"]));
    let few = scene.read("/api/grid?rounds=1&search=onerror&light=up").await;
    assert_eq!((&few["total"], &few["rows"][0]["cells"]), (&json!(1), &json!(["OK"])), "{few:#}");
}
