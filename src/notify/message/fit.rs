//! A message made as short as there is room for.
//!
//! Decides: what is left out first. Must not know: how a receiver counts. Pure.

use super::compose::more;
use super::{Message, shown};
use crate::notify::words::Words;

/// As many names of a section are left when other sections are in want of room.
const NAMES: usize = 3;

/// How much of a message stays.
#[derive(Clone, Copy)]
struct Kept {
    /// Sections, from the first.
    sections: usize,
    /// Of these, so many keep their evidence.
    evidence: usize,
    /// Names in each section.
    names: usize,
}

impl Message {
    /// The message, short enough that `measure` of it is no more than `limit`, in whatever unit that counts. What matters
    /// least goes first, and what went is counted: long lists of names, then evidence from the last section up, then
    /// whole sections from the last up, then the advice and names of the worst one. The totals stay longest.
    #[must_use]
    pub fn fit(&self, limit: usize, measure: impl Fn(&Self) -> usize) -> Self {
        let fits = |message: &Self| measure(message) <= limit;
        if fits(self) {
            return self.clone();
        }
        let most_names = self.sections.iter().map(|section| section.subjects.len()).max().unwrap_or_default();
        let all = Kept { sections: self.sections.len(), evidence: self.sections.len(), names: most_names };
        let few = Kept { names: NAMES.min(most_names), ..all };
        // Each of the three is made as large as it can be, and what matters more has the room first.
        let sections = most(all.sections, |sections| fits(&self.keep(Kept { sections, evidence: 0, ..few })));
        let Some(sections) = sections.filter(|sections| *sections > 0) else { return self.shorten(&fits) };
        let evidence = |evidence| Kept { sections, evidence, ..few };
        let evidence = evidence(most(sections, |kept| fits(&self.keep(evidence(kept)))).unwrap_or_default());
        let more_names = |names| Kept { names: few.names + names, ..evidence };
        let names = most(most_names - few.names, |names| fits(&self.keep(more_names(names)))).unwrap_or_default();
        self.keep(more_names(names))
    }

    fn keep(&self, kept: Kept) -> Self {
        let words = Words::of(self.language);
        let mut message =
            Self { sections: self.sections.iter().take(kept.sections).cloned().collect(), ..self.frame() };
        message.hidden += self.sections.len() - message.sections.len();
        message.more = more(message.hidden, words);
        for (place, section) in message.sections.iter_mut().enumerate() {
            let gone = section.subjects.len().saturating_sub(kept.names);
            section.subjects.truncate(kept.names);
            section.hidden += gone;
            section.more = more(section.hidden, words);
            if place >= kept.evidence {
                section.evidence = None;
            }
        }
        message
    }

    /// All but the sections.
    fn frame(&self) -> Self {
        Self {
            sections: vec![],
            title: self.title.clone(),
            totals: self.totals.clone(),
            more: self.more.clone(),
            made: self.made.clone(),
            link: self.link.clone(),
            ..*self
        }
    }

    /// There is not even room for the worst section with its advice: less of it, then the totals, then a part of them.
    fn shorten(&self, fits: &impl Fn(&Self) -> bool) -> Self {
        let mut message = self.keep(Kept { sections: 1, evidence: 0, names: NAMES });
        if let Some(section) = message.sections.first_mut() {
            section.undo = None;
            section.hint = None;
        }
        if fits(&message) {
            return message;
        }
        if let Some(section) = message.sections.first_mut() {
            section.hidden += section.subjects.len();
            section.subjects.clear();
            section.more = None;
        }
        if fits(&message) {
            return message;
        }
        message = self.keep(Kept { sections: 0, evidence: 0, names: 0 });
        if fits(&message) {
            return message;
        }
        message.link = None;
        message.made.clear();
        message.more = None;
        let cut = |length: usize| {
            let cut = |text: &str| if length == 0 { String::new() } else { shown(text, length) };
            Self { title: cut(&self.title), totals: cut(&self.totals), ..message.clone() }
        };
        let longest = self.title.chars().count().max(self.totals.chars().count());
        cut(most(longest, |length| fits(&cut(length))).unwrap_or_default())
    }
}

/// The largest number up to `limit` that holds, found by halving; `None` when not even 0 does.
fn most(limit: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    if holds(limit) {
        return Some(limit);
    }
    if !holds(0) {
        return None;
    }
    let (mut held, mut failed) = (0, limit);
    while failed - held > 1 {
        let middle = held + (failed - held) / 2;
        if holds(middle) { held = middle } else { failed = middle }
    }
    Some(held)
}
