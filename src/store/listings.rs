//! What each upstream's own list last said, as far as it can be believed, and what it says to a name that nobody has.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::{ChannelRef, Offered, Outcome, Secret};

/// The last list of one channel's upstream that could be believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// When it was read (UTC).
    pub at: Timestamp,
    /// The channel's keys then, hashed: another key may have other models.
    pub keys: String,
    /// What it named, all pages.
    pub offered: Vec<Offered>,
    /// What the upstream said to a name that nobody has, and when.
    pub control: Option<(Outcome, Timestamp)>,
}

impl Store {
    /// A salted hash over a channel's keys, which tells nothing about them but whether they changed.
    pub fn keys_hash(&self, keys: &[Secret]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.salt());
        for key in keys {
            hash.update([0]);
            hash.update(key.expose().trim());
        }
        hash.finalize().iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    /// What is known of a channel's list.
    pub async fn listed(&self, gateway: &str, channel: &ChannelRef) -> Result<Option<Listed>, StoreError> {
        let row = sqlx::query(
            "select at_ms, keys, names, control from listing where gateway = ? and channel = ? and created = ?",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let control: Option<&str> = row.try_get("control")?;
        Ok(Some(Listed {
            at: time(row.try_get("at_ms")?),
            keys: row.try_get("keys")?,
            offered: from_json("listing", row.try_get("names")?)?,
            control: control.map(|text| from_json("control", text)).transpose()?,
        }))
    }

    /// Keeps a channel's list.
    pub async fn keep_listed(&self, gateway: &str, channel: &ChannelRef, listed: &Listed) -> Result<(), StoreError> {
        sqlx::query(
            "insert into listing (gateway, channel, created, at_ms, keys, names, control)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict do update set at_ms = ?4, keys = ?5, names = ?6, control = ?7",
        )
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(listed.at.as_millisecond())
        .bind(&listed.keys)
        .bind(to_json("listing", &listed.offered)?)
        .bind(listed.control.map(|control| to_json("control", &control)).transpose()?)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
