//! The one place that reads the wall clock.
//!
//! Decides: nothing. Everything that judges takes `now` as a value.

use jiff::Timestamp;

/// The time now (UTC).
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
