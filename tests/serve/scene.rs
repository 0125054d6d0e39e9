//! A server without a socket: requests go to the router as a connection's would.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use channelwarden::config::{Config, GatewayConfig, SecretRef};
use channelwarden::serve::{self, Acts, App, Live};
use channelwarden::store::Store;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

pub(crate) const READ: &str = "canary-read-0123456789";
pub(crate) const ACT: &str = "canary-act-0123456789";

/// Where acting is tried: a route of ours behind the guard.
pub(crate) const ACTING: &str = "/api/act-of-the-test";

pub(crate) struct Scene {
    pub(crate) router: Router,
    pub(crate) app: App,
    _folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The error's code, and what it says to do.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("code"), format!("{} {}", text("message"), text("hint")))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Both tokens, one gateway.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.gateways.insert("main".to_owned(), GatewayConfig::new(SecretRef::literal("gateway.db")));
    config.web.read_token = Some(SecretRef::literal(READ));
    config.web.act_token = Some(SecretRef::literal(ACT));
    config
}

impl Scene {
    pub(crate) async fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        // Nobody is there to act.
        let (acts, _) = Acts::new();
        let app = App::new(store, Arc::new(config), Live::default(), acts).unwrap();
        let acting = Router::new().route(ACTING, post(|| async { "done" }));
        let (acting, _) = app.guard.acts(OpenApiRouter::from(acting)).with_state(app.clone()).split_for_parts();
        let router = serve::router(app.clone()).merge(acting);
        Self { router, app, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 4 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("GET", path, headers, Body::empty())).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let body = Body::from(body.to_string());
        let mut request = request("POST", path, headers, body);
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        self.send(request).await
    }

    /// Logs in; the cookie's pair and the text to send with mutations.
    pub(crate) async fn log_in(&self, token: &str) -> (String, String) {
        let answer = self.post("/api/login", &[], &serde_json::json!({ "token": token })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        (cookie, answer.json()["csrf"].as_str().unwrap().to_owned())
    }
}

/// As it comes from a loopback address to a loopback name, unless `headers` say another `host`.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
    request.headers_mut().insert("host", "127.0.0.1:8000".parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
    }
    let peer = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 4000);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
