//! The even pace of one round.
//!
//! Decides: when the next question leaves. Must not know: which one that is.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::sleep;

use super::locked;
use super::until::Until;

/// Lets questions through one at a time, so far apart; without a distance, at once.
#[derive(Debug, Default)]
pub(in crate::probe) struct Turns(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    apart: Duration,
    next: Option<Until>,
}

impl Turns {
    /// From now on, questions are so far apart.
    pub(in crate::probe) fn keep_apart(&self, apart: Duration) {
        *locked(&self.0) = State { apart, next: None };
    }

    /// Waits until it is the caller's turn.
    pub(in crate::probe) async fn turn(&self) {
        let wait = {
            let mut state = locked(&self.0);
            if state.apart.is_zero() {
                return;
            }
            let wait = state.next.map_or(Duration::ZERO, Until::left);
            state.next = Some(Until::after(wait + state.apart));
            wait
        };
        if !wait.is_zero() {
            sleep(wait).await;
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
}
