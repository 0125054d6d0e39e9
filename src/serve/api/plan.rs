//! What the latest rounds want and did not write: pending changes, and what guards hold back.

use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::{self, Asked, PageOfGateway};
use super::changes::{RemovalRow, names, texts};
use super::error::ApiError;
use super::list::Listed;
use crate::config::Mode;
use crate::model::Held;
use crate::serve::App;
use crate::store::Proposal;

/// What is wanted of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct PlanRow {
    /// The gateway's name.
    gateway: String,
    /// The channel's id.
    channel: i64,
    /// The channel's name: text from outside.
    channel_name: String,
    /// The round that wants it.
    round: i64,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What we may do to the gateway: `observe`, `propose` or `apply`.
    mode: String,
    /// The list as the decision saw it.
    before: Vec<String>,
    /// The list to write.
    after: Vec<String>,
    /// To be taken off, and why.
    removed: Vec<RemovalRow>,
    /// To be put on.
    added: Vec<String>,
    /// To be put back.
    restored: Vec<String>,
    /// What guards hold back.
    held: Vec<HeldRow>,
    /// Sent along with approve, that means this and nothing that was decided since.
    mark: String,
}

/// What one guard holds back.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct HeldRow {
    /// Which rule, by its name.
    guard: String,
    /// What it saw, and what can be done.
    why: String,
    /// Whether a person may let it through (approve): limits may be lifted, facts may not.
    may_be_lifted: bool,
    /// Models that would have been taken off, and why.
    removals: Vec<RemovalRow>,
    /// Models that would have been put on.
    additions: Vec<String>,
}

impl PlanRow {
    fn of(gateway: &str, mode: Mode, proposal: Proposal) -> Self {
        let mark = proposal.mark(gateway);
        let Proposal { channel, round, at, change, held } = proposal;
        Self {
            gateway: gateway.to_owned(),
            channel,
            round,
            at,
            mode: mode.as_str().to_owned(),
            before: names(&change.before),
            after: names(&change.after.join()),
            removed: RemovalRow::of(&change.removed),
            added: texts(&change.added),
            restored: texts(&change.restored),
            channel_name: change.channel.name,
            held: held.iter().map(HeldRow::of).collect(),
            mark,
        }
    }
}

impl HeldRow {
    fn of(held: &Held) -> Self {
        Self {
            guard: held.guard.as_str().to_owned(),
            why: held.why.clone(),
            may_be_lifted: held.guard.may_be_lifted(),
            removals: RemovalRow::of(&held.removals),
            additions: texts(&held.additions),
        }
    }
}

/// What the latest rounds want and did not write, by gateway and channel.
#[utoipa::path(get, path = "/api/plan", tag = "changes", params(PageOfGateway), responses((status = 200, body = [PlanRow])))]
pub(super) async fn plan(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<PageOfGateway>,
) -> Result<Listed<PlanRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let only = ask::gateway(&app.config, asked.gateway)?;
    let gateways = &app.config.gateways;
    let names: Vec<_> =
        gateways.keys().map(String::as_str).filter(|name| only.as_deref().is_none_or(|only| only == *name)).collect();
    let page = app.store.proposals_page(&names, asked.limit, asked.offset).await?;
    let mode = |name: &str| gateways.get(name).map(|gateway| gateway.mode).unwrap_or_default();
    let page = page.map(|(gateway, proposal)| PlanRow::of(&gateway, mode(&gateway), proposal));
    Ok(Listed::page(page, &uri, asked.offset))
}
