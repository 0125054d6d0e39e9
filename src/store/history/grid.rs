//! What a row of rounds showed of a page of models.
//!
//! Decides: which word stands in a cell. Must not know: why a model was not asked.

use std::collections::HashMap;

use sqlx::Row as _;

use super::{Cell, GridRow, ModelQuery, Page, codes, key};
use crate::rollup::{Sight, is_limited};
use crate::store::{Store, StoreError, from_json, to_json};

impl Store {
    /// What these rounds showed of a page of models: one row a model, one cell a round, in the order of `rounds`.
    pub async fn grid(&self, rounds: &[i64], query: &ModelQuery) -> Result<Page<GridRow>, StoreError> {
        let Page { rows: ids, total } = self.page(query).await?;
        let cells = self.cells(rounds, &ids).await?;
        let named = sqlx::query(
            "select p.id, p.model, pl.gateway, pl.channel, pl.name from json_each(?) page
             cross join pair p on p.id = page.value join place pl on pl.id = p.place order by page.key",
        )
        .bind(to_json("models", &ids)?)
        .fetch_all(&self.readers)
        .await?;
        let row = |row: &sqlx::sqlite::SqliteRow| {
            let id = row.try_get("id")?;
            let cell = |round: &i64| cells.get(&key(*round, id)).copied().unwrap_or(Cell::Miss);
            Ok(GridRow {
                id,
                gateway: row.try_get("gateway")?,
                channel: row.try_get("channel")?,
                channel_name: row.try_get("name")?,
                model_id: row.try_get("model")?,
                cells: rounds.iter().map(cell).collect(),
            })
        };
        Ok(Page { rows: named.iter().map(row).collect::<Result<_, StoreError>>()?, total })
    }

    /// What these rounds showed of these models, by [`key`]; what was not asked is not there. In one row, as each row is a
    /// turn from the database's thread to ours and back.
    async fn cells(&self, rounds: &[i64], models: &[i64]) -> Result<HashMap<i64, Cell>, StoreError> {
        let rows: String = sqlx::query_scalar(
            "select json_group_array(json_array(o.id, o.outcome, o.status)) from json_each(?1) r
             cross join json_each(?2) p cross join observation o on o.id = (r.value << 32 | p.value)",
        )
        .bind(to_json("rounds", &rounds)?)
        .bind(to_json("models", &models)?)
        .fetch_one(&self.readers)
        .await?;
        let rows: Vec<(i64, i64, Option<u16>)> = from_json("observations", &rows)?;
        let cell = |(id, outcome, status)| {
            let outcome = codes::outcome(outcome);
            let cell = match Sight::of(outcome) {
                Sight::Up => Cell::Ok,
                Sight::Unknown if is_limited(outcome, status) => Cell::Limited,
                Sight::Down | Sight::Unknown => Cell::Fail,
            };
            (id, cell)
        };
        Ok(rows.into_iter().map(cell).collect())
    }
}
