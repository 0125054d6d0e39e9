//! The gateways that are looked after, and how fresh is what is known of them.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::clock;
use crate::config::{Config, Mode};
use crate::serve::App;

/// One gateway, as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct GatewayRow {
    /// Its name here.
    pub(super) name: String,
    /// Which program it is, as configured; none: it is told from the gateway itself.
    kind: Option<String>,
    /// What we may do to it: `observe`, `propose` or `apply`.
    mode: String,
    /// Its channels, as far as rounds saw them.
    pub(super) channels: u64,
    /// Models on their lists, and those withdrawn by us.
    models: u64,
    /// Of these, green.
    up: u64,
    /// Yellow.
    degraded: u64,
    /// Red.
    down: u64,
    /// Nothing is known.
    unknown: u64,
    /// Off a list by our hand.
    withdrawn: u64,
    /// When the latest round ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_round: Option<Timestamp>,
    /// When the latest ended in which nothing failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_good: Option<Timestamp>,
    /// Whether that is longer ago than `web.stale_after`, or never was.
    stale: bool,
    /// When the next full round is about to begin.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_hint: Option<Timestamp>,
    /// What failed in the latest round.
    error: Option<String>,
}

/// The gateways that are looked after.
#[utoipa::path(get, path = "/api/gateways", tag = "overview", responses((status = 200, body = [GatewayRow])))]
pub(super) async fn gateways(State(app): State<App>) -> Result<Json<Vec<GatewayRow>>, ApiError> {
    rows(&app, None, clock::now()).await.map(Json)
}

/// One of them or all, by name.
pub(super) async fn rows(app: &App, only: Option<&str>, now: Timestamp) -> Result<Vec<GatewayRow>, ApiError> {
    let mut rows = vec![];
    for (name, gateway) in &app.config.gateways {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let counts = app.store.counts(Some(name), now).await?;
        let rounds = app.store.last_rounds(name).await?;
        rows.push(GatewayRow {
            name: name.clone(),
            kind: gateway.kind.map(|kind| kind.to_string()),
            mode: mode(gateway.mode).to_owned(),
            channels: app.store.channels_count(name).await?,
            models: counts.total,
            up: counts.up,
            degraded: counts.degraded,
            down: counts.down,
            unknown: counts.unknown,
            withdrawn: counts.withdrawn,
            last_round: rounds.last,
            last_good: rounds.good,
            stale: rounds.good.is_none_or(|good| now.duration_since(good) > stale_after(&app.config)),
            next_hint: rounds.last.and_then(|last| next(last, &app.config)),
            error: rounds.error,
        });
    }
    Ok(rows)
}

/// The mode's name.
pub(super) fn mode(mode: Mode) -> &'static str {
    mode.as_str()
}

/// When the next full round is about to begin, after the latest one ended then.
pub(super) fn next(last: Timestamp, config: &Config) -> Option<Timestamp> {
    last.checked_add(SignedDuration::try_from(config.probe.every).unwrap_or(SignedDuration::MAX)).ok()
}

fn stale_after(config: &Config) -> SignedDuration {
    SignedDuration::try_from(config.stale_after()).unwrap_or(SignedDuration::MAX)
}
