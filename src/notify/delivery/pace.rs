//! When a message is tried again.
//!
//! Decides: how long to wait after a refusal. Must not know: who refused, what.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// After the first refusal.
const FIRST: Duration = Duration::from_secs(5);
/// However often it was refused, the backoff is no longer.
const LONGEST: Duration = Duration::from_mins(15);
/// A receiver may ask for so long at most.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// How long to wait after a refusal, `before` others having come before it: what the receiver asks for, or twice as long
/// each time. `roll` (0 to 1) adds up to a quarter, so that those who failed together do not come back together.
pub(super) fn wait(before: u32, asked: Option<Duration>, roll: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(before)).min(LONGEST);
    let wait = doubled.max(asked.unwrap_or_default().min(LONGEST_ASKED));
    wait + wait.mul_f64(roll.clamp(0.0, 1.0) / 4.0)
}

/// Whether what is to be tried at `at` is. No wait is as long as a clock that was put back makes it.
pub(super) fn is_due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at > later(now, LONGEST_ASKED.mul_f64(1.25))
}

/// So long after `from`.
pub(super) fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// From `now` until then; nothing where that is past.
pub(super) fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_put_back_holds_no_message_up() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let due = |minutes: i64| is_due(now + SignedDuration::from_mins(minutes), now);
        assert!(due(-1) && due(0));
        assert!(!due(1) && !due(75), "the longest wait there is");
        assert!(due(76) && due(60 * 24 * 365));
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_a_receiver_may_ask_for_more() {
        let seconds = |before, asked: Option<u64>, roll| wait(before, asked.map(Duration::from_secs), roll).as_secs();
        let waits: Vec<u64> = (0..10).map(|before| seconds(before, None, 0.0)).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(seconds(u32::MAX, None, 0.0), 900);
        assert_eq!(seconds(0, Some(30), 0.0), 30, "what is asked for is waited for");
        assert_eq!(seconds(9, Some(30), 0.0), 900, "and no less than the backoff");
        assert_eq!(seconds(0, Some(86_400), 0.0), 3600, "a day is not");
        assert_eq!((seconds(3, None, 1.0), seconds(3, None, 0.5)), (50, 45));
        assert_eq!(seconds(3, None, 7.0), 50);
    }
}
