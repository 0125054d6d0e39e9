//! How fast the admin API is called: the gateways count every address's calls, the operator's browser among them.
//!
//! Decides: how long a call waits so that we never use up what the operator needs. Must not know: what is called.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Calls that need not wait, after a rest.
const BURST: u32 = 50;
/// From one call to the next once they are used up: 170 in the first 3 minutes, 120 after that. New API allows an address
/// 360, One Hub 300, and One Hub's example of a configuration 180.
const EACH: Duration = Duration::from_millis(1500);

/// A bucket of calls.
#[derive(Debug)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    each: Duration,
    /// When the bucket is full again; `None` while it is.
    full: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(State { each: EACH, full: None }))
    }
}

impl Pace {
    /// Another time from one call to the next; the bucket is full.
    pub(super) fn set(&self, each: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State { each, full: None };
    }

    /// From one call to the next, once they are in a hurry.
    pub(super) fn each(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).each
    }

    /// Takes a call, and waits until it may be made.
    pub(super) async fn wait(&self) {
        tokio::time::sleep(self.take(Instant::now())).await;
    }

    /// Takes a call that cannot wait; the next ones wait for it.
    pub(super) fn spend(&self) {
        self.take(Instant::now());
    }

    fn take(&self, now: Instant) -> Duration {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = state.full.map_or(now, |full| full.max(now)) + state.each;
        state.full = Some(next);
        next.duration_since(now).saturating_sub(state.each * BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_what_follows_waits() {
        let (pace, start) = (Pace::default(), Instant::now());
        for _ in 0..BURST {
            pace.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.spend();
        pace.wait().await;
        assert_eq!(start.elapsed(), EACH * 2, "a write does not wait, what follows waits for it");
        // Fewer than the 180 that the least gateway allows.
        let mut calls = BURST + 2;
        while start.elapsed() < Duration::from_mins(3) {
            pace.wait().await;
            calls += 1;
        }
        assert!(calls < 175, "{calls}");
        tokio::time::sleep(EACH * BURST).await;
        let rested = Instant::now();
        for _ in 0..BURST {
            pace.wait().await;
        }
        assert_eq!(rested.elapsed(), Duration::ZERO);
    }
}
