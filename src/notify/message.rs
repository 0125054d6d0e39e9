//! A digest put into words, before any receiver's markup: what every receiver renders.
//!
//! Decides: what stands together, in which order, and what is left out when there is no room. Must not know: markup, how
//! it is sent. Pure.
//!
//! The way of a text: [`compose()`] puts a digest into words, [`Message::fit`] leaves out what there is no room for, and
//! one of the renderings ([`plain`], [`html`], [`telegram`], [`discord`]) escapes all of it. A rendering whose text is
//! lines goes over [`lines()`], so that no place is forgotten and foreign names stand where markup expects them.

mod advice;
mod compose;
pub mod discord;
mod fit;
pub mod html;
pub mod json;
mod lines;
pub mod plain;
mod shown;
pub mod telegram;
mod times;

pub use self::compose::compose;
use self::lines::in_markup;
pub use self::lines::{Span, lines, spans};
pub use self::shown::{LONGEST_NAME, shown};

use crate::config::Language;
use crate::model::Severity;

/// A message in words. Every text in it is plain and may hold hostile names, without control characters: whoever renders
/// it escapes all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The language it is in.
    pub language: Language,
    /// How much the worst of it matters.
    pub severity: Severity,
    /// The subject of a mail, the heading where a receiver has one beside the text: the worst section and how many more,
    /// "No credit: main #3 azure, and 2 more".
    pub title: String,
    /// How things stand in all, always the first line: "2 of 45 models down, 1 of 6 channels down, 3 withdrawn".
    pub totals: String,
    /// A part for each reason, channel and cause, the worst first.
    pub sections: Vec<Section>,
    /// How many sections were left out for want of room.
    pub hidden: usize,
    /// The same in words: "and 12 more".
    pub more: Option<String>,
    /// As of when all this is: a message may be late.
    pub made: String,
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
    /// "No credit: main #3 azure". It ends with `place`.
    pub heading: String,
    /// Where it is, by foreign names: the end of `heading`.
    pub place: String,
    /// The models it is about, or keys, receivers, budgets; at most as many as there is room for.
    pub subjects: Vec<String>,
    /// How many of them were left out.
    pub hidden: usize,
    /// The same in words: "and 40 more".
    pub more: Option<String>,
    /// What was seen, in foreign words.
    pub evidence: Option<String>,
    /// "since 14:05 UTC+1 (2 h)", "14:05 to 16:00 UTC+1".
    pub times: String,
    /// What to do about it, in our words; commands stand in backticks ([`spans`] tells them apart).
    pub hint: Option<String>,
    /// How to take it back, likewise.
    pub undo: Option<String>,
}

#[cfg(test)]
#[path = "message/tests.rs"]
mod tests;
