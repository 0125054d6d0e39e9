//! The file's size: what is too much goes before its time, and what is free is given back.
//!
//! Decides: how large the file may be. Must not know: what is old.

use super::BATCH;
use crate::store::{Store, StoreError};

/// Pages given back at a time.
const PAGES: i64 = 1000;

/// A free page is used again by the next round: so many of a hundred are no waste.
const FREE_PERCENT: i64 = 10;

/// So many failed requests that a log told of are left: the latest. All are counted, too.
const FAILURES: i64 = 10_000;

/// Fewer pages are not worth the work.
const LEAST_FREE: i64 = 100;

impl Store {
    /// Drops the oldest failed requests of logs, after them the oldest observations, and then the oldest hours, until what is in use fits into `max_mib` (0:
    /// whatever there is). Then gives back to the file system what is free beyond a tenth.
    pub(super) async fn fit(&self, max_mib: u64) -> Result<(), StoreError> {
        let most = i64::try_from(max_mib.saturating_mul(1 << 20)).unwrap_or(i64::MAX);
        let is_too_large = async || {
            let used = self.pragma("page_count").await? - self.pragma("freelist_count").await?;
            Ok::<_, StoreError>(max_mib > 0 && used * self.pragma("page_size").await? > most)
        };
        while is_too_large().await? {
            let dropped = self.drop_failures().await? > 0 || self.drop_oldest(jiff::Timestamp::MAX).await? > 0;
            if !dropped && !self.fold_oldest().await? {
                break;
            }
        }
        self.give_back().await
    }

    /// Drops a batch of the failed requests beyond [`FAILURES`]: how many there are, others decide. How many went.
    async fn drop_failures(&self) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "delete from log_failure where id in
             (select id from log_failure where id <= (select max(id) from log_failure) - ? order by id limit ?)",
        )
        .bind(FAILURES)
        .bind(BATCH)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }

    /// Folds the oldest day that has hours, but for yesterday's and today's; whether there was one.
    async fn fold_oldest(&self) -> Result<bool, StoreError> {
        let days: Option<(i64, i64)> = sqlx::query_as(
            "select min(id) >> 32, max(id) >> 32 from day
             where id >= coalesce((select cast(value as integer) from meta where key = 'folded'), 0) having count(*) > 0",
        )
        .fetch_optional(&self.writer)
        .await?;
        match days {
            Some((first, last)) if first < last - 1 => self.fold_days(first + 1).await.map(|()| true),
            Some(_) | None => Ok(false),
        }
    }

    async fn give_back(&self) -> Result<(), StoreError> {
        loop {
            let (free, all) = (self.pragma("freelist_count").await?, self.pragma("page_count").await?);
            if free < LEAST_FREE || free * 100 < all * FREE_PERCENT {
                return Ok(());
            }
            let sql = format!("pragma incremental_vacuum({PAGES})");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.writer).await?;
            if self.pragma("freelist_count").await? >= free {
                // A file that was made without it, and could not be rewritten since.
                return Ok(());
            }
        }
    }

    async fn pragma(&self, name: &'static str) -> Result<i64, StoreError> {
        let sql = format!("pragma {name}");
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.writer).await?)
    }
}
