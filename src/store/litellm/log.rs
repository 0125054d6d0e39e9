//! What a `LiteLLM`'s log told, and how far it was read. Both in one transaction, so that a restart reads nothing twice
//! and leaves nothing out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Row as _;

use crate::model::{Class, LogFailure};
use crate::rollup::hour_of;
use crate::store::{Store, StoreError, time, to_json, unreadable};

/// A failed request that a log told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSeen {
    /// Its number, rising.
    pub id: i64,
    /// The gateway's name.
    pub gateway: String,
    /// What failed.
    pub failure: LogFailure,
}

/// How many requests failed in one hour, by class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCount {
    /// The gateway's name.
    pub gateway: String,
    /// The hour's beginning (UTC).
    pub hour: Timestamp,
    /// The class.
    pub class: Class,
    /// How many.
    pub count: u64,
}

impl Store {
    /// How far each source of a gateway's log was read, as [`Self::keep_log`] was told.
    pub async fn log_places(&self, gateway: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = sqlx::query("select source, place from log_place where gateway = ?")
            .bind(gateway)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("source")?, row.try_get("place")?))).collect()
    }

    /// Forgets how far these sources of a gateway's log were read: they are gone.
    pub async fn forget_log_places(&self, gateway: &str, sources: &[String]) -> Result<(), StoreError> {
        sqlx::query("delete from log_place where gateway = ? and source in (select value from json_each(?))")
            .bind(gateway)
            .bind(to_json("sources", &sources)?)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Keeps what was read of one source, and how far. A request that is known already (by its call) is kept and counted
    /// once; how many were new.
    pub async fn keep_log(
        &self,
        gateway: &str,
        source: &str,
        place: &str,
        failures: &[LogFailure],
    ) -> Result<usize, StoreError> {
        let mut new = 0;
        let mut tx = self.writer.begin_with("begin immediate").await?;
        for failure in failures {
            let done = sqlx::query(
                "insert into log_failure (gateway, call, at_ms, model, status, class, detail) values (?, ?, ?, ?, ?, ?, ?)
                 on conflict do nothing",
            )
            .bind(gateway)
            .bind(&failure.call)
            .bind(failure.at.as_millisecond())
            .bind(&failure.model)
            .bind(failure.status)
            .bind(failure.class.as_str())
            .bind(&failure.detail)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                continue;
            }
            new += 1;
            sqlx::query(
                "insert into log_count (gateway, hour, class, count) values (?, ?, ?, 1)
                 on conflict do update set count = count + 1",
            )
            .bind(gateway)
            .bind(hour_of(failure.at))
            .bind(failure.class.as_str())
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query(
            "insert into log_place (gateway, source, place) values (?, ?, ?)
             on conflict do update set place = excluded.place",
        )
        .bind(gateway)
        .bind(source)
        .bind(place)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Failed requests after this number (0: all that are kept), of this gateway (`None`: of all), at most so many: the
    /// latest, in order.
    pub async fn log_failures(&self, gateway: Option<&str>, after: i64, most: u32) -> Result<Vec<LogSeen>, StoreError> {
        let rows = sqlx::query(
            "select * from (select * from log_failure where gateway = coalesce(?, gateway) and id > ?
             order by id desc limit ?) order by id",
        )
        .bind(gateway)
        .bind(after)
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let failure = LogFailure {
                    call: row.try_get("call")?,
                    at: time(row.try_get("at_ms")?),
                    model: row.try_get("model")?,
                    status: row.try_get("status")?,
                    class: class(row.try_get("class")?)?,
                    detail: row.try_get("detail")?,
                };
                Ok(LogSeen { id: row.try_get("id")?, gateway: row.try_get("gateway")?, failure })
            })
            .collect()
    }

    /// How many requests failed in each hour since then, by gateway, hour and class.
    pub async fn log_counts(&self, since: Timestamp) -> Result<Vec<LogCount>, StoreError> {
        let rows = sqlx::query("select * from log_count where hour >= ? order by gateway, hour, class")
            .bind(hour_of(since))
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let (hour, count): (i64, i64) = (row.try_get("hour")?, row.try_get("count")?);
                Ok(LogCount {
                    gateway: row.try_get("gateway")?,
                    hour: time(hour * 3_600_000),
                    class: class(row.try_get("class")?)?,
                    count: count.unsigned_abs(),
                })
            })
            .collect()
    }
}

fn class(name: &str) -> Result<Class, StoreError> {
    Class::parse(name).ok_or_else(|| unreadable("class", name))
}
