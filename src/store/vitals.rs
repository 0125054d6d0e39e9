//! What a watcher asks of us: when all was well last, and what is open.
//!
//! Decides: which round was a good one. Must not know: who asks.

use jiff::Timestamp;

use super::{Store, StoreError, time};

/// So many rounds back a good one is looked for.
const BACK: i64 = 1000;

impl Store {
    /// When a gateway's last good round ended: one that came to its end without an error and with our own network up.
    pub async fn last_good_round(&self, gateway: &str) -> Result<Option<Timestamp>, StoreError> {
        let ended: Option<i64> = sqlx::query_scalar(
            "select ended_ms from (select * from round where gateway = ? order by id desc limit ?)
             where ended_ms is not null and json_array_length(report, '$.errors') = 0
               and coalesce(report ->> '$.blackout[0]', '') <> 'own-network'
             order by id desc limit 1",
        )
        .bind(gateway)
        .bind(BACK)
        .fetch_optional(&self.readers)
        .await?;
        Ok(ended.map(time))
    }

    /// How many intents of a gateway are not settled: more than none for long is a write that nobody knows the end of.
    pub async fn open_intents_count(&self, gateway: &str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from change where gateway = ? and state = 'open'")
            .bind(gateway)
            .fetch_one(&self.readers)
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
