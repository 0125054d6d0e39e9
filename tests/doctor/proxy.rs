//! A `LiteLLM` in every way in which it can be wrong, with the real one's statuses and bodies.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::net::TcpListener;

use crate::scene::{Ran, run_in};
use crate::{bad, says};

const KEY: &str = "sk-canary-8c1f20b7d95e4a63";

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../litellm/samples/", $name, ".json"))
    };
}

/// How it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// The package prisma is missing.
    NoPrisma,
    /// No master key at all.
    Open,
    /// Its database is gone.
    Unready,
    /// Another program.
    Page,
    /// Nothing behind /v1.
    Empty,
    /// A login of somebody's proxy stands before it.
    Login,
}

#[derive(Clone)]
struct StandIn {
    wrong: Wrong,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(standin): State<StandIn>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    standin.asked.lock().unwrap().push(format!("{} {path}", request.method()));
    let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let json = |status: u16, body: &'static str| {
        (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    let wrong = standin.wrong;
    if wrong == Wrong::Page {
        return (StatusCode::OK, "<html>One API</html>").into_response();
    }
    if wrong == Wrong::Login {
        return (StatusCode::UNAUTHORIZED, "log in").into_response();
    }
    if request.method() != Method::GET {
        return json(405, "{\"detail\":\"Method Not Allowed\"}");
    }
    match path.as_str() {
        "/health/liveliness" => return json(200, sample!("health-liveliness")),
        "/health/readiness" if wrong == Wrong::Unready => {
            return json(503, "{\"status\":\"unhealthy\",\"db\":\"disconnected\"}");
        }
        "/health/readiness" => return json(200, sample!("health-readiness")),
        "/health" | "/v1/models" | "/health/readiness/details" => {}
        _ => return json(404, "{\"detail\":\"Not Found\"}"),
    }
    let knows = key.as_deref() == Some(&format!("Bearer {KEY}"));
    match (knows || wrong == Wrong::Open, key.is_some()) {
        (false, false) if wrong == Wrong::NoPrisma => {
            return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
        }
        (false, false) => return json(401, sample!("v1models-nokey")),
        (false, true) => return json(400, sample!("v1models-wrongkey")),
        (true, _) => {}
    }
    match path.as_str() {
        "/v1/models" if wrong == Wrong::Empty => json(200, "{\"data\":[],\"object\":\"list\"}"),
        "/v1/models" => json(200, sample!("v1models")),
        "/health/readiness/details" => json(200, sample!("health-readiness-details")),
        _ => json(200, "{}"),
    }
}

async fn doctor(wrong: Wrong, key: &str, mode: &str) -> (Ran, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let standin = StandIn { wrong, asked: Arc::default() };
    let asked = Arc::clone(&standin.asked);
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer).with_state(standin)).into_future());
    let ran = at(&url, key, mode).await;
    let asked = asked.lock().unwrap().clone();
    (ran, asked)
}

async fn at(url: &str, key: &str, mode: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "gateways": { "proxy": { "kind": "litellm", "mode": mode, "api": { "url": url, "token": key } } },
        "store": { "path": folder.path().join("store.db") }, "web": { "listen": "off" },
    });
    std::fs::write(folder.path().join("config.json5"), config.to_string()).unwrap();
    run_in(folder.path(), &["doctor", "--json"]).await
}

#[tokio::test]
async fn a_proxy_that_is_well() {
    let (ran, asked) = doctor(Wrong::Nothing, KEY, "observe").await;
    assert_eq!((bad(&ran), ran.code), (vec![], 0), "{ran}");
    assert!(says(&ran, "litellm", "knows the key and serves 6 models"), "{ran}");
    assert!(says(&ran, "litellm", "LiteLLM 1.106.2"), "{ran}");
    // What costs money, or asks anybody upstream, is not asked.
    let free = [
        "GET /health/liveliness",
        "GET /health/readiness",
        "GET /health/readiness/details",
        "GET /v1/models",
        "HEAD /",
    ];
    assert!(asked.iter().all(|call| free.contains(&call.as_str())), "{asked:?}");
}

