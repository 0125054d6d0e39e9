//! The gateways' admin APIs on a loopback port, over a real database: what the real ones refuse is refused, and what they
//! do to their tables is done.
//!
//! Written from the gateways' behaviour: New API of August 2026 and of April 2025, Veloera of June 2025, One API of
//! February 2025, One Hub of February 2026, Done Hub of August 2026.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "admin/door.rs"]
mod door;
#[path = "admin/list.rs"]
mod list;
#[path = "admin/object.rs"]
mod object;
#[path = "admin/serve.rs"]
mod serve;
#[path = "admin/settings.rs"]
mod settings;
#[path = "admin/trial.rs"]
mod trial;
#[path = "admin/update.rs"]
mod update;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use channelwarden::config::{ApiConfig, SecretRef};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::databases::Db;
use crate::gateways::Schema;

/// Root's system access token, and a user's key.
pub(crate) const TOKEN: &str = "canary-token-0123456789abcdefghi";
pub(crate) const USER_KEY: &str = "sk-canary0123456789abcdefghijklmnopqrstuvwxyz0123456789";

/// Which program answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    OneApi,
    /// April 2025.
    NewApiOld,
    /// August 2026.
    NewApi,
    Veloera,
    OneHub,
    DoneHub,
}

impl Program {
    fn of(schema: Schema) -> Self {
        match schema {
            Schema::OneApi => Self::OneApi,
            Schema::NewApiOld => Self::NewApiOld,
            Schema::NewApi | Schema::NewApiOverOneApi => Self::NewApi,
            Schema::Veloera => Self::Veloera,
            Schema::OneHub => Self::OneHub,
            Schema::DoneHub => Self::DoneHub,
        }
    }

    fn is_hub(self) -> bool {
        matches!(self, Self::OneHub | Self::DoneHub)
    }
}

/// When somebody else does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// What befalls one call instead of its answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection ends before anything is done.
    CutBefore,
    /// It is done, and the connection ends before the answer is told.
    CutAfter,
    /// `success: false` with these words; nothing is done.
    SaysNo(String),
    /// This status with this body; nothing is done.
    Says(u16, String),
}

/// What one model's upstream says to a channel test.
#[derive(Clone, Debug)]
pub(crate) enum Trial {
    Works,
    /// A status and the upstream's words.
    Fails(u16, String),
}

/// So many calls within so long; then 429.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) calls: usize,
    pub(crate) within: Duration,
    /// Seconds. The gateways say nothing; a proxy before them may.
    pub(crate) retry_after: Option<u64>,
}

/// A call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// What it does besides what it always does; may be changed while it runs.
#[derive(Default)]
pub(crate) struct Knobs {
    /// How many calls are still answered; then every connection is cut.
    pub(crate) answers_left: Option<usize>,
    /// What befalls the next calls of a method, one each.
    pub(crate) faults: VecDeque<(&'static str, Fault)>,
    /// Statements that somebody else runs right before or after the next call whose `METHOD path` begins so.
    pub(crate) meanwhile: Vec<(When, &'static str, String)>,
    pub(crate) rate: Option<Rate>,
    /// What upstreams say to channel tests, by the name that is asked for; without, it works.
    pub(crate) trials: BTreeMap<String, Trial>,
    /// What New API's built-in tables have no price for. Rows of `options` take the tables' place.
    pub(crate) unpriced: BTreeSet<String>,
    /// Every call, refused ones too.
    pub(crate) calls: Vec<Call>,
    /// Channel and model of every request that a channel test made to an upstream.
    pub(crate) asked: Vec<(i64, String)>,
    /// How many of them came too soon.
    pub(crate) too_soon: usize,
    recent: VecDeque<Instant>,
}

/// Runs until dropped.
pub(crate) struct StandIn {
    pub(crate) db: Arc<Db>,
    address: SocketAddr,
    user: i64,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    db: Arc<Db>,
    program: Program,
    knobs: Mutex<Knobs>,
    /// One Hub's channels as its process knows them.
    live: Mutex<serve::Live>,
}

impl Shared {
    fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap()
    }
}

impl StandIn {
    /// Over a database with a gateway's tables. Makes the missing ones, and root with [`TOKEN`].
    pub(crate) async fn start(db: Arc<Db>, schema: Schema) -> Self {
        if db.columns("users").await.is_empty() {
            db.make_records(schema).await;
        }
        let user = db.user(TOKEN, 100).await;
        let shared = Arc::new(Shared {
            db: Arc::clone(&db),
            program: Program::of(schema),
            knobs: Mutex::default(),
            live: Mutex::default(),
        });
        shared.load().await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(door::enter).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { db, address, user, shared, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Root's number.
    pub(crate) fn user(&self) -> u64 {
        self.user.try_into().unwrap()
    }

    /// As an operator would configure it.
    pub(crate) fn api(&self) -> ApiConfig {
        ApiConfig {
            url: self.url(),
            token: SecretRef::literal(TOKEN),
            user: Some(self.user()),
            user_key: Some(SecretRef::literal(USER_KEY)),
            test_channels: false,
        }
    }

    pub(crate) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.shared.knobs()
    }

    /// What befalls the next call of a method.
    pub(crate) fn next(&self, method: &'static str, fault: Fault) {
        self.knobs().faults.push_back((method, fault));
    }

    /// What somebody else runs right before or after the next call whose `METHOD path` begins so.
    pub(crate) fn meanwhile(&self, when: When, start: &'static str, sql: impl Into<String>) {
        self.knobs().meanwhile.push((when, start, sql.into()));
    }

    /// How many calls came whose `METHOD path` begins so.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.knobs().calls.iter().filter(|call| format!("{} {}", call.method, call.path).starts_with(start)).count()
    }

    /// The bodies of the calls of a method, in order.
    pub(crate) fn bodies(&self, method: &str) -> Vec<Value> {
        self.knobs().calls.iter().filter(|call| call.method == method).filter_map(|call| call.body.clone()).collect()
    }

    /// What a user sees in `/v1/models`, sorted.
    pub(crate) async fn offered(&self) -> Vec<String> {
        self.shared.offered().await
    }

    /// As a restart of the gateway.
    pub(crate) async fn restart(&self) {
        self.shared.load().await;
    }

    /// Makes the token's user a lesser one: 10 an admin, 1 anybody.
    pub(crate) async fn role(&self, role: i64) {
        self.db.run(&format!("UPDATE users SET role = {role} WHERE id = {}", self.user)).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}
