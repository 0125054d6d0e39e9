//! The changes that were written to gateways' lists: each with what it took off and why, and what it put on.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked, Named};
use super::error::ApiError;
use super::list::Listed;
use crate::model::{ModelName, Removal};
use crate::serve::App;
use crate::store::{ChangeQuery, ChangeState, ChangeTold};

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct ChangeRow {
    /// Its number, for undo.
    id: i64,
    /// The gateway's name.
    gateway: String,
    /// The channel's id.
    channel: i64,
    /// The channel's name: text from outside.
    channel_name: String,
    /// How it ended.
    state: ChangeState,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    opened: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled: Option<Timestamp>,
    /// The round that it comes from; none: a person's word.
    round: Option<i64>,
    /// Taken off the list, and why.
    removed: Vec<RemovalRow>,
    /// New on the list.
    added: Vec<String>,
    /// Put back on the list.
    restored: Vec<String>,
    /// The list before.
    before: Vec<String>,
    /// The list to write.
    after: Vec<String>,
    /// The change that it takes back.
    undoes: Option<i64>,
    /// The change that took it back.
    undone_by: Option<i64>,
    /// Whether it can be taken back, as far as our store knows: the gateway is looked at when it is.
    undoable: bool,
    /// When the gateway's users were seen to have it.
    #[schema(value_type = Option<String>, format = DateTime)]
    live: Option<Timestamp>,
    /// When they should have it.
    #[schema(value_type = Option<String>, format = DateTime)]
    live_due: Option<Timestamp>,
    /// What was seen instead.
    live_note: String,
    /// What was seen when it ended.
    note: String,
}

/// A model taken off, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct RemovalRow {
    /// Its name: text from outside.
    model: String,
    /// What was seen, how often, and in the upstream's words: text from outside, redacted.
    reason: String,
}

impl RemovalRow {
    /// All of these.
    pub(super) fn of(removals: &[Removal]) -> Vec<Self> {
        let row = |removal: &Removal| Self { model: removal.model.to_string(), reason: removal.reason.to_string() };
        removals.iter().map(row).collect()
    }
}

impl ChangeRow {
    fn of(change: ChangeTold) -> Self {
        let intent = &change.intent;
        Self {
            channel: intent.channel.id,
            channel_name: intent.channel.name.clone(),
            removed: RemovalRow::of(&intent.removed),
            added: texts(&intent.added),
            restored: texts(&intent.restored),
            before: names(intent.before()),
            after: names(&intent.models),
            undoable: change.state == ChangeState::Applied && change.undone_by.is_none(),
            id: change.id,
            gateway: change.gateway,
            state: change.state,
            opened: change.opened,
            settled: change.settled,
            round: change.round,
            undoes: change.undoes,
            undone_by: change.undone_by,
            live: change.live,
            live_due: change.live_due,
            live_note: change.live_note,
            note: change.note,
        }
    }
}

/// Names as texts.
pub(super) fn texts(names: &[ModelName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The names of a list as a gateway stores it.
pub(super) fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// Of this channel only, by id.
    #[serde(default, deserialize_with = "ask::channel")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    channel: Option<i64>,
    /// In this state only.
    #[serde(default)]
    #[param(inline, value_type = ChangeState, required = false)]
    state: Option<ChangeState>,
    /// So many at most.
    #[serde(default = "ask::fifty")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// The changes, the newest first.
#[utoipa::path(get, path = "/api/changes", tag = "changes", params(ChangesQuery),
    responses((status = 200, body = [ChangeRow])))]
pub(super) async fn changes(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<ChangesQuery>,
) -> Result<Listed<ChangeRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let query = ChangeQuery {
        gateway: ask::gateway(&app.config, asked.gateway)?,
        channel: asked.channel,
        state: asked.state,
        offset: asked.offset,
        limit: asked.limit,
    };
    let page = app.store.changes_page(&query).await?;
    Ok(Listed::page(page.map(ChangeRow::of), &uri, asked.offset))
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ChangeId {
    /// The change's number.
    #[allow(dead_code, reason = "it describes the path")]
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    id: i64,
}

/// One change.
#[utoipa::path(get, path = "/api/changes/{id}", tag = "changes", params(ChangeId),
    responses((status = 200, body = ChangeRow)))]
pub(super) async fn change(State(app): State<App>, Named(id): Named<i64>) -> Result<Json<ChangeRow>, ApiError> {
    let change = app.store.change_told(id).await?.ok_or_else(|| no_change(id))?;
    Ok(Json(ChangeRow::of(change)))
}

/// There is none of that number.
pub(super) fn no_change(id: i64) -> ApiError {
    ApiError::not_found(format!("there is no change {id}"))
}
