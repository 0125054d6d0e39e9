//! The gateways' processes as they were last seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, from_json, time, to_json};
use crate::model::ProcessSeen;

impl Store {
    /// Keeps how a gateway's process was seen at `now`; `None`: none was found.
    pub async fn keep_process(
        &self,
        gateway: &str,
        process: Option<&ProcessSeen>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into process (gateway, body, at_ms) values (?, ?, ?)
             on conflict do update set body = excluded.body, at_ms = excluded.at_ms",
        )
        .bind(gateway)
        .bind(process.map(|process| to_json("process", process)).transpose()?)
        .bind(now.as_millisecond())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// A gateway's process is not watched any more.
    pub async fn forget_process(&self, gateway: &str) -> Result<(), StoreError> {
        sqlx::query("delete from process where gateway = ?").bind(gateway).execute(&self.writer).await?;
        Ok(())
    }

    /// Each watched gateway's process, or that there is none, and when that was seen.
    pub async fn processes(&self) -> Result<BTreeMap<String, (Option<ProcessSeen>, Timestamp)>, StoreError> {
        let rows = sqlx::query("select * from process").fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                let body: Option<&str> = row.try_get("body")?;
                let process = body.map(|text| from_json("process", text)).transpose()?;
                Ok((row.try_get("gateway")?, (process, time(row.try_get("at_ms")?))))
            })
            .collect()
    }
}
