//! Sums over time, for charts.
//!
//! Decides: which hours make a bucket. Must not know: how a chart looks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::keep::{parse, read_days};
use super::{SeriesPoint, Window, key};
use crate::rollup::{Day, Sums, day_of, hour_of};
use crate::store::{Store, StoreError};

/// Days a window may have; more is cut off at its beginning.
const LONGEST: i64 = 1000;

impl Store {
    /// Sums over time of these models together (empty: of all of the gateway, or of everything), oldest first; a bucket
    /// without any observation is not there. Where hours are no longer told apart, a day stands in the bucket of its
    /// first hour.
    pub async fn series(
        &self,
        models: &[i64],
        gateway: Option<&str>,
        window: Window,
    ) -> Result<Vec<SeriesPoint>, StoreError> {
        let hours = hour_of(window.from)..=hour_of(window.until - jiff::SignedDuration::from_nanos(1));
        let (last, bucket) = (day_of(*hours.end()), i64::from(window.bucket_hours.max(1)));
        let days = day_of(*hours.start()).max(last - LONGEST)..=last;
        let kept = if models.is_empty() {
            self.totals(gateway, *days.start(), last).await?
        } else {
            let keys: Vec<_> = days.flat_map(|day| models.iter().map(move |model| key(day, *model))).collect();
            let kept = read_days(&self.readers, &keys).await?;
            kept.into_iter().map(|(key, sums)| (key >> 32, sums)).collect()
        };
        let mut buckets: BTreeMap<i64, Sums> = BTreeMap::new();
        for (day, sums) in &kept {
            let among = |hour: i64| hours.contains(&hour) || (sums.is_whole() && hours.contains(&(hour + 23)));
            for (hour, sums) in sums.hours(*day).filter(|(hour, _)| among(*hour)) {
                buckets.entry(hour.div_euclid(bucket) * bucket).or_default().add(sums);
            }
        }
        Ok(buckets.into_iter().map(|(hour, sums)| point(hour, &sums)).collect())
    }

    /// What all models of a gateway, or of all, show together on each of these days.
    pub(super) async fn totals(
        &self,
        gateway: Option<&str>,
        first: i64,
        last: i64,
    ) -> Result<Vec<(i64, Day)>, StoreError> {
        let rows = sqlx::query(
            "select day, sums from total where day between ?1 and ?2 and (gateway = ?3 or (?3 is null
                   and gateway in (select gateway from place where gone = 0)))",
        )
        .bind(first)
        .bind(last)
        .bind(gateway)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("day")?, parse(row.try_get("sums")?)?))).collect()
    }
}

fn point(hour: i64, sums: &Sums) -> SeriesPoint {
    SeriesPoint {
        at: Timestamp::from_second(hour * 3600).unwrap_or_default(),
        up: u64::from(sums.up),
        down: u64::from(sums.down),
        unknown: u64::from(sums.unknown),
        limited: u64::from(sums.limited),
        uptime: sums.uptime(),
        p50_ms: sums.latency.percentile(50),
        p95_ms: sums.latency.percentile(95),
        ttft_p50_ms: sums.ttft.percentile(50),
        ttft_p95_ms: sums.ttft.percentile(95),
    }
}
