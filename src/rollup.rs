//! Many observations as one: counts, uptime, and a histogram of times that can be added up over any window.
//!
//! Decides: what counts as up, down and neither, and what a percentile of a sum is. Pure.
//! Must not know: where sums are kept.

mod bytes;
mod day;
mod histogram;
mod sums;

pub use day::{Day, day_of, hour_of, last_hours};
pub use histogram::Histogram;
pub use sums::{Look, Sums, percent};

use crate::model::{Evidence, Outcome};

/// What an observation says of its model at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It answers.
    Up,
    /// It does not.
    Down,
    /// Neither: a rate limit, a key, our own network. Counts in no uptime.
    Unknown,
}

impl Sight {
    /// What that outcome says.
    pub fn of(outcome: Outcome) -> Self {
        match outcome.evidence() {
            Evidence::Alive => Self::Up,
            Evidence::Denied | Evidence::Unrouted | Evidence::Failing => Self::Down,
            Evidence::Nothing => Self::Unknown,
        }
    }
}

/// Whether it was a rate limit, or told to come later.
pub fn is_limited(outcome: Outcome, status: Option<u16>) -> bool {
    outcome == Outcome::Busy || (status == Some(429) && Sight::of(outcome) == Sight::Unknown)
}

#[cfg(test)]
#[path = "rollup/tests.rs"]
mod tests;
