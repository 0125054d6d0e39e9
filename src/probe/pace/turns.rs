//! The even pace of one round.
//!
//! Decides: when the next question leaves. Must not know: which one that is.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::locked;
use super::until::Until;

/// Lets questions through one at a time, so far apart; without a distance, at once.
#[derive(Debug, Default)]
pub(in crate::probe) struct Turns {
    state: Mutex<State>,
    /// Wakes those that wait when nothing is to be waited for any more.
    hurry: Notify,
}

#[derive(Debug, Default)]
struct State {
    apart: Duration,
    next: Option<Until>,
}

impl Turns {
    /// From now on, questions are so far apart.
    pub(in crate::probe) fn keep_apart(&self, apart: Duration) {
        *locked(&self.state) = State { apart, next: None };
    }

    /// From now on, and for all that wait, nothing is kept apart.
    pub(in crate::probe) fn hurry(&self) {
        self.keep_apart(Duration::ZERO);
        self.hurry.notify_waiters();
    }

    /// Waits until it is the caller's turn.
    pub(in crate::probe) async fn turn(&self) {
        let (wait, hurry) = {
            let mut state = locked(&self.state);
            if state.apart.is_zero() {
                return;
            }
            let wait = state.next.map_or(Duration::ZERO, Until::left);
            state.next = Some(Until::after(wait + state.apart));
            // Made under the lock: no call is missed.
            (wait, self.hurry.notified())
        };
        if !wait.is_zero() {
            tokio::select! {
                () = sleep(wait) => {}
                () = hurry => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn questions_leave_evenly_and_what_comes_late_is_no_burst() {
        const APART: Duration = Duration::from_secs(10);
        let turns = Turns::default();
        let start = Instant::now();
        futures::future::join_all((0..5).map(|_| turns.turn())).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        turns.keep_apart(APART);
        let left = futures::future::join_all((0..4).map(|_| async {
            turns.turn().await;
            start.elapsed()
        }));
        let left = left.await;
        for (place, left) in (0_u32..).zip(left) {
            assert!(left >= APART * place && left < APART * place + APART / 2, "{place}: {left:?}");
        }
        tokio::time::advance(APART * 20).await;
        let late = Instant::now();
        turns.turn().await;
        turns.turn().await;
        assert!(late.elapsed() >= APART);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_leaves_at_once_when_it_hurries() {
        let turns = Turns::default();
        turns.keep_apart(Duration::from_hours(1));
        let start = Instant::now();
        let waiting = async { futures::future::join_all((0..9).map(|_| turns.turn())).await };
        let hurrying = async {
            sleep(Duration::from_secs(1)).await;
            turns.hurry();
        };
        tokio::join!(waiting, hurrying);
        turns.turn().await;
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}
