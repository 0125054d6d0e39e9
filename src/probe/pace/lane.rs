//! What all requests with one key, or to one host, share: slots, a rate, and a pause that the upstream asked for.
//!
//! Decides: who waits, and how long a wait is too long. Must not know: rounds, what an answer means.

use std::sync::Mutex;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Jitter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until};

use super::{PATIENCE, Refusal, hashed, locked};
use crate::model::ModelName;

#[derive(Debug)]
pub(in crate::probe) struct Lane {
    slots: Semaphore,
    rate: Option<DefaultDirectRateLimiter>,
    waits: Mutex<Waits>,
}

#[derive(Debug, Default)]
struct Waits {
    paused_until: Option<Instant>,
    /// Which model was last told to wait for long, and until when: a second one before that makes it the lane's own.
    told: Option<(u64, Instant)>,
}

impl Lane {
    pub(super) fn new(slots: usize, rate: Option<DefaultDirectRateLimiter>) -> Self {
        Self { slots: Semaphore::new(slots), rate, waits: Mutex::default() }
    }

    /// A slot, once nothing pauses the lane.
    pub(super) async fn slot(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        loop {
            self.pause()?;
            let Ok(slot) = self.slots.acquire().await else { return Err(Refusal::Paused(PATIENCE)) };
            match self.pause()? {
                None => return Ok(slot),
                Some(until) => {
                    drop(slot);
                    // All waiters would leave together otherwise.
                    sleep_until(until).await;
                    sleep(Jitter::up_to(Duration::from_millis(200)) + Duration::ZERO).await;
                }
            }
        }
    }

    pub(super) async fn rated(&self, clock: &DefaultClock) {
        let Some(rate) = &self.rate else { return };
        while let Err(not_until) = rate.check() {
            let wait = not_until.wait_time_from(clock.now());
            sleep(Jitter::up_to(wait / 10) + wait).await;
        }
    }

    /// Until when the lane is paused, if it is and that is soon.
    pub(super) fn pause(&self) -> Result<Option<Instant>, Refusal> {
        let Some(until) = locked(&self.waits).paused_until else { return Ok(None) };
        let wait = until.saturating_duration_since(Instant::now());
        if wait > PATIENCE {
            return Err(Refusal::Paused(wait));
        }
        Ok((!wait.is_zero()).then_some(until))
    }

    /// Whether a pause is still to be kept.
    pub(super) fn is_paused(&self) -> bool {
        locked(&self.waits).paused_until.is_some_and(|until| until > Instant::now())
    }

    /// Providers limit per model as often as per key, and do not say which. A short wait is kept for the whole lane at
    /// once; a long one when a second model is told so: until then it is the one model's own.
    pub(in crate::probe) fn pause_for(&self, model: &ModelName, wait: Duration) {
        let (mut waits, now, model) = (locked(&self.waits), Instant::now(), hashed(model));
        let until = now + wait;
        let shared = waits.told.is_some_and(|(last, over)| last != model && over > now);
        if wait > PATIENCE && !shared {
            waits.told = Some((model, until));
            return;
        }
        waits.paused_until = Some(waits.paused_until.map_or(until, |known| known.max(until)));
    }
}
