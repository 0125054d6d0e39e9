//! Our own history and journal: one SQLite file, apart from any gateway's database.
//!
//! Decides: how what we know is kept, and that an intent is durable before anything else happens.
//! Must not know: gateways, upstreams, or how verdicts and plans come about.

mod accounts;
mod audiences;
mod channels;
mod condition;
mod contests;
mod error;
mod glance;
mod history;
mod hold;
mod journal;
mod lease;
mod ledger;
mod listings;
mod litellm;
mod live;
mod marks;
mod memory;
mod observations;
mod outbox;
mod processes;
mod proposals;
mod pulse;
mod retention;
mod rounds;
mod samples;
mod snapshots;
mod spending;
mod subscribers;
mod traffic;
mod troubles;
mod turn;
mod vitals;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use accounts::{Rest, RestRecord};
pub use audiences::{KeptLedger, Telling};
pub use condition::{Condition, condition};
pub use contests::{ANOTHER_WRITER, Contest, LastChange};
pub use error::StoreError;
pub use glance::{ChannelStand, EndTold, Glance, KeyTold, News, OddTold, RoundStand, WholeTold};
pub use history::{
    Cell, ChannelCounts, ChannelSeen, Counts, GridRow, Light, ModelQuery, ModelRow, ModelSort, ModelStand, Page, Seen,
    SeriesPoint, Stands, Tally, Transition, Troubled, Window, Withdrawal, Works,
};
pub use hold::{Hold, HoldScope, OnHold, Permit};
pub use journal::{ChangeRecord, ChangeState, Journaled};
pub use lease::{Holder, Lease};
pub use ledger::{ChangeQuery, ChangeTold, IntentTold, LastRounds, RoundFigures, RoundTold};
pub use listings::Listed;
pub use litellm::{CheckSeen, Deployed, LogCount, LogSeen};
pub use memory::Finding;
pub use observations::ObservationRecord;
pub use outbox::{Address, Post, PostCounts, PostQuery, Posting, UNWANTED};
pub use proposals::{Proposal, Wanted};
pub use pulse::{Pulse, Sort};
pub use rounds::RoundRecord;
pub use samples::SampleRecord;
pub use spending::{Expense, Reservation};
pub use subscribers::Subscriber;
pub use traffic::LogCursor;
pub use turn::Turn;

/// Our own SQLite store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: the only writer.
    writer: SqlitePool,
    /// Several: WAL lets them read while the writer writes.
    readers: SqlitePool,
    path: PathBuf,
    salt: String,
}

impl Store {
    /// Opens the store, makes it when absent, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |why: sqlx::Error| StoreError::Open { path: path.to_owned(), why: why.into() };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An intent must survive a power cut, not only our own crash.
            .synchronous(SqliteSynchronous::Full)
            // What is dropped can be given back (see `retention`).
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            // A small image has no folder for temporary files, and without one a large sort would fail.
            .pragma("temp_store", "memory")
            .busy_timeout(Duration::from_secs(10));
        let pool = |n| SqlitePoolOptions::new().max_connections(n).acquire_timeout(Duration::from_secs(30));
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        migrate(&writer, path).await?;
        make_shrinkable(&writer).await;
        let readers = pool(3).connect_lazy_with(options);
        let salt = salt(&writer).await?;
        Ok(Self { writer, readers, path: path.to_owned(), salt })
    }

    /// A random text of this store's own: fingerprints are salted with it, so that they tell nothing about a key.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// The file whose mere existence stops every write: the store's path with `.hold` behind it.
    pub fn hold_file(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".hold");
        name.into()
    }

    /// Ends all connections; the WAL is folded into the file.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The steps from an empty file to today's tables; a step that was released is never edited.
const MIGRATIONS: [&str; 7] = [
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_judged_fairly.sql"),
    include_str!("../migrations/0003_whole_family.sql"),
    include_str!("../migrations/0004_history.sql"),
    include_str!("../migrations/0005_channels.sql"),
    include_str!("../migrations/0006_alerts.sql"),
    include_str!("../migrations/0007_litellm.sql"),
];

/// Brings the tables up to date, a step a transaction; SQLite's `user_version` counts the steps done.
async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let failed = |why: sqlx::Error| StoreError::Open { path: path.to_owned(), why: why.into() };
    for (number, step) in (1_i64..).zip(MIGRATIONS) {
        // Immediate: two processes that start together must not both take the step.
        let mut tx = writer.begin_with("begin immediate").await.map_err(failed)?;
        let done: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *tx).await.map_err(failed)?;
        if usize::try_from(done).is_ok_and(|done| done > MIGRATIONS.len()) {
            return Err(StoreError::Newer { path: path.to_owned(), version: done, newest: MIGRATIONS.len() });
        }
        if done < number {
            sqlx::raw_sql(step).execute(&mut *tx).await.map_err(failed)?;
            if number == history::SINCE {
                history::take_over(&mut tx).await?;
            }
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("pragma user_version = {number}")))
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
    }
    Ok(())
}

/// A file from before it could shrink is written anew, once. Where that cannot be (somebody reads it, the disk is full),
/// what is dropped is used again all the same, and the next start tries again.
async fn make_shrinkable(writer: &SqlitePool) {
    const INCREMENTAL: i64 = 2;
    let mode = sqlx::query_scalar::<_, i64>("pragma auto_vacuum").fetch_one(writer).await;
    if mode.is_ok_and(|mode| mode != INCREMENTAL) {
        // The whole file is copied, which no memory may be large enough for.
        let anew = "pragma temp_store = file; pragma auto_vacuum = incremental; vacuum";
        if let Err(why) = sqlx::raw_sql(anew).execute(writer).await {
            tracing::warn!(%why, "our own store could not be written anew: its file does not shrink until it is");
        }
        let _ = sqlx::raw_sql("pragma temp_store = memory").execute(writer).await;
    }
}

/// The store's salt, made from SQLite's own random source the first time.
async fn salt(writer: &SqlitePool) -> Result<String, StoreError> {
    sqlx::query("insert into meta (key, value) values ('salt', hex(randomblob(16))) on conflict do nothing")
        .execute(writer)
        .await?;
    Ok(sqlx::query_scalar("select value from meta where key = 'salt'").fetch_one(writer).await?)
}

/// Reads a JSON column.
fn from_json<'a, T: serde::Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|why| StoreError::Unreadable { what: what.to_owned(), why })
}

/// Writes a JSON column.
fn to_json<T: serde::Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|why| StoreError::Unreadable { what: what.to_owned(), why })
}

/// A column that nobody wrote like that.
fn unreadable(what: &str, why: &str) -> StoreError {
    StoreError::Unreadable { what: what.to_owned(), why: serde::de::Error::custom(why) }
}

/// A time from a column of unix milliseconds; out of range is the epoch.
fn time(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
