//! The journal: an intent is durable before the gateway is touched, and settled afterwards.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{ChannelRef, Image, Intent};

/// How an intent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeState {
    /// Not settled: we are in the middle of it, or were when we crashed.
    Open,
    /// The gateway has it.
    Applied,
    /// The gateway never got it.
    Abandoned,
    /// Someone else changed the channel; theirs stays.
    Conflict,
}

impl ChangeState {
    /// The state's name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
            Self::Abandoned => "abandoned",
            Self::Conflict => "conflict",
        }
    }

    pub(super) fn parse(name: &str) -> Self {
        match name {
            "applied" => Self::Applied,
            "abandoned" => Self::Abandoned,
            "conflict" => Self::Conflict,
            _ => Self::Open,
        }
    }
}

/// The proof that an intent is durable in our store. Only the journal makes one, and only with it can a gateway be
/// written.
#[derive(Debug)]
pub struct Journaled {
    id: i64,
    intent: Intent,
}

impl Journaled {
    /// The change's number.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// What was written down.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }
}

/// One line of the journal.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ChangeRecord {
    /// Its number, for `undo`.
    pub id: i64,
    /// How it ended.
    pub state: ChangeState,
    /// When it was written down.
    pub opened: Timestamp,
    /// The change that took this one back, if any.
    pub undone_by: Option<i64>,
    /// What the settling saw.
    pub note: String,
    /// What it was.
    pub intent: Intent,
    /// The channel as our write left it.
    pub after: Option<Image>,
    /// When the gateway's users should see it, or are looked at again.
    pub live_due: Option<Timestamp>,
    /// When they were seen to.
    pub live: Option<Timestamp>,
    /// What was seen instead.
    pub live_note: String,
}

impl Store {
    /// Writes an intent down, durably.
    pub async fn open_intent(&self, intent: Intent, now: Timestamp) -> Result<Journaled, StoreError> {
        let text = to_json("intent", &intent)?;
        let id = sqlx::query_scalar(
            "insert into change (round, gateway, channel, state, opened_ms, undoes, intent)
             values (?, ?, ?, 'open', ?, ?, ?) returning id",
        )
        .bind(intent.round)
        .bind(&intent.gateway)
        .bind(intent.channel.id)
        .bind(now.as_millisecond())
        .bind(intent.undoes)
        .bind(text)
        .fetch_one(&self.writer)
        .await?;
        Ok(Journaled { id, intent })
    }

    /// Settles an intent, and in the same transaction what it means: what is withdrawn by us now, which change is
    /// taken back, and that nothing decided on another list than now stands there is proposed any more.
    pub async fn settle(
        &self,
        journaled: Journaled,
        state: ChangeState,
        after: Option<&Image>,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let after = after.map(|image| to_json("image", image)).transpose()?;
        let mut tx = self.writer.begin().await?;
        sqlx::query("update change set state = ?, settled_ms = ?, note = ?, after = ? where id = ?")
            .bind(state.as_str())
            .bind(now.as_millisecond())
            .bind(note)
            .bind(after)
            .bind(journaled.id)
            .execute(&mut *tx)
            .await?;
        if state == ChangeState::Applied {
            super::marks::mark(&mut tx, &journaled.intent, now).await?;
        }
        if state == ChangeState::Applied && !journaled.intent.is_repair() {
            sqlx::query("delete from proposal where gateway = ? and channel = ?")
                .bind(&journaled.intent.gateway)
                .bind(journaled.intent.channel.id)
                .execute(&mut *tx)
                .await?;
        }
        if let (ChangeState::Applied, Some(undone)) = (state, journaled.intent.undoes) {
            sqlx::query("update change set undone_by = ? where id = ?")
                .bind(journaled.id)
                .bind(undone)
                .execute(&mut *tx)
                .await?;
            // The undo of an undo: the first change stands again, and may be undone again.
            sqlx::query("update change set undone_by = null where id = (select undoes from change where id = ?)")
                .bind(undone)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The intents of a gateway that were never settled, oldest first.
    pub async fn open_intents(&self, gateway: &str) -> Result<Vec<Journaled>, StoreError> {
        let rows = sqlx::query("select id, intent from change where gateway = ? and state = 'open' order by id")
            .bind(gateway)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let id = row.try_get("id")?;
                Ok(Journaled { id, intent: from_json("intent", row.try_get("intent")?)? })
            })
            .collect()
    }

    /// The journal of a gateway from the newest back, `limit` lines at most.
    pub async fn changes(&self, gateway: &str, limit: u32) -> Result<Vec<ChangeRecord>, StoreError> {
        let rows = sqlx::query("select * from change where gateway = ? order by id desc limit ?")
            .bind(gateway)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(record).collect()
    }

    /// One change by its number.
    pub async fn change(&self, id: i64) -> Result<Option<ChangeRecord>, StoreError> {
        let row = sqlx::query("select * from change where id = ?").bind(id).fetch_optional(&self.readers).await?;
        row.as_ref().map(record).transpose()
    }

    /// Whether the latest that we did to a channel was to take a repair of its routing rows back, as a person asked.
    pub async fn repair_taken_back(&self, gateway: &str, channel: &ChannelRef) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "select * from change where gateway = ? and channel = ? and state = 'applied' order by id desc limit 1",
        )
        .bind(gateway)
        .bind(channel.id)
        .fetch_optional(&self.readers)
        .await?;
        let latest = row.as_ref().map(record).transpose()?.map(|record| record.intent);
        Ok(latest
            .is_some_and(|done| done.undoes.is_some() && done.is_repair() && done.channel.created == channel.created))
    }

    /// How many models were taken off a gateway since then, and are still off by our hand.
    pub async fn removed_since(&self, gateway: &str, since: Timestamp) -> Result<usize, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "select coalesce(sum(json_array_length(intent, '$.removed')), 0) from change
             where gateway = ? and state = 'applied' and undone_by is null and undoes is null and opened_ms >= ?",
        )
        .bind(gateway)
        .bind(since.as_millisecond())
        .fetch_one(&self.readers)
        .await?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// The applied changes, not taken back and not themselves an undo, since a time or of one round, newest first:
    /// the order in which undo takes them back.
    pub async fn undoable(
        &self,
        gateway: &str,
        since: Option<Timestamp>,
        round: Option<i64>,
    ) -> Result<Vec<ChangeRecord>, StoreError> {
        let rows = sqlx::query(
            "select * from change where gateway = ?1 and state = 'applied' and undone_by is null and undoes is null
             and (?2 is null or opened_ms >= ?2) and (?3 is null or round = ?3) order by id desc",
        )
        .bind(gateway)
        .bind(since.map(Timestamp::as_millisecond))
        .bind(round)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(record).collect()
    }
}

pub(super) fn record(row: &sqlx::sqlite::SqliteRow) -> Result<ChangeRecord, StoreError> {
    Ok(ChangeRecord {
        id: row.try_get("id")?,
        state: ChangeState::parse(row.try_get("state")?),
        opened: time(row.try_get("opened_ms")?),
        undone_by: row.try_get("undone_by")?,
        note: row.try_get("note")?,
        intent: from_json("intent", row.try_get("intent")?)?,
        after: row.try_get::<Option<&str>, _>("after")?.map(|text| from_json("image", text)).transpose()?,
        live_due: row.try_get::<Option<i64>, _>("live_due_ms")?.map(time),
        live: row.try_get::<Option<i64>, _>("live_ms")?.map(time),
        live_note: row.try_get("live_note")?,
    })
}
