//! Troubles of a `LiteLLM` that last, and those that lasted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::model::{Class, Incident, SignSource};
use crate::store::{Store, StoreError, from_json, time, to_json, unreadable};

impl Store {
    /// What lasts, by gateway.
    pub async fn incidents(&self) -> Result<BTreeMap<String, Vec<Incident>>, StoreError> {
        let mut db = self.readers.acquire().await?;
        lasting(&mut db).await
    }

    /// Keeps what lasts of a gateway: `lasting` is all of it. What lasted and is not in it is over now.
    pub async fn keep_incidents(&self, gateway: &str, lasting: &[Incident], now: Timestamp) -> Result<(), StoreError> {
        let keys: Vec<_> = lasting.iter().map(|one| (&one.subject, &one.deployment, one.class)).collect();
        let mut tx = self.writer.begin_with("begin immediate").await?;
        sqlx::query(
            "update incident set cleared_ms = ?1 where gateway = ?2 and cleared_ms is null
             and (subject, deployment, class) not in
               (select value ->> 0, value ->> 1, value ->> 2 from json_each(?3))",
        )
        .bind(now.as_millisecond())
        .bind(gateway)
        .bind(to_json("incidents", &keys)?)
        .execute(&mut *tx)
        .await?;
        for one in lasting {
            sqlx::query(
                "insert into incident (gateway, subject, deployment, class, since_ms, last_ms, times, detail, source)
                 values (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 on conflict (gateway, subject, deployment, class) where cleared_ms is null do update set
                   since_ms = excluded.since_ms, last_ms = excluded.last_ms, times = excluded.times,
                   detail = excluded.detail, source = excluded.source",
            )
            .bind(gateway)
            .bind(&one.subject)
            .bind(&one.deployment)
            .bind(one.class.as_str())
            .bind(one.since.as_millisecond())
            .bind(one.last.as_millisecond())
            .bind(one.times)
            .bind(&one.detail)
            .bind(to_json("source", &one.source)?)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The latest troubles that are over, the last first: gateway, trouble, and when it was over.
    pub async fn past_incidents(&self, most: u32) -> Result<Vec<(String, Incident, Timestamp)>, StoreError> {
        let rows = sqlx::query(
            "select * from incident where cleared_ms is not null order by cleared_ms desc, id desc limit ?",
        )
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("gateway")?, incident(row)?, time(row.try_get("cleared_ms")?)))).collect()
    }
}

/// What lasts, by gateway.
pub(in crate::store) async fn lasting(
    db: &mut SqliteConnection,
) -> Result<BTreeMap<String, Vec<Incident>>, StoreError> {
    let rows =
        sqlx::query("select * from incident where cleared_ms is null order by gateway, subject, deployment, class")
            .fetch_all(db)
            .await?;
    let mut found: BTreeMap<String, Vec<Incident>> = BTreeMap::new();
    for row in &rows {
        found.entry(row.try_get("gateway")?).or_default().push(incident(row)?);
    }
    Ok(found)
}

fn incident(row: &SqliteRow) -> Result<Incident, StoreError> {
    let class: &str = row.try_get("class")?;
    let source: SignSource = from_json("source", row.try_get("source")?)?;
    Ok(Incident {
        subject: row.try_get("subject")?,
        deployment: row.try_get("deployment")?,
        class: Class::parse(class).ok_or_else(|| unreadable("incident", class))?,
        since: time(row.try_get("since_ms")?),
        last: time(row.try_get("last_ms")?),
        times: row.try_get("times")?,
        detail: row.try_get("detail")?,
        source,
    })
}
