//! A gateway's channels as the latest round saw them.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::{ChannelSeen, Store, StoreError, time, to_json};
use crate::model::ChannelRef;

impl Store {
    /// Keeps channels as they were seen, in one statement; what is as it was is not written.
    pub async fn keep_channels<'a>(
        &self,
        gateway: &str,
        seen: impl Iterator<Item = &'a ChannelSeen>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = seen
            .map(|seen| {
                let ChannelSeen { channel, provider, status, groups, note } = seen;
                json!([channel.id, channel.created, channel.name, provider, status, groups, note])
            })
            .collect();
        sqlx::query(
            "insert into channel (gateway, channel, created, name, provider, status, groups, note, seen_ms)
             select ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?2
             from json_each(?3) where true
             on conflict do update set created = excluded.created, name = excluded.name, provider = excluded.provider,
               status = excluded.status, groups = excluded.groups, note = excluded.note, seen_ms = excluded.seen_ms
             where (created, name, provider, status, groups, note) is not (excluded.created, excluded.name,
               excluded.provider, excluded.status, excluded.groups, excluded.note)",
        )
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(to_json("channels", &rows)?)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// How many channels of a gateway were seen.
    pub async fn channels_count(&self, gateway: &str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from channel where gateway = ?")
            .bind(gateway)
            .fetch_one(&self.readers)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// The channels of a gateway, or of all, with when each was first seen as it is; by gateway and id.
    pub async fn channels_seen(
        &self,
        gateway: Option<&str>,
    ) -> Result<Vec<(String, ChannelSeen, Timestamp)>, StoreError> {
        let rows = sqlx::query("select * from channel where ?1 is null or gateway = ?1 order by gateway, channel")
            .bind(gateway)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let channel = ChannelRef {
                    id: row.try_get("channel")?,
                    created: row.try_get("created")?,
                    name: row.try_get("name")?,
                };
                let seen = ChannelSeen {
                    channel,
                    provider: row.try_get("provider")?,
                    status: row.try_get("status")?,
                    groups: row.try_get("groups")?,
                    note: row.try_get("note")?,
                };
                Ok((row.try_get("gateway")?, seen, time(row.try_get("seen_ms")?)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_is_kept_as_it_was_seen_last_and_forgotten_with_its_gateway_row() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-21T13:00:00Z".parse().unwrap();
        let seen = |id: i64, note: &str| ChannelSeen {
            channel: ChannelRef { id, created: 5, name: format!("c{id}") },
            provider: "OpenAI".to_owned(),
            status: "enabled".to_owned(),
            groups: "default,vip".to_owned(),
            note: note.to_owned(),
        };
        let first = [seen(1, ""), seen(2, "")];
        store.keep_channels("g", first.iter(), at).await.unwrap();
        let second = [seen(1, ""), seen(2, "nothing answers")];
        store.keep_channels("g", second.iter(), later).await.unwrap();
        let kept = store.channels_seen(Some("g")).await.unwrap();
        assert_eq!(kept, [("g".to_owned(), seen(1, ""), at), ("g".to_owned(), seen(2, "nothing answers"), later)]);
        assert_eq!(store.channels_seen(Some("other")).await.unwrap(), []);
        store.forget_others("g", &[(2, 5)]).await.unwrap();
        let kept = store.channels_seen(None).await.unwrap();
        assert_eq!(kept.iter().map(|(_, seen, _)| seen.channel.id).collect::<Vec<_>>(), [2]);
        store.close().await;
    }
}
