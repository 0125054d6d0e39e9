//! The time of day. Everything else is given `now` as a value.

use jiff::Timestamp;

/// Now, in UTC.
#[expect(clippy::disallowed_methods, reason = "the one place that asks")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
