//! Messages on their way to receivers: kept until they are taken, or given up.
//!
//! Decides: that a message is written down with what it tells, and that one address gets its messages in order.
//! Must not know: receivers, what a message says.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteExecutor};
use utoipa::ToSchema;

use super::{Page, Store, StoreError, time, to_json, unreadable};
use crate::clock::before;

/// The note of a message that nobody is there for any more.
pub const UNWANTED: &str = "the chat is not to be told any more";

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The receiver's name in the configuration.
    pub receiver: String,
    /// The chat there; empty where it has none.
    pub chat: String,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Posting {
    /// To be sent.
    Waiting,
    /// Taken by its receiver.
    Sent,
    /// Given up; a person may have it tried again.
    Dead,
}

impl Posting {
    /// Its name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }

    /// The one with that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Sent, Self::Dead].into_iter().find(|state| state.as_str() == name)
    }
}

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its number, never used again.
    pub id: i64,
    /// Where it goes.
    pub to: Address,
    /// How far it is.
    pub state: Posting,
    /// When it was made.
    pub made: Timestamp,
    /// When it is tried next; when it was sent or given up.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What the receiver said last, redacted.
    pub note: String,
    /// What it tells, as JSON.
    pub body: String,
}

/// Which messages.
#[derive(Clone, Debug, Default)]
pub struct PostQuery {
    /// Of this receiver only.
    pub receiver: Option<String>,
    /// In this state only.
    pub state: Option<Posting>,
    /// So many are left out first.
    pub offset: u64,
    /// So many at most.
    pub limit: u32,
}

/// How many messages of a receiver stand how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostCounts {
    /// On their way.
    pub waiting: u64,
    /// Taken.
    pub sent: u64,
    /// Given up.
    pub dead: u64,
    /// The oldest that is on its way.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// Puts a message on its way that is no news of a ledger: a trial, an answer that must not get lost.
    pub async fn post(&self, to: &Address, body: &str, now: Timestamp) -> Result<i64, StoreError> {
        let mut connection = self.writer.acquire().await?;
        post(&mut connection, to, body, now).await
    }

    /// The next message of each address of a receiver, whether it is due or not: what stands behind it waits.
    pub async fn next_posts(&self, receiver: &str) -> Result<Vec<Post>, StoreError> {
        let rows = sqlx::query(
            "select * from outbox where id in
             (select min(id) from outbox where state = 'waiting' and receiver = ? group by address) order by at_ms, id",
        )
        .bind(receiver)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Whether a message to this address is on its way.
    pub async fn is_posting(&self, to: &Address) -> Result<bool, StoreError> {
        let waiting = "select exists (select 1 from outbox where state = 'waiting' and receiver = ? and address = ?)";
        Ok(sqlx::query_scalar(waiting).bind(&to.receiver).bind(&to.chat).fetch_one(&self.readers).await?)
    }

    /// Notes what came of trying a message: taken, given up, or to be tried again at `at`.
    pub async fn posted(&self, id: i64, state: Posting, at: Timestamp, note: &str) -> Result<(), StoreError> {
        sqlx::query(
            "update outbox set state = ?, at_ms = ?, note = ?, attempts = attempts + 1 where id = ? and state = 'waiting'",
        )
        .bind(state.as_str())
        .bind(at.as_millisecond())
        .bind(note)
        .bind(id)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Has a message that was given up tried again; whether there is such a one. With `None`: all of them.
    pub async fn post_again(&self, id: Option<i64>, now: Timestamp) -> Result<u64, StoreError> {
        let again = "update outbox set state = 'waiting', at_ms = ?, made_ms = ?, attempts = 0
             where state = 'dead' and (?3 is null or id = ?3)";
        let now = now.as_millisecond();
        Ok(sqlx::query(again).bind(now).bind(now).bind(id).execute(&self.writer).await?.rows_affected())
    }

    /// Gives up all that waits for an address that is no more.
    pub async fn bury(&self, to: &Address, why: &str, now: Timestamp) -> Result<u64, StoreError> {
        let bury = "update outbox set state = 'dead', at_ms = ?, note = ? where state = 'waiting' and receiver = ? and address = ?";
        let bury = sqlx::query(bury).bind(now.as_millisecond()).bind(why).bind(&to.receiver).bind(&to.chat);
        Ok(bury.execute(&self.writer).await?.rows_affected())
    }

    /// Gives up what waits for receivers that are none of these: the configuration names them no more.
    pub async fn bury_all_but(&self, receivers: &[&str], why: &str, now: Timestamp) -> Result<u64, StoreError> {
        let bury = "update outbox set state = 'dead', at_ms = ?, note = ?
             where state = 'waiting' and receiver not in (select value from json_each(?))";
        let receivers = to_json("outbox", &receivers)?;
        let bury = sqlx::query(bury).bind(now.as_millisecond()).bind(why).bind(receivers);
        Ok(bury.execute(&self.writer).await?.rows_affected())
    }

    /// The receivers that take no messages, since when, and what they said last: one has refused a message for an hour, or
    /// one was given up within a day and none taken since. A chat that left says nothing of its receiver.
    pub async fn failing_receivers(&self, now: Timestamp) -> Result<Vec<(String, Timestamp, String)>, StoreError> {
        failing(&self.readers, now).await
    }

    /// A page of messages, the newest first.
    pub async fn posts(&self, query: &PostQuery) -> Result<Page<Post>, StoreError> {
        let (receiver, state) = (query.receiver.as_deref(), query.state.map(Posting::as_str));
        let chosen = "from outbox where (?1 is null or receiver = ?1) and (?2 is null or state = ?2)";
        let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) {chosen}")))
            .bind(receiver)
            .bind(state)
            .fetch_one(&self.readers)
            .await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select * {chosen} order by id desc limit ?3 offset ?4")))
            .bind(receiver)
            .bind(state)
            .bind(query.limit)
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: total.unsigned_abs() })
    }

    /// How many messages of each receiver stand how.
    pub async fn post_counts(&self) -> Result<Vec<(String, PostCounts)>, StoreError> {
        let rows = sqlx::query(
            "select receiver, sum(state = 'waiting') waiting, sum(state = 'sent') sent, sum(state = 'dead') dead,
               min(case state when 'waiting' then made_ms end) oldest
             from outbox group by receiver order by receiver",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
                let counts = PostCounts {
                    waiting: count("waiting")?,
                    sent: count("sent")?,
                    dead: count("dead")?,
                    oldest: row.try_get::<Option<i64>, _>("oldest")?.map(time),
                };
                Ok((row.try_get("receiver")?, counts))
            })
            .collect()
    }
}

