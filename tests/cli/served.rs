//! The dashboard of `run`: beside rounds, over a reload, at the end, and without its port.

use std::net::SocketAddr;
use std::time::Duration;

use channelwarden::simulate::Behaviour;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::run::Loop;
use crate::scene::Scene;

const PATIENCE: Duration = Duration::from_secs(20);

/// A loopback address that nobody listens at.
async fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// One channel of which the only model answers after `slow`, served at `at`.
async fn scene(at: SocketAddr, slow: Duration) -> Scene {
    let config = json!({
        "probe": { "timeout": "1m", "first_byte_timeout": "1m" },
        "web": { "listen": at.to_string() },
    });
    let mut scene = Scene::with(&config).await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    scene.upstream("Acme").set("good", Behaviour::Slow(slow));
    scene
}

/// A connection on which this is asked for, and the first part of what is answered.
async fn ask(at: SocketAddr, path: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n").as_bytes()).await.unwrap();
    let mut first = vec![0; 4096];
    let read =
        timeout(PATIENCE, stream.read(&mut first)).await.unwrap_or_else(|_| panic!("no answer to {path}")).unwrap();
    (stream, String::from_utf8_lossy(&first[..read]).into_owned())
}

/// Reads to the end of a stream that has to end.
async fn ends(mut stream: TcpStream) -> String {
    let mut rest = vec![];
    let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    ended.unwrap_or_else(|_| panic!("the stream goes on")).unwrap();
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_keeps_neither_a_reload_nor_a_stop_and_a_round_that_ends_keeps_the_dashboard() {
    let at = free().await;
    let scene = scene(at, Duration::from_secs(4)).await;
    let mut looping = Loop::start_in(&scene.folder());
    looping.until("the dashboard is at").await;
    let (listening, first) = ask(at, "/api/events").await;
    assert!(first.starts_with("HTTP/1.1 200") && first.contains("text/event-stream"), "{first}");
    while scene.upstream("Acme").asked("good") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    looping.signal("HUP");
    looping.until("configuration read again").await;
    let (_, running) = ask(at, "/api/status").await;
    assert!(running.contains("\"scan_state\":\"running\""), "the round under way is shown to its end: {running}");
    looping.until("1 checked").await;
    assert!(ends(listening).await.contains("event: round"), "its end was told");

    looping.until("the dashboard is at").await;
    let (listening, first) = ask(at, "/api/events").await;
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    assert_eq!(looping.stop().await, Some(0));
    ends(listening).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_stops_no_round() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = taken.local_addr().unwrap();
    let scene = scene(at, Duration::ZERO).await;
    let mut looping = Loop::start_in(&scene.folder());
    let error = looping.until("cannot listen").await;
    assert!(error.contains(&at.to_string()) && error.contains("web.listen"), "{error}");
    looping.until("1 checked").await;
    // Let go, it is taken with the next configuration at the latest.
    drop(taken);
    looping.signal("HUP");
    looping.until("the dashboard is at").await;
    let (_, answer) = ask(at, "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(looping.stop().await, Some(0));
}
