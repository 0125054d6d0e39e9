//! What was seen of every model over time: the rows that tables, charts and programs read.
//!
//! Decides: what is kept of an observation, in which sums, and what a reader gets of it.
//! Must not know: who reads; how a verdict comes about.

mod rows;

pub use self::rows::{
    Cell, ChannelSeen, Counts, GridRow, Light, ModelQuery, ModelRow, ModelSort, Page, Seen, SeriesPoint, Transition,
    Window, Withdrawal,
};

use super::{Store, StoreError};
use jiff::Timestamp;

impl Store {
    /// How many models stand in which light, over one gateway or all.
    pub async fn counts(&self, _gateway: Option<&str>, _now: Timestamp) -> Result<Counts, StoreError> {
        Ok(Counts::default())
    }

    /// One page of the models, sorted and filtered.
    pub async fn models(&self, _query: &ModelQuery, _now: Timestamp) -> Result<Page<ModelRow>, StoreError> {
        Ok(Page { rows: vec![], total: 0 })
    }

    /// One model by its number.
    pub async fn model(&self, _id: i64, _now: Timestamp) -> Result<Option<ModelRow>, StoreError> {
        Ok(None)
    }

    /// The latest observations of these models together, newest first.
    pub async fn seen(&self, _models: &[i64], _limit: u32) -> Result<Vec<Seen>, StoreError> {
        Ok(vec![])
    }

    /// Sums over time of these models together (empty: of all of the gateway, or of everything), oldest first; a bucket
    /// without any observation is not there.
    pub async fn series(
        &self,
        _models: &[i64],
        _gateway: Option<&str>,
        _window: Window,
    ) -> Result<Vec<SeriesPoint>, StoreError> {
        Ok(vec![])
    }

    /// When a model went up or down, newest first.
    pub async fn transitions(
        &self,
        _model: Option<i64>,
        _gateway: Option<&str>,
        _limit: u32,
    ) -> Result<Vec<Transition>, StoreError> {
        Ok(vec![])
    }

    /// What these rounds showed of a page of models: one row a model, one cell a round, in the order of `rounds`.
    pub async fn grid(
        &self,
        _rounds: &[i64],
        _query: &ModelQuery,
        _now: Timestamp,
    ) -> Result<Page<GridRow>, StoreError> {
        Ok(Page { rows: vec![], total: 0 })
    }
}
