//! The models: the list, one of them, and what was seen of it.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked, Named};
use super::error::ApiError;
use super::list::Listed;
use crate::clock;
use crate::serve::App;
use crate::store::{Light, ModelQuery, ModelRow, ModelSort, Seen};

/// Models that one answer may hold: all of a large gateway's.
const MODELS: u32 = 5000;
/// The longest list of lights, in characters: each of them three times over.
const LIGHTS: usize = 100;
/// Observations that one answer may hold.
const SEEN: u32 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelsQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// Of this channel only, by id.
    #[serde(default, deserialize_with = "ask::channel")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: Option<i64>,
    /// In one of these lights only, with commas between them.
    #[serde(default)]
    #[param(pattern = "^((up|degraded|down|unknown)(,(up|degraded|down|unknown))*)?$", max_length = 100)]
    light: String,
    /// Only those withdrawn by us, or only the others.
    #[serde(default)]
    #[param(value_type = bool, required = false)]
    withdrawn: Option<bool>,
    /// Whose name, or whose channel's name, has this text in it, whatever the case.
    #[serde(default)]
    #[param(max_length = 500)]
    search: String,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: ModelSort,
    /// The other way round.
    #[serde(default)]
    desc: bool,
    /// So many at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 5000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

fn hundred() -> u32 {
    100
}

/// The models: what is on the gateways' lists, and what we took off them.
#[utoipa::path(get, path = "/api/models", tag = "models", params(ModelsQuery),
    responses((status = 200, body = [ModelRow])))]
pub(super) async fn models(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<ModelsQuery>,
) -> Result<Listed<ModelRow>, ApiError> {
    ask::page(asked.limit, MODELS, asked.offset)?;
    let query = ModelQuery {
        gateway: ask::gateway(&app.config, asked.gateway)?,
        channel: asked.channel,
        lights: lights(&asked.light)?,
        withdrawn: asked.withdrawn,
        search: ask::text("search", asked.search)?,
        name: None,
        sort: asked.sort,
        descending: asked.desc,
        offset: asked.offset,
        limit: asked.limit,
    };
    let page = app.store.models(&query, clock::now()).await?;
    Ok(Listed::page(page, &uri, asked.offset))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WithdrawnQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// So many at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 5000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// The models that are off a list by our hand, each with its reason.
#[utoipa::path(get, path = "/api/withdrawn", tag = "models", params(WithdrawnQuery),
    responses((status = 200, body = [ModelRow])))]
pub(super) async fn withdrawn(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<WithdrawnQuery>,
) -> Result<Listed<ModelRow>, ApiError> {
    ask::page(asked.limit, MODELS, asked.offset)?;
    let query = ModelQuery {
        gateway: ask::gateway(&app.config, asked.gateway)?,
        withdrawn: Some(true),
        offset: asked.offset,
        limit: asked.limit,
        ..ModelQuery::default()
    };
    let page = app.store.models(&query, clock::now()).await?;
    Ok(Listed::page(page, &uri, asked.offset))
}

/// One model, and where else there is one of the same name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ModelPage {
    #[serde(flatten)]
    row: ModelRow,
    /// The models of the same name on other channels.
    elsewhere: Vec<ModelRow>,
}

/// One model, by its number or its name; by name it is the first of them, and the others follow.
#[utoipa::path(get, path = "/api/models/{id}", tag = "models", params(ModelId),
    responses((status = 200, body = ModelPage)))]
pub(super) async fn model(State(app): State<App>, Named(id): Named<String>) -> Result<Json<ModelPage>, ApiError> {
    let mut found = named(&app, &id).await?;
    let row = found.remove(0);
    let name = ModelQuery { name: Some(row.model_id.clone()), limit: MODELS, ..ModelQuery::default() };
    let all = app.store.models(&name, clock::now()).await?.rows;
    Ok(Json(ModelPage { elsewhere: all.into_iter().filter(|other| other.id != row.id).collect(), row }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// So many at most.
    #[serde(default = "ask::fifty")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

/// The latest observations of a model, the newest first; by name, of all of that name.
#[utoipa::path(get, path = "/api/models/{id}/history", tag = "models", params(ModelId, HistoryQuery),
    responses((status = 200, body = [Seen])))]
pub(super) async fn history(
    State(app): State<App>,
    Named(id): Named<String>,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<Vec<Seen>>, ApiError> {
    ask::page(asked.limit, SEEN, 0)?;
    let ids: Vec<_> = named(&app, &id).await?.iter().map(|row| row.id).collect();
    Ok(Json(app.store.seen(&ids, asked.limit).await?))
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ModelId {
    /// The model's number in our store, or its name, URL-encoded (`openai%2Fgpt-4o:free`); a name means it on all
    /// channels together.
    #[allow(dead_code, reason = "it describes the path")]
    #[param(min_length = 1, max_length = 500, example = "1")]
    id: String,
}

/// The models meant by a number or a name: one at least.
pub(super) async fn named(app: &App, id: &str) -> Result<Vec<ModelRow>, ApiError> {
    let now = clock::now();
    let nobody = || ApiError::not_found("there is no such model");
    let Some(id) = ask::text("id", id.to_owned())? else { return Err(nobody()) };
    if let Ok(number) = id.parse::<i64>()
        && let Some(row) = app.store.model(number, now).await?
    {
        return Ok(vec![row]);
    }
    let name = ModelQuery { name: Some(id), limit: MODELS, ..ModelQuery::default() };
    let rows = app.store.models(&name, now).await?.rows;
    if rows.is_empty() { Err(nobody()) } else { Ok(rows) }
}

/// Lights with commas between them.
pub(super) fn lights(text: &str) -> Result<Vec<Light>, ApiError> {
    let light = |name: &str| match name.trim() {
        "up" => Ok(Light::Up),
        "degraded" => Ok(Light::Degraded),
        "down" => Ok(Light::Down),
        "unknown" => Ok(Light::Unknown),
        _ => Err(ApiError::bad("`light` is some of up, degraded, down, unknown, with commas between them")),
    };
    if text.len() > LIGHTS {
        return Err(ApiError::bad(format!("`light` is {LIGHTS} characters long at most")));
    }
    if text.is_empty() { Ok(vec![]) } else { text.split(',').map(light).collect() }
}
