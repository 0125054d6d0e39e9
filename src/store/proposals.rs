//! What the latest round wants for each channel, kept for `plan` and `apply`.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Page, Store, StoreError, from_json, time, to_json};
use crate::model::{Change, Held, ModelName};

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

impl Proposal {
    /// A mark of what is wanted for a channel: the same as long as the same models are, whichever round wants them and
    /// whatever was seen of them since. 16 hexadecimal digits. Whoever says yes to it says yes to these models.
    pub fn mark(&self, gateway: &str) -> String {
        let change = &self.change;
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(gateway);
        add(&format!("{} {}", change.channel.id, change.channel.created));
        let mut names = |sort: &str, names: &mut dyn Iterator<Item = &ModelName>| {
            let mut names: Vec<&str> = names.map(ModelName::as_str).collect();
            names.sort_unstable();
            add(&format!("{sort} {}", names.len()));
            names.into_iter().for_each(&mut add);
        };
        names("off", &mut change.removed.iter().map(|removal| &removal.model));
        names("new", &mut change.added.iter());
        names("back", &mut change.restored.iter());
        let mut held: Vec<&Held> = self.held.iter().collect();
        held.sort_by_key(|held| held.guard);
        for held in held {
            let sort = held.guard.as_str();
            names(sort, &mut held.removals.iter().map(|removal| &removal.model));
            names(sort, &mut held.additions.iter());
        }
        hash.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// How much is wanted of a gateway and not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Channels whose list is to be changed.
    pub pending: u64,
    /// Channels of which a guard holds something back.
    pub held: u64,
    /// Models to be taken off lists.
    pub removed: u64,
    /// Models to be put on.
    pub added: u64,
    /// Models to be put back.
    pub restored: u64,
    /// Models held back, by the name of the guard.
    pub by_guard: Vec<(String, u64)>,
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
        rows.iter().map(proposal).collect()
    }

    /// A page of what the latest rounds want of these gateways, each with the gateway's name; by gateway and channel.
    pub async fn proposals_page(
        &self,
        gateways: &[&str],
        limit: u32,
        offset: u64,
    ) -> Result<Page<(String, Proposal)>, StoreError> {
        let names = to_json("gateways", &gateways)?;
        let total: i64 =
            sqlx::query_scalar("select count(*) from proposal where gateway in (select value from json_each(?))")
                .bind(&names)
                .fetch_one(&self.readers)
                .await?;
        let rows = sqlx::query(
            "select * from proposal where gateway in (select value from json_each(?))
             order by gateway, channel limit ? offset ?",
        )
        .bind(&names)
        .bind(limit)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        let rows = rows.iter().map(|row| Ok((row.try_get("gateway")?, proposal(row)?)));
        Ok(Page { rows: rows.collect::<Result<_, StoreError>>()?, total: total.unsigned_abs() })
    }

    /// How much the latest rounds want of a gateway, without reading the lists themselves.
    pub async fn wanted(&self, gateway: &str) -> Result<Wanted, StoreError> {
        let row = sqlx::query(
            "select count(*) filter (where removed + added + restored > 0) pending, count(*) filter (where held > 0) held,
               coalesce(sum(removed), 0) removed, coalesce(sum(added), 0) added, coalesce(sum(restored), 0) restored
             from (select json_array_length(change, '$.removed') removed, json_array_length(change, '$.added') added,
                     json_array_length(change, '$.restored') restored, json_array_length(held) held
                   from proposal where gateway = ?)",
        )
        .bind(gateway)
        .fetch_one(&self.readers)
        .await?;
        let guards = sqlx::query(
            "select part.value ->> '$.guard' guard, sum(json_array_length(part.value, '$.removals')
               + json_array_length(part.value, '$.additions')) models
             from proposal, json_each(proposal.held) part where gateway = ? group by guard order by guard",
        )
        .bind(gateway)
        .fetch_all(&self.readers)
        .await?;
        let count = |row: &SqliteRow, column: &str| Ok::<_, StoreError>(row.try_get::<i64, _>(column)?.unsigned_abs());
        Ok(Wanted {
            pending: count(&row, "pending")?,
            held: count(&row, "held")?,
            removed: count(&row, "removed")?,
            added: count(&row, "added")?,
            restored: count(&row, "restored")?,
            by_guard: guards
                .iter()
                .map(|row| Ok((row.try_get("guard")?, count(row, "models")?)))
                .collect::<Result<_, StoreError>>()?,
        })
    }
}

/// A row of the table.
pub(super) fn proposal(row: &SqliteRow) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        channel: row.try_get("channel")?,
        round: row.try_get("round")?,
        at: time(row.try_get("at_ms")?),
        change: from_json("change", row.try_get("change")?)?,
        held: from_json("held", row.try_get("held")?)?,
    })
}
