//! The time of day. Everything else is given `now` as a value.
//!
//! Decides: what time it is. Must not know: what for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Now, in UTC.
#[expect(clippy::disallowed_methods, reason = "the one place that asks")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    #[cfg(debug_assertions)]
    let now = now.saturating_add(ahead::BY.get()).unwrap_or(Timestamp::MAX);
    now
}

/// So long before `now`.
pub fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}

/// So long after `now`.
pub fn after(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.saturating_add(time).unwrap_or(Timestamp::MAX)
}

/// Puts the clock ahead, for everything that this thread does from now on: tests run side by side in one process, each
/// with a runtime on its own thread. Debug builds only; a release has no other time than the real one.
#[cfg(debug_assertions)]
pub fn advance(by: Duration) {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    ahead::BY.set(ahead::BY.get().saturating_add(by));
}

#[cfg(debug_assertions)]
mod ahead {
    use std::cell::Cell;

    use jiff::SignedDuration;

    thread_local! {
        /// By how much this thread's clock is ahead.
        pub(super) static BY: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advanced_clock_stays_ahead_and_is_nobody_elses() {
        let before = now();
        advance(Duration::from_hours(30));
        assert!(now().duration_since(before) >= SignedDuration::from_hours(30));
        let elsewhere = std::thread::spawn(now).join().unwrap();
        assert!(elsewhere.duration_since(before) < SignedDuration::from_hours(1));
    }
}
