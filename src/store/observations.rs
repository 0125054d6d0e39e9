//! Observations as kept, for tables and history.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::history::{ROUNDS_BACK, is_cold, marks, outcome, shape};
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

/// The columns of [`record`].
const COLUMNS: &str = "select o.*, p.model, pl.channel, coalesce(t.body, '') body";

impl Store {
    /// A round's observations by channel and model, those that worked only if `working`; `limit` at most.
    pub async fn observed_in(
        &self,
        round: i64,
        working: bool,
        limit: u32,
    ) -> Result<Vec<ObservationRecord>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push(
            " from observation o join pair p on p.id = (o.id & 4294967295) join place pl on pl.id = p.place
             left join text t on t.id = o.detail where o.id between ",
        );
        sql.push_bind(round << 32).push(" and ").push_bind(round << 32 | 0xffff_ffff);
        if !working {
            sql.push(" and o.outcome <> 0");
        }
        sql.push(" order by pl.channel, o.id limit ").push_bind(limit);
        sql.build().fetch_all(&self.readers).await?.iter().map(record).collect()
    }

    /// The observations of one model, or of all models of one channel, from the newest back.
    pub async fn observed(
        &self,
        gateway: &str,
        channel: Option<i64>,
        model: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ObservationRecord>, StoreError> {
        if channel.is_none() && model.is_none() {
            let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
            sql.push(
                " from observation o join pair p on p.id = (o.id & 4294967295) join place pl on pl.id = p.place
                 left join text t on t.id = o.detail where pl.gateway = ",
            );
            sql.push_bind(gateway).push(" order by o.id desc limit ").push_bind(limit);
            return sql.build().fetch_all(&self.readers).await?.iter().map(record).collect();
        }
        let mut sql = QueryBuilder::<Sqlite>::new(ROUNDS_BACK);
        sql.push(COLUMNS).push(
            " from round_back cross join place pl cross join pair p on p.place = pl.id
             cross join observation o on o.id = (round_back.id << 32 | p.id) left join text t on t.id = o.detail
             where pl.gateway = ",
        );
        sql.push_bind(gateway);
        if let Some(channel) = channel {
            sql.push(" and pl.channel = ").push_bind(channel);
        }
        if let Some(model) = model {
            sql.push(" and p.model = ").push_bind(model);
        }
        sql.push(" limit ").push_bind(limit);
        sql.build().fetch_all(&self.readers).await?.iter().map(record).collect()
    }
}

fn record(row: &SqliteRow) -> Result<ObservationRecord, StoreError> {
    let flags = row.try_get("flags")?;
    Ok(ObservationRecord {
        channel: row.try_get("channel")?,
        model: row.try_get("model")?,
        at: time(row.try_get("at_ms")?),
        outcome: outcome(row.try_get("outcome")?).as_str().to_owned(),
        status: row.try_get("status")?,
        latency_ms: row.try_get("latency_ms")?,
        ttft_ms: row.try_get("ttft_ms")?,
        cold: is_cold(flags),
        prompt_tokens: row.try_get("prompt_tokens")?,
        completion_tokens: row.try_get("completion_tokens")?,
        marks: marks(flags).into_iter().map(|mark| mark.as_str().to_owned()).collect(),
        shape: shape(row.try_get("shape")?).to_owned(),
        detail: row.try_get("body")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChannelRef, Mark, ModelName, Observation, Outcome, Shape, Standing, Timing, Usage};
    use crate::store::Finding;

    #[tokio::test]
    async fn what_a_probe_showed_is_kept_and_what_it_did_not_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let round = store.begin_round("g", "observe", at).await.unwrap();
        let unsent = Observation::bare(Outcome::Busy, at, Shape::MaxTokens, "not sent");
        let usage = Usage { requests: 1, ..Usage::default() };
        let bare = Observation { usage, ..Observation::bare(Outcome::Works, at, Shape::MaxTokens, "") };
        let rich = Observation {
            timing: Timing { first_token_ms: Some(120), cold: true, ..Timing::default() },
            usage: Usage { requests: 1, prompt_tokens: Some(21), completion_tokens: Some(7) },
            marks: vec![Mark::WrongAnswer, Mark::CutOff],
            ..bare.clone()
        };
        let finding = |name: &str, observation| Finding {
            model: ModelName::parse(name).unwrap(),
            observation,
            cost: None,
            standing: Standing::default(),
        };
        let channel = ChannelRef { id: 7, created: 0, name: "c".to_owned() };
        let findings = [finding("rich", rich), finding("bare", bare), finding("unsent", unsent)];
        store.remember("g", round, &channel, &[], &findings).await.unwrap();
        let kept = store.observed_in(round, true, 10).await.unwrap();
        assert_eq!(kept.len(), 2, "what was not asked showed nothing");
        let shown: Vec<_> = kept.iter().map(|record| serde_json::to_value(record).unwrap()).collect();
        assert_eq!(
            (kept[0].ttft_ms, kept[0].cold, kept[0].prompt_tokens, kept[0].completion_tokens),
            (Some(120), true, Some(21), Some(7))
        );
        assert_eq!(shown[0]["marks"], serde_json::json!(["wrong-answer", "cut-off"]));
        for absent in ["ttft_ms", "cold", "prompt_tokens", "completion_tokens", "marks"] {
            assert_eq!(shown[1].get(absent), None, "{absent}");
        }
        store.close().await;
    }
}
