//! Who asked a bot to be told, and how far a bot has read.
//!
//! Decides: that a chat's own word stands above the configuration's, and that an update is noted before it is heeded.
//! Must not know: Telegram, what a chat is told.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;

use super::{Address, Store, StoreError, time};

/// A chat that said whether it wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The chat.
    pub chat: String,
    /// Whether it does; the configuration may say otherwise, and does not count.
    pub wanted: bool,
    /// `en`, `zh`, `ru`; empty: the receiver's.
    pub language: String,
    /// Since when.
    pub since: Timestamp,
}

/// So many chats of one receiver may say so: every one of them is an audience of its own.
const MOST: i64 = 1000;

/// A bot's updates are numbered in order as long as some come within a week; after that the numbers begin anywhere
/// (<https://core.telegram.org/bots/api#update>).
const IN_ORDER: SignedDuration = SignedDuration::from_hours(6 * 24);

impl Store {
    /// The chats of a receiver that said whether they want to be told.
    pub async fn subscribers(&self, receiver: &str) -> Result<Vec<Subscriber>, StoreError> {
        let rows = sqlx::query("select * from subscriber where receiver = ? order by chat")
            .bind(receiver)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read).collect()
    }

    /// One of them.
    pub async fn subscriber(&self, of: &Address) -> Result<Option<Subscriber>, StoreError> {
        let row = sqlx::query("select * from subscriber where receiver = ? and chat = ?")
            .bind(&of.receiver)
            .bind(&of.chat)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Notes whether a chat wants to be told. `false`: there is no room for another chat.
    pub async fn subscribe(&self, of: &Address, wanted: bool, now: Timestamp) -> Result<bool, StoreError> {
        let note = "insert into subscriber (receiver, chat, wanted, since_ms)
               select ?1, ?2, ?3, ?4 where exists (select 1 from subscriber where receiver = ?1 and chat = ?2)
                 or (select count(*) from subscriber where receiver = ?1) < ?5
             on conflict do update set wanted = excluded.wanted,
               since_ms = iif(wanted = excluded.wanted, since_ms, excluded.since_ms)";
        let note = sqlx::query(note)
            .bind(&of.receiver)
            .bind(&of.chat)
            .bind(wanted)
            .bind(now.as_millisecond())
            .bind(MOST)
            .execute(&self.writer);
        Ok(note.await?.rows_affected() > 0)
    }

    /// Notes the language that a chat wants; `wanted`: whether it is told, where it said nothing of that yet.
    pub async fn speak(&self, of: &Address, language: &str, wanted: bool, now: Timestamp) -> Result<(), StoreError> {
        if self.subscriber(of).await?.is_none() && !self.subscribe(of, wanted, now).await? {
            return Ok(());
        }
        sqlx::query("update subscriber set language = ? where receiver = ? and chat = ?")
            .bind(language)
            .bind(&of.receiver)
            .bind(&of.chat)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// A chat is at another address from now on: it is told there what it was told here, once, and nothing here.
    pub async fn move_subscriber(&self, from: &Address, to: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.writer.begin().await?;
        let (receiver, now) = (&from.receiver, now.as_millisecond());
        sqlx::query(
            "insert into subscriber (receiver, chat, wanted, language, since_ms)
               select ?1, ?3, coalesce(max(wanted), 1), coalesce(max(language), ''), ?4
               from subscriber where receiver = ?1 and chat = ?2
             on conflict do nothing",
        )
        .bind(receiver)
        .bind(&from.chat)
        .bind(to)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into subscriber (receiver, chat, wanted, since_ms) values (?, ?, 0, ?)
             on conflict do update set wanted = 0",
        )
        .bind(receiver)
        .bind(&from.chat)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        for table in ["audience set name", "told set audience", "mute set audience"] {
            let column = table.split(' ').next_back().unwrap_or_default();
            let follow = format!("update or replace {table} = ?1 || '/' || ?3 where {column} = ?1 || '/' || ?2");
            let follow = sqlx::query(sqlx::AssertSqlSafe(follow)).bind(receiver).bind(&from.chat).bind(to);
            follow.execute(&mut *tx).await?;
        }
        let follow = "update outbox set address = ?3 where receiver = ?1 and address = ?2 and state = 'waiting'";
        sqlx::query(follow).bind(receiver).bind(&from.chat).bind(to).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The latest update of a bot that was heeded; none where the next one may have any number.
    pub async fn heeded(&self, bot: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let kept: Option<String> = sqlx::query_scalar("select value from meta where key = 'telegram.' || ?")
            .bind(bot)
            .fetch_optional(&self.readers)
            .await?;
        let read = |text: &str| {
            let (update, at) = text.split_once(' ')?;
            Some((update.parse::<i64>().ok()?, time(at.parse().ok()?)))
        };
        let kept = kept.as_deref().and_then(read);
        Ok(kept.filter(|(_, at)| now.duration_since(*at) < IN_ORDER).map(|(update, _)| update))
    }

    /// Notes the latest update of a bot. Durable before anything is done about it: what is done twice is worse than
    /// what a person must ask for again.
    pub async fn heed(&self, bot: &str, update: i64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into meta (key, value) values ('telegram.' || ?, ?) on conflict do update set value = excluded.value",
        )
        .bind(bot)
        .bind(format!("{update} {}", now.as_millisecond()))
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Subscriber, StoreError> {
    Ok(Subscriber {
        chat: row.try_get("chat")?,
        wanted: row.try_get("wanted")?,
        language: row.try_get("language")?,
        since: time(row.try_get("since_ms")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_chats_own_word_is_kept_and_follows_it_to_another_address() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let at = |chat: &str| Address { receiver: "bot".to_owned(), chat: chat.to_owned() };
        assert!(store.subscribe(&at("-1"), true, now).await.unwrap());
        store.speak(&at("-1"), "ru", false, now).await.unwrap();
        store.speak(&at("-2"), "zh", true, now).await.unwrap();
        let row = |chat: &str, wanted, language: &str| Subscriber {
            chat: chat.to_owned(),
            wanted,
            language: language.to_owned(),
            since: now,
        };
        assert_eq!(store.subscribers("bot").await.unwrap(), [row("-1", true, "ru"), row("-2", true, "zh")]);
        let post = store.post(&at("-1"), "{}", now).await.unwrap();
        sqlx::query("insert into told values ('bot/-1', 'k', 'l')").execute(&store.writer).await.unwrap();
        store.move_subscriber(&at("-1"), "-100", now).await.unwrap();
        assert_eq!(store.subscriber(&at("-100")).await.unwrap(), Some(row("-100", true, "ru")));
        assert_eq!(store.subscriber(&at("-1")).await.unwrap(), Some(row("-1", false, "ru")));
        let head = store.next_posts("bot").await.unwrap().remove(0);
        assert_eq!((head.id, head.to), (post, at("-100")));
        let told: String = sqlx::query_scalar("select audience from told").fetch_one(&store.readers).await.unwrap();
        assert_eq!(told, "bot/-100");
        // A chat that only the configuration names moves as well.
        store.move_subscriber(&at("-7"), "-700", now).await.unwrap();
        assert!(store.subscriber(&at("-700")).await.unwrap().unwrap().wanted);
        assert!(!store.subscriber(&at("-7")).await.unwrap().unwrap().wanted);
        store.close().await;
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_chats_and_those_that_are_in_may_still_change_their_mind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let fill = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
            insert into subscriber (receiver, chat, wanted, since_ms) select 'bot', i, 1, 0 from n";
        sqlx::query(fill).execute(&store.writer).await.unwrap();
        let at = |chat: &str| Address { receiver: "bot".to_owned(), chat: chat.to_owned() };
        assert!(!store.subscribe(&at("1001"), true, now).await.unwrap());
        assert!(store.subscribe(&at("7"), false, now).await.unwrap());
        assert!(!store.subscriber(&at("7")).await.unwrap().unwrap().wanted);
        store.close().await;
    }

    #[tokio::test]
    async fn how_far_a_bot_has_read_outlasts_us_but_not_the_week_in_which_numbers_are_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!(store.heeded("42", now).await.unwrap(), None);
        store.heed("42", 900, now).await.unwrap();
        store.heed("42", 901, now).await.unwrap();
        assert_eq!(store.heeded("42", now + SignedDuration::from_hours(24)).await.unwrap(), Some(901));
        assert_eq!(store.heeded("42", now + SignedDuration::from_hours(24 * 7)).await.unwrap(), None);
        assert_eq!(store.heeded("43", now).await.unwrap(), None, "another bot");
        store.close().await;
    }
}
