//! The news as they happen: from the loop, and from another process that writes to the same store.

use std::time::{Duration, Instant};

use channelwarden::store::{HoldScope, Store};
use serde_json::json;

use crate::client::News;
use crate::scene::{Scene, code};

#[tokio::test]
async fn a_round_is_followed_from_its_beginning_to_its_end() {
    let scene = Scene::new().await;
    let mut news = News::listen(scene.at).await;
    let first = news.next().await.unwrap();
    assert_eq!(first, ("progress".to_owned(), json!({ "type": "progress", "running": [] })), "where things stand");
    let under_way = scene.live.began("main", true, "2026-11-21T12:00:00Z".parse().unwrap());
    let (name, began) = news.next().await.unwrap();
    assert_eq!((name.as_str(), &began["running"][0]["gateway"]), ("progress", &json!("main")));

    let start = Instant::now();
    let mut told = 0;
    for _ in 0..200 {
        scene.live.moved("main", 1, 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut done = json!(0);
    while done != 200 {
        done = news.next().await.unwrap().1["running"][0]["done"].clone();
        told += 1;
    }
    let most = 2 + start.elapsed().as_millis() / 250;
    assert!(told <= most, "{told} times for 200 steps, {most} at most");

    drop(under_way);
    let ended = [news.next().await.unwrap(), news.next().await.unwrap()];
    assert!(ended.contains(&("round".to_owned(), json!({ "type": "round", "gateway": "main" }))), "{ended:?}");
    assert!(ended.contains(&first), "{ended:?}");
}

#[tokio::test]
async fn what_another_process_changes_is_told_too() {
    let scene = Scene::new().await;
    let mut news = News::listen(scene.at).await;
    news.next().await.unwrap();
    // Only what comes after somebody began to listen is news: our server has looked by then.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let other = Store::open(&scene.setup.config.store.path).await.unwrap();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let gateway = HoldScope { gateway: Some("main".to_owned()), ..HoldScope::default() };
    other.hold(&gateway, "stop", now).await.unwrap();
    assert_eq!(news.next().await.unwrap(), ("changes".to_owned(), json!({ "type": "changes", "gateway": "main" })));
    let round = other.begin_round("main", "observe", now).await.unwrap();
    other.end_round(round, &json!({}), now).await.unwrap();
    assert_eq!(news.next().await.unwrap(), ("round".to_owned(), json!({ "type": "round", "gateway": "main" })));
}

#[tokio::test]
async fn what_is_done_over_http_is_news() {
    let scene = Scene::new().await;
    let mut news = News::listen(scene.at).await;
    news.next().await.unwrap();
    scene.post("/api/holds", &json!({ "gateway": "main", "reason": "stop" })).await;
    assert_eq!(news.next().await.unwrap().0, "changes");
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_to_read_everything_anew() {
    let scene = Scene::new().await;
    let mut news = News::listen(scene.at).await;
    news.next().await.unwrap();
    // In one go, so that the stream has no turn in between.
    for number in 0..500 {
        let gateway = format!("g{number}");
        scene.live.tell(channelwarden::serve::Event::Changes { gateway });
    }
    let (name, lagged) = news.next().await.unwrap();
    assert_eq!((name.as_str(), &lagged["gateway"]), ("round", &json!("")), "some are missing");
}

#[tokio::test]
async fn listeners_are_bounded_and_a_stop_ends_them() {
    let scene = Scene::new().await;
    let mut listeners = vec![];
    for _ in 0..64 {
        let mut news = News::listen(scene.at).await;
        news.next().await.unwrap();
        listeners.push(news);
    }
    let refused = scene.get("/api/events").await;
    assert_eq!((refused.status, code(&refused).as_str()), (503, "unavailable"));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(scene.get("/api/summary").await.status, 200, "everything else is answered");
    let mut one = listeners.pop().unwrap();
    scene.end().await;
    assert_eq!(one.next().await, None);
}
