//! Who asked a bot to be told, or not to be.
//!
//! Decides: how a wish is kept. Must not know: bots, who may have one.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, time};

/// A chat that asked a bot to be told, or not to be although the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The chat.
    pub chat: String,
    /// Whether it wants to be told.
    pub wanted: bool,
    /// `en`, `zh` or `ru`; empty: the receiver's.
    pub language: String,
    /// When it asked.
    pub since: Timestamp,
}

impl Store {
    /// The chats that asked a receiver to be told, or not to be, by name.
    pub async fn subscribers(&self, receiver: &str) -> Result<Vec<Subscriber>, StoreError> {
        let rows =
            sqlx::query("select chat, wanted, language, since_ms from subscriber where receiver = ? order by chat")
                .bind(receiver)
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Subscriber {
                    chat: row.try_get("chat")?,
                    wanted: row.try_get("wanted")?,
                    language: row.try_get("language")?,
                    since: time(row.try_get("since_ms")?),
                })
            })
            .collect()
    }
}
