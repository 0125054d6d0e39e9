//! Gateways that cannot be read, since when and why.

use jiff::Timestamp;

use super::{Store, StoreError};

impl Store {
    /// Notes that a gateway cannot be read, and `why` (redacted); `None`: it can be again. Since when stays what it was
    /// while it lasts.
    pub async fn trouble(&self, gateway: &str, why: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        let Some(why) = why else {
            // Mostly there is none, and then nothing is written.
            sqlx::query("delete from trouble where gateway = ?").bind(gateway).execute(&self.writer).await?;
            return Ok(());
        };
        sqlx::query(
            "insert into trouble (gateway, since_ms, why) values (?, ?, ?) on conflict do update set why = excluded.why",
        )
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(why)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
