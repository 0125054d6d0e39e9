//! What a person may ask to be done: each is handed on, and its end is answered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ask::{self, Body, ID, Named};
use super::changes::{ChangeId, no_change};
use super::error::ApiError;
use crate::serve::{Act, App, Done};

/// Of which gateway; left out: of all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScanBody {
    /// The gateway's name.
    #[serde(default)]
    #[schema(max_length = 500)]
    gateway: Option<String>,
}

/// What is to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyBody {
    /// The gateway's name.
    #[schema(max_length = 500)]
    gateway: String,
    /// Left out: every channel of the gateway.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: Option<i64>,
}

/// Which channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelBody {
    /// The gateway's name.
    #[schema(max_length = 500)]
    gateway: String,
    /// The channel's id.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: i64,
    /// Only if what is wanted is still what `GET /api/plan` showed with this mark; left out: whatever it is now.
    #[serde(default)]
    #[schema(max_length = 500)]
    mark: Option<String>,
}

/// What is to be stopped; nothing named: every write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldBody {
    /// Only this gateway.
    #[serde(default)]
    #[schema(max_length = 500)]
    gateway: Option<String>,
    /// Only this channel of it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: Option<i64>,
    /// Only this model of that channel.
    #[serde(default)]
    #[schema(max_length = 500)]
    model: Option<String>,
    /// Why, for whoever finds it.
    #[schema(max_length = 500)]
    reason: String,
}

/// Which holds are lifted: those of exactly this scope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseBody {
    /// Those of this gateway.
    #[serde(default)]
    #[schema(max_length = 500)]
    gateway: Option<String>,
    /// Those of this channel of it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: Option<i64>,
    /// Those of this model of that channel.
    #[serde(default)]
    #[schema(max_length = 500)]
    model: Option<String>,
}

/// Begins a full round now; it is answered when it has begun. 409 while one runs.
#[utoipa::path(post, path = "/api/scan", tag = "acts", request_body = ScanBody,
    responses((status = 202, body = Done, description = "It has begun.")))]
pub(super) async fn scan(
    State(app): State<App>,
    Body(body): Body<ScanBody>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    let gateway = gateway(&app, body.gateway)?;
    Ok((StatusCode::ACCEPTED, done(&app, Act::Scan { gateway }).await?))
}

/// Writes what the latest round wants of a channel, or of all channels of a gateway.
#[utoipa::path(post, path = "/api/plan/apply", tag = "acts", request_body = ApplyBody,
    responses((status = 200, body = Done)))]
pub(super) async fn apply(State(app): State<App>, Body(body): Body<ApplyBody>) -> Result<Json<Done>, ApiError> {
    let (gateway, channel) = (named(&app, body.gateway)?, channel(body.channel)?);
    done(&app, Act::Apply { gateway, channel, held: false, mark: None }).await
}

/// Writes what the latest round wants of a channel, and what limits held back of it.
#[utoipa::path(post, path = "/api/plan/approve", tag = "acts", request_body = ChannelBody,
    responses((status = 200, body = Done)))]
pub(super) async fn approve(State(app): State<App>, Body(body): Body<ChannelBody>) -> Result<Json<Done>, ApiError> {
    let (gateway, channel) = (named(&app, body.gateway)?, channel(Some(body.channel))?);
    done(&app, Act::Apply { gateway, channel, held: true, mark: body.mark }).await
}

/// Drops what the latest round wants of a channel, and puts its models on hold.
#[utoipa::path(post, path = "/api/plan/reject", tag = "acts", request_body = ChannelBody,
    responses((status = 200, body = Done)))]
pub(super) async fn reject(State(app): State<App>, Body(body): Body<ChannelBody>) -> Result<Json<Done>, ApiError> {
    let gateway = named(&app, body.gateway)?;
    channel(Some(body.channel))?;
    done(&app, Act::Reject { gateway, channel: body.channel, mark: body.mark }).await
}

/// Takes one change back.
#[utoipa::path(post, path = "/api/changes/{id}/undo", tag = "acts", params(ChangeId),
    responses((status = 200, body = Done)))]
pub(super) async fn undo(State(app): State<App>, Named(id): Named<i64>) -> Result<Json<Done>, ApiError> {
    if app.store.change_told(id).await?.is_none() {
        return Err(no_change(id));
    }
    done(&app, Act::Undo { change: id }).await
}

/// Stops writes: all of them, or those to one gateway, channel or model.
#[utoipa::path(post, path = "/api/holds", tag = "acts", request_body = HoldBody,
    responses((status = 200, body = Done)))]
pub(super) async fn hold(State(app): State<App>, Body(body): Body<HoldBody>) -> Result<Json<Done>, ApiError> {
    let (gateway, channel, model) = scope(&app, body.gateway, body.channel, body.model)?;
    let reason = ask::text("reason", body.reason)?.unwrap_or_else(|| "the operator said stop".to_owned());
    done(&app, Act::Hold { gateway, channel, model, reason }).await
}

/// Lifts the holds of exactly this scope.
#[utoipa::path(post, path = "/api/holds/release", tag = "acts", request_body = ReleaseBody,
    responses((status = 200, body = Done)))]
pub(super) async fn release(State(app): State<App>, Body(body): Body<ReleaseBody>) -> Result<Json<Done>, ApiError> {
    let (gateway, channel, model) = scope(&app, body.gateway, body.channel, body.model)?;
    done(&app, Act::Release { gateway, channel, model }).await
}

pub(super) async fn done(app: &App, act: Act) -> Result<Json<Done>, ApiError> {
    let done = app.acts.ask(act.clone()).await?;
    app.metrics.acted(&act, &done);
    Ok(Json(done))
}

/// A gateway that is configured, or none.
fn gateway(app: &App, name: Option<String>) -> Result<Option<String>, ApiError> {
    ask::gateway(&app.config, name.unwrap_or_default())
}

/// A gateway that is configured.
fn named(app: &App, name: String) -> Result<String, ApiError> {
    gateway(app, Some(name))?.ok_or_else(|| ask::no_gateway(&app.config))
}

fn channel(id: Option<i64>) -> Result<Option<i64>, ApiError> {
    match id {
        Some(id) if !(1..=ID).contains(&id) => Err(ApiError::bad(format!("`channel` is between 1 and {ID}"))),
        Some(_) | None => Ok(id),
    }
}

/// A hold's scope: a model is a channel's, and a channel is a gateway's.
type Scope = (Option<String>, Option<i64>, Option<String>);

fn scope(app: &App, of: Option<String>, id: Option<i64>, model: Option<String>) -> Result<Scope, ApiError> {
    let mut gateway = gateway(app, of)?;
    let (id, model) = (channel(id)?, ask::text("model", model.unwrap_or_default())?);
    if model.is_some() && id.is_none() {
        return Err(ApiError::bad("a model is named with its `channel`"));
    }
    if id.is_some() && gateway.is_none() {
        let mut names = app.config.gateways.keys();
        gateway = names.next().filter(|_| names.next().is_none()).cloned();
        if gateway.is_none() {
            return Err(ApiError::bad("a channel is named with its `gateway`: several are configured"));
        }
    }
    Ok((gateway, id, model))
}
