//! What is known about each (channel, model), and the observations it came from.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{ChannelRef, Mark, ModelName, Observation, Standing, Withdrawn};

/// One model's finding of a round, and what is now known about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The name in the gateway's list.
    pub model: ModelName,
    /// What a probe showed.
    pub observation: Observation,
    /// What is now known.
    pub standing: Standing,
}

impl Store {
    /// What is known about a channel's models.
    pub async fn standings(
        &self,
        gateway: &str,
        channel: &ChannelRef,
    ) -> Result<HashMap<ModelName, Standing>, StoreError> {
        let rows = sqlx::query("select model, state from standing where gateway = ? and channel = ? and created = ?")
            .bind(gateway)
            .bind(channel.id)
            .bind(channel.created)
            .fetch_all(&self.readers)
            .await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in rows {
            let Some(model) = ModelName::parse(row.try_get("model")?) else { continue };
            known.insert(model, from_json("standing", row.try_get("state")?)?);
        }
        Ok(known)
    }

    /// Keeps a channel's findings of one round, in one transaction of two statements.
    pub async fn remember(
        &self,
        gateway: &str,
        round: i64,
        channel: &ChannelRef,
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        if findings.is_empty() {
            return Ok(());
        }
        // What was not asked showed nothing.
        let observations: Vec<_> = findings
            .iter()
            .filter(|finding| finding.observation.was_sent())
            .map(|Finding { model, observation: seen, .. }| {
                json!([
                    model,
                    seen.at.as_millisecond(),
                    seen.outcome.as_str(),
                    seen.status,
                    seen.latency_ms,
                    seen.shape.as_str(),
                    seen.detail,
                    seen.timing.first_token_ms,
                    u8::from(seen.timing.cold),
                    seen.usage.prompt_tokens,
                    seen.usage.completion_tokens,
                    marks(&seen.marks),
                ])
            })
            .collect();
        let standings: Vec<_> = findings
            .iter()
            .map(|Finding { model, standing, .. }| {
                let due = standing.next_probe.map(Timestamp::as_millisecond);
                json!([model, standing.withdrawn.is_some(), due, standing])
            })
            .collect();
        let mut tx = self.writer.begin().await?;
        // One parameter for the whole batch: SQLite unpacks it faster than we could bind it row by row.
        sqlx::query(
            "insert into observation
               (round, gateway, channel, created, model, at_ms, outcome, status, latency_ms, shape, detail,
                ttft_ms, cold, prompt_tokens, completion_tokens, marks)
             select ?1, ?2, ?3, ?4, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
               value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11 from json_each(?5)",
        )
        .bind(round)
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(to_json("observations", &observations)?)
        .execute(&mut *tx)
        .await?;
        // Only a settled change withdraws or puts back. What was settled since this round read its standings stands.
        sqlx::query(
            "insert into standing (gateway, channel, created, model, withdrawn, next_probe_ms, state)
             select ?1, ?2, ?3, value ->> 0, value ->> 1, value ->> 2, value -> 3 from json_each(?4) where true
             on conflict do update set next_probe_ms = excluded.next_probe_ms, state = excluded.state
               where withdrawn = excluded.withdrawn",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(to_json("standings", &standings)?)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The earliest time after `looked` at which some model of a gateway wants to be looked at again. What was due
    /// before is left out: a look that did not move it (its channel is deleted, disabled, on nobody's list any more)
    /// would not move it the next time either.
    pub async fn next_due(&self, gateway: &str, looked: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = "select min(next_probe_ms) from standing where gateway = ? and next_probe_ms > ?";
        let ms: Option<i64> =
            sqlx::query_scalar(sql).bind(gateway).bind(looked.as_millisecond()).fetch_one(&self.readers).await?;
        Ok(ms.map(time))
    }

    /// The channels that have a model due at `now`.
    pub async fn due_channels(&self, gateway: &str, now: Timestamp) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "select distinct channel from standing where gateway = ? and next_probe_ms <= ? order by channel",
        )
        .bind(gateway)
        .bind(now.as_millisecond())
        .fetch_all(&self.readers)
        .await?)
    }

    /// After a round that began at `started`: whatever was due by then and was not looked at all the same (its channel
    /// is disabled, its name excluded…) waits for the next full round instead of being due for ever.
    pub async fn looked(&self, gateway: &str, started: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update standing set next_probe_ms = null where gateway = ? and next_probe_ms <= ?")
            .bind(gateway)
            .bind(started.as_millisecond())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Somebody put a withdrawn model back on its channel's list by hand: it is no longer ours to restore, and what
    /// stood against it starts anew. Nothing happens if it was withdrawn anew meanwhile.
    pub async fn put_back(
        &self,
        gateway: &str,
        channel: &ChannelRef,
        model: &ModelName,
        withdrawn: &Withdrawn,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update standing set withdrawn = 0, next_probe_ms = null, state = '{}'
             where gateway = ? and channel = ? and created = ? and model = ? and state ->> '$.withdrawn.at' = ?",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(model.as_str())
        .bind(withdrawn.at.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets what is known about, and wanted for, channels that the gateway no longer has: all but the (id, created)
    /// in `seen`. What is known goes when the channel's last observation has: one absence may be a backup being put
    /// back.
    pub async fn forget_others(&self, gateway: &str, seen: &[(i64, i64)]) -> Result<(), StoreError> {
        let seen = to_json("channels", &seen)?;
        sqlx::query(
            "delete from standing where gateway = ?1 and (channel, created) not in
               (select value ->> 0, value ->> 1 from json_each(?2))
             and not exists (select 1 from observation o where o.gateway = ?1 and o.channel = standing.channel)",
        )
        .bind(gateway)
        .bind(&seen)
        .execute(&self.writer)
        .await?;
        sqlx::query(
            "delete from listing where gateway = ?1 and channel <> 0 and (channel, created) not in
               (select value ->> 0, value ->> 1 from json_each(?2))",
        )
        .bind(gateway)
        .bind(&seen)
        .execute(&self.writer)
        .await?;
        for statement in [
            "delete from channel where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
            "delete from proposal where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
            "delete from traffic where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
        ] {
            sqlx::query(statement).bind(gateway).bind(&seen).execute(&self.writer).await?;
        }
        Ok(())
    }
}

/// As they are kept: names with a space between.
fn marks(marks: &[Mark]) -> String {
    marks.iter().map(|mark| mark.as_str()).collect::<Vec<_>>().join(" ")
}
