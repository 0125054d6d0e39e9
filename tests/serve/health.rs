//! Alive, and ready.

use std::time::Duration;

use channelwarden::clock;
use serde_json::json;

use super::scene::{Scene, config};

#[tokio::test]
async fn ready_is_who_had_a_good_round_not_long_ago() {
    let scene = Scene::new(config()).await;
    let store = &scene.app.store;
    assert_eq!(scene.get("/healthz", &[]).await.status, 200);
    let ready = async || scene.get("/readyz", &[]).await;
    assert_eq!(ready().await.json()["reasons"], json!(["main: no good round yet"]));

    let round = store.begin_round("main", "observe", clock::now()).await.unwrap();
    assert_eq!(ready().await.status, 503);
    store.end_round(round, &json!({"errors": [], "blackout": null}), clock::now()).await.unwrap();
    let answer = ready().await;
    assert_eq!((answer.status.as_u16(), answer.json()["reasons"].clone()), (200, json!([])));

    clock::advance(scene.app.config.probe.every * 3 + Duration::from_mins(1));
    // A round with an error, or without our network, is not a good one.
    for report in [json!({"errors": ["no"]}), json!({"errors": [], "blackout": ["own-network", "cut off"]})] {
        let round = store.begin_round("main", "observe", clock::now()).await.unwrap();
        store.end_round(round, &report, clock::now()).await.unwrap();
        let answer = ready().await;
        assert_eq!(answer.status, 503);
        let text = answer.text.clone();
        assert!(text.contains("main: last good round") && text.contains(" ago"), "{text}");
    }
    // What upstreams did is no trouble of ours.
    let round = store.begin_round("main", "observe", clock::now()).await.unwrap();
    let report = json!({"errors": [], "blackout": ["many-channels-down", "all of them"]});
    store.end_round(round, &report, clock::now()).await.unwrap();
    assert_eq!(ready().await.status, 200);
    assert_eq!(scene.get("/healthz", &[]).await.status, 200);
}
