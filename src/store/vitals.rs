//! What a watcher asks of us, in figures.
//!
//! Decides: what is counted. Must not know: who asks.

use super::{Store, StoreError};

impl Store {
    /// How many intents of a gateway are not settled: more than none for long is a write that nobody knows the end of.
    pub async fn open_intents_count(&self, gateway: &str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from change where gateway = ? and state = 'open'")
            .bind(gateway)
            .fetch_one(&self.readers)
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
