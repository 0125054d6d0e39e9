//! A real instance with something of everything in its store, asked without a socket.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use channelwarden::clock;
use channelwarden::config::{Config, GatewayConfig, ReceiverConfig, SecretRef};
use channelwarden::model::{
    ChannelRef, Check, Class, Incident, ModelName, Observation, Outcome, ProcessSeen, Shape, SignSource, Standing,
};
use channelwarden::serve::{self, Acts, App, Live, RoundFacts};
use channelwarden::store::{Finding, Proposal, Store};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The token that reads.
pub(crate) const READ: &str = "reads-0123456789";
/// The token that acts.
pub(crate) const ACT: &str = "acts-0123456789a";

pub(crate) struct Served {
    pub(crate) router: Router,
    _folder: TempDir,
}

impl Served {
    pub(crate) async fn new() -> Self {
        let mut config = Config::default();
        config.gateways.insert("main".to_owned(), GatewayConfig::new(SecretRef::literal("gateway.db")));
        let kind = Some(channelwarden::model::GatewayKind::LiteLlm);
        config
            .gateways
            .insert("proxy".to_owned(), GatewayConfig { kind, ..GatewayConfig::new(SecretRef::literal("")) });
        config.notify.receivers.insert("ops".to_owned(), ReceiverConfig::default());
        config.web.read_token = Some(SecretRef::literal(READ));
        config.web.act_token = Some(SecretRef::literal(ACT));
        config.web.status.enabled = true;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let now = clock::now();
        let round = round(&store, now).await;
        wanted(&store, round, now).await;
        litellm(&store, now).await;
        let (acts, _) = Acts::new();
        let app = App::new(store, Arc::new(config), Live::default(), acts).unwrap();
        app.metrics.round_ended(&RoundFacts {
            gateway: "main",
            seconds: 2.0,
            outcomes: vec![("works", 1)],
            answers: vec![(1, 90)],
        });
        app.metrics.lease("main", true);
        Self { router: serve::router(app), _folder: folder }
    }

    /// The status, and the text.
    pub(crate) async fn ask(&self, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8000");
        let request = request.header("content-type", "application/json");
        let request =
            token.iter().fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
        let mut request = request.body(Body::from("{}")).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 4000)));
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        // A stream never ends.
        let is_stream = answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Bytes::new() } else { to_bytes(answer.into_body(), 8 << 20).await.unwrap() };
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

/// One round over one channel with one model.
async fn round(store: &Store, now: Timestamp) -> i64 {
    let round = store.begin_round("main", "observe", now).await.unwrap();
    let model = ModelName::parse("gpt-4o").unwrap();
    let observation = Observation::bare(Outcome::Works, now, Shape::MaxTokens, "");
    let finding = Finding { model: model.clone(), observation, cost: None, standing: Standing::default() };
    let channel = ChannelRef { id: 7, created: 5, name: "seven".to_owned() };
    store.remember("main", round, &channel, &[model], &[finding]).await.unwrap();
    store.end_round(round, &json!({ "errors": [], "blackout": null }), now).await.unwrap();
    round
}

/// A change of which a guard holds a part.
async fn wanted(store: &Store, round: i64, at: Timestamp) {
    let channel = json!({ "id": 7, "created": 5, "name": "seven" });
    let reason = json!({ "outcome": "gone", "count": 3, "since": at, "over_s": 600, "detail": "" });
    let removals = json!([{ "model": "b", "reason": reason }]);
    let change = json!({ "channel": channel, "before": "a,b,c", "fingerprint": "f00d", "after": ["a"],
        "removed": removals, "added": [], "restored": [] });
    let held =
        json!([{ "channel": channel, "removals": removals, "additions": [], "guard": "channel-limit", "why": "" }]);
    let (change, held) = (serde_json::from_value(change).unwrap(), serde_json::from_value(held).unwrap());
    store.propose("main", &Proposal { channel: 7, round, at, change, held }).await.unwrap();
}

/// What a LiteLLM and its process tell.
async fn litellm(store: &Store, at: Timestamp) {
    let check =
        |name: &str| Check { name: name.to_owned(), well: Some(true), detail: String::new(), latency_ms: Some(1), at };
    store.keep_checks("proxy", &["liveliness", "readiness", "key", "chat gpt-4o"].map(check)).await.unwrap();
    let incident = Incident {
        subject: "gpt-4o".to_owned(),
        deployment: "d1".to_owned(),
        class: Class::Credits,
        since: at,
        last: at,
        times: 1,
        detail: String::new(),
        source: SignSource::Health,
    };
    store.keep_incidents("proxy", &[incident], at).await.unwrap();
    let process = ProcessSeen {
        pid: 42,
        name: "litellm".to_owned(),
        processes: 3,
        started: at,
        cpu_percent: 12.5,
        memory_bytes: 335_544_320,
        open_files: Some(12),
        restarts: 1,
        at,
    };
    store.keep_process("proxy", Some(&process), at).await.unwrap();
}
