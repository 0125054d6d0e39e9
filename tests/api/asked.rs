//! The API as our own commands ask it: in their own process, and over a socket.

use std::time::Duration;

use channelwarden::client::{Client, ClientError};
use channelwarden::model::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::client::{CANARY, TOKEN};
use crate::scene::Scene;

const PATIENCE: Duration = Duration::from_secs(20);

fn remote(url: &str, token: Option<&str>) -> Client {
    Client::remote(url, token.map(|token| Secret::new(token.to_owned())).as_ref(), PATIENCE).unwrap()
}

#[tokio::test]
async fn in_our_own_process_everything_is_read_and_done_without_a_port_or_a_token() {
    let scene = Scene::new().await;
    let client = Client::local(scene.setup.config.clone()).await.unwrap();
    assert!(client.is_local() && client.place().contains(".db"), "{}", client.place());
    let summary = client.get("/api/summary").await.unwrap();
    assert_eq!((&summary["total_models"], &summary["may_act"]), (&json!(14), &json!(true)));
    assert_eq!(client.get("/api/models?limit=5").await.unwrap(), scene.read("/api/models?limit=5").await);

    // What a limit holds is written when a person approves it, by the same way as ever.
    let id = scene.setup.channels["one"];
    let approve = async |mark: &Value| {
        client.post("/api/plan/approve", &json!({ "gateway": "main", "channel": id, "mark": mark })).await
    };
    let other = approve(&json!("0123456789abcdef")).await.unwrap_err();
    assert!(matches!(&other, ClientError::Refused { status: 404, .. }), "nobody approved that: {other:?}");
    assert_eq!(scene.setup.lists().await["one"], "a,b,c,d,e");
    let done = approve(&client.get("/api/plan").await.unwrap()[0]["mark"]).await.unwrap();
    assert_eq!(done["channels"][0]["outcome"], "applied", "{done:#}");
    assert_eq!(scene.setup.lists().await["one"], "a,b");
    let change = done["channels"][0]["change"].as_i64().unwrap();
    let undone = client.post(&format!("/api/changes/{change}/undo"), &json!({})).await.unwrap();
    assert_eq!(undone["channels"][0]["outcome"], "applied", "{undone:#}");
    assert_eq!(scene.setup.lists().await["one"], "a,b,c,d,e");

    let unknown = client.get("/api/changes/999").await.unwrap_err();
    assert!(matches!(&unknown, ClientError::Refused { status: 404, .. }), "{unknown:?}");
    let scan = client.post("/api/scan", &json!({})).await.unwrap_err();
    assert!(matches!(&scan, ClientError::Refused { hint, .. } if hint == "channelwarden sweep"), "{scan:?}");
}

#[tokio::test]
async fn mere_looking_makes_no_store() {
    let scene = Scene::new().await;
    let mut config = scene.setup.config.clone();
    config.store.path = config.store.path.with_file_name("other.db");
    let error = Client::local(config.clone()).await.unwrap_err().to_string();
    assert!(error.contains("no store at") && error.contains("channelwarden run"), "{error}");
    assert!(!config.store.path.exists());
}

#[tokio::test]
async fn over_a_socket_it_is_the_same_and_acting_needs_the_token() {
    let scene = Scene::new().await;
    let url = format!("http://{}/", scene.at);
    let reader = remote(&url, None);
    assert_eq!(reader.place(), url.trim_end_matches('/'));
    assert_eq!(reader.get("/api/summary").await.unwrap(), scene.read("/api/summary").await);
    let hold = json!({ "reason": "a look" });
    let nobody = reader.post("/api/holds", &hold).await.unwrap_err();
    assert!(matches!(&nobody, ClientError::NotAllowed(why) if why.contains("web.act_token")), "{nobody:?}");
    let wrong = remote(&url, Some("canary-wrong-0123456789")).get("/api/summary").await.unwrap_err();
    assert!(matches!(&wrong, ClientError::NotAllowed(why) if why.contains("web.read_token")), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains(CANARY), "{wrong:?}");
    let actor = remote(&url, Some(TOKEN));
    assert!(!format!("{actor:?}").contains(CANARY));
    actor.post("/api/holds", &hold).await.unwrap();
    assert_eq!(reader.get("/api/holds").await.unwrap()[0]["reason"], "a look");
    let unknown = actor.get("/api/models/nobody").await.unwrap_err();
    assert!(matches!(&unknown, ClientError::Refused { status: 404, message, .. } if message.contains("no such model")));
}

/// Answers every connection with these bytes.
async fn says(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{at}")
}

#[tokio::test]
async fn what_is_not_channelwarden_is_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = remote(&format!("http://{closed}"), Some(TOKEN)).get("/api/summary").await.unwrap_err();
    assert!(matches!(&refused, ClientError::Unreachable(why) if why.contains("channelwarden run")), "{refused:?}");
    assert!(!refused.to_string().contains(CANARY));
    for (answer, says_so) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>hi</html>", "not channelwarden"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", "not channelwarden"),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "not channelwarden"),
        ("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "sends us elsewhere"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 42\r\nConnection: close\r\n\r\n{\"scan_state\":\"idle\",\"running\":[],\"a\":123}",
            "older channelwarden",
        ),
        // The path is One API's too.
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 52\r\nConnection: close\r\n\r\n{\"data\":{\"version\":\"v0.6\"},\"message\":\"\",\"success\":1}",
            "not channelwarden",
        ),
    ] {
        let error = remote(&says(answer).await, None).get("/api/status").await.unwrap_err();
        assert!(matches!(&error, ClientError::Odd(why) if why.contains(says_so)), "{answer}: {error:?}");
    }
}

#[test]
fn an_address_with_a_secret_in_it_is_none() {
    for (url, says_so) in [
        ("localhost:8080", "http://host:port"),
        ("ftp://localhost", "http://host:port"),
        ("http://", "http://host:port"),
        ("http://me:canary@localhost", "token"),
        ("http://localhost/?token=canary", "http://host:port"),
    ] {
        let error = Client::remote(url, None, PATIENCE).unwrap_err();
        assert!(error.contains(says_so) && !error.contains(CANARY), "{url}: {error}");
    }
}
