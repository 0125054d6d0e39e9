//! What is so, and what is told of it.
//!
//! Decides: which two things are one and the same. Must not know: where they come from, who is told. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Cause, Severity};

/// One thing that is so, or that happened: one cause, of one model, key, channel, gateway, or of us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Why anybody is told.
    pub cause: Cause,
    /// The gateway's name; empty: of none (`openrouter`: of its free models).
    pub gateway: String,
    /// The channel, where it is of one.
    pub channel: Option<ChannelName>,
    /// The model, or the key's number, the budget's name, the receiver's; empty: the channel, gateway or program as such.
    /// Hostile text: names come from upstreams.
    pub subject: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// What was seen, in the upstream's words or in ours, redacted. Hostile text.
    pub evidence: String,
    /// What makes it another thing worth telling, although its key is the same: a held change's contents, a share of a
    /// budget. Empty: nothing does.
    pub mark: String,
    /// The journal's number of the change that did it, which `undo` takes back.
    pub change: Option<i64>,
}

impl Event {
    /// What it is known by.
    pub fn key(&self) -> Key {
        Key {
            gateway: self.gateway.clone(),
            channel: self.channel.as_ref().map(|channel| channel.id),
            cause: self.cause,
            subject: self.subject.clone(),
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.cause.severity()
    }
}

/// A channel for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelName {
    /// Its id in its gateway.
    pub id: i64,
    /// Its name there: hostile text.
    pub name: String,
}

/// What an event is known by: two events with one key are the same thing, seen twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: Option<i64>,
    /// The cause.
    pub cause: Cause,
    /// The subject.
    pub subject: String,
}

/// Something that happened once, by the number that the journal gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The number, rising with time within one gateway; several events may share one.
    pub number: i64,
    /// What happened.
    pub event: Event,
}

/// How far the things of a channel can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelSight {
    /// Something on it answers.
    Answers,
    /// Nothing does: how its models and single keys stand, nobody knows.
    Down,
    /// It is off, left out or could not be read: nobody looks at it.
    Off,
}

/// What it means that something is not among what lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is over.
    Over,
    /// Nobody can say: it is as it was.
    Unknown,
    /// What it was of is no more.
    Gone,
}

/// All that is so at one moment, as the store has it. Complete, or not made at all: what is not in it is over, unless
/// [`Picture::absence`] says otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// What lasts.
    pub lasting: Vec<Event>,
    /// What happened, in order, after the numbers asked for.
    pub news: Vec<News>,
    /// The gateways that there are. What was said of others is forgotten without a word.
    pub gateways: BTreeSet<String>,
    /// Their channels, by gateway and id.
    pub channels: BTreeMap<String, BTreeMap<i64, ChannelSight>>,
    /// The gateways of which nobody can say whether our last good round is too long ago: they cannot be read, or we have
    /// not run for so long ourselves.
    pub unsure: BTreeSet<String>,
    /// What is so and told as something else that lasts: it is not over.
    pub covered: BTreeSet<Key>,
    /// How things stand in all.
    pub totals: Totals,
}

impl Picture {
    /// What it means that the thing known by this key is not among what lasts.
    pub fn absence(&self, key: &Key) -> Absence {
        if key.cause == Cause::Stale && self.unsure.contains(&key.gateway) || self.covered.contains(key) {
            return Absence::Unknown;
        }
        let Some(id) = key.channel else { return Absence::Over };
        match self.channels.get(&key.gateway).and_then(|channels| channels.get(&id)) {
            None => Absence::Gone,
            Some(ChannelSight::Off) => Absence::Unknown,
            Some(ChannelSight::Down) if key.cause.is_of_answers() => Absence::Unknown,
            Some(ChannelSight::Down | ChannelSight::Answers) => Absence::Over,
        }
    }
}

/// How things stand in all: the first line of every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Models on lists, and those withdrawn by us.
    pub models: u64,
    /// Of these, red.
    pub down: u64,
    /// Yellow.
    pub degraded: u64,
    /// Off a list by our hand.
    pub withdrawn: u64,
    /// Channels.
    pub channels: u64,
    /// On which nothing answers.
    pub channels_down: u64,
}

/// Why an event is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It is new.
    First,
    /// It was so when this audience was told for the first time.
    Already,
    /// It is other than it was told.
    Changed,
    /// It lasts.
    Reminder,
    /// It is over.
    Resolved,
    /// It came and went while nobody could be told.
    Passed,
}

/// One line of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Why it is told.
    pub what: What,
    /// What is told.
    pub event: Event,
    /// When it was over, if it is.
    pub until: Option<Timestamp>,
    /// It came and went more than once lately.
    pub flapping: bool,
}

/// All that one audience is told at once. Kept as it is and put into words when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// When it was made.
    pub at: Timestamp,
    /// How things stood then.
    pub totals: Totals,
    /// What is told, the worst first.
    pub entries: Vec<Entry>,
    /// A trial: `channelwarden notify test`.
    #[serde(default)]
    pub test: bool,
}

impl Digest {
    /// A trial: what `channelwarden notify test` sends.
    pub fn trial(now: Timestamp) -> Self {
        Self { at: now, totals: Totals::default(), entries: vec![], test: true }
    }
}
