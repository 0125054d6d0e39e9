//! What the gateways' own traffic said last of each (channel, model), and how far their logs are read.
//!
//! One row a pair, whatever the number of requests. Told twice, in any order, it stays the same.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{ChannelRef, ModelName, Standing, Traffic, TrafficFailure, Witnessed};

/// How far a gateway's log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCursor {
    /// Which log: another one starts anew.
    pub source: String,
    /// The highest id that was read.
    pub last_id: i64,
}

impl Store {
    /// What a channel's users met last, by the name that the log has. Older than the channel is none of its own: SQLite
    /// gateways use ids again.
    pub async fn traffic(
        &self,
        gateway: &str,
        channel: &ChannelRef,
    ) -> Result<HashMap<ModelName, Traffic>, StoreError> {
        let sql = "select model, worked_ms, failed_ms, status, detail from traffic where gateway = ? and channel = ?";
        let rows = sqlx::query(sql).bind(gateway).bind(channel.id).fetch_all(&self.readers).await?;
        let own = |ms: Option<i64>| ms.filter(|ms| *ms >= channel.created.saturating_mul(1000)).map(time);
        let mut traffic = HashMap::with_capacity(rows.len());
        for row in rows {
            let Some(model) = ModelName::parse(row.try_get("model")?) else { continue };
            let status: Option<u16> = row.try_get("status")?;
            let detail: String = row.try_get("detail")?;
            let worked = own(row.try_get("worked_ms")?);
            let failed = own(row.try_get("failed_ms")?).map(|at| TrafficFailure { at, status, detail });
            if worked.is_some() || failed.is_some() {
                traffic.insert(model, Traffic { worked, failed });
            }
        }
        Ok(traffic)
    }

    /// How far a gateway's log is read.
    pub async fn log_cursor(&self, gateway: &str) -> Result<Option<LogCursor>, StoreError> {
        let sql = "select source, last_id from log_cursor where gateway = ?";
        let row = sqlx::query(sql).bind(gateway).fetch_optional(&self.readers).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            Ok(LogCursor { source: row.try_get("source")?, last_id: row.try_get("last_id")? })
        };
        row.map(read).transpose()
    }

    /// Keeps what a part of a gateway's log said, and how far it is read with it, in one transaction.
    pub async fn take_traffic(
        &self,
        gateway: &str,
        cursor: &LogCursor,
        witnessed: &[Witnessed],
    ) -> Result<(), StoreError> {
        let mut latest: HashMap<(i64, &ModelName), Traffic> = HashMap::new();
        for one in witnessed {
            latest.entry((one.channel, &one.model)).or_default().take(&one.came);
        }
        let ms = Timestamp::as_millisecond;
        let rows: Vec<_> = latest
            .into_iter()
            .map(|((channel, model), Traffic { worked, failed })| {
                let (at, status) = (failed.as_ref().map(|one| ms(one.at)), failed.as_ref().and_then(|one| one.status));
                json!([channel, model, worked.map(ms), at, status, failed.map_or_else(String::new, |one| one.detail)])
            })
            .collect();
        let mut tx = self.writer.begin().await?;
        sqlx::query(
            "insert into traffic (gateway, channel, model, worked_ms, failed_ms, status, detail)
             select ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
               from json_each(?2) where true
             on conflict do update set
               worked_ms = nullif(max(coalesce(worked_ms, 0), coalesce(excluded.worked_ms, 0)), 0),
               failed_ms = nullif(max(coalesce(failed_ms, 0), coalesce(excluded.failed_ms, 0)), 0),
               status = iif(excluded.failed_ms > coalesce(failed_ms, 0), excluded.status, status),
               detail = iif(excluded.failed_ms > coalesce(failed_ms, 0), excluded.detail, detail)
             where excluded.worked_ms > coalesce(worked_ms, 0) or excluded.failed_ms > coalesce(failed_ms, 0)",
        )
        .bind(gateway)
        .bind(to_json("traffic", &rows)?)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into log_cursor (gateway, source, last_id) values (?, ?, ?)
             on conflict do update set source = excluded.source, last_id = excluded.last_id",
        )
        .bind(gateway)
        .bind(&cursor.source)
        .bind(cursor.last_id)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// A model that `failed` for its users is to be looked at as of `now`. Not so, and `false`, when it is looked at soon
    /// anyway, was looked at since, or is off the list.
    pub async fn due_now(
        &self,
        gateway: &str,
        channel: &ChannelRef,
        model: &ModelName,
        failed: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writer.begin().await?;
        let state: Option<String> = sqlx::query_scalar(
            "select state from standing where gateway = ? and channel = ? and created = ? and model = ?",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(model.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let mut standing: Standing = state.map(|text| from_json("standing", &text)).transpose()?.unwrap_or_default();
        // The log knows seconds only: within the one of the failure, the look may have come before it.
        let looked = standing.last.is_some_and(|(_, at)| at.duration_since(failed) >= SignedDuration::from_secs(1));
        if looked || standing.withdrawn.is_some() || standing.next_probe.is_some() {
            return Ok(false);
        }
        standing.next_probe = Some(now);
        sqlx::query(
            "insert into standing (gateway, channel, created, model, withdrawn, next_probe_ms, state)
             values (?, ?, ?, ?, 0, ?, ?)
             on conflict do update set next_probe_ms = excluded.next_probe_ms, state = excluded.state",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(model.as_str())
        .bind(now.as_millisecond())
        .bind(to_json("standing", &standing)?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
#[path = "traffic/tests.rs"]
mod tests;
