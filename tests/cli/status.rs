//! `status`, and `healthcheck` of an address: by our own store, and over a socket without any configuration.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::run::Loop;
use crate::scene::{Scene, run_in, run_with};

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_our_own_store_and_its_exit_code_says_whether_anything_is_critical() {
    let mut scene = Scene::dead_model("propose").await;
    scene.channel("<b>\u{202e}\u{1b}[2J", "x", &[("x", "works")]).await;
    scene.confirm(2).await;
    let ran = scene.run_to(0, &["status"]).await;
    for part in ["all is well", "6 models: ", "main (propose)", "1 proposed", "channelwarden plan --gateway main"] {
        assert!(ran.out.contains(part), "{part} in {ran}");
    }
    let json: Value = serde_json::from_str(&scene.run_to(0, &["status", "--json"]).await.out).unwrap();
    assert_eq!((&json["well"], &json["gateways"][0]["proposed"]), (&json!(true), &json!(1)), "{json:#}");
    // What it advises does what it says.
    let advised = json["actions"][0]["command"].as_str().unwrap();
    assert_eq!(advised, "channelwarden plan --gateway main");
    let words: Vec<&str> = advised.split(' ').skip(1).collect();
    scene.run_to(2, &words).await;

    let now = channelwarden::clock::now();
    scene.setup.store.trouble("main", Some("no connection"), now).await.unwrap();
    let ran = scene.run_to(2, &["status"]).await;
    assert!(ran.out.starts_with("1 problem\n") && ran.out.contains("cannot be read"), "{ran}");
}

#[tokio::test]
async fn without_a_store_it_makes_none() {
    let scene = Scene::new("observe").await;
    let config = json!({
        "gateways": { "main": { "database": scene.setup.db.address() } },
        "store": { "path": scene.folder().join("none.db") },
    });
    scene.configure(&config.to_string());
    let ran = scene.run_to(1, &["status"]).await;
    assert!(ran.err.contains("no store at") && ran.err.contains("channelwarden run"), "{ran}");
    assert!(!scene.folder().join("none.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_instance_is_asked_without_a_configuration() {
    let at = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut scene =
        Scene::with(&json!({ "web": { "listen": at.to_string(), "read_token": "canary-read-0123456789" } })).await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    let mut looping = Loop::start_in(&scene.folder());
    looping.until("1 checked").await;
    looping.until("the dashboard is at").await;
    let (elsewhere, url) = (tempfile::tempdir().unwrap(), format!("http://{at}"));
    let token = [("CW_TOKEN", "canary-read-0123456789"), ("WRONG", "canary-wrong-0123456789")];
    let asked = ["status", "--url", &url, "--token-env"];
    let ran = run_with(elsewhere.path(), &[&asked[..], &["CW_TOKEN"]].concat(), &token).await;
    assert!(ran.code == 0 && ran.out.contains("all is well") && ran.out.contains("1/1 work"), "{ran}");
    assert!(ran.out.contains(&url), "{ran}");
    for (args, says_so) in [
        (vec!["status", "--url", &url], "wants a token"),
        ([&asked[..], &["WRONG"]].concat(), "does not know the token"),
        ([&asked[..], &["NOBODY"]].concat(), "environment variable NOBODY is not set"),
        (vec!["status", "--token-env", "CW_TOKEN"], "--url"),
    ] {
        let ran = run_with(elsewhere.path(), &args, &token).await;
        assert!(ran.code == 1 && ran.err.contains(says_so), "{args:?}: {ran}");
    }
    let health = format!("{url}/healthz");
    let ran = run_in(elsewhere.path(), &["healthcheck", "--url", &health]).await;
    assert!(ran.code == 0 && ran.out.starts_with("status 200 after"), "{ran}");
    assert_eq!(looping.stop().await, Some(0));
    let ran = run_in(elsewhere.path(), &["status", "--url", &url]).await;
    assert!(ran.code == 1 && ran.err.contains("does not answer"), "{ran}");
}

/// As LiteLLM answers a health check, measured on 1.106.2: HEAD is none of its methods, and without a database a wrong key
/// is 400. Counts who came.
async fn litellm(key: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let sent = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
            let refused = |kind: &str| json!({ "error": { "message": "…", "type": kind, "param": null, "code": "…" } });
            let (status, body) = match (request.split(' ').nth(1).unwrap_or_default(), sent) {
                _ if !request.starts_with("GET ") => (405, json!({ "detail": "Method Not Allowed" })),
                ("/health/liveliness", _) => (200, json!("I'm alive!")),
                ("/slow", _) => {
                    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
                    return;
                }
                ("/metrics", Some(_)) => (307, json!("")),
                ("/v1/models", None) => (401, refused("auth_error")),
                ("/v1/models", Some(sent)) if sent != key => (400, refused("no_db_connection")),
                ("/v1/models", Some(_)) => (200, json!({ "data": [] })),
                _ => (404, json!({ "detail": "Not Found" })),
            };
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    (at, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_address_is_knocked_at_once_with_get_and_no_token_is_told() {
    let (at, count) = litellm("canary-master-0123456789").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = [("LITELLM_MASTER_KEY", "canary-master-0123456789"), ("WRONG", "canary-wrong")];
    let keyed = "--bearer-env";
    for (code, path, more, says_so) in [
        (0, "/health/liveliness", vec![], "status 200"),
        (0, "/v1/models", vec![keyed, "LITELLM_MASTER_KEY"], "status 200"),
        (1, "/v1/models", vec![], "--bearer-env"),
        (1, "/v1/models", vec![keyed, "WRONG"], "LiteLLM does not know this key"),
        (1, "/metrics", vec![keyed, "LITELLM_MASTER_KEY"], "status 307"),
        (1, "/nowhere", vec![], "no such path"),
        (1, "/slow", vec!["--timeout", "300ms"], "no answer in time"),
    ] {
        let (before, url) = (count.load(Ordering::SeqCst), format!("http://{at}{path}"));
        let ran = run_with(folder.path(), &[&["healthcheck", "--url", &url], &more[..]].concat(), &variables).await;
        let told = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == code && told.contains(says_so), "{path} {more:?}: {ran}");
        assert_eq!((told.lines().count(), count.load(Ordering::SeqCst) - before), (1, 1), "{path} {more:?}: {ran}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (args, says_so) in [
        (vec!["--url", &format!("http://{closed}/")], "no connection"),
        (vec!["--url", "http://me:canary@localhost/"], "user or password"),
        (vec!["--url", "localhost"], "http://host:port"),
        (vec!["--url", "http://localhost/", keyed, "NOBODY"], "NOBODY is not set"),
        (vec![keyed, "WRONG"], "--url"),
    ] {
        let ran = run_with(folder.path(), &[&["healthcheck"], &args[..]].concat(), &variables).await;
        assert!(ran.code == 1 && ran.err.contains(says_so), "{args:?}: {ran}");
    }
}
