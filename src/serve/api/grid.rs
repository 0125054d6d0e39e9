//! The run grid: what each of the latest rounds showed of each model.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked};
use super::error::ApiError;
use super::models::lights;
use super::rounds::{self, RoundRow};
use crate::serve::App;
use crate::store::{GridRow, ModelQuery};

/// Rounds that a grid may have.
const ROUNDS: u32 = 60;

/// Models down, rounds across.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Grid {
    /// The rounds, the oldest first: a column each.
    rounds: Vec<RoundRow>,
    /// A model each; its cells in the order of `rounds`.
    rows: Vec<GridRow>,
    /// How many models there are in all.
    total: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GridQuery {
    /// Of this gateway only. Of all together a model shows MISS in the rounds of another gateway.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// So many rounds, the latest.
    #[serde(default = "thirty")]
    #[param(minimum = 1, maximum = 60)]
    rounds: u32,
    /// Whose name, or whose channel's name, has this text in it, whatever the case.
    #[serde(default)]
    #[param(max_length = 500)]
    search: String,
    /// In one of these lights only, with commas between them.
    #[serde(default)]
    #[param(pattern = "^((up|degraded|down|unknown)(,(up|degraded|down|unknown))*)?$", max_length = 100)]
    light: String,
    /// So many models at most.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

fn thirty() -> u32 {
    30
}

fn hundred() -> u32 {
    100
}

/// What the latest rounds showed of each model: OK, 429, FAIL, or MISS where it was not asked.
#[utoipa::path(get, path = "/api/grid", tag = "rounds", params(GridQuery), responses((status = 200, body = Grid)))]
pub(super) async fn grid(State(app): State<App>, Asked(asked): Asked<GridQuery>) -> Result<Json<Grid>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    if asked.rounds == 0 || asked.rounds > ROUNDS {
        return Err(ApiError::bad(format!("`rounds` is between 1 and {ROUNDS}")));
    }
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    let mut rounds = rounds::page(&app, gateway.as_deref(), asked.rounds, 0).await?.rows;
    rounds.reverse();
    let ids: Vec<_> = rounds.iter().map(|round| round.id).collect();
    let query = ModelQuery {
        gateway,
        lights: lights(&asked.light)?,
        search: ask::text("search", asked.search)?,
        offset: asked.offset,
        limit: asked.limit,
        ..ModelQuery::default()
    };
    let page = app.store.grid(&ids, &query).await?;
    Ok(Json(Grid { rounds, rows: page.rows, total: page.total }))
}
