//! What stands behind each `LiteLLM`, as it was last seen: no answer of ours asks it, or anybody.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked, Body, PageOfGateway};
use super::error::{ApiError, Code};
use super::list::Listed;
use crate::model::{DeploymentSeen, GatewayKind, Incident, SignSource};
use crate::serve::{Act, App};
use crate::store::{CheckSeen, Store};

/// Troubles that are over, as far back as they are told.
const PAST: u32 = 1000;

/// How a deployment is, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::serve) enum DeploymentState {
    /// It answered well.
    Well,
    /// It did not.
    Ill,
    /// Nobody looked yet, or the look showed nothing.
    Unknown,
    /// `LiteLLM` was told to refuse it, however it is.
    Blocked,
}

impl DeploymentState {
    pub(in crate::serve) const ALL: [Self; 4] = [Self::Well, Self::Ill, Self::Unknown, Self::Blocked];

    pub(in crate::serve) fn of(seen: &DeploymentSeen) -> Self {
        if seen.deployment.blocked {
            return Self::Blocked;
        }
        match seen.health.as_ref().and_then(|health| health.well) {
            Some(true) => Self::Well,
            Some(false) => Self::Ill,
            None => Self::Unknown,
        }
    }

    pub(in crate::serve) fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Ill => "ill",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
        }
    }
}

/// A deployment: an upstream model behind a public name.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct DeploymentRow {
    /// The gateway's name.
    gateway: String,
    /// Its id there (`model_info.id`).
    id: String,
    /// The public name: text from outside.
    name: String,
    /// Provider and upstream model: text from outside.
    upstream: String,
    /// The upstream's address; empty: the provider's own.
    api_base: String,
    /// What it is for; empty: chat.
    mode: String,
    /// The upstream account that it belongs to, as our channel.
    channel: i64,
    /// Whether it stands in LiteLLM's database, where it can be blocked; otherwise in its `config.yaml`.
    in_database: bool,
    /// Whether LiteLLM was told to refuse it.
    blocked: bool,
    /// How it is.
    state: DeploymentState,
    /// The status that the upstream's answer came to; none: not told.
    status: Option<u16>,
    /// What sort of failure it is: `credits`, `auth`, `server` and so on.
    class: Option<String>,
    /// In the upstream's words: text from outside, redacted.
    detail: String,
    /// When it was looked at last.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl DeploymentRow {
    fn of(seen: DeploymentSeen) -> Self {
        let state = DeploymentState::of(&seen);
        let DeploymentSeen { gateway, channel, deployment, health } = seen;
        Self {
            gateway,
            id: deployment.id,
            name: deployment.name,
            upstream: deployment.upstream,
            api_base: deployment.api_base,
            mode: deployment.mode,
            channel,
            in_database: deployment.in_database,
            blocked: deployment.blocked,
            state,
            status: health.as_ref().and_then(|health| health.status),
            class: health.as_ref().and_then(|health| health.class).map(|class| class.to_string()),
            at: health.as_ref().map(|health| health.at),
            detail: health.map(|health| health.detail).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeploymentsQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// In this state only.
    #[serde(default)]
    #[param(inline)]
    state: Option<DeploymentState>,
    /// So many at most.
    #[serde(default = "ask::thousand")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// The deployments behind each LiteLLM, as they were last seen; by gateway and public name.
#[utoipa::path(get, path = "/api/litellm/models", tag = "litellm", operation_id = "litellm_models",
    params(DeploymentsQuery), responses((status = 200, body = [DeploymentRow])))]
pub(super) async fn models(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<DeploymentsQuery>,
) -> Result<Listed<DeploymentRow>, ApiError> {
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    ask::page(asked.limit, ask::thousand(), asked.offset)?;
    let mut rows: Vec<_> =
        app.store.deployments(gateway.as_deref()).await?.into_iter().map(DeploymentRow::of).collect();
    rows.retain(|row| asked.state.is_none_or(|state| row.state == state));
    Ok(Listed::part(rows, &uri, asked.limit, asked.offset))
}

/// A trouble behind a LiteLLM that lasts or lasted: one class of failure of a deployment, a public name, or the proxy.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct IncidentRow {
    /// The gateway's name.
    gateway: String,
    /// The public name: text from outside; empty: the proxy itself.
    subject: String,
    /// The deployment's id; empty: not known which, or the proxy.
    deployment: String,
    /// `credits`, `auth` or `server`.
    class: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The latest sign of it.
    #[schema(value_type = String, format = DateTime)]
    last: Timestamp,
    /// How many signs.
    times: u32,
    /// The latest words: text from outside, redacted.
    detail: String,
    /// Where the latest sign came from: `health`, `log`, `chat` or `check`.
    source: String,
    /// When it was over; none: it lasts.
    #[schema(value_type = Option<String>, format = DateTime)]
    over: Option<Timestamp>,
}

impl IncidentRow {
    pub(super) fn of(gateway: &str, incident: Incident, over: Option<Timestamp>) -> Self {
        let Incident { subject, deployment, class, since, last, times, detail, source } = incident;
        let source = match source {
            SignSource::Health => "health",
            SignSource::Log => "log",
            SignSource::Chat => "chat",
            SignSource::Check => "check",
        };
        Self {
            gateway: gateway.to_owned(),
            subject,
            deployment,
            class: class.to_string(),
            since,
            last,
            times,
            detail,
            source: source.to_owned(),
            over,
        }
    }
}

