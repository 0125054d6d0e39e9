//! Who asked a bot to be told, and who asked not to be.
//!
//! Decides: nothing. Must not know: who may ask.

use jiff::Timestamp;

use super::{Store, StoreError};

impl Store {
    /// Notes that a chat is not to be told any more, although the configuration may name it.
    pub async fn unsubscribe(&self, receiver: &str, chat: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into subscriber (receiver, chat, wanted, since_ms) values (?, ?, 0, ?)
             on conflict do update set wanted = 0, since_ms = excluded.since_ms",
        )
        .bind(receiver)
        .bind(chat)
        .bind(now.as_millisecond())
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
