//! "Committed" is one thing, "live" another: when a change should be live, and whether it was seen to be.

use jiff::{SignedDuration, Timestamp};

use super::journal::{ChangeRecord, record};
use super::{Store, StoreError, time};

/// A change that was not seen for so long is not looked for any more.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// An applied change should be live, or is looked for again, at `due`; or it was seen (`live`). Neither: it is looked
    /// for no more.
    pub async fn set_live(
        &self,
        change: i64,
        due: Option<Timestamp>,
        live: Option<Timestamp>,
        note: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("update change set live_due_ms = ?, live_ms = ?, live_note = ? where id = ?")
            .bind(due.map(Timestamp::as_millisecond))
            .bind(live.map(Timestamp::as_millisecond))
            .bind(note)
            .bind(change)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// The changes of a gateway that should be live by `now` and were not seen yet, oldest first.
    pub async fn due_live(&self, gateway: &str, now: Timestamp) -> Result<Vec<ChangeRecord>, StoreError> {
        let rows = sqlx::query(
            "select * from change where gateway = ? and state = 'applied' and live_ms is null
             and live_due_ms <= ? and opened_ms > ? order by id",
        )
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(given_up(now))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(record).collect()
    }

    /// When, later than `now`, the next change of a gateway should be live.
    pub async fn next_live(&self, gateway: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(
            "select min(live_due_ms) from change where gateway = ? and state = 'applied' and live_ms is null
             and live_due_ms > ? and opened_ms > ?",
        )
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(given_up(now))
        .fetch_one(&self.readers)
        .await?;
        Ok(next.map(time))
    }
}

fn given_up(now: Timestamp) -> i64 {
    now.saturating_sub(GIVEN_UP).map_or(0, Timestamp::as_millisecond)
}
