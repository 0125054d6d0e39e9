//! A `LiteLLM` proxy on a loopback port, as measured on 1.106.2: its keys, endpoints, statuses and bodies, with what the
//! real one does badly: it goes on with a check whose caller left, and checks what is blocked.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "litellm/bodies.rs"]
mod bodies;
#[path = "litellm/routes.rs"]
mod routes;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use channelwarden::config::{ApiConfig, SecretRef};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Its master key, to be looked for where it must not be.
pub(crate) const MASTER_KEY: &str = "sk-canary-master-0123456789abcdefghijklmnop";
/// Where every deployment's upstream is, unless it says otherwise.
pub(crate) const API_BASE: &str = "http://127.0.0.1:8899/v1";

/// How an upstream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    /// As the sample of that name shows it: `gpt-badkey`, `or-nocredit`…
    Ill(&'static str),
    /// With this `exception_status` and these words.
    Says(u16, String),
    /// `LiteLLM` leaves it out of its checks.
    Omitted,
}

/// One deployment.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) upstream: String,
    pub(crate) api_base: Option<String>,
    pub(crate) credential: Option<String>,
    pub(crate) mode: Option<&'static str>,
    pub(crate) in_database: bool,
    pub(crate) blocked: bool,
    pub(crate) state: State,
    /// How long its upstream takes.
    pub(crate) takes: Duration,
    /// After an answer of 401 or 404: nothing is sent to it until then.
    pub(crate) cooldown: Option<Instant>,
}

impl Deployed {
    /// One in its config.yaml, with a key of its own, which is well.
    pub(crate) fn new(name: &str, upstream: &str) -> Self {
        Self {
            id: format!("id-{name}-{}", upstream.replace('/', "-")),
            name: name.to_owned(),
            upstream: upstream.to_owned(),
            api_base: Some(API_BASE.to_owned()),
            credential: None,
            mode: None,
            in_database: false,
            blocked: false,
            state: State::Well,
            takes: Duration::ZERO,
            cooldown: None,
        }
    }

    pub(crate) fn ill(name: &str, upstream: &str, sample: &'static str) -> Self {
        Self { state: State::Ill(sample), ..Self::new(name, upstream) }
    }
}

/// What its owner, and a test, can turn.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "settings that have nothing to do with each other")]
pub(crate) struct Knobs {
    pub(crate) deployments: Vec<Deployed>,
    /// `background_health_checks`: `Some(false)` until their first cycle ended.
    pub(crate) background: Option<bool>,
    /// `DATABASE_URL` and `STORE_MODEL_IN_DB`.
    pub(crate) database: bool,
    /// The package `prisma` is missing.
    pub(crate) no_prisma: bool,
    /// 1.80 and before: no ids in `/health`, always 200, no blocking.
    pub(crate) old: bool,
    /// A deployment that it fails to block, after it said so of others.
    pub(crate) stuck: Option<String>,
    /// Another worker answers what is read, which has not read the models again: they are so to it.
    pub(crate) late: Option<Vec<Deployed>>,
    /// `health_check_details`.
    pub(crate) details: bool,
    /// `HEALTH_CHECK_TIMEOUT_SECONDS`.
    pub(crate) cap: Duration,
    /// What a proxy in front of it answers instead, by the start of the path: status, body.
    pub(crate) instead: Vec<(&'static str, u16, String)>,
    /// Every request: method, path and query.
    pub(crate) calls: Vec<String>,
    /// Checks under way, whether or not anybody waits for them.
    pub(crate) in_flight: usize,
    pub(crate) most_in_flight: usize,
    /// How often each deployment's upstream was asked by checks, by id.
    pub(crate) checked: Vec<String>,
}

impl Knobs {
    pub(crate) fn find(&mut self, id: &str) -> &mut Deployed {
        self.deployments.iter_mut().find(|one| one.id == id).unwrap()
    }

    /// How many calls began so: `GET /health?`.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.calls.iter().filter(|call| call.starts_with(start)).count()
    }
}

pub(crate) struct StandIn {
    address: SocketAddr,
    knobs: Arc<Mutex<Knobs>>,
    task: JoinHandle<()>,
}

impl StandIn {
    pub(crate) async fn start(deployments: Vec<Deployed>) -> Self {
        let knobs = Arc::new(Mutex::new(Knobs {
            deployments,
            background: None,
            database: false,
            no_prisma: false,
            old: false,
            stuck: None,
            late: None,
            details: true,
            cap: Duration::from_mins(1),
            instead: vec![],
            calls: vec![],
            in_flight: 0,
            most_in_flight: 0,
            checked: vec![],
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(routes::answer).with_state(Arc::clone(&knobs));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, knobs, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn api(&self) -> ApiConfig {
        ApiConfig {
            url: self.url(),
            token: SecretRef::literal(MASTER_KEY),
            user: None,
            user_key: None,
            test_channels: false,
        }
    }

    pub(crate) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}
