//! What is old is dropped: observations first, changes and rounds much later, open intents never.

use jiff::Timestamp;

use super::{Store, StoreError};

impl Store {
    /// Drops observations older than `observations` and settled changes and rounds older than `changes`.
    pub async fn prune(&self, observations: Timestamp, changes: Timestamp) -> Result<(), StoreError> {
        sqlx::query("delete from observation where at_ms < ?")
            .bind(observations.as_millisecond())
            .execute(&self.writer)
            .await?;
        let before = changes.as_millisecond();
        sqlx::query("delete from change where state <> 'open' and opened_ms < ?")
            .bind(before)
            .execute(&self.writer)
            .await?;
        sqlx::query("delete from round where started_ms < ?").bind(before).execute(&self.writer).await?;
        Ok(())
    }
}
