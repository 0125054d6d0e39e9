//! What is known about each (channel, model), and the observations it came from.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::history::{Entry, keep};
use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{ChannelRef, Evidence, ModelName, Observation, Outcome, Standing, Withdrawn};

/// One model's finding of a round, and what is now known about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The name in the gateway's list.
    pub model: ModelName,
    /// What a probe showed.
    pub observation: Observation,
    /// What that cost, in millionths of a US dollar, estimated.
    pub cost: Option<u64>,
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

    /// Keeps a channel's findings of one round, in one transaction: what was observed with all sums, how each model
    /// stands, and which are `listed`.
    pub async fn remember(
        &self,
        gateway: &str,
        round: i64,
        channel: &ChannelRef,
        listed: &[ModelName],
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        // What was not asked showed nothing.
        let sent = findings.iter().filter(|finding| finding.observation.was_sent());
        let entries: Vec<_> = sent.map(Entry::of).collect();
        let standings: Vec<_> = findings
            .iter()
            .map(|Finding { model, standing, .. }| {
                let due = standing.next_probe.map(Timestamp::as_millisecond);
                (model, standing.withdrawn.is_some(), due, standing)
            })
            .collect();
        // Immediate: it reads before it writes, and another process may write in between.
        let mut tx = self.writer.begin_with("begin immediate").await?;
        keep(&mut tx, gateway, round, channel, Some(listed), &entries).await?;
        if let Some(cut_off) = cut_off(findings) {
            sqlx::query(
                "update place set cut_off = ?4 where gateway = ?1 and channel = ?2 and created = ?3 and cut_off <> ?4",
            )
            .bind(gateway)
            .bind(channel.id)
            .bind(channel.created)
            .bind(cut_off)
            .execute(&mut *tx)
            .await?;
        }
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

    /// Shows no more what was seen at gateways other than these: they are not configured any more. All of it is there again
    /// with their next round.
    pub async fn show_only(&self, gateways: &[&str]) -> Result<(), StoreError> {
        sqlx::query("update place set gone = 1 where gone = 0 and gateway not in (select value from json_each(?))")
            .bind(to_json("gateways", &gateways)?)
            .execute(&self.writer)
            .await?;
        // Taken up again, it is read anew.
        for statement in [
            "delete from trouble where gateway not in (select value from json_each(?))",
            "delete from deployment where gateway not in (select value from json_each(?))",
            "delete from incident where gateway not in (select value from json_each(?)) and cleared_ms is null",
            "delete from ladder where gateway not in (select value from json_each(?))",
            "delete from log_place where gateway not in (select value from json_each(?))",
            "delete from process where gateway not in (select value from json_each(?))",
        ] {
            sqlx::query(statement).bind(to_json("gateways", &gateways)?).execute(&self.writer).await?;
        }
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
             and not exists (select 1 from place where gateway = ?1 and channel = standing.channel
               and round >= (select min(id) >> 32 from observation))",
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
            // Its models are shown no more; what was seen of them stays as long as any history.
            "update place set gone = 1 where gateway = ?1 and gone = 0 and (channel, created) not in
               (select value ->> 0, value ->> 1 from json_each(?2))",
            "delete from channel where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
            "delete from proposal where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
            "delete from traffic where gateway = ?1 and channel not in (select value ->> 0 from json_each(?2))",
        ] {
            sqlx::query(statement).bind(gateway).bind(&seen).execute(&self.writer).await?;
        }
        Ok(())
    }
}

/// Whether nothing on the channel answers for a reason that is its key's or its address's, be it asked or resting; `None`:
/// these findings do not tell.
fn cut_off(findings: &[Finding]) -> Option<bool> {
    let mut of_the_channel = false;
    for Finding { observation: seen, .. } in findings {
        match seen.outcome {
            outcome if outcome.evidence() == Evidence::Alive => return Some(false),
            Outcome::KeyBad | Outcome::KeyBroke | Outcome::ChannelConfig | Outcome::Unreachable => {
                of_the_channel = true;
            }
            Outcome::Works
            | Outcome::Filtered
            | Outcome::Gone
            | Outcome::NoAccess
            | Outcome::NoRoute
            | Outcome::Broken
            | Outcome::TimedOut
            | Outcome::Empty
            | Outcome::Busy
            | Outcome::Shape
            | Outcome::Suspect
            | Outcome::Unknown => {}
        }
    }
    of_the_channel.then_some(true)
}
