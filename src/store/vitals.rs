//! What a watcher asks of us, in figures.
//!
//! Decides: what is counted. Must not know: who asks.

use super::{Store, StoreError, to_json};

impl Store {
    /// How many intents of a gateway are not settled: more than none for long is a write that nobody knows the end of.
    pub async fn open_intents_count(&self, gateway: &str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from change where gateway = ? and state = 'open'")
            .bind(gateway)
            .fetch_one(&self.readers)
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// How long a round's answers took: for each of these rising bounds in ms, and for what is above the last, how many
    /// there are and the sum of their times.
    pub async fn answer_times(&self, round: i64, bounds: &[u32]) -> Result<Vec<(u64, u64)>, StoreError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select (select count(*) from json_each(?3) where value < latency_ms), count(*), sum(latency_ms)
             from observation where id between ?1 and ?2 group by 1",
        )
        .bind(round << 32)
        .bind(round << 32 | 0xffff_ffff)
        .bind(to_json("bounds", &bounds)?)
        .fetch_all(&self.readers)
        .await?;
        let mut times = vec![(0, 0); bounds.len() + 1];
        for (place, count, sum) in rows {
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| times.get_mut(place)) {
                *slot = (count.unsigned_abs(), sum.unsigned_abs());
            }
        }
        Ok(times)
    }
}
