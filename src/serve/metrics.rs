//! `/metrics`: what happened since we started, and how things stand now, in `OpenMetrics`.
//!
//! Decides: names, types and labels. No label holds a model's name: there are thousands.
//! Must not know: how a round runs; it is told in plain figures.

mod litellm;
mod stand;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use utoipa_axum::router::OpenApiRouter;

use super::api::ApiError;
use super::{Act, App, Done, Ended};
use crate::clock;

/// The type that says so (`OpenMetrics` 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the times of answers, in ms.
pub const ANSWER_BOUNDS_MS: [u32; 12] = [100, 250, 500, 1000, 2000, 3000, 5000, 8000, 13_000, 21_000, 34_000, 60_000];

/// Upper bounds of the lengths of rounds, in seconds.
const ROUND_BOUNDS: [f64; 10] = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];

/// Names and values of labels.
type Labels = Vec<(&'static str, String)>;

/// What one round came to, in plain figures.
#[derive(Clone, Debug, Default)]
pub struct RoundFacts<'a> {
    /// Whose.
    pub gateway: &'a str,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many pairs showed which outcome, by its name.
    pub outcomes: Vec<(&'static str, u64)>,
    /// How many answers took how long: for each of [`ANSWER_BOUNDS_MS`], and for what is above, their number and the
    /// sum of their times in ms.
    pub answers: Vec<(u64, u64)>,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// The gateway has it.
    Applied,
    /// Somebody else changed the channel; theirs stays.
    Conflict,
    /// It was not written, or nobody knows.
    Failed,
    /// A change was taken back.
    Undone,
}

impl WriteResult {
    /// Every one, so that each is there from the start.
    const ALL: [Self; 4] = [Self::Applied, Self::Conflict, Self::Failed, Self::Undone];

    fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }
}

/// What happened since the process started. Cheap to clone; outlives a configuration.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Mutex<Registry>,
    probes: Family<Labels, Counter>,
    answers: Family<Labels, Histogram, fn() -> Histogram>,
    rounds: Family<Labels, Histogram, fn() -> Histogram>,
    writes: Family<Labels, Counter>,
    leases: Family<Labels, Gauge>,
    reloaded: Gauge,
    reloaded_at: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let inner = Inner {
            registry: Mutex::default(),
            probes: Family::default(),
            answers: Family::new_with_constructor(|| Histogram::new(ANSWER_BOUNDS_MS.map(|ms| f64::from(ms) / 1000.0))),
            rounds: Family::new_with_constructor(|| Histogram::new(ROUND_BOUNDS)),
            writes: Family::default(),
            leases: Family::default(),
            reloaded: Gauge::default(),
            reloaded_at: Gauge::default(),
        };
        inner.register();
        let metrics = Self(Arc::new(inner));
        for result in WriteResult::ALL {
            metrics.wrote(result, 0);
        }
        metrics.reloaded(true);
        metrics
    }
}

impl Inner {
    fn register(&self) {
        let mut all = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let all = all.sub_registry_with_prefix("channelwarden");
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        all.register("build", "Which channelwarden this is", Info::new(version));
        all.register("probe", "Models looked at by what was seen", self.probes.clone());
        let about = "How long probes took from the request to the whole answer";
        all.register_with_unit("probe_duration", about, Unit::Seconds, self.answers.clone());
        all.register_with_unit("round_duration", "How long rounds took", Unit::Seconds, self.rounds.clone());
        all.register("writes", "Writes to gateways by how they ended", self.writes.clone());
        all.register("lease_held", "Whether this process looks after the gateway", self.leases.clone());
        let about = "Whether the configuration could be read when it was read last";
        all.register("config_last_reload_successful", about, self.reloaded.clone());
        let about = "When the configuration was last read and held";
        let name = "config_last_reload_success_timestamp";
        all.register_with_unit(name, about, Unit::Seconds, self.reloaded_at.clone());
    }
}

impl Metrics {
    /// A round ended.
    pub fn round_ended(&self, facts: &RoundFacts<'_>) {
        let gateway = || ("gateway", facts.gateway.to_owned());
        for (outcome, count) in &facts.outcomes {
            let labels = vec![gateway(), ("outcome", (*outcome).to_owned())];
            self.0.probes.get_or_create(&labels).inc_by(*count);
        }
        self.0.rounds.get_or_create(&vec![gateway()]).observe(facts.seconds);
        let answers = self.0.answers.get_or_create(&vec![gateway()]);
        for (count, sum) in facts.answers.iter().filter(|(count, _)| *count > 0) {
            // Their mean lies between the same two bounds as each of them, so that nothing is lost by it.
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a round")]
            let mean = *sum as f64 / *count as f64 / 1000.0;
            for _ in 0..*count {
                answers.observe(mean);
            }
        }
    }

    /// So many writes ended so.
    pub fn wrote(&self, result: WriteResult, times: u64) {
        self.0.writes.get_or_create(&vec![("result", result.as_str().to_owned())]).inc_by(times);
    }

    /// What a person asked for was done.
    pub(super) fn acted(&self, act: &Act, done: &Done) {
        let undo = matches!(act, Act::Undo { .. });
        for channel in &done.channels {
            match channel.outcome {
                Ended::Applied if undo => self.wrote(WriteResult::Undone, 1),
                Ended::Applied => self.wrote(WriteResult::Applied, 1),
                Ended::Conflict => self.wrote(WriteResult::Conflict, 1),
                Ended::Failed | Ended::Refused => self.wrote(WriteResult::Failed, 1),
                // Nothing was to be written, or somebody said stop.
                Ended::OnHold | Ended::Held | Ended::Gone | Ended::Rejected | Ended::Rehearsed => {}
            }
        }
    }

    /// Whether this process looks after a gateway from now on.
    pub fn lease(&self, gateway: &str, held: bool) {
        self.0.leases.get_or_create(&vec![("gateway", gateway.to_owned())]).set(held.into());
    }

    /// The configuration was read again, and holds or not.
    pub fn reloaded(&self, holds: bool) {
        self.0.reloaded.set(holds.into());
        if holds {
            self.0.reloaded_at.set(clock::now().as_duration().as_secs_f64());
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/metrics", get(scrape))
}

async fn scrape(State(app): State<App>) -> Result<Response, ApiError> {
    let now = stand::registry(&app, clock::now()).await?;
    let mut text = String::new();
    let since = app.metrics.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
    encode_registry(&mut text, &since)
        .and_then(|()| encode_registry(&mut text, &now))
        .and_then(|()| encode_eof(&mut text))
        .map_err(|error| ApiError::internal(&error))?;
    drop(since);
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS), (header::CACHE_CONTROL, "no-store")], text).into_response())
}
