//! A gateway's channels as the latest round saw them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{ChannelSeen, Store, StoreError, time, to_json};
use crate::model::{ChannelRef, Outcome};

impl Store {
    /// Keeps channels as they were seen, in one statement; what is as it was is not written. Of the `unheard` ones nobody
    /// learnt whether anything answers: they stay down, or up, as they were.
    pub async fn keep_channels<'a>(
        &self,
        gateway: &str,
        seen: impl Iterator<Item = &'a ChannelSeen>,
        unheard: &BTreeSet<i64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = seen
            .map(|seen| {
                let ChannelSeen { channel, provider, status, groups, note, down } = seen;
                let down = (!unheard.contains(&channel.id)).then(|| down.map_or("", Outcome::as_str));
                json!([channel.id, channel.created, channel.name, provider, status, groups, note, down])
            })
            .collect();
        sqlx::query(
            "insert into channel (gateway, channel, created, name, provider, status, groups, note, seen_ms, down,
               down_since_ms)
             select ?1, id, made, label, provider, status, groups, note, ?2, down,
               iif(down = '', null, coalesce(down_since_ms, ?2))
             from (select new.value ->> 0 id, new.value ->> 1 made, new.value ->> 2 label, new.value ->> 3 provider,
                 new.value ->> 4 status, new.value ->> 5 groups, new.value ->> 6 note,
                 coalesce(new.value ->> 7, old.down, '') down, old.down_since_ms
               from json_each(?3) new left join channel old on old.gateway = ?1 and old.channel = new.value ->> 0
                 and old.created = new.value ->> 1)
             where true
             on conflict do update set created = excluded.created, name = excluded.name, provider = excluded.provider,
               status = excluded.status, groups = excluded.groups, note = excluded.note, seen_ms = excluded.seen_ms,
               down = excluded.down, down_since_ms = excluded.down_since_ms
             where (created, name, provider, status, groups, note, down) is not (excluded.created, excluded.name,
               excluded.provider, excluded.status, excluded.groups, excluded.note, excluded.down)",
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
        rows.iter().map(|row| Ok((row.try_get("gateway")?, seen(row)?, time(row.try_get("seen_ms")?)))).collect()
    }
}

/// A row of the table.
pub(super) fn seen(row: &SqliteRow) -> Result<ChannelSeen, StoreError> {
    let channel =
        ChannelRef { id: row.try_get("channel")?, created: row.try_get("created")?, name: row.try_get("name")? };
    Ok(ChannelSeen {
        channel,
        provider: row.try_get("provider")?,
        status: row.try_get("status")?,
        groups: row.try_get("groups")?,
        note: row.try_get("note")?,
        down: Outcome::parse(row.try_get("down")?),
    })
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
            down: None,
        };
        let first = [seen(1, ""), seen(2, "")];
        let heard = BTreeSet::new();
        store.keep_channels("g", first.iter(), &heard, at).await.unwrap();
        let second = [seen(1, ""), seen(2, "nothing answers")];
        store.keep_channels("g", second.iter(), &heard, later).await.unwrap();
        let kept = store.channels_seen(Some("g")).await.unwrap();
        assert_eq!(kept, [("g".to_owned(), seen(1, ""), at), ("g".to_owned(), seen(2, "nothing answers"), later)]);
        assert_eq!(store.channels_seen(Some("other")).await.unwrap(), []);
        store.forget_others("g", &[(2, 5)]).await.unwrap();
        let kept = store.channels_seen(None).await.unwrap();
        assert_eq!(kept.iter().map(|(_, seen, _)| seen.channel.id).collect::<Vec<_>>(), [2]);
        store.close().await;
    }

    #[tokio::test]
    async fn a_channel_stays_down_since_then_until_something_answers() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let at = |minute: i64| Timestamp::from_second(1_800_000_000 + minute * 60).unwrap();
        let look = async |minute: i64, created: i64, down: Option<Outcome>, heard: bool| {
            let seen = ChannelSeen {
                channel: ChannelRef { id: 1, created, name: "c".to_owned() },
                provider: String::new(),
                status: "enabled".to_owned(),
                groups: String::new(),
                note: format!("look {minute}"),
                down,
            };
            let unheard = if heard { BTreeSet::new() } else { BTreeSet::from([1]) };
            store.keep_channels("g", [seen].iter(), &unheard, at(minute)).await.unwrap();
            let row = sqlx::query("select * from channel").fetch_one(&store.readers).await.unwrap();
            (super::seen(&row).unwrap().down, row.try_get::<Option<i64>, _>("down_since_ms").unwrap().map(time))
        };
        let (bad, silent) = (Some(Outcome::KeyBad), Some(Outcome::TimedOut));
        assert_eq!(look(0, 5, bad, false).await, (None, None), "nobody ever looked");
        assert_eq!(look(1, 5, silent, true).await, (silent, Some(at(1))));
        assert_eq!(look(2, 5, None, false).await, (silent, Some(at(1))), "silence is no evidence");
        assert_eq!(look(3, 5, bad, true).await, (bad, Some(at(1))), "nothing answers since then");
        assert_eq!(look(4, 6, None, false).await, (None, None), "another channel, by the same id");
        assert_eq!(look(5, 6, bad, true).await, (bad, Some(at(5))));
        assert_eq!(look(6, 6, None, true).await, (None, None));
        store.close().await;
    }
}