/// As [`Store::failing_receivers`] has it.
pub(super) async fn failing(
    db: impl SqliteExecutor<'_>,
    now: Timestamp,
) -> Result<Vec<(String, Timestamp, String)>, StoreError> {
    // SQLite takes `note` from the row that has the minimum.
    let rows = sqlx::query(
        "select receiver, min(made_ms) since, note from outbox o
         where ((state = 'waiting' and attempts > 0 and made_ms <= ?)
             or (state = 'dead' and attempts > 0 and note <> ? and at_ms > ? and not exists (select 1 from outbox
                 where receiver = o.receiver and state = 'sent' and at_ms > o.at_ms)))
           and not exists (select 1 from subscriber s
             where s.receiver = o.receiver and s.chat = o.address and s.wanted = 0)
         group by receiver order by receiver",
    )
    .bind(before(now, Duration::from_hours(1)).as_millisecond())
    .bind(UNWANTED)
    .bind(before(now, Duration::from_hours(24)).as_millisecond())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("receiver")?, time(row.try_get("since")?), row.try_get("note")?))).collect()
}

/// Writes a message down, in whatever transaction its news are noted in.
pub(super) async fn post(
    connection: &mut sqlx::SqliteConnection,
    to: &Address,
    body: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let insert = "insert into outbox (receiver, address, state, made_ms, at_ms, body) values (?, ?, 'waiting', ?, ?, ?) returning id";
    let now = now.as_millisecond();
    let insert = sqlx::query_scalar(insert).bind(&to.receiver).bind(&to.chat).bind(now).bind(now).bind(body);
    Ok(insert.fetch_one(connection).await?)
}

fn read(row: &SqliteRow) -> Result<Post, StoreError> {
    let state: &str = row.try_get("state")?;
    Ok(Post {
        id: row.try_get("id")?,
        to: Address { receiver: row.try_get("receiver")?, chat: row.try_get("address")? },
        state: Posting::parse(state).ok_or_else(|| unreadable("outbox", "no such state"))?,
        made: time(row.try_get("made_ms")?),
        at: time(row.try_get("at_ms")?),
        attempts: row.try_get("attempts")?,
        note: row.try_get("note")?,
        body: row.try_get("body")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_gets_its_messages_in_order_and_a_dead_one_can_be_had_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let to = |chat: &str| Address { receiver: "bot".to_owned(), chat: chat.to_owned() };
        let mut ids = vec![];
        for (chat, body) in [("1", "a"), ("1", "b"), ("2", "c")] {
            ids.push(store.post(&to(chat), body, now).await.unwrap());
        }
        let heads = async || -> Vec<String> {
            store.next_posts("bot").await.unwrap().into_iter().map(|post| post.body).collect()
        };
        assert_eq!(heads().await, ["a", "c"]);
        let later = now + jiff::SignedDuration::from_mins(5);
        store.posted(ids[0], Posting::Waiting, later, "503").await.unwrap();
        assert_eq!(heads().await, ["c", "a"], "b waits for a");
        store.posted(ids[0], Posting::Dead, later, "503").await.unwrap();
        store.posted(ids[2], Posting::Sent, later, "").await.unwrap();
        assert_eq!(heads().await, ["b"]);
        assert!(!store.is_posting(&to("2")).await.unwrap());
        let (_, counts) = store.post_counts().await.unwrap().remove(0);
        assert_eq!(counts, PostCounts { waiting: 1, sent: 1, dead: 1, oldest: Some(now) });
        assert_eq!(store.post_again(Some(ids[2]), later).await.unwrap(), 0, "what was sent is not sent again");
        assert_eq!(store.post_again(None, later).await.unwrap(), 1);
        assert_eq!(heads().await, ["a"], "in its old place");
        assert_eq!(store.bury(&to("1"), "the chat is gone", later).await.unwrap(), 2);
        assert!(heads().await.is_empty());
        let dead = PostQuery { state: Some(Posting::Dead), limit: 1, ..PostQuery::default() };
        let page = store.posts(&dead).await.unwrap();
        assert_eq!((page.total, page.rows[0].body.as_str(), page.rows[0].note.as_str()), (2, "b", "the chat is gone"));
        store.close().await;
    }
}
