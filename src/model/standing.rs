//! What we remember about one (channel, model) between rounds.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Mark, Outcome, Reason};

/// A row of findings of one sort against a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// How many findings in a row.
    pub count: u32,
    /// When the first was made.
    pub since: Timestamp,
    /// When the last was made.
    pub last: Timestamp,
}

/// So often a model is asked whatever its users were served with: a paid answer may say anything, and a log does not tell.
const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A model that we took off a channel's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// How many re-probes since then did not bring it back; the gaps between them grow with it.
    pub attempts: u32,
}

/// What is known about one (channel, model).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The last outcome, and when.
    pub last: Option<(Outcome, Timestamp)>,
    /// When it last answered.
    pub last_alive: Option<Timestamp>,
    /// `Gone`/`NoAccess` in a row.
    pub denied: Option<Streak>,
    /// 5xx, timeouts and empty answers in a row, while siblings answered.
    pub failing: Option<Streak>,
    /// "No available channel" in a row.
    pub unrouted: Option<Streak>,
    /// The request shape that last worked.
    pub shape: Option<String>,
    /// Which of its last answers were odd in which way: a bit each, the newest lowest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub odd: BTreeMap<Mark, u8>,
    /// Keys of a multi-key channel that had it not when they were last asked, although another key had: their numbers, and
    /// what they showed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub denied_keys: BTreeMap<usize, Outcome>,
    /// Since when it was not asked because the gateway's users were served with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_since: Option<Timestamp>,
    /// Set while we keep it off the list.
    pub withdrawn: Option<Withdrawn>,
    /// When it should be looked at again, if sooner than the next round or (withdrawn) not before.
    pub next_probe: Option<Timestamp>,
}

impl Standing {
    /// Whether users alone have spoken for it long enough at `now`.
    pub fn must_be_asked(&self, now: Timestamp) -> bool {
        self.served_since.is_some_and(|since| now.duration_since(since) >= AT_LEAST_EVERY)
    }
}
