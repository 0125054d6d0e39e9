//! What a gateway's own traffic says of a channel's model.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ModelName;

/// The latest word of the gateway's users' requests on one (channel, model).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// When a request last surely worked.
    pub worked: Option<Timestamp>,
    /// The last request that surely failed for the model's sake.
    pub failed: Option<TrafficFailure>,
}

/// A user's request that failed for the model's sake: reason enough to ask at once, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficFailure {
    /// When.
    pub at: Timestamp,
    /// The HTTP status of the upstream's answer, where the log has it.
    pub status: Option<u16>,
    /// The log's words, redacted and shortened.
    pub detail: String,
}

/// What one request of the gateway's users says of one (channel, model).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// The channel's id.
    pub channel: i64,
    /// The name as logged: on some gateways the one that the channel's mapping leads to.
    pub model: ModelName,
    /// What came of it.
    pub came: Came,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It surely worked, at this time.
    Worked(Timestamp),
    /// It surely failed, and not for the user's sake.
    Failed(TrafficFailure),
}

impl Traffic {
    /// When the users' requests say that the model works at `now`: the last one worked, no longer ago than `fresh`, and
    /// none has failed since.
    pub fn vouches(&self, fresh: Duration, now: Timestamp) -> Option<Timestamp> {
        let fresh = SignedDuration::try_from(fresh).unwrap_or(SignedDuration::MAX);
        let worked = self.worked.filter(|worked| now.duration_since(*worked) <= fresh)?;
        self.fails().is_none().then_some(worked)
    }

    /// The failure that no success followed. The log knows seconds only: in doubt which came first, it fails.
    pub fn fails(&self) -> Option<&TrafficFailure> {
        self.failed.as_ref().filter(|failed| self.worked.is_none_or(|worked| worked <= failed.at))
    }

    /// One request more; which of two is told first does not matter.
    pub fn take(&mut self, came: &Came) {
        match came {
            Came::Worked(at) => self.worked = self.worked.max(Some(*at)),
            Came::Failed(failure) if self.failed.as_ref().is_none_or(|known| known.at < failure.at) => {
                self.failed = Some(failure.clone());
            }
            Came::Failed(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn failed(second: i64) -> Came {
        Came::Failed(TrafficFailure { at: at(second), status: Some(500), detail: String::new() })
    }

    #[test]
    fn only_a_fresh_success_that_no_failure_followed_vouches_for_a_model() {
        let hour = Duration::from_hours(1);
        let mut traffic = Traffic::default();
        assert_eq!(traffic.vouches(hour, at(0)), None);
        traffic.take(&failed(10_000));
        traffic.take(&Came::Worked(at(10_020)));
        assert_eq!(traffic.vouches(hour, at(10_020 + 3600)), Some(at(10_020)));
        assert_eq!(traffic.vouches(hour, at(10_020 + 3601)), None, "stale");
        traffic.take(&failed(10_019));
        assert!(traffic.vouches(hour, at(10_100)).is_some());
        traffic.take(&failed(10_020));
        assert_eq!(traffic.vouches(hour, at(10_100)), None, "it failed in the same second");
        traffic.take(&Came::Worked(at(9000)));
        assert_eq!(traffic.worked, Some(at(10_020)), "an older row told later changes nothing");
    }
}
