//! What the latest round wants for each channel, kept for `plan` and `apply`.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{Change, Held};

/// What a round wants for one channel.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Proposal {
    /// The channel's id.
    pub channel: i64,
    /// The round that wants it.
    pub round: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// What is left after the guards; empty when all is held.
    pub change: Change,
    /// What guards held back.
    pub held: Vec<Held>,
}

impl Store {
    /// Keeps what a round wants for a channel, in place of what an earlier one wanted.
    pub async fn propose(&self, gateway: &str, proposal: &Proposal) -> Result<(), StoreError> {
        sqlx::query(
            "insert into proposal (gateway, channel, round, at_ms, change, held) values (?, ?, ?, ?, ?, ?)
             on conflict do update set round = excluded.round, at_ms = excluded.at_ms, change = excluded.change,
               held = excluded.held",
        )
        .bind(gateway)
        .bind(proposal.channel)
        .bind(proposal.round)
        .bind(proposal.at.as_millisecond())
        .bind(to_json("change", &proposal.change)?)
        .bind(to_json("held", &proposal.held)?)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Drops what an earlier round wanted for a channel.
    pub async fn withdraw_proposal(&self, gateway: &str, channel: i64) -> Result<(), StoreError> {
        sqlx::query("delete from proposal where gateway = ? and channel = ?")
            .bind(gateway)
            .bind(channel)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// What the latest rounds want, by channel.
    pub async fn proposals(&self, gateway: &str) -> Result<Vec<Proposal>, StoreError> {
        let rows = sqlx::query("select * from proposal where gateway = ? order by channel")
            .bind(gateway)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Proposal {
                    channel: row.try_get("channel")?,
                    round: row.try_get("round")?,
                    at: time(row.try_get("at_ms")?),
                    change: from_json("change", row.try_get("change")?)?,
                    held: from_json("held", row.try_get("held")?)?,
                })
            })
            .collect()
    }
}
