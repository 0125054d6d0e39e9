//! Rounds: when, and what came of them.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};

/// One round as kept.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RoundRecord {
    /// Its number.
    pub id: i64,
    /// What we were allowed to do.
    pub mode: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs, or when we were killed in it.
    pub ended: Option<Timestamp>,
    /// Its report, as the round wrote it.
    pub report: Option<serde_json::Value>,
}

impl Store {
    /// Begins a round.
    pub async fn begin_round(&self, gateway: &str, mode: &str, now: Timestamp) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("insert into round (gateway, mode, started_ms) values (?, ?, ?) returning id")
            .bind(gateway)
            .bind(mode)
            .bind(now.as_millisecond())
            .fetch_one(&self.writer)
            .await?)
    }

    /// Ends a round with its report.
    pub async fn end_round<T: serde::Serialize>(&self, id: i64, report: &T, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update round set ended_ms = ?, report = ? where id = ?")
            .bind(now.as_millisecond())
            .bind(to_json("report", report)?)
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// The latest rounds of a gateway, newest first.
    pub async fn rounds(&self, gateway: &str, limit: u32) -> Result<Vec<RoundRecord>, StoreError> {
        let rows = sqlx::query("select * from round where gateway = ? order by id desc limit ?")
            .bind(gateway)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let report: Option<&str> = row.try_get("report")?;
                Ok(RoundRecord {
                    id: row.try_get("id")?,
                    mode: row.try_get("mode")?,
                    started: time(row.try_get("started_ms")?),
                    ended: row.try_get::<Option<i64>, _>("ended_ms")?.map(time),
                    report: report.map(|text| from_json("report", text)).transpose()?,
                })
            })
            .collect()
    }

    /// The most (channel, model) pairs that a round of a gateway looked at since then.
    pub async fn pairs_since(&self, gateway: &str, since: Timestamp) -> Result<usize, StoreError> {
        let most: Option<i64> =
            sqlx::query_scalar("select max(report ->> '$.pairs') from round where gateway = ? and started_ms >= ?")
                .bind(gateway)
                .bind(since.as_millisecond())
                .fetch_one(&self.readers)
                .await?;
        Ok(most.and_then(|most| usize::try_from(most).ok()).unwrap_or_default())
    }

    /// Says that the loop is alive.
    pub async fn beat(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into meta (key, value) values ('heartbeat', ?) on conflict do update set value = excluded.value",
        )
        .bind(now.as_millisecond().to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// When the loop last said that it is alive.
    pub async fn heartbeat(&self) -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<String> =
            sqlx::query_scalar("select value from meta where key = 'heartbeat'").fetch_optional(&self.readers).await?;
        Ok(ms.and_then(|ms| ms.parse().ok()).map(time))
    }
}
