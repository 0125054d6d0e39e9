//! The lines of a report: one thing each that an operator should know of a channel, a key or a model.
//!
//! Must not know: how it was found out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::apply;
use crate::config::Mode;
use crate::model::{Change, ChannelRef, ClosedKey, Mark, ModelName, Outcome};

/// A channel on which nothing answered.
#[derive(Clone, Debug, Serialize)]
pub struct Down {
    /// Which.
    pub channel: ChannelRef,
    /// What most of its models showed.
    pub outcome: Outcome,
    /// The words of one of them.
    pub detail: String,
}

/// A key that is not asked.
#[derive(Clone, Debug, Serialize)]
pub struct KeyLine {
    /// Of which channel.
    pub channel: ChannelRef,
    /// Which of its keys, from 1.
    pub key: usize,
    /// How many it has.
    pub of: usize,
    /// Bad, without credit, or (busy) its quota of the day used up.
    pub outcome: Outcome,
    /// Since when.
    pub since: Timestamp,
    /// When one question tries it again.
    pub until: Timestamp,
    /// In the upstream's words.
    pub detail: String,
}

/// A model that some of a multi-key channel's keys have not: the gateway picks any of them, so a part of its users get an
/// error.
#[derive(Clone, Debug, Serialize)]
pub struct SomeKeys {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// The keys that have it not, from 1, and what they showed.
    pub keys: BTreeMap<usize, Outcome>,
    /// How many keys the channel has.
    pub of: usize,
}

/// A key of a multi-key channel that the gateway does not use, and so nobody asks.
#[derive(Clone, Debug, Serialize)]
pub struct ClosedKeyLine {
    /// Of which channel.
    pub channel: ChannelRef,
    /// How many keys the channel has.
    pub of: usize,
    /// Which, by whom, and why.
    #[serde(flatten)]
    pub key: ClosedKey,
}

/// A model that we took off and that did not come back yet.
#[derive(Clone, Debug, Serialize)]
pub struct StillWithdrawn {
    /// From which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// When it is looked at again.
    pub next: Timestamp,
}

/// A model that answers oddly: 3 of its last 5 answers.
#[derive(Clone, Debug, Serialize)]
pub struct Odd {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// In which ways.
    pub marks: Vec<Mark>,
}

/// A model whose end its provider has announced.
#[derive(Clone, Debug, Serialize)]
pub struct Expiring {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// On which day it ends.
    pub ends: Date,
}

/// A channel left alone.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// Which.
    pub channel: ChannelRef,
    /// Why.
    pub why: String,
}

/// An advertised model that is not probed: it stays as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Unprobed {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// Why.
    pub why: String,
}

/// A model with an unconfirmed finding against it.
#[derive(Clone, Debug, Serialize)]
pub struct Doubt {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: ModelName,
    /// The latest finding.
    pub outcome: Outcome,
    /// How often in a row.
    pub count: u32,
    /// How often is needed.
    pub times: u32,
    /// When it is looked at again.
    pub next: Timestamp,
}

/// A wanted change, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeLine {
    /// What was wanted.
    pub change: Change,
    /// What came of it; `None`: it waits for a person, or is only shown.
    pub outcome: Option<apply::Outcome>,
    /// What we were allowed to do.
    pub mode: Mode,
}
