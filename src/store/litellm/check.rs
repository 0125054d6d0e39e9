//! Which check of a `LiteLLM` may be under way, whoever asked for it: another process of ours, or one before this.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::store::{Store, StoreError, time};

/// No check takes longer: what says so was written by a clock that was wrong.
const LONGEST_MS: i64 = 2 * 60 * 60 * 1000;

impl Store {
    /// Takes the right to have a check made, which may go on until `until`. `Some`: until when somebody else's may.
    pub async fn begin_check(
        &self,
        gateway: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let taken = sqlx::query(
            "insert into litellm_check (gateway, until_ms) values (?1, ?2)
             on conflict do update set until_ms = excluded.until_ms
               where litellm_check.until_ms <= ?3 or litellm_check.until_ms > ?3 + ?4",
        )
        .bind(gateway)
        .bind(until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(LONGEST_MS)
        .execute(&self.writer)
        .await?;
        if taken.rows_affected() > 0 {
            return Ok(None);
        }
        let row = sqlx::query("select until_ms from litellm_check where gateway = ?")
            .bind(gateway)
            .fetch_optional(&self.readers)
            .await?;
        let until = row.map(|row| row.try_get("until_ms")).transpose()?;
        Ok(Some(until.map_or(now, time)))
    }

    /// Notes until when the check that was begun may go on; what is past: it is over.
    pub async fn end_check(&self, gateway: &str, until: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update litellm_check set until_ms = ? where gateway = ?")
            .bind(until.as_millisecond())
            .bind(gateway)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
