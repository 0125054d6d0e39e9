//! A digest in words.
//!
//! Decides: what stands together, and the worst first. Must not know: how much room there is, markup. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::times::Times;
use super::{LONGEST_NAME, Message, Section, advice, shown};
use crate::model::{Cause, Severity};
use crate::notify::words::{Value, Words};
use crate::notify::{Digest, Entry, Event, Totals, What};

/// More sections than this are counted, not put into words: nobody reads them, and they are made anew at each attempt.
const SECTIONS: usize = 500;
/// Evidence is cut, in characters.
const LONGEST_EVIDENCE: usize = 200;
/// So many different texts are shown of a section's evidence.
const EVIDENCES: usize = 3;

/// Puts a digest into words. `link`: where all of it can be looked at. `zone`: that of the times in it.
pub fn compose(digest: &Digest, words: &Words, link: Option<&str>, zone: &TimeZone) -> Message {
    let times = Times { words, zone, made: digest.at };
    let groups = groups(&digest.entries);
    let hidden = groups.len().saturating_sub(SECTIONS);
    let mut sections: Vec<_> = groups.iter().take(SECTIONS).map(|group| section(group, times)).collect();
    if digest.test {
        sections.insert(0, trial(words, times.at(digest.at)));
    }
    let others = (sections.len() + hidden).saturating_sub(1);
    let title = match sections.first() {
        None => words.say("title-none", &[]),
        Some(worst) => words.say("title", &[("first", worst.heading.as_str().into()), ("n", others.into())]),
    };
    Message {
        language: words.language(),
        severity: sections.iter().map(|section| section.severity).max().unwrap_or_default(),
        title,
        totals: totals(&digest.totals, words),
        sections,
        hidden,
        more: more(hidden, words),
        made: words.say("made", &[("at", times.full(digest.at).into())]),
        link: link.map(ToOwned::to_owned),
    }
}

/// "and 12 more", if there are any.
pub(super) fn more(hidden: usize, words: &Words) -> Option<String> {
    (hidden > 0).then(|| words.say("and-more", &[("n", hidden.into())]))
}

/// "2 of 45 models down, 1 of 6 channels down, 3 withdrawn": what is nothing is left out, but for the first two.
fn totals(totals: &Totals, words: &Words) -> String {
    let mut parts = vec![words.say("totals-models", &[("down", totals.down.into()), ("models", totals.models.into())])];
    if totals.channels > 0 {
        let values = [("down", totals.channels_down.into()), ("channels", totals.channels.into())];
        parts.push(words.say("totals-channels", &values));
    }
    for (key, n) in [("totals-degraded", totals.degraded), ("totals-withdrawn", totals.withdrawn)] {
        if n > 0 {
            parts.push(words.say(key, &[("n", n.into())]));
        }
    }
    parts.join(&words.say("comma", &[]))
}

/// Entries that are told as one: never empty.
struct Group<'a> {
    first: &'a Entry,
    entries: Vec<&'a Entry>,
}

/// A dead key is one group with its models, not sixty. The worst first; what is equally bad stays in the digest's order.
fn groups(entries: &[Entry]) -> Vec<Group<'_>> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = vec![];
    for entry in entries {
        let event = &entry.event;
        let key = (
            entry.what,
            event.gateway.as_str(),
            event.channel.as_ref().map(|channel| channel.id),
            advice::word_of(event),
        );
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { first: entry, entries: vec![entry] }),
        }
    }
    groups.sort_by_key(|group| (Reverse(severity(group.first)), group.first.what));
    groups
}

/// How much an entry matters: what is over is good to know.
pub(super) fn severity(entry: &Entry) -> Severity {
    match entry.what {
        What::First | What::Already | What::Changed | What::Reminder => entry.event.severity(),
        What::Resolved | What::Passed => Severity::Info,
    }
}

fn sign(entry: &Entry) -> &'static str {
    match (entry.what, entry.event.cause, severity(entry)) {
        (What::Resolved, _, _) | (_, Cause::Restored, _) => "🟢",
        (What::Passed, _, _) => "⚪",
        (_, _, Severity::Critical) => "🔴",
        (_, _, Severity::Warning) => "🟡",
        (_, _, Severity::Info) => "🔵",
    }
}

