//! What stops writes just now.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::list::Listed;
use crate::serve::App;
use crate::store::Store;

/// A hold in force.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct HoldRow {
    /// Its number; none: it is the file beside our store.
    pub(super) id: Option<i64>,
    /// Only this gateway; none: every one.
    pub(super) gateway: Option<String>,
    /// Only this channel; none: every one.
    pub(super) channel: Option<i64>,
    /// Only this model; none: every one.
    pub(super) model: Option<String>,
    /// Why, in the words of whoever said stop: text from outside.
    pub(super) reason: String,
    /// Since when; none: that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) at: Option<Timestamp>,
}

impl HoldRow {
    /// Whether it stops every write to this gateway (none: to all of them).
    pub(super) fn stops_all_of(&self, gateway: Option<&str>) -> bool {
        self.channel.is_none()
            && self.model.is_none()
            && self.gateway.as_deref().is_none_or(|held| gateway == Some(held))
    }

    /// Why this channel is not written, if it is this hold that stops it whole.
    pub(super) fn stops(&self, gateway: &str, channel: i64) -> Option<&str> {
        let here = self.gateway.as_deref().is_none_or(|held| held == gateway);
        let stops = here && self.channel.is_none_or(|held| held == channel) && self.model.is_none();
        stops.then_some(self.reason.as_str())
    }
}

/// What stops writes just now.
#[utoipa::path(get, path = "/api/holds", tag = "changes", responses((status = 200, body = [HoldRow])))]
pub(super) async fn holds(State(app): State<App>) -> Result<Listed<HoldRow>, ApiError> {
    all(&app.store).await.map(Listed::whole)
}

/// Every hold in force, the file first.
pub(super) async fn all(store: &Store) -> Result<Vec<HoldRow>, ApiError> {
    let file = tokio::fs::try_exists(store.hold_file()).await.map_err(|error| ApiError::internal(&error))?;
    let by_file = HoldRow {
        id: None,
        gateway: None,
        channel: None,
        model: None,
        reason: "the hold file beside our store exists; remove it to go on".to_owned(),
        at: None,
    };
    let rows = store.holds().await?.into_iter().map(|hold| HoldRow {
        id: Some(hold.id),
        gateway: hold.scope.gateway,
        channel: hold.scope.channel,
        model: hold.scope.model,
        reason: hold.reason,
        at: Some(hold.at),
    });
    Ok(file.then_some(by_file).into_iter().chain(rows).collect())
}
