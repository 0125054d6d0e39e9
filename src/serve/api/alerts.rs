//! What is wrong just now, as the alerts last saw it.

use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{self, Asked, PageOfGateway};
use super::error::ApiError;
use super::list::Listed;
use crate::serve::App;
use crate::store::Store;

/// The name under which the store keeps the [`AlertRow`]s, the worst first.
pub const ALERTS: &str = "alerts";

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRow {
    /// What sort of thing: `no-credit`, `failing`, `held` and so on.
    pub cause: String,
    /// How much it matters: `info`, `warning` or `critical`.
    pub severity: String,
    /// The gateway's name; empty: it is of none.
    pub gateway: String,
    /// The channel's id, where it is of one.
    pub channel: Option<i64>,
    /// The channel's name: text from outside.
    pub channel_name: String,
    /// The model, the key's number, the receiver: text from outside; empty: the channel, gateway or program as such.
    pub subject: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What was seen: text from outside, redacted.
    pub evidence: String,
}

/// What is wrong just now, the worst first; the worst thousand of all.
#[utoipa::path(get, path = "/api/alerts", tag = "alerts", params(PageOfGateway),
    responses((status = 200, body = [AlertRow])))]
pub(super) async fn alerts(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<PageOfGateway>,
) -> Result<Listed<AlertRow>, ApiError> {
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    ask::page(asked.limit, ask::thousand(), asked.offset)?;
    Ok(Listed::part(of(&app.store, gateway.as_deref()).await?, &uri, asked.limit, asked.offset))
}

/// What is wrong with one gateway, or in all.
pub(super) async fn of(store: &Store, gateway: Option<&str>) -> Result<Vec<AlertRow>, ApiError> {
    let mut rows: Vec<AlertRow> = store.snapshot(ALERTS).await?.unwrap_or_default();
    rows.retain(|row| gateway.is_none_or(|gateway| row.gateway == gateway));
    Ok(rows)
}
