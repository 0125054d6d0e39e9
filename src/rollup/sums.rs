//! What some observations show together.
//!
//! Decides: what is summed up, and what uptime is. Must not know: over which time, of which models.

use std::iter::Sum;

use super::bytes::{put, take, take_small};
use super::{Histogram, Sight, is_limited};
use crate::model::Outcome;

/// What of an observation goes into sums.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What it showed.
    pub outcome: Outcome,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The complete answer, in ms.
    pub latency_ms: u32,
    /// The first token, in ms.
    pub ttft_ms: Option<u32>,
}

/// What some observations show together. Times are those of answers that showed the model up: how fast a refusal came
/// says nothing about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Observations that showed the model up.
    pub up: u32,
    /// Down.
    pub down: u32,
    /// That say nothing, rate limits among them.
    pub unknown: u32,
    /// Rate limits.
    pub limited: u32,
    /// All complete answers together, in ms.
    pub latency_ms: u64,
    /// Complete answers.
    pub latency: Histogram,
    /// First tokens.
    pub ttft: Histogram,
}

impl Sums {
    /// Adds one observation.
    pub fn count(&mut self, look: Look) {
        match Sight::of(look.outcome) {
            Sight::Up => {
                self.up = self.up.saturating_add(1);
                self.latency_ms = self.latency_ms.saturating_add(u64::from(look.latency_ms));
                self.latency.count(look.latency_ms);
                if let Some(ttft) = look.ttft_ms {
                    self.ttft.count(ttft);
                }
            }
            Sight::Down => self.down = self.down.saturating_add(1),
            Sight::Unknown => self.unknown = self.unknown.saturating_add(1),
        }
        self.limited = self.limited.saturating_add(u32::from(is_limited(look.outcome, look.status)));
    }

    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        self.up = self.up.saturating_add(other.up);
        self.down = self.down.saturating_add(other.down);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.limited = self.limited.saturating_add(other.limited);
        self.latency_ms = self.latency_ms.saturating_add(other.latency_ms);
        self.latency.add(&other.latency);
        self.ttft.add(&other.ttft);
    }

    /// In percent, of the observations that say anything.
    pub fn uptime(&self) -> Option<f64> {
        percent(u64::from(self.up), u64::from(self.down))
    }

    /// The mean complete answer, in ms.
    pub fn mean_ms(&self) -> Option<u32> {
        self.latency_ms.checked_div(u64::from(self.up)).and_then(|mean| u32::try_from(mean).ok())
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for count in [self.up, self.down, self.unknown, self.limited] {
            put(bytes, u64::from(count));
        }
        if self.up > 0 {
            put(bytes, self.latency_ms);
            self.latency.write(bytes);
            self.ttft.write(bytes);
        }
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut count = || take_small(bytes);
        let mut sums = Self { up: count()?, down: count()?, unknown: count()?, limited: count()?, ..Self::default() };
        if sums.up > 0 {
            sums.latency_ms = take(bytes)?;
            sums.latency = Histogram::read(bytes)?;
            sums.ttft = Histogram::read(bytes)?;
        }
        Some(sums)
    }
}

impl<'a> Sum<&'a Self> for Sums {
    fn sum<I: Iterator<Item = &'a Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut together, part| {
            together.add(part);
            together
        })
    }
}

/// The share of `up` in both, in percent; `None` of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of observations stay far below 2^52")]
pub fn percent(up: u64, down: u64) -> Option<f64> {
    (up + down > 0).then(|| up as f64 * 100.0 / (up + down) as f64)
}
