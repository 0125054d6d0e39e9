//! The whole in a few figures: what stands above a dashboard.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked};
use super::error::ApiError;
use super::gateways::{self, GatewayRow};
use super::{alerts, holds, version};
use crate::serve::{App, Rights, Running};
use crate::{clock, openrouter};

/// The whole in a few figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Summary {
    /// Models on lists, and those withdrawn by us.
    total_models: u64,
    /// Green.
    healthy_count: u64,
    /// Yellow.
    degraded_count: u64,
    /// Red.
    down_count: u64,
    /// Of which nothing is known.
    unknown_count: u64,
    /// Off a list by our hand.
    withdrawn_count: u64,
    /// Uptime of all of them over 24 hours, in percent.
    uptime_24h: Option<f64>,
    /// The median answer of 24 hours, in ms.
    p50_ms: Option<u32>,
    /// What 95 of 100 answers of 24 hours stayed under, in ms.
    p95_ms: Option<u32>,
    /// The latest observation of all.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_updated: Option<Timestamp>,
    /// Channels whose list is to be changed, and is not yet.
    pending_count: u64,
    /// Channels of which a guard holds something back.
    held_count: u64,
    /// Things that are wrong just now, as the alerts saw them last.
    alerts_count: u64,
    /// Channels, as far as rounds saw them.
    channels_count: u64,
    /// Free models of OpenRouter that answer in text, as last read.
    free_count: u64,
    /// Whether every write is stopped.
    hold: bool,
    /// The rounds under way.
    running: Vec<Running>,
    /// The gateways.
    gateways: Vec<GatewayRow>,
    /// Whether this asker may act.
    may_act: bool,
    /// Ours.
    version: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SummaryQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
}

/// The whole in a few figures.
#[utoipa::path(get, path = "/api/summary", tag = "overview", params(SummaryQuery),
    responses((status = 200, body = Summary)))]
pub(super) async fn summary(
    State(app): State<App>,
    Extension(rights): Extension<Rights>,
    Asked(asked): Asked<SummaryQuery>,
) -> Result<Json<Summary>, ApiError> {
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    let now = clock::now();
    let counts = app.store.counts(gateway.as_deref(), now).await?;
    let gateways = gateways::rows(&app, gateway.as_deref(), now).await?;
    let (mut pending_count, mut held_count) = (0, 0);
    for row in &gateways {
        let wanted = app.store.wanted(&row.name).await?;
        pending_count += wanted.pending;
        held_count += wanted.held;
    }
    let running = app.live.running();
    let of_these = |running: &Running| gateway.as_ref().is_none_or(|name| running.gateway == *name);
    Ok(Json(Summary {
        total_models: counts.total,
        healthy_count: counts.up,
        degraded_count: counts.degraded,
        down_count: counts.down,
        unknown_count: counts.unknown,
        withdrawn_count: counts.withdrawn,
        uptime_24h: counts.uptime_24h,
        p50_ms: counts.p50_ms,
        p95_ms: counts.p95_ms,
        last_updated: counts.last_updated,
        pending_count,
        held_count,
        alerts_count: alerts::of(&app.store, gateway.as_deref()).await?.len() as u64,
        channels_count: gateways.iter().map(|row| row.channels).sum(),
        free_count: openrouter::stored(&app.store).await?.map_or(0, |kept| kept.free_text().count() as u64),
        hold: holds::all(&app.store).await?.iter().any(|hold| hold.stops_all_of(gateway.as_deref())),
        running: running.into_iter().filter(of_these).collect(),
        gateways,
        may_act: rights.may_act,
        version: version::VERSION.to_owned(),
    }))
}
