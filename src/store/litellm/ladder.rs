//! What a `LiteLLM`'s own endpoints said last.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::model::Check;
use crate::store::{Store, StoreError, time, to_json};

/// A step of the ladder, and since when it is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSeen {
    /// The gateway's name.
    pub gateway: String,
    /// The latest answer.
    pub check: Check,
    /// Since when it is well, or is not.
    pub since: Timestamp,
}

impl Store {
    /// Keeps the latest answers of a gateway's own endpoints: all there are.
    pub async fn keep_checks(&self, gateway: &str, checks: &[Check]) -> Result<(), StoreError> {
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        let mut tx = self.writer.begin_with("begin immediate").await?;
        sqlx::query("delete from ladder where gateway = ? and name not in (select value from json_each(?))")
            .bind(gateway)
            .bind(to_json("checks", &names)?)
            .execute(&mut *tx)
            .await?;
        for check in checks {
            sqlx::query(
                "insert into ladder (gateway, name, well, detail, latency_ms, at_ms, since_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?6)
                 on conflict do update set since_ms = iif(well is excluded.well, since_ms, excluded.since_ms),
                   well = excluded.well, detail = excluded.detail, latency_ms = excluded.latency_ms,
                   at_ms = excluded.at_ms",
            )
            .bind(gateway)
            .bind(&check.name)
            .bind(check.well)
            .bind(&check.detail)
            .bind(check.latency_ms)
            .bind(check.at.as_millisecond())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What the endpoints of this gateway (`None`: of all) said last, by gateway and name.
    pub async fn checks(&self, gateway: Option<&str>) -> Result<Vec<CheckSeen>, StoreError> {
        let rows = sqlx::query("select * from ladder where gateway = coalesce(?, gateway) order by gateway, name")
            .bind(gateway)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let check = Check {
                    name: row.try_get("name")?,
                    well: row.try_get("well")?,
                    detail: row.try_get("detail")?,
                    latency_ms: row.try_get("latency_ms")?,
                    at: time(row.try_get("at_ms")?),
                };
                Ok(CheckSeen { gateway: row.try_get("gateway")?, check, since: time(row.try_get("since_ms")?) })
            })
            .collect()
    }
}
