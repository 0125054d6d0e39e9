//! The layout of a message that is text: its lines, each of spans.
//!
//! Decides: what stands on which line, and which texts are foreign. Must not know: markup. Pure.

use super::{Message, Section};
use crate::notify::words::Words;

/// A part of a line. Every rendering escapes every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span<'a> {
    /// Our words.
    Words(&'a str),
    /// Our words, that stand out.
    Strong(&'a str),
    /// Foreign text: a name, an upstream's words. Where markup has a form in which nothing is linked, it belongs there.
    Foreign(&'a str),
    /// A command to be copied.
    Command(&'a str),
    /// Where to look further.
    Link {
        /// Its words.
        words: String,
        /// The address.
        url: &'a str,
    },
}

impl Span<'_> {
    /// What of it is to be read.
    pub fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Strong(text) | Self::Foreign(text) | Self::Command(text) => text,
            Self::Link { words, .. } => words,
        }
    }
}

/// The message as text, each part of a line in its markup.
pub(super) fn in_markup(message: &Message, span: impl Fn(&Span<'_>) -> String) -> String {
    let lines: Vec<String> = lines(message).iter().map(|line| line.iter().map(&span).collect()).collect();
    lines.join("\n")
}

/// The lines of a message, the totals first; an empty one stands between two sections.
pub fn lines(message: &Message) -> Vec<Vec<Span<'_>>> {
    let mut lines = vec![vec![Span::Strong(message.totals.as_str())]];
    for section in &message.sections {
        lines.push(vec![]);
        lines.extend(section_lines(section));
    }
    let mut foot = vec![];
    foot.extend(message.more.as_deref().map(|more| vec![Span::Words(more)]));
    let made = Some(message.made.as_str()).filter(|made| !made.is_empty()).map(Span::Words);
    let link =
        message.link.as_deref().map(|url| Span::Link { words: Words::of(message.language).say("open", &[]), url });
    let last = match (made, link) {
        (Some(made), Some(link)) => vec![made, Span::Words(" · "), link],
        (made, link) => made.into_iter().chain(link).collect(),
    };
    foot.extend((!last.is_empty()).then_some(last));
    if !foot.is_empty() {
        lines.push(vec![]);
        lines.extend(foot);
    }
    lines
}

fn section_lines(section: &Section) -> Vec<Vec<Span<'_>>> {
    let heading = match section.heading.strip_suffix(&section.place) {
        None => vec![Span::Foreign(&section.heading)],
        Some(what) => {
            let strong = what.trim_end();
            vec![Span::Strong(strong), Span::Words(&what[strong.len()..]), Span::Foreign(&section.place)]
        }
    };
    let mut lines = vec![[Span::Words(section.sign), Span::Words(" ")].into_iter().chain(heading).collect()];
    let mut subjects = vec![];
    let more = section.more.as_deref().map(Span::Words);
    for subject in section.subjects.iter().map(|name| Span::Foreign(name)).chain(more) {
        if !subjects.is_empty() {
            subjects.push(Span::Words(", "));
        }
        subjects.push(subject);
    }
    lines.extend((!subjects.is_empty()).then_some(subjects));
    let evidence = section.evidence.as_deref();
    lines.extend(evidence.map(|seen| vec![Span::Words("“"), Span::Foreign(seen), Span::Words("”")]));
    lines.push(vec![Span::Words(&section.times)]);
    lines.extend(section.hint.as_deref().map(spans));
    lines.extend(section.undo.as_deref().map(spans));
    lines
}

/// Our words with commands in backticks, told apart. Backticks that do not pair are words.
pub fn spans(text: &str) -> Vec<Span<'_>> {
    if text.matches('`').count() % 2 == 1 {
        return vec![Span::Words(text)];
    }
    let parts = text.split('`').enumerate();
    let spans = parts.map(|(place, part)| if place % 2 == 1 { Span::Command(part) } else { Span::Words(part) });
    spans.filter(|span| !span.text().is_empty()).collect()
}
