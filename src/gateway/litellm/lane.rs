//! One health check at a time: `LiteLLM` goes on with a check that its caller gave up, and each is a paid request to
//! every upstream behind the name.
//!
//! Decides: when the next one may be asked for. Must not know: what is asked.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep_until};

/// By address: a gateway is opened anew for each round, and what an earlier one gave up may be under way.
static LANES: LazyLock<Mutex<HashMap<String, Arc<Lane>>>> = LazyLock::new(Mutex::default);

/// The way to one proxy's checks: how long it is closed, after one that had no answer.
#[derive(Debug, Default)]
pub(super) struct Lane(tokio::sync::Mutex<Option<Instant>>);

impl Lane {
    /// The one lane to this address, in this process.
    pub(super) fn to(address: &str) -> Arc<Self> {
        let mut lanes = LANES.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(address.to_owned()).or_default())
    }

    /// Waits until nothing is under way, and takes the lane. `patience` is how long `LiteLLM` may be at it: whoever drops
    /// the turn without [`Turn::answered`] leaves the lane closed for so long.
    pub(super) async fn enter(&self, patience: Duration) -> Turn<'_> {
        let mut closed = self.0.lock().await;
        if let Some(until) = *closed {
            sleep_until(until).await;
        }
        *closed = Some(Instant::now() + patience);
        Turn { closed, patience }
    }
}

/// The right to ask for one check.
pub(super) struct Turn<'a> {
    closed: MutexGuard<'a, Option<Instant>>,
    patience: Duration,
}

impl Turn<'_> {
    /// Its answer came, or it never got there: nothing is under way.
    pub(super) fn answered(mut self) {
        *self.closed = None;
    }

    /// It was given up after its whole time. It may have several to check in turn, or more time than it has by itself.
    pub(super) fn given_up(mut self) {
        *self.closed = Some(Instant::now() + self.patience);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn what_was_answered_is_followed_at_once_and_what_was_not_after_its_time() {
        let (lane, start) = (Lane::to("http://a"), Instant::now());
        lane.enter(MINUTE).await.answered();
        lane.enter(MINUTE).await.given_up();
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(lane.enter(MINUTE).await);
        assert_eq!(start.elapsed(), MINUTE, "after one that was given up");
        // Another round, another client: the same proxy.
        Lane::to("http://a").enter(MINUTE).await.answered();
        assert_eq!(start.elapsed(), MINUTE * 2, "after one whose asker was stopped");
        Lane::to("http://b").enter(MINUTE).await.answered();
        assert_eq!(start.elapsed(), MINUTE * 2, "another proxy");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_stopped_while_waiting_opens_nothing() {
        let (lane, start) = (Lane::to("http://c"), Instant::now());
        lane.enter(MINUTE).await.given_up();
        assert!(tokio::time::timeout(MINUTE / 2, lane.enter(MINUTE)).await.is_err());
        lane.enter(MINUTE).await.answered();
        assert_eq!(start.elapsed(), MINUTE);
    }
}