fn section(group: &Group<'_>, times: Times<'_>) -> Section {
    let (first, words) = (group.first, times.words);
    let subjects = subjects(group, words);
    let place = place(&first.event, words);
    let changes: BTreeSet<_> = group.entries.iter().filter_map(|entry| entry.event.change).collect();
    let since = group.entries.iter().map(|entry| entry.event.since);
    let (from, to) = (since.clone().min().unwrap_or(first.event.since), since.max().unwrap_or(first.event.since));
    let ended = group.entries.iter().filter_map(|entry| entry.until).max();
    let mut when = match ended {
        Some(until) => times.between(from, until),
        None if first.event.cause.happens_once() => times.span(from, to),
        None => times.since(from),
    };
    if group.entries.iter().any(|entry| entry.flapping) {
        when = [when, words.say("flapping", &[])].join(&words.say("comma", &[]));
    }
    Section {
        severity: severity(first),
        sign: sign(first),
        heading: heading(first, subjects.len().max(1), &place, words),
        place,
        subjects,
        hidden: 0,
        more: None,
        evidence: evidence(group),
        times: when,
        hint: advice::hint(first.what, &first.event, words),
        undo: advice::undo(&first.event, &changes, words),
    }
}

/// What it is, and where: the place stands last.
fn heading(entry: &Entry, n: usize, place: &str, words: &Words) -> String {
    let word = advice::word_of(&entry.event);
    let lasting = || words.say(&format!("{word}-heading"), &[("n", n.into())]);
    let name = || words.say(word, &[]);
    let (key, what) = match entry.what {
        What::First => ("heading", lasting()),
        What::Already => ("already", lasting()),
        What::Changed => ("changed", lasting()),
        What::Reminder => ("reminder", lasting()),
        What::Resolved => ("resolved", name()),
        What::Passed => ("passed", name()),
    };
    words.say(key, &[("what", what.into()), ("place", place.into())])
}

/// "main #3 azure", "main", "OpenRouter", or ourselves.
fn place(event: &Event, words: &Words) -> String {
    let gateway = shown(&event.gateway, LONGEST_NAME);
    match &event.channel {
        Some(channel) => {
            let channel = format!("#{} {}", channel.id, shown(&channel.name, LONGEST_NAME));
            format!("{gateway} {channel}").trim().to_owned()
        }
        None if advice::is_free_model(event) => "OpenRouter".to_owned(),
        None if gateway.is_empty() => words.say("place-here", &[]),
        None => gateway,
    }
}

/// The names in a group, each once, in its order.
fn subjects(group: &Group<'_>, words: &Words) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = group.entries.iter().map(|entry| &entry.event).filter(|event| !event.subject.is_empty());
    names.filter(|event| seen.insert(&event.subject)).map(|event| subject(event, words)).collect()
}

/// A model's name, or a key by its number.
fn subject(event: &Event, words: &Words) -> String {
    let is_number = event.subject.chars().all(|c| c.is_ascii_digit());
    let name = shown(&event.subject, LONGEST_NAME);
    if is_number && matches!(event.cause, Cause::KeyBad | Cause::NoCredit) {
        words.say("key-number", &[("n", Value::from(name))])
    } else {
        name
    }
}

/// What was seen most, first; nothing of what is over.
fn evidence(group: &Group<'_>) -> Option<String> {
    if group.first.what == What::Resolved {
        return None;
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, entry) in group.entries.iter().enumerate() {
        if !entry.event.evidence.is_empty() {
            counts.entry(&entry.event.evidence).or_insert((0, place)).0 += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(_, (count, place))| (Reverse(*count), *place));
    let mut told: Vec<_> = counts.iter().take(EVIDENCES).map(|(text, _)| shown(text, LONGEST_EVIDENCE)).collect();
    if counts.len() > EVIDENCES {
        told.push("…".to_owned());
    }
    (!told.is_empty()).then(|| told.join(" / "))
}

/// What `channelwarden notify test` says.
fn trial(words: &Words, times: String) -> Section {
    let place = words.say("place-here", &[]);
    let what = words.say("test", &[]);
    Section {
        severity: Severity::Info,
        sign: "🔵",
        heading: words.say("heading", &[("what", what.into()), ("place", place.as_str().into())]),
        place,
        subjects: vec![],
        hidden: 0,
        more: None,
        evidence: None,
        times,
        hint: Some(words.say("test-hint", &[])),
        undo: None,
    }
}
