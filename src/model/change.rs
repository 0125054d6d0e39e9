//! What a plan wants for one channel, and what a guard held back.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fingerprint, ModelName, Outcome, WorkingList};

/// Which channel, as its identity (id, created) and its name for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChannelRef {
    /// `channels.id`.
    pub id: i64,
    /// `channels.created_time`, unix seconds: an id alone may be reused by SQLite gateways.
    pub created: i64,
    /// `channels.name`.
    pub name: String,
}

impl fmt::Display for ChannelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}", self.id, self.name)
    }
}

/// Why a model is withdrawn: the sort of finding, how often and since when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The outcome that confirmed it.
    pub outcome: Outcome,
    /// How many findings in a row.
    pub count: u32,
    /// When the first of them was made (UTC).
    pub since: Timestamp,
    /// Over how many seconds.
    pub over_s: i64,
    /// The upstream's words, redacted and short.
    pub detail: String,
}

impl Reason {
    /// The finding without the upstream's words: "gone 2× over 10m".
    pub fn brief(&self) -> String {
        let over = humantime::format_duration(std::time::Duration::from_secs(self.over_s.unsigned_abs()));
        format!("{} {}× over {over}", self.outcome, self.count)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.brief())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// A model to take off the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Its name.
    pub model: ModelName,
    /// Why.
    pub reason: Reason,
}

/// What a plan wants to do to one channel's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which channel.
    pub channel: ChannelRef,
    /// `channels.models` byte for byte, as the decision saw it.
    pub before: String,
    /// The row the decision saw.
    pub fingerprint: Fingerprint,
    /// The list to write.
    pub after: WorkingList,
    /// Confirmed dead.
    pub removed: Vec<Removal>,
    /// New and working.
    pub added: Vec<ModelName>,
    /// Withdrawn by us before, working again.
    pub restored: Vec<ModelName>,
}

impl Change {
    /// Whether nothing would change: all that was wanted is held back.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && self.restored.is_empty()
    }

    /// What is left of a change that was written: nothing, on the list as it is now.
    #[must_use]
    pub fn emptied(self) -> Self {
        Self { before: self.after.join(), removed: vec![], added: vec![], restored: vec![], ..self }
    }
}

/// The rule that held something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The list would be empty.
    NeverEmpty,
    /// No other enabled channel serves the model in a group.
    LastRoute,
    /// Nothing on the channel answered: that is a fact about the channel.
    ChannelDown,
    /// Too large a part of the channel's list at once.
    ChannelLimit,
    /// Too much over all channels in one round.
    RoundLimit,
    /// Too many channels failed at once.
    ManyChannelsDown,
    /// Many models of one channel turned bad within minutes of each other.
    Correlated,
    /// Our own network does not answer.
    OwnNetwork,
    /// The operator said stop.
    OnHold,
    /// The gateway has no price for it, or none that is certain.
    Unpriced,
}

impl Guard {
    /// Whether a person may let through what it held (`apply --held`): limits may be lifted, facts may not.
    pub fn may_be_lifted(self) -> bool {
        match self {
            Self::LastRoute | Self::ChannelLimit | Self::RoundLimit | Self::Correlated | Self::Unpriced => true,
            Self::NeverEmpty | Self::ChannelDown | Self::ManyChannelsDown | Self::OwnNetwork | Self::OnHold => false,
        }
    }

    /// The guard's name in the store, in JSON and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverEmpty => "never-empty",
            Self::LastRoute => "last-route",
            Self::ChannelDown => "channel-down",
            Self::ChannelLimit => "channel-limit",
            Self::RoundLimit => "round-limit",
            Self::ManyChannelsDown => "many-channels-down",
            Self::Correlated => "correlated",
            Self::OwnNetwork => "own-network",
            Self::OnHold => "on-hold",
            Self::Unpriced => "unpriced",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something a plan wanted and a guard held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which channel.
    pub channel: ChannelRef,
    /// Models that would have been taken off.
    pub removals: Vec<Removal>,
    /// Models that would have been put on, new ones and those we withdrew.
    pub additions: Vec<ModelName>,
    /// Which rule.
    pub guard: Guard,
    /// What it saw, and what an operator can do.
    pub why: String,
}
