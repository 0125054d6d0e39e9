//! Single observations, and the moments at which a model turned.
//!
//! Decides: in which order they come. Must not know: why they were made.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::{ROUNDS_BACK, Seen, Transition, codes, pair_of};
use crate::rollup::Sight;
use crate::store::{Store, StoreError, time, to_json};

impl Store {
    /// The latest observations of these models together, newest first.
    pub async fn seen(&self, models: &[i64], limit: u32) -> Result<Vec<Seen>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(ROUNDS_BACK);
        sql.push("select o.*, coalesce(t.body, '') body from round_back cross join json_each(");
        sql.push_bind(to_json("models", &models)?).push(
            ") m cross join observation o on o.id = (round_back.id << 32 | m.value)
             left join text t on t.id = o.detail limit ",
        );
        let rows = sql.push_bind(limit).build().fetch_all(&self.readers).await?;
        let mut seen = rows.iter().map(seen).collect::<Result<Vec<_>, _>>()?;
        seen.sort_by_key(|seen| std::cmp::Reverse(seen.run_datetime));
        Ok(seen)
    }

    /// When a model went up or down, newest first: of one model, of a gateway, or of everything.
    pub async fn transitions(
        &self,
        model: Option<i64>,
        gateway: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Transition>, StoreError> {
        let rows = sqlx::query(match model {
            Some(_) => concat!(
                "select t.*, p.model, pl.gateway, pl.channel from transition t join pair p on p.id = t.pair ",
                "join place pl on pl.id = p.place where t.pair = ?1 and (?2 is null or pl.gateway = ?2) ",
                "order by t.at_ms desc limit ?3"
            ),
            None => concat!(
                "select t.*, p.model, pl.gateway, pl.channel from transition t join pair p on p.id = t.pair ",
                "join place pl on pl.id = p.place where ?1 is null and (?2 is null or pl.gateway = ?2) ",
                "order by t.at_ms desc limit ?3"
            ),
        })
        .bind(model)
        .bind(gateway)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Transition {
                    model: row.try_get("pair")?,
                    gateway: row.try_get("gateway")?,
                    channel: row.try_get("channel")?,
                    model_id: row.try_get("model")?,
                    at: time(row.try_get("at_ms")?),
                    up: row.try_get("up")?,
                    outcome: codes::outcome(row.try_get("outcome")?).as_str().to_owned(),
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    }
}

fn seen(row: &SqliteRow) -> Result<Seen, StoreError> {
    let id: i64 = row.try_get("id")?;
    let outcome = codes::outcome(row.try_get("outcome")?);
    let status = row.try_get("status")?;
    Ok(Seen {
        model: pair_of(id),
        run_datetime: time(row.try_get("at_ms")?),
        ok: Sight::of(outcome) == Sight::Up,
        status_label: codes::label(outcome, status),
        outcome: outcome.as_str().to_owned(),
        status,
        latency_ms: row.try_get("latency_ms")?,
        ttft_ms: row.try_get("ttft_ms")?,
        shape: codes::shape(row.try_get("shape")?).to_owned(),
        cost: row.try_get::<Option<i64>, _>("cost")?.and_then(|cost| u64::try_from(cost).ok()),
        round: id >> 32,
        detail: row.try_get("body")?,
    })
}
