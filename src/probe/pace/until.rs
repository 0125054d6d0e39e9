//! A time to wait for.
//!
//! Decides: how much of a wait is left. Must not know: who waits, and why.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock;

/// Over when the runtime's clock or the clock of days says so, whichever is first: they run side by side, but tests put
/// one or the other ahead.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe) struct Until {
    instant: Instant,
    at: Timestamp,
}

impl Until {
    /// So long from now.
    pub(in crate::probe) fn after(wait: Duration) -> Self {
        Self { instant: Instant::now(), at: clock::now() }.plus(wait)
    }

    /// What is left of it; nothing when it is over.
    pub(in crate::probe) fn left(self) -> Duration {
        let days = Duration::try_from(self.at.duration_since(clock::now())).unwrap_or(Duration::ZERO);
        self.instant.saturating_duration_since(Instant::now()).min(days)
    }

    /// So much later.
    pub(in crate::probe) fn plus(self, wait: Duration) -> Self {
        let far = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        Self { instant: self.instant + wait, at: self.at.saturating_add(far).unwrap_or(Timestamp::MAX) }
    }

    /// The later of the two.
    pub(in crate::probe) fn max(self, other: Self) -> Self {
        if other.instant > self.instant { other } else { self }
    }
}
