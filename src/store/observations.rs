//! Observations as kept, for tables and history.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, time};

/// One observation as kept.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ObservationRecord {
    /// `channels.id`.
    pub channel: i64,
    /// The name in the gateway's list.
    pub model: String,
    /// When (UTC).
    pub at: Timestamp,
    /// What it showed.
    pub outcome: String,
    /// HTTP status, if any answer came.
    pub status: Option<u16>,
    /// Milliseconds to the complete answer.
    pub latency_ms: u32,
    /// Milliseconds to the first token, of a streamed answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u32>,
    /// Whether a connection had to be opened first: that stands in the times.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cold: bool,
    /// Tokens of the question, as far as the upstream says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, as far as the upstream says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u32>,
    /// What is odd about it, by [`crate::model::Mark`]'s names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    /// The request shape.
    pub shape: String,
    /// Why, redacted.
    pub detail: String,
}

impl Store {
    /// A round's observations by channel and model, those that worked only if `working`; `limit` at most.
    pub async fn observed_in(
        &self,
        round: i64,
        working: bool,
        limit: u32,
    ) -> Result<Vec<ObservationRecord>, StoreError> {
        let rows = sqlx::query(
            "select * from observation where round = ? and (? or outcome <> 'works') order by channel, id limit ?",
        )
        .bind(round)
        .bind(working)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(record).collect()
    }

    /// The observations of one model, or of all models of one channel, from the newest back.
    pub async fn observed(
        &self,
        gateway: &str,
        channel: Option<i64>,
        model: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ObservationRecord>, StoreError> {
        let rows = sqlx::query(
            "select * from observation where gateway = ?1 and (?2 is null or channel = ?2)
             and (?3 is null or model = ?3) order by id desc limit ?4",
        )
        .bind(gateway)
        .bind(channel)
        .bind(model)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &sqlx::sqlite::SqliteRow) -> Result<ObservationRecord, StoreError> {
    let marks: &str = row.try_get("marks")?;
    Ok(ObservationRecord {
        channel: row.try_get("channel")?,
        model: row.try_get("model")?,
        at: time(row.try_get("at_ms")?),
        outcome: row.try_get("outcome")?,
        status: row.try_get("status")?,
        latency_ms: row.try_get("latency_ms")?,
        ttft_ms: row.try_get("ttft_ms")?,
        cold: row.try_get("cold")?,
        prompt_tokens: row.try_get("prompt_tokens")?,
        completion_tokens: row.try_get("completion_tokens")?,
        marks: marks.split_whitespace().map(str::to_owned).collect(),
        shape: row.try_get("shape")?,
        detail: row.try_get("detail")?,
    })
}
