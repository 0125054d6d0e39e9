//! What a row of rounds showed of a page of models.
//!
//! Decides: which word stands in a cell. Must not know: why a model was not asked.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Cell, GridRow, ModelQuery, Page, codes, key};
use crate::rollup::{Sight, is_limited};
use crate::store::{Store, StoreError, to_json};

impl Store {
    /// What these rounds showed of a page of models: one row a model, one cell a round, in the order of `rounds`.
    pub async fn grid(&self, rounds: &[i64], query: &ModelQuery, now: Timestamp) -> Result<Page<GridRow>, StoreError> {
        let Page { rows: models, total } = self.models(query, now).await?;
        let pairs: Vec<_> = models.iter().map(|model| model.id).collect();
        let rows = sqlx::query(
            "select o.id, o.outcome, o.status from json_each(?1) r cross join json_each(?2) p
             cross join observation o on o.id = (r.value << 32 | p.value)",
        )
        .bind(to_json("rounds", &rounds)?)
        .bind(to_json("models", &pairs)?)
        .fetch_all(&self.readers)
        .await?;
        let mut cells = HashMap::with_capacity(rows.len());
        for row in &rows {
            let outcome = codes::outcome(row.try_get("outcome")?);
            let cell = match Sight::of(outcome) {
                Sight::Up => Cell::Ok,
                Sight::Unknown if is_limited(outcome, row.try_get("status")?) => Cell::Limited,
                Sight::Down | Sight::Unknown => Cell::Fail,
            };
            cells.insert(row.try_get::<i64, _>("id")?, cell);
        }
        let rows = models
            .into_iter()
            .map(|model| GridRow {
                cells: rounds
                    .iter()
                    .map(|round| cells.get(&key(*round, model.id)).copied().unwrap_or(Cell::Miss))
                    .collect(),
                id: model.id,
                gateway: model.gateway,
                channel: model.channel,
                channel_name: model.channel_name,
                model_id: model.model_id,
            })
            .collect();
        Ok(Page { rows, total })
    }
}
