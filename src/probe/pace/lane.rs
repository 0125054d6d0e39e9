//! What all requests with one key, or to one host, share: slots, a rate, and a pause that the upstream asked for.
//!
//! Decides: who waits, and how long a wait is too long; how many slots are left after a rate limit.
//! Must not know: rounds, what an answer means.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Jitter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

use super::until::Until;
use super::{PATIENCE, Refusal, hashed, locked};
use crate::model::ModelName;

/// After a rate limit, one slot comes back for each such time without another.
const CLEAN: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(in crate::probe) struct Lane {
    slots: Semaphore,
    /// Slots to be taken out of use as soon as their requests are done.
    owed: AtomicUsize,
    rate: Option<DefaultDirectRateLimiter>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    paused_until: Option<Until>,
    /// Which model was last told to wait for long, and until when: a second one before that makes it the lane's own.
    told: Option<(u64, Until)>,
    /// How many slots there are now, and how many when nothing limits.
    width: usize,
    widest: usize,
    /// When the slots last became fewer, and when the next one comes back.
    narrowed: Option<(Instant, Until)>,
}

/// The right to one request under way in a lane.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    lane: &'a Lane,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let owes = self.lane.owed.load(Ordering::Relaxed) > 0
            && self.lane.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |owed| owed.checked_sub(1)).is_ok();
        if let Some(permit) = self.permit.take().filter(|_| owes) {
            permit.forget();
        }
    }
}

impl Lane {
    pub(super) fn new(slots: usize, rate: Option<DefaultDirectRateLimiter>) -> Self {
        let state = State { paused_until: None, told: None, width: slots, widest: slots, narrowed: None };
        Self { slots: Semaphore::new(slots), owed: AtomicUsize::new(0), rate, state: Mutex::new(state) }
    }

    /// A slot, once nothing pauses the lane.
    pub(super) async fn slot(&self) -> Result<Slot<'_>, Refusal> {
        loop {
            self.pause()?;
            self.widen();
            let Ok(permit) = self.slots.acquire().await else { return Err(Refusal::Paused(PATIENCE)) };
            let slot = Slot { lane: self, permit: Some(permit) };
            match self.pause()? {
                None => return Ok(slot),
                Some(left) => {
                    drop(slot);
                    // All waiters would leave together otherwise.
                    sleep(Jitter::up_to(Duration::from_millis(200)) + left).await;
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

    /// How much longer the lane is paused, if it is and that is short.
    pub(super) fn pause(&self) -> Result<Option<Duration>, Refusal> {
        let Some(until) = locked(&self.state).paused_until else { return Ok(None) };
        let left = until.left();
        if left > PATIENCE {
            return Err(Refusal::Paused(left));
        }
        Ok((!left.is_zero()).then_some(left))
    }

    /// Whether a pause is still to be kept, or slots are still to come back.
    pub(super) fn is_limited(&self) -> bool {
        self.widen();
        let state = locked(&self.state);
        state.width < state.widest || state.paused_until.is_some_and(|until| !until.left().is_zero())
    }

    /// Providers limit per model as often as per key, and do not say which. A short wait is kept for the whole lane at
    /// once; a long one when a second model is told so: until then it is the one model's own.
    pub(in crate::probe) fn pause_for(&self, model: &ModelName, wait: Duration) {
        let (mut state, until, model) = (locked(&self.state), Until::after(wait), hashed(model));
        let shared = state.told.is_some_and(|(last, over)| last != model && !over.left().is_zero());
        if wait > PATIENCE && !shared {
            state.told = Some((model, until));
            return;
        }
        state.paused_until = Some(state.paused_until.map_or(until, |known| known.max(until)));
    }

    /// Halves the slots, down to one, because a request that was `sent` then met a rate limit. Those that were under
    /// way together halve them once.
    pub(in crate::probe) fn narrow(&self, sent: Instant) {
        let mut state = locked(&self.state);
        if state.narrowed.is_some_and(|(at, _)| at > sent) {
            return;
        }
        let fewer = state.width - (state.width / 2).max(1);
        state.width -= fewer;
        state.narrowed = Some((Instant::now(), Until::after(CLEAN)));
        let idle = self.slots.forget_permits(fewer);
        self.owed.fetch_add(fewer - idle, Ordering::Relaxed);
    }

    /// Gives one slot back for each minute that went by without a rate limit.
    fn widen(&self) {
        let mut state = locked(&self.state);
        while let Some((at, next)) = state.narrowed.filter(|(_, next)| next.left().is_zero()) {
            state.narrowed = (state.width < state.widest).then(|| (at, next.plus(CLEAN)));
            if state.narrowed.is_none() {
                return;
            }
            state.width += 1;
            if self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |owed| owed.checked_sub(1)).is_err() {
                self.slots.add_permits(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(lane: &Lane) -> usize {
        lane.slots.available_permits()
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_halves_the_slots_and_each_clean_minute_gives_one_back() {
        let lane = Lane::new(8, None);
        let start = Instant::now();
        let held = futures::future::join_all((0..5).map(|_| lane.slot())).await;
        tokio::time::advance(Duration::from_millis(1)).await;
        lane.narrow(start);
        // One that left before has nothing new to say.
        lane.narrow(start);
        assert_eq!(idle(&lane), 0);
        drop(held);
        assert_eq!(idle(&lane), 4);
        for _ in 0..4 {
            tokio::time::advance(Duration::from_millis(1)).await;
            lane.narrow(Instant::now());
        }
        assert_eq!(idle(&lane), 1);
        for slots in 2..=8 {
            tokio::time::advance(CLEAN / 2).await;
            drop(lane.slot().await.unwrap());
            assert_eq!(idle(&lane), slots - 1);
            tokio::time::advance(CLEAN / 2).await;
            drop(lane.slot().await.unwrap());
            assert_eq!(idle(&lane), slots);
        }
        assert!(!lane.is_limited());
        lane.narrow(Instant::now());
        assert_eq!(idle(&lane), 4);
        // Nobody need ask for that.
        tokio::time::advance(CLEAN * 9).await;
        assert!(!lane.is_limited());
        drop(lane.slot().await.unwrap());
        assert_eq!(idle(&lane), 8);
    }
}
