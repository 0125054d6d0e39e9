//! What 24 hours of a model come to.
//!
//! Decides: its light. Must not know: where the sums come from.

use super::Light;
use crate::rollup::{Sums, percent};

/// What 24 hours of a model come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::store) struct Figures {
    pub(in crate::store) light: Light,
    pub(in crate::store) up: u32,
    pub(in crate::store) down: u32,
    pub(in crate::store) mean_ms: Option<u32>,
    pub(in crate::store) p50_ms: Option<u32>,
    pub(in crate::store) p95_ms: Option<u32>,
    pub(in crate::store) ttft_ms: Option<u32>,
}

impl Figures {
    /// Of these sums; `up` is what the latest observation that says anything said.
    pub(in crate::store) fn of(sums: &Sums, up: Option<bool>) -> Self {
        Self {
            light: Light::of(sums, up),
            up: sums.up,
            down: sums.down,
            mean_ms: sums.mean_ms(),
            p50_ms: sums.latency.percentile(50),
            p95_ms: sums.latency.percentile(95),
            ttft_ms: sums.ttft.percentile(50),
        }
    }
}

impl Light {
    /// The rule of [`Light`].
    fn of(sums: &Sums, up: Option<bool>) -> Self {
        match percent(u64::from(sums.up), u64::from(sums.down)) {
            None => Self::Unknown,
            Some(uptime) if uptime >= 90.0 && up != Some(false) => Self::Up,
            Some(uptime) if uptime >= 50.0 => Self::Degraded,
            Some(_) => Self::Down,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_follows_uptime_and_is_never_green_for_what_just_failed() {
        let light = |up, down, latest| Light::of(&Sums { up, down, unknown: 9, ..Sums::default() }, latest);
        assert_eq!(light(0, 0, None), Light::Unknown);
        assert_eq!(light(9, 1, Some(true)), Light::Up);
        assert_eq!(light(9, 1, Some(false)), Light::Degraded);
        assert_eq!(light(89, 11, Some(true)), Light::Degraded);
        assert_eq!(light(1, 1, Some(true)), Light::Degraded);
        assert_eq!(light(49, 51, Some(true)), Light::Down);
        assert_eq!(light(0, 1, Some(false)), Light::Down);
    }
}
