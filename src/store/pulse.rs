//! Whether anything in our store is other than a moment ago, whoever wrote it: this process or another.
//!
//! Decides: which writes are news. Must not know: who wants to hear of them.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions as _, Row as _};

use super::{Store, StoreError};

/// What there was at one moment: a mark for each gateway and sort of thing.
#[derive(Debug)]
pub struct Pulse {
    /// A connection of its own: SQLite counts for each connection what others committed.
    connection: SqliteConnection,
    version: i64,
    marks: BTreeMap<(Sort, String), String>,
}

/// What is other than it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A round ended.
    Round,
    /// A change, a proposal or a hold.
    Change,
}

impl Store {
    /// The store as it is now, to be looked at again.
    pub async fn pulse(&self) -> Result<Pulse, StoreError> {
        let mut connection = self.readers.connect_options().connect().await?;
        let (version, marks) = (version(&mut connection).await?, marks(&mut connection).await?);
        Ok(Pulse { connection, version, marks })
    }
}

impl Pulse {
    /// What is other than at the last look, and of which gateway (empty: of all).
    pub async fn news(&mut self) -> Result<Vec<(Sort, String)>, StoreError> {
        let version = version(&mut self.connection).await?;
        if version == self.version {
            return Ok(vec![]);
        }
        self.version = version;
        let now = marks(&mut self.connection).await?;
        let before = std::mem::replace(&mut self.marks, now);
        let other = |key: &&(Sort, String)| before.get(*key) != self.marks.get(*key);
        let mut news: Vec<_> = before.keys().chain(self.marks.keys()).filter(other).cloned().collect();
        news.sort();
        news.dedup();
        Ok(news)
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}

/// Of rounds and changes the latest few are enough: what is older is not written any more, but by `undo`, which adds a
/// change of its own.
async fn marks(connection: &mut SqliteConnection) -> Result<BTreeMap<(Sort, String), String>, StoreError> {
    let rows = sqlx::query(
        "select 'round' as sort, gateway, cast(max(id) as text) as mark
           from (select id, gateway from round where ended_ms is not null order by id desc limit 50) group by gateway
         union all
         select 'change', gateway,
           group_concat(id || state || coalesce(undone_by, '-') || coalesce(live_ms, '-') || live_note)
           from (select * from change order by id desc limit 50) group by gateway
         union all
         select 'change', gateway, count(*) || ' ' || sum(round) || ' ' || max(at_ms) from proposal group by gateway
         union all
         select 'change', coalesce(gateway, ''), group_concat(id) from hold group by gateway",
    )
    .fetch_all(connection)
    .await?;
    let mut marks: BTreeMap<(Sort, String), String> = BTreeMap::new();
    for row in rows {
        let sort = if row.try_get::<&str, _>("sort")? == "round" { Sort::Round } else { Sort::Change };
        let mark = marks.entry((sort, row.try_get("gateway")?)).or_default();
        mark.push('|');
        mark.push_str(row.try_get("mark")?);
    }
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::HoldScope;

    #[tokio::test]
    async fn what_another_process_wrote_is_news_once_and_a_heartbeat_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (ours, theirs) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let mut pulse = ours.pulse().await.unwrap();
        assert_eq!(pulse.news().await.unwrap(), []);

        theirs.beat(now).await.unwrap();
        let round = theirs.begin_round("main", "observe", now).await.unwrap();
        assert_eq!(pulse.news().await.unwrap(), [], "a round that runs changed nothing yet");
        theirs.end_round(round, &serde_json::json!({}), now).await.unwrap();
        assert_eq!(pulse.news().await.unwrap(), [(Sort::Round, "main".to_owned())]);
        assert_eq!(pulse.news().await.unwrap(), [], "told once");

        ours.hold(&HoldScope::default(), "stop", now).await.unwrap();
        assert_eq!(pulse.news().await.unwrap(), [(Sort::Change, String::new())]);
        theirs.release(&HoldScope::default()).await.unwrap();
        assert_eq!(pulse.news().await.unwrap(), [(Sort::Change, String::new())]);
    }
}
