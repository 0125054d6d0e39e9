//! A digest put into words, before any receiver's markup: what every receiver renders.
//!
//! Decides: what stands together, in which order, and what is left out when there is no room. Must not know: markup, how
//! it is sent. Pure.

use crate::model::Severity;

/// A message in words. Every text in it is plain and may hold hostile names: whoever renders it escapes all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How much the worst of it matters.
    pub severity: Severity,
    /// The subject of a mail, the heading of a chat message: "2 of 45 models down: no credit on #3 azure".
    pub title: String,
    /// How things stand in all: "2 of 45 models down, 1 of 6 channels, 3 withdrawn".
    pub totals: String,
    /// A part for each channel and cause, the worst first.
    pub sections: Vec<Section>,
    /// What was left out for want of room, in words: "and 12 more".
    pub more: Option<String>,
    /// Where all of it can be looked at.
    pub link: Option<String>,
}

/// One cause on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// How much it matters; a good end is `Info`.
    pub severity: Severity,
    /// A sign before the heading: 🔴 🟡 🟢 🔵 ⚪.
    pub sign: &'static str,
    /// "No credit: main, channel #3 azure".
    pub heading: String,
    /// The models it is about; at most as many as there is room for.
    pub subjects: Vec<String>,
    /// "and 40 more" of them.
    pub more: Option<String>,
    /// What was seen.
    pub evidence: Option<String>,
    /// "since 14:05 (2 h)", "from … to …".
    pub times: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// How to take it back: a command.
    pub undo: Option<String>,
}
