//! What becomes of our changes at others' hands: what we last did to each channel, and how often in a row somebody took
//! it back.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time};
use crate::model::{ChannelRef, ModelName, Removal};

/// How the reason begins of a hold that we put in force ourselves, because somebody took our changes back.
pub const ANOTHER_WRITER: &str = "another writer:";

/// What we last did to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastChange {
    /// The change's number.
    pub id: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it took off.
    pub removed: Vec<ModelName>,
    /// What it put on.
    pub put_on: Vec<ModelName>,
    /// How often in a row our changes were taken back, as far as that was seen before.
    pub contest: Contest,
}

/// How often in a row somebody took our changes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contest {
    /// The last change of ours that was.
    pub change: i64,
    /// How often.
    pub times: u32,
}

impl Store {
    /// The last applied change of a list on each channel of a gateway that still stands as far as we know, by (id, created).
    /// Routing rows that were set right since then took nothing back.
    pub async fn last_changes(&self, gateway: &str) -> Result<HashMap<(i64, i64), LastChange>, StoreError> {
        let rows = sqlx::query(
            "select c.id, c.opened_ms, c.channel, c.intent ->> '$.channel.created' created, c.intent -> '$.removed' removed,
               c.intent -> '$.added' added, c.intent -> '$.restored' restored,
               coalesce(k.change, 0) contested, coalesce(k.times, 0) times
             from change c
             left join contest k on k.gateway = c.gateway and k.channel = c.channel
               and k.created = c.intent ->> '$.channel.created'
             where c.id in (select max(id) from change where gateway = ? and state = 'applied'
                 and intent ->> '$.models' <> intent ->> '$.before.models' group by channel)
               and c.undone_by is null and c.undoes is null",
        )
        .bind(gateway)
        .fetch_all(&self.readers)
        .await?;
        let mut last = HashMap::with_capacity(rows.len());
        for row in &rows {
            let removed: Vec<Removal> = from_json("intent", row.try_get("removed")?)?;
            let mut put_on: Vec<ModelName> = from_json("intent", row.try_get("added")?)?;
            put_on.extend(from_json::<Vec<ModelName>>("intent", row.try_get("restored")?)?);
            let contest = Contest { change: row.try_get("contested")?, times: row.try_get("times")? };
            let change = LastChange {
                id: row.try_get("id")?,
                at: time(row.try_get("opened_ms")?),
                removed: removed.into_iter().map(|removal| removal.model).collect(),
                put_on,
                contest,
            };
            last.insert((row.try_get("channel")?, row.try_get("created")?), change);
        }
        Ok(last)
    }

    /// Keeps how often in a row our changes of a channel were taken back, as of which; nothing when none was.
    pub async fn keep_contest(&self, gateway: &str, channel: &ChannelRef, contest: Contest) -> Result<(), StoreError> {
        let sql = if contest == Contest::default() {
            "delete from contest where gateway = ?1 and channel = ?2 and created = ?3"
        } else {
            "insert into contest (gateway, channel, created, change, times) values (?1, ?2, ?3, ?4, ?5)
             on conflict do update set change = excluded.change, times = excluded.times"
        };
        sqlx::query(sql)
            .bind(gateway)
            .bind(channel.id)
            .bind(channel.created)
            .bind(contest.change)
            .bind(contest.times)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn the_last_change_of_a_list_counts_and_how_often_it_was_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let channel = ChannelRef { id: 7, created: 1000, name: String::new() };
        for models in ["a", "a,b"] {
            // The second one sets routing rows right only.
            let intent = json!({
                "channel": channel, "before": { "models": "a,b" }, "models": models,
                "removed": [], "added": if models == "a" { vec!["x"] } else { vec![] }, "restored": [],
            });
            let sql =
                "insert into change (gateway, channel, state, opened_ms, intent) values ('main', 7, 'applied', 0, ?)";
            sqlx::query(sql).bind(intent.to_string()).execute(&store.writer).await.unwrap();
        }
        let last = async || store.last_changes("main").await.unwrap()[&(7, 1000)].clone();
        assert_eq!((last().await.id, last().await.put_on.len(), last().await.contest), (1, 1, Contest::default()));
        // None so far, but that one is counted already: told and put on hold.
        for contest in [Contest { change: 1, times: 1 }, Contest { change: 1, times: 0 }, Contest::default()] {
            store.keep_contest("main", &channel, contest).await.unwrap();
            assert_eq!(last().await.contest, contest);
        }
    }
}
