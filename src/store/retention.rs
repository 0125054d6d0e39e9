//! What is old is dropped: observations first, sums, changes and rounds much later, open intents never.
//!
//! Decides: what goes first, by age and by the file's size. Must not know: who would have liked to read it.

mod size;

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::history::{fold, key};
use super::{Store, StoreError};
use crate::clock::before;
use crate::config::StoreConfig;
use crate::rollup::{day_of, hour_of};

/// Rows dropped at a time: between two batches others may write.
const BATCH: u32 = 5000;
/// A message that was taken is shown for so long.
const SENT: Duration = Duration::from_hours(7 * 24);
/// One that was given up, which a person may have tried again, for so long.
const DEAD: Duration = Duration::from_hours(90 * 24);

impl Store {
    /// Drops what `keep` says is too old at `now`, or too much, and brings up to date what nobody looked at (see
    /// [`Self::fade`]). In small batches: a round may write in between.
    pub async fn prune(&self, keep: &StoreConfig, now: Timestamp) -> Result<(), StoreError> {
        let (observations, changes) = (before(now, keep.keep_observations), before(now, keep.keep_changes));
        // What single accounts used up is of no use for long; all of it together shows what a year cost.
        sqlx::query("delete from spent where day < ? or (day < ? and scope <> '')")
            .bind(crate::budget::day(changes).to_string())
            .bind(crate::budget::day(observations).to_string())
            .execute(&self.writer)
            .await?;
        // What no user asked for in all that time.
        sqlx::query("delete from traffic where max(coalesce(worked_ms, 0), coalesce(failed_ms, 0)) < ?")
            .bind(observations.as_millisecond())
            .execute(&self.writer)
            .await?;
        for (statement, age) in [
            ("delete from outbox where id in (select id from outbox where state = 'sent' and at_ms < ? limit ?)", SENT),
            ("delete from outbox where id in (select id from outbox where state = 'dead' and at_ms < ? limit ?)", DEAD),
            (
                "delete from mute where audience in (select audience from mute where until_ms < ? limit ?)",
                Duration::ZERO,
            ),
        ] {
            self.in_batches(statement, before(now, age).as_millisecond()).await?;
        }
        while self.drop_oldest(observations).await? > 0 {}
        self.fold_days(day_of(hour_of(before(now, keep.keep_hourly)))).await?;
        let oldest_day = day_of(hour_of(before(now, keep.keep_daily)));
        for (statement, bound) in [
            ("delete from day where id in (select id from day where id < ? limit ?)", key(oldest_day, 0)),
            (
                "delete from total where (gateway, day) in (select gateway, day from total where day < ? limit ?)",
                oldest_day,
            ),
            (
                "delete from transition where id in (select id from transition where at_ms < ? limit ?)",
                changes.as_millisecond(),
            ),
            (
                "delete from incident where id in (select id from incident where cleared_ms < ? limit ?)",
                changes.as_millisecond(),
            ),
            (
                "delete from log_failure where id in (select id from log_failure where at_ms < ? limit ?)",
                observations.as_millisecond(),
            ),
            (
                "delete from log_count where (gateway, hour, class) in
                 (select gateway, hour, class from log_count where hour < ? limit ?)",
                hour_of(before(now, keep.keep_daily)),
            ),
            (
                "delete from change where id in
                 (select id from change where state <> 'open' and opened_ms < ? limit ?)",
                changes.as_millisecond(),
            ),
            (
                "delete from round where id in (select id from round where started_ms < ? limit ?)",
                changes.as_millisecond(),
            ),
        ] {
            self.in_batches(statement, bound).await?;
        }
        self.forget_unlisted(before(now, keep.keep_daily.max(keep.keep_observations))).await?;
        self.fit(keep.max_mib).await?;
        self.drop_texts().await?;
        self.fade(now).await
    }

    /// Runs a statement, of the bound and a limit, until it finds nothing more.
    async fn in_batches(&self, statement: &'static str, bound: i64) -> Result<(), StoreError> {
        loop {
            let done = sqlx::query(statement).bind(bound).bind(BATCH).execute(&self.writer).await?;
            if done.rows_affected() < u64::from(BATCH) {
                return Ok(());
            }
        }
    }

    /// Drops those of the oldest observations that are older than that; how many there were.
    async fn drop_oldest(&self, than: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "delete from observation where at_ms < ?
             and id in (select id from observation order by id limit ?)",
        )
        .bind(than.as_millisecond())
        .bind(BATCH)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }

    /// Folds the hours of each day before this one into its whole.
    async fn fold_days(&self, until: i64) -> Result<(), StoreError> {
        // Up to where it was done the last time.
        let done: Option<String> =
            sqlx::query_scalar("select value from meta where key = 'folded'").fetch_optional(&self.writer).await?;
        let mut from = done.and_then(|key| key.parse().ok()).unwrap_or(0);
        while from < key(until, 0) {
            let mut tx = self.writer.begin_with("begin immediate").await?;
            let rows = sqlx::query("select id, sums from day where id >= ? and id < ? order by id limit ?")
                .bind(from)
                .bind(key(until, 0))
                .bind(BATCH)
                .fetch_all(&mut *tx)
                .await?;
            from = match rows.last() {
                Some(last) => last.try_get::<i64, _>("id")? + 1,
                None => key(until, 0),
            };
            fold(&mut tx, &rows).await?;
            sqlx::query(
                "insert into meta (key, value) values ('folded', ?) on conflict do update set value = excluded.value",
            )
            .bind(from.to_string())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Forgets models that are on no list and of which nothing is kept any more, and channels without any.
    async fn forget_unlisted(&self, seen: Timestamp) -> Result<(), StoreError> {
        for statement in [
            "delete from pair where coalesce(seen_ms, 0) < ?1
               and (listed = 0 or exists (select 1 from place where id = pair.place and gone = 1))
               and not exists (select 1 from place pl join standing s on s.gateway = pl.gateway
                 and s.channel = pl.channel and s.created = pl.created where pl.id = pair.place
                 and s.model = pair.model)",
            "delete from place where gone = 1 and not exists (select 1 from pair where place = place.id) and ?1 > 0",
        ] {
            // Rarely any: they cost no more than a look.
            sqlx::query(statement).bind(seen.as_millisecond()).execute(&self.writer).await?;
        }
        Ok(())
    }

    /// Drops the words of observations that are no more.
    async fn drop_texts(&self) -> Result<(), StoreError> {
        let oldest: Option<i64> =
            sqlx::query_scalar("select min(id) >> 32 from observation").fetch_one(&self.writer).await?;
        self.in_batches(
            "delete from text where id in (select id from text where round < ? limit ?)",
            oldest.unwrap_or(i64::MAX),
        )
        .await
    }
}

#[cfg(test)]
#[path = "retention/tests.rs"]
mod tests;
