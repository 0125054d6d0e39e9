//! Who was told what: a ledger for each audience, and who is not to be told for now.
//!
//! Decides: that what was told is noted together with the message that tells it. Must not know: what a line means.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row as _;

use super::outbox::post;
use super::{Address, Store, StoreError, time, to_json};

/// An audience's ledger as it is kept. State and lines are texts of the ledger's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptLedger {
    /// What it holds beside its lines.
    pub state: String,
    /// The lines.
    pub lines: Vec<String>,
}

/// What changed in an audience's ledger, and the message that tells it.
#[derive(Clone, Debug, Default)]
pub struct Telling<'a> {
    /// What the ledger holds beside its lines.
    pub state: String,
    /// Lines that are new or other than before, each with its key.
    pub put: Vec<(String, String)>,
    /// The keys of lines that are no more.
    pub dropped: Vec<String>,
    /// The message, and where it goes.
    pub post: Option<(&'a Address, String)>,
}

impl Store {
    /// The ledger of an audience; `None`: it has none yet.
    pub async fn ledger(&self, audience: &str) -> Result<Option<KeptLedger>, StoreError> {
        // One transaction: lines and state are of one time.
        let mut tx = self.readers.begin().await?;
        let state = sqlx::query_scalar("select state from audience where name = ?").bind(audience);
        let Some(state) = state.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let lines = sqlx::query_scalar("select line from told where audience = ?").bind(audience);
        Ok(Some(KeptLedger { state, lines: lines.fetch_all(&mut *tx).await? }))
    }

    /// Keeps what changed in an audience's ledger and puts the message on its way, both or neither. Returns the
    /// message's number.
    pub async fn tell(&self, audience: &str, telling: &Telling<'_>, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        sqlx::query(
            "insert into audience (name, state) values (?, ?) on conflict do update set state = excluded.state",
        )
        .bind(audience)
        .bind(&telling.state)
        .execute(&mut *tx)
        .await?;
        if !telling.dropped.is_empty() {
            sqlx::query("delete from told where audience = ? and key in (select value from json_each(?))")
                .bind(audience)
                .bind(to_json("told", &telling.dropped)?)
                .execute(&mut *tx)
                .await?;
        }
        if !telling.put.is_empty() {
            sqlx::query(
                "insert into told (audience, key, line) select ?, value ->> 0, value ->> 1 from json_each(?) where true
                 on conflict do update set line = excluded.line",
            )
            .bind(audience)
            .bind(to_json("told", &telling.put)?)
            .execute(&mut *tx)
            .await?;
        }
        let mut id = None;
        if let Some((to, body)) = &telling.post {
            id = Some(post(&mut tx, to, body, now).await?);
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Forgets every audience that is not among these, and its mute; that of a receiver stays as long as a chat of it does.
    pub async fn keep_audiences(&self, names: &BTreeSet<String>) -> Result<(), StoreError> {
        let names = to_json("audiences", names)?;
        let mut tx = self.writer.begin_with("begin immediate").await?;
        for forget in [
            "delete from told where audience not in (select value from json_each(?))",
            "delete from audience where name not in (select value from json_each(?))",
            "delete from mute where audience <> '' and audience not in
               (select value from json_each(?1) union select substr(value, 1, instr(value, '/') - 1) from json_each(?1))",
        ] {
            sqlx::query(forget).bind(&names).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Nobody tells this audience anything until then; an empty name: every audience.
    pub async fn mute(&self, audience: &str, until: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into mute (audience, until_ms) values (?, ?)
             on conflict do update set until_ms = excluded.until_ms",
        )
        .bind(audience)
        .bind(until.as_millisecond())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Has this audience told again; an empty name: what was said of every audience is taken back. Whether it was muted.
    pub async fn unmute(&self, audience: &str) -> Result<bool, StoreError> {
        let unmute = sqlx::query("delete from mute where audience = ?").bind(audience);
        Ok(unmute.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Who is muted at `now`, and until when; an empty name: every audience.
    pub async fn mutes(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let rows = sqlx::query("select audience, until_ms from mute where until_ms > ? order by audience")
            .bind(now.as_millisecond())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("audience")?, time(row.try_get("until_ms")?)))).collect()
    }
}

#[cfg(test)]
#[path = "audiences/tests.rs"]
mod tests;
