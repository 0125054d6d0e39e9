//! OpenRouter's free models, as the loop last saw them.

use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked};
use super::error::ApiError;
use super::list::Listed;
use crate::clock;
use crate::openrouter::{self, Free, Model};
use crate::serve::App;
use crate::store::Light;

/// One free model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct FreeRow {
    /// As OpenRouter calls it: text from outside.
    id: String,
    /// Without its author and `:free`.
    name: String,
    /// Tokens of question and answer together.
    context_length: Option<u64>,
    /// What it takes, an arrow, what it gives: `text+image→text`.
    modalities: String,
    /// How it is free: `suffix` (its id ends in `:free`), `all-zero` (every price is zero) or `router`.
    free_kind: String,
    /// Its light: up (it answers), degraded (in doubt), down, unknown.
    light: Light,
    /// Why it is not up.
    why: String,
    /// Percent of requests that OpenRouter saw answered, in the last half hour or else day.
    uptime: Option<f64>,
    /// Tokens a second, the middle one.
    throughput: Option<f64>,
    /// To the first token, the middle one, in ms.
    latency_ms: Option<f64>,
    /// The day on which OpenRouter will end it.
    #[schema(value_type = Option<String>, format = Date)]
    ends: Option<Date>,
    /// When we last asked it ourselves.
    #[schema(value_type = Option<String>, format = DateTime)]
    probed_at: Option<Timestamp>,
    /// What that showed.
    probe_outcome: Option<String>,
    /// Whether the account may use it; none: there is no key to ask with.
    usable: Option<bool>,
}

impl FreeRow {
    fn of(model: &Model, now: Timestamp) -> Self {
        let (entry, figures) = (&model.entry, model.figures(now));
        let (light, why) = openrouter::light(model, now);
        let id = entry.id.to_string();
        let name = id.split_once('/').map_or(id.as_str(), |(_, name)| name).trim_end_matches(":free").to_owned();
        Self {
            id,
            name,
            context_length: entry.context,
            modalities: format!("{}→{}", entry.takes.join("+"), entry.gives.join("+")),
            free_kind: entry.free.as_str().to_owned(),
            light: match light {
                openrouter::Light::Healthy => Light::Up,
                openrouter::Light::Doubtful => Light::Degraded,
                openrouter::Light::Down => Light::Down,
                openrouter::Light::Unknown => Light::Unknown,
            },
            why,
            uptime: figures.and_then(|figures| figures.uptime_30m.or(figures.uptime_1d)),
            throughput: figures.and_then(|figures| figures.tokens_p50),
            latency_ms: figures.and_then(|figures| figures.ttft_p50_ms),
            ends: entry.ends,
            probed_at: model.probe.as_ref().map(|probe| probe.at),
            probe_outcome: model.probe.as_ref().map(|probe| probe.outcome.to_string()),
            usable: model.usable,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FreeQuery {
    /// Also models that are free without `:free` in their name, and those that do not answer in text.
    #[serde(default)]
    all: bool,
    /// So many at most.
    #[serde(default = "ask::thousand")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// OpenRouter's free models, by name; none before its list was read.
#[utoipa::path(get, path = "/api/free", tag = "models", params(FreeQuery), responses((status = 200, body = [FreeRow])))]
pub(super) async fn free(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<FreeQuery>,
) -> Result<Listed<FreeRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let now = clock::now();
    let kept = openrouter::stored(&app.store).await?.unwrap_or_default();
    let shown = |model: &&Model| model.entry.is_free_text() || asked.all && model.entry.free != Free::No;
    let rows = kept.models.iter().filter(shown).map(|model| FreeRow::of(model, now)).collect();
    Ok(Listed::part(rows, &uri, asked.limit, asked.offset))
}
