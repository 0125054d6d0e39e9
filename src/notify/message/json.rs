//! A digest as JSON, for a webhook of one's own and its template.
//!
//! Decides: the form of that JSON, which stays: fields are added, none is renamed. Must not know: how it is sent. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use std::collections::BTreeSet;

use super::compose::severity;
use super::{advice, compose, plain, shown};
use crate::model::{Cause, Severity};
use crate::notify::words::Words;
use crate::notify::{Digest, Entry, Totals, What};

/// More entries are counted in `more`.
const ENTRIES: usize = 1000;
/// The text is made to fit, in characters.
const TEXT: usize = 16_000;
/// Foreign texts are cut, in characters.
const LONGEST: usize = 300;

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// The same at every attempt, and another message's never.
    pub id: String,
    /// When it was made.
    pub at: Timestamp,
    /// A trial: nothing happened.
    pub test: bool,
    /// How much the worst of it matters: `info`, `warning`, `critical`.
    pub severity: Severity,
    /// In one line, in the receiver's language.
    pub title: String,
    /// The whole message in words, as plain text.
    pub text: String,
    /// How things stand in all.
    pub totals: Totals,
    /// What is told; a thousand at most.
    pub entries: Vec<Line>,
    /// How many entries were left out.
    pub more: usize,
    /// The dashboard's address, where there is one.
    pub link: Option<String>,
}

/// One thing that is told. Texts are without control characters, and hostile all the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Why it is told: `first`, `already`, `changed`, `reminder`, `resolved`, `passed`.
    pub what: What,
    /// The cause: `no-credit`.
    pub cause: Cause,
    /// How much it matters; what is over is `info`.
    pub severity: Severity,
    /// The gateway's name; empty: of none.
    pub gateway: String,
    /// The channel, where it is of one.
    pub channel: Option<Channel>,
    /// The model, key, budget or receiver; empty: the channel, gateway or program as such.
    pub subject: String,
    /// Since when it is, or was, so.
    pub since: Timestamp,
    /// When it was over, if it is.
    pub until: Option<Timestamp>,
    /// What was seen.
    pub evidence: String,
    /// What to do about it, in the receiver's language.
    pub hint: Option<String>,
    /// How to take it back, likewise.
    pub undo: Option<String>,
    /// The change's number in the journal, where a change did it.
    pub change: Option<i64>,
    /// It came and went more than once lately.
    pub flapping: bool,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Channel {
    /// Its id in its gateway.
    pub id: i64,
    /// Its name there.
    pub name: String,
}

impl Document {
    /// A digest as a receiver in that language gets it.
    pub fn new(id: &str, digest: &Digest, words: &Words, link: Option<&str>, zone: &TimeZone) -> Self {
        let message = compose(digest, words, link, zone).fit(TEXT, |message| plain::text(message).chars().count());
        Self {
            id: id.to_owned(),
            at: digest.at,
            test: digest.test,
            severity: message.severity,
            text: plain::text(&message),
            title: message.title,
            totals: digest.totals,
            entries: digest.entries.iter().take(ENTRIES).map(|entry| Line::new(entry, words)).collect(),
            more: digest.entries.len().saturating_sub(ENTRIES),
            link: message.link,
        }
    }
}

impl Line {
    fn new(entry: &Entry, words: &Words) -> Self {
        let event = &entry.event;
        let channel = event.channel.as_ref();
        Self {
            what: entry.what,
            cause: event.cause,
            severity: severity(entry),
            gateway: shown(&event.gateway, LONGEST),
            channel: channel.map(|channel| Channel { id: channel.id, name: shown(&channel.name, LONGEST) }),
            subject: shown(&event.subject, LONGEST),
            since: event.since,
            until: entry.until,
            evidence: shown(&event.evidence, LONGEST),
            hint: advice::hint(entry.what, event, words),
            undo: advice::undo(event, &event.change.into_iter().collect::<BTreeSet<_>>(), words),
            change: event.change,
            flapping: entry.flapping,
        }
    }
}
