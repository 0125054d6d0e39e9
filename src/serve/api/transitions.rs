//! When models went up or down.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ask::{self, Asked, Named};
use super::error::ApiError;
use super::models::{ModelId, named};
use crate::serve::App;
use crate::store::Transition;

/// Transitions that one answer may hold.
const MOST: u32 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelTransitionsQuery {
    /// So many at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

fn hundred() -> u32 {
    100
}

/// When a model went up or down, the newest first; by name, all of that name.
#[utoipa::path(get, path = "/api/models/{id}/transitions", tag = "models", params(ModelId, ModelTransitionsQuery),
    responses((status = 200, body = [Transition])))]
pub(super) async fn model_transitions(
    State(app): State<App>,
    Named(id): Named<String>,
    Asked(asked): Asked<ModelTransitionsQuery>,
) -> Result<Json<Vec<Transition>>, ApiError> {
    ask::page(asked.limit, MOST, 0)?;
    let mut all = vec![];
    for row in named(&app, &id).await? {
        all.extend(app.store.transitions(Some(row.id), None, asked.limit).await?);
    }
    all.sort_by_key(|transition| std::cmp::Reverse(transition.at));
    all.truncate(asked.limit as usize);
    Ok(Json(all))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TransitionsQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// So many at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

/// When any model went up or down, the newest first.
#[utoipa::path(get, path = "/api/transitions", tag = "overview", params(TransitionsQuery),
    responses((status = 200, body = [Transition])))]
pub(super) async fn transitions(
    State(app): State<App>,
    Asked(asked): Asked<TransitionsQuery>,
) -> Result<Json<Vec<Transition>>, ApiError> {
    ask::page(asked.limit, MOST, 0)?;
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    Ok(Json(app.store.transitions(None, gateway.as_deref(), asked.limit).await?))
}