/// What lasts behind each LiteLLM, then the latest that is over, the last first.
#[utoipa::path(get, path = "/api/litellm/incidents", tag = "litellm", operation_id = "litellm_incidents",
    params(PageOfGateway), responses((status = 200, body = [IncidentRow])))]
pub(super) async fn incidents(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<PageOfGateway>,
) -> Result<Listed<IncidentRow>, ApiError> {
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    ask::page(asked.limit, ask::thousand(), asked.offset)?;
    let mut rows = vec![];
    for (name, lasting) in app.store.incidents().await? {
        rows.extend(lasting.into_iter().map(|incident| IncidentRow::of(&name, incident, None)));
    }
    let past = app.store.past_incidents(PAST).await?;
    rows.extend(past.into_iter().map(|(name, incident, over)| IncidentRow::of(&name, incident, Some(over))));
    rows.retain(|row| gateway.as_ref().is_none_or(|gateway| row.gateway == *gateway));
    Ok(Listed::part(rows, &uri, asked.limit, asked.offset))
}

/// What one of LiteLLM's own endpoints said last.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct CheckRow {
    /// `liveliness`, `readiness`, `key`, `models`, or `chat NAME`: text from outside.
    name: String,
    /// Whether it is well; none: nothing is known, which is not "down".
    pub(super) well: Option<bool>,
    /// In words, redacted.
    detail: String,
    /// How long the answer took, in ms.
    latency_ms: Option<u32>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Since when it is so.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// The steps from "does it run" to "is our key right", in this order; a model's own check comes last.
const STEPS: [&str; 4] = ["liveliness", "readiness", "key", "models"];

/// The latest checks of each LiteLLM's own endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct LadderRow {
    /// The gateway's name.
    gateway: String,
    /// What each said, in the order in which they are asked; empty: none was asked yet.
    checks: Vec<CheckRow>,
}

/// What was found by the latest checks of each LiteLLM's own endpoints. It asks nobody.
#[utoipa::path(get, path = "/api/test/litellm", tag = "litellm", operation_id = "litellm_checks",
    responses((status = 200, body = [LadderRow])))]
pub(super) async fn latest(State(app): State<App>) -> Result<Json<Vec<LadderRow>>, ApiError> {
    ladders(&app, None).await.map(Json)
}

/// Which LiteLLM.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckBody {
    /// Left out: every one.
    #[serde(default)]
    #[schema(max_length = 500)]
    gateway: Option<String>,
}

/// Asks each LiteLLM's own endpoints now (does it run, is it ready, is our key right), and answers what they said. No
/// model's upstream is asked anything.
#[utoipa::path(post, path = "/api/test/litellm", tag = "acts", operation_id = "check_litellm",
    request_body = CheckBody, responses((status = 200, body = [LadderRow])))]
pub(super) async fn check(
    State(app): State<App>,
    Body(body): Body<CheckBody>,
) -> Result<Json<Vec<LadderRow>>, ApiError> {
    let gateway = ask::gateway(&app.config, body.gateway.unwrap_or_default())?;
    if proxies(&app).all(|name| gateway.as_deref().is_some_and(|gateway| gateway != name)) {
        let hint = "a LiteLLM is a gateway of kind \"litellm\" in the configuration";
        return Err(ApiError::new(Code::NotFound, "there is no such LiteLLM", hint));
    }
    app.acts.ask(Act::CheckLitellm { gateway: gateway.clone() }).await?;
    ladders(&app, gateway.as_deref()).await.map(Json)
}

/// The latest checks of this LiteLLM, or of all.
async fn ladders(app: &App, only: Option<&str>) -> Result<Vec<LadderRow>, ApiError> {
    let mut checks = checks(&app.store).await?;
    let names = proxies(app).filter(|name| only.is_none_or(|only| only == *name));
    Ok(names
        .map(|name| LadderRow { gateway: name.to_owned(), checks: checks.remove(name).unwrap_or_default() })
        .collect())
}

/// The gateways that are a LiteLLM.
pub(super) fn proxies(app: &App) -> impl Iterator<Item = &str> {
    let gateways = app.config.gateways.iter();
    gateways.filter(|(_, gateway)| gateway.kind == Some(GatewayKind::LiteLlm)).map(|(name, _)| name.as_str())
}

/// What was found last, by gateway, in the order in which it is asked.
pub(super) async fn checks(store: &Store) -> Result<BTreeMap<String, Vec<CheckRow>>, ApiError> {
    let mut found: BTreeMap<String, Vec<CheckRow>> = BTreeMap::new();
    for CheckSeen { gateway, check, since } in store.checks(None).await? {
        let row = CheckRow {
            name: check.name,
            well: check.well,
            detail: check.detail,
            latency_ms: check.latency_ms,
            at: check.at,
            since,
        };
        found.entry(gateway).or_default().push(row);
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| STEPS.iter().position(|step| *step == row.name).unwrap_or(STEPS.len()));
    }
    Ok(found)
}
