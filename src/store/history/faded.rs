//! Models that nobody looked at for a while: their 24 hours go by all the same.
//!
//! Decides: when what was seen is too old to say how a model stands. Must not know: why nobody looked.

use jiff::Timestamp;
use sqlx::Row as _;

use super::figures::Figures;
use super::keep::read_days;
use super::{codes, key, pair_of};
use crate::rollup::{Sums, day_of, hour_of, last_hours};
use crate::store::{Store, StoreError, to_json};

/// Models at a time: between two batches others may write.
const BATCH: u32 = 1000;

impl Store {
    /// Brings the 24 hours of every model that was not looked at in this one up to date. Cheap when there is none: call
    /// it as often as you like.
    pub async fn fade(&self, now: Timestamp) -> Result<(), StoreError> {
        let hour = hour_of(now);
        let days = [day_of(hour) - 1, day_of(hour)];
        loop {
            let mut tx = self.writer.begin_with("begin immediate").await?;
            // One without any hour left has nothing to fade.
            let old = sqlx::query("select id, up from pair where hour < ? limit ?")
                .bind(hour)
                .bind(BATCH)
                .fetch_all(&mut *tx)
                .await?;
            let mut keys = vec![];
            for row in &old {
                let id: i64 = row.try_get("id")?;
                keys.extend(days.map(|day| key(day, id)));
            }
            let sums = read_days(&mut *tx, &keys).await?;
            let mut stand = vec![];
            for row in &old {
                let id: i64 = row.try_get("id")?;
                let known: Vec<_> = days.into_iter().filter_map(|day| Some((day, sums.get(&key(day, id))?))).collect();
                let hours = last_hours(&known, hour);
                let together: Sums = hours.iter().map(|(_, part)| *part).sum();
                let Figures { light, up, down, mean_ms, p50_ms, p95_ms, ttft_ms } =
                    Figures::of(&together, row.try_get("up")?);
                let until = (!hours.is_empty()).then_some(hour);
                let light = codes::of_light(light);
                stand.push((pair_of(id), until, light, up, down, mean_ms, p50_ms, p95_ms, ttft_ms));
            }
            if !stand.is_empty() {
                sqlx::query(
                    "update pair set hour = v.value ->> 1, light = v.value ->> 2, up_24h = v.value ->> 3,
                       down_24h = v.value ->> 4, mean_ms = v.value ->> 5, p50_ms = v.value ->> 6,
                       p95_ms = v.value ->> 7, ttft_ms = v.value ->> 8
                     from json_each(?) v where pair.id = v.value ->> 0",
                )
                .bind(to_json("models", &stand)?)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            if old.len() < BATCH as usize {
                return Ok(());
            }
        }
    }
}
