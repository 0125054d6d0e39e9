//! What is old is dropped: observations first, changes and rounds much later, open intents never.

use jiff::Timestamp;

use super::{Store, StoreError};

/// Rows dropped at a time: between two batches others may write.
const BATCH: u32 = 5000;

impl Store {
    /// Drops observations and traffic older than `observations`, and settled changes and rounds older than `changes`.
    pub async fn prune(&self, observations: Timestamp, changes: Timestamp) -> Result<(), StoreError> {
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
        for (statement, before) in [
            ("delete from observation where id in (select id from observation where at_ms < ? limit ?)", observations),
            (
                "delete from change where id in
                 (select id from change where state <> 'open' and opened_ms < ? limit ?)",
                changes,
            ),
            ("delete from round where id in (select id from round where started_ms < ? limit ?)", changes),
        ] {
            loop {
                let done =
                    sqlx::query(statement).bind(before.as_millisecond()).bind(BATCH).execute(&self.writer).await?;
                if done.rows_affected() < u64::from(BATCH) {
                    break;
                }
            }
        }
        Ok(())
    }
}
