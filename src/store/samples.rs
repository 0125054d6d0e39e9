//! Answers that no table knows, kept to extend the tables by.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, time};
use crate::model::Sample;

/// More sorts of answers than this are not kept: those not seen for longest go.
const AT_MOST: u32 = 500;

/// One sort of answer as kept.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SampleRecord {
    /// Its identity.
    pub fingerprint: String,
    /// `host:port` of the upstream.
    pub host: String,
    /// HTTP status.
    pub status: u16,
    /// The latest such body, redacted.
    pub body: String,
    /// When it was first seen (UTC).
    pub first: Timestamp,
    /// When it was last seen (UTC).
    pub last: Timestamp,
    /// In how many rounds.
    pub seen: u32,
}

impl Store {
    /// Keeps what a round collected.
    pub async fn keep_samples(&self, samples: &[Sample]) -> Result<(), StoreError> {
        if samples.is_empty() {
            return Ok(());
        }
        let mut tx = self.writer.begin().await?;
        for Sample { fingerprint, host, status, body, at } in samples {
            sqlx::query(
                "insert into sample (fingerprint, host, status, body, first_ms, last_ms, seen)
                 values (?1, ?2, ?3, ?4, ?5, ?5, 1) on conflict do update set body = excluded.body,
                   last_ms = max(last_ms, excluded.last_ms), seen = seen + 1",
            )
            .bind(fingerprint)
            .bind(host)
            .bind(status)
            .bind(body)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query(
            "delete from sample where fingerprint in
             (select fingerprint from sample order by last_ms desc, fingerprint limit -1 offset ?)",
        )
        .bind(AT_MOST)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is kept, the latest first; `limit` at most.
    pub async fn samples(&self, limit: u32) -> Result<Vec<SampleRecord>, StoreError> {
        let rows = sqlx::query("select * from sample order by last_ms desc, fingerprint limit ?")
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SampleRecord {
                    fingerprint: row.try_get("fingerprint")?,
                    host: row.try_get("host")?,
                    status: row.try_get("status")?,
                    body: row.try_get("body")?,
                    first: time(row.try_get("first_ms")?),
                    last: time(row.try_get("last_ms")?),
                    seen: row.try_get("seen")?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(number: i64, at: i64) -> Sample {
        Sample {
            fingerprint: format!("{number:08}"),
            host: "a.test:443".to_owned(),
            status: 400,
            body: format!("at {at}"),
            at: Timestamp::from_second(at).unwrap(),
        }
    }

    #[tokio::test]
    async fn each_sort_is_kept_once_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        store.keep_samples(&[]).await.unwrap();
        store.keep_samples(&[sample(1, 100), sample(2, 101)]).await.unwrap();
        store.keep_samples(&[sample(1, 200)]).await.unwrap();
        let kept = store.samples(10).await.unwrap();
        let told: Vec<_> = kept.iter().map(|one| (one.fingerprint.as_str(), one.body.as_str(), one.seen)).collect();
        assert_eq!(told, [("00000001", "at 200", 2), ("00000002", "at 101", 1)]);
        assert_eq!((kept[0].first.as_second(), kept[0].last.as_second()), (100, 200));
        assert_eq!(store.samples(1).await.unwrap().len(), 1);
        let many: Vec<_> = (0..i64::from(AT_MOST)).map(|number| sample(1000 + number, 300 + number)).collect();
        store.keep_samples(&many).await.unwrap();
        let kept = store.samples(u32::MAX).await.unwrap();
        assert_eq!(kept.len(), many.len());
        assert!(kept.iter().all(|one| one.last.as_second() >= 300), "{:?}", kept.last());
    }
}