#[tokio::test]
async fn every_wrong_of_the_decision_order_is_told_apart() {
    for (wrong, key, place, what, fix) in [
        (
            Wrong::Nothing,
            "sk-canary-another-key-0123",
            "api.token",
            "LiteLLM does not know the key",
            "LITELLM_MASTER_KEY",
        ),
        (Wrong::NoPrisma, KEY, "api.url", "its Python package prisma is missing", "pip install prisma"),
        (Wrong::Open, KEY, "api.url", "serves anybody without a key", "openssl rand"),
        (Wrong::Unready, KEY, "api.url", "it is not ready (503)", "DATABASE_URL"),
        (Wrong::Page, KEY, "api.url", "what answers there is not LiteLLM", "without /v1"),
        (Wrong::Login, KEY, "api.url", "does not know the key", "no proxy that asks for a login"),
        (Wrong::Empty, KEY, "api.token", "serves no model", "/model/info"),
    ] {
        let (ran, _) = doctor(wrong, key, "observe").await;
        let found = bad(&ran);
        assert_eq!(found.len(), 1, "{wrong:?}: {found:?}");
        assert!(
            found[0].contains(&format!("gateways.proxy.{place}: ")) && found[0].contains(what),
            "{wrong:?}: {found:?}"
        );
        assert!(says(&ran, "litellm", fix), "{wrong:?}: {ran}");
        assert_eq!(ran.code, if found[0].starts_with("error") { 1 } else { 2 }, "{wrong:?}: {ran}");
    }
}

#[tokio::test]
async fn no_database_means_no_write_back() {
    let (ran, _) = doctor(Wrong::Nothing, KEY, "apply").await;
    let found = bad(&ran);
    assert!(
        found.contains(
            &"warning litellm gateways.proxy.mode: no model can be taken off: LiteLLM has no database".to_owned()
        ),
        "{found:?}"
    );
    // A test's folder does not last, and something may be written.
    assert!(
        found.iter().any(|finding| finding.contains("config store.path: the store is in a folder that does not last"))
    );
}

#[tokio::test]
async fn a_refused_connection_is_a_start_that_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ran = at(&url, KEY, "observe").await;
    assert_eq!(bad(&ran), ["error litellm gateways.proxy.api.url: nothing listens there"]);
    assert!(says(&ran, "litellm", "refused to start"), "{ran}");
    let ran = at(&url, "sk-1234", "observe").await;
    let found = bad(&ran).join("\n");
    assert!(found.contains("the master key can be guessed") && found.contains("LiteLLM refused to start"), "{found}");
}

#[tokio::test]
async fn hosts_that_never_answer_delay_nobody() {
    // Connections are taken, and nothing ever comes: a database and a proxy at once, and a file still told.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "gateways": {
            "one": { "database": format!("mysql://u:canary@{address}/oneapi") },
            "two": { "database": format!("postgres://u:canary@{address}/oneapi?sslmode=disable") },
            "three": { "kind": "new-api", "api": { "url": format!("http://{address}"), "token": KEY } },
            "proxy": { "kind": "litellm", "api": { "url": format!("http://{address}"), "token": KEY } },
        },
        "store": { "path": folder.path().join("store.db") }, "web": { "listen": "off" },
    });
    std::fs::write(folder.path().join("config.json5"), config.to_string()).unwrap();
    // Within the scene's patience, or the run has failed.
    let ran = run_in(folder.path(), &["doctor", "--json"]).await;
    let found = bad(&ran).join("\n");
    for place in ["gateways.one.database", "gateways.two.database", "gateways.three.api", "gateways.proxy.api.url"] {
        assert!(found.contains(&format!("{place}: ")), "{place}: {found}");
    }
    assert_eq!(ran.code, 1);
}
