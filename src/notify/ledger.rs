//! What an audience was told, and what it is to be told next.
//!
//! Decides: first, changed, resolved, reminder, passed; when they are gathered into one digest. Must not know: stores,
//! receivers, words. Pure: a picture and `now` in, a digest out.
//!
//! The rules, in short:
//! - What lasts has a line from when it is first seen. A line is *told* what the audience believes; where that and what
//!   is so differ, the line is due. So nothing is told twice, and what comes back before its end was told is no news.
//! - What may pass must last, and stay away, `settle` before it counts as so. What was so, and was over before anybody
//!   could be told, is told as passed.
//! - What cannot be judged now (a model of a channel on which nothing answers, a channel that is off) stays as it is, and
//!   nothing is told of it. What is of a channel that is no more, or of a model that we took off, ends without a word.
//! - What happens once has a line from when its number is noted until it is told.
//! - Flapping: what comes back within an hour of being told to be over must, each time, last and stay away twice as long
//!   as before, at most six hours. When it neither came nor went for a day, that is forgotten.
//! - Due lines are gathered for `digest` since the first of them became due, and longer while a message is on its way
//!   or nobody is to be disturbed; then all go into one digest. A reminder disturbs nobody in quiet hours, however much
//!   it matters.
//! - An audience that is new is told what is so in its first digest, and nothing of what happened before.

pub mod line;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::line::{Course, Lasting, Line, LineKey};
use super::event::Absence;
use super::{Digest, Entry, Event, Key, Picture, What};
use crate::model::{Cause, Severity};

/// The name under which `OpenRouter`'s free models are told, which is no gateway.
const OPENROUTER: &str = "openrouter";

/// What one audience wants to be told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The receiver's name: that it takes nothing is told to others.
    pub receiver: String,
    /// Only what matters so much.
    pub at_least: Severity,
    /// Only of these gateways; empty: of all (what is of no gateway is told all the same).
    pub gateways: Vec<String>,
    /// Only of these causes; empty: of all.
    pub causes: Vec<Cause>,
    /// News are gathered for so long.
    pub digest: Duration,
    /// What may pass must last, and stay away, so long.
    pub settle: Duration,
    /// What lasts is told again after so long; zero: never.
    pub remind: Duration,
}

impl Policy {
    fn wants(&self, event: &Event) -> bool {
        let gateway = &event.gateway;
        let of_itself = event.cause == Cause::ReceiverDown && event.subject == self.receiver;
        !of_itself
            && event.severity() >= self.at_least
            && (self.gateways.is_empty() || is_no_gateway(gateway) || self.gateways.contains(gateway))
            && (self.causes.is_empty() || self.causes.contains(&event.cause))
    }
}

/// What holds at one moment for one audience, beside its policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// Somebody works on these gateways: what lasts there is not looked at, what happens there is gathered.
    pub maintenance: Vec<String>,
    /// It is quiet, or the audience is muted: only what matters so much is told. `None`: all is.
    pub hushed: Option<Hush>,
    /// A message of before is still on its way: the next one waits for it, and gathers.
    pub busy: bool,
}

/// Nobody is to be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hush {
    /// What matters so much is told all the same; `None`: nothing is.
    pub let_through: Option<Severity>,
    /// When it ends, or at least changes.
    pub until: Timestamp,
}

impl Hush {
    /// Both at once: the stricter, until the first of them ends.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let let_through = self.let_through.zip(other.let_through).map(|(one, two)| one.max(two));
        Self { let_through, until: self.until.min(other.until) }
    }
}

/// What one audience was told, and is about to be: one line for each thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Beside the lines.
    pub state: State,
    /// The lines.
    pub lines: BTreeMap<LineKey, Line>,
}

/// What a ledger holds beside its lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// When the audience was first looked after; `None`: never yet.
    pub began: Option<Timestamp>,
    /// The latest number of each gateway's news that was noted.
    pub noted: BTreeMap<String, i64>,
    /// When each gateway was first seen: what happened there before is nobody's news.
    pub from: BTreeMap<String, Timestamp>,
}

impl Ledger {
    /// That of an audience of which nothing is known but the numbers that others have noted, which are before its time.
    pub fn begin(noted: BTreeMap<String, i64>) -> Self {
        Self { state: State { noted, ..State::default() }, lines: BTreeMap::new() }
    }

    /// Takes note of what is so now, and makes the digest that is due, if one is. What it returns counts as told: keep
    /// the ledger only together with it.
    pub fn settle(&mut self, picture: &Picture, policy: &Policy, moment: &Moment, now: Timestamp) -> Option<Digest> {
        let beginning = self.state.began.is_none();
        self.state.began.get_or_insert(now);
        self.put_back(now);
        self.forget(picture, policy);
        self.hear(picture, policy, now);
        self.look(picture, policy, moment, beginning, now);
        self.gathered(policy, moment, now).filter(|at| *at <= now)?;
        Some(Digest { at: now, totals: picture.totals, entries: self.tell(policy, moment, now), test: false })
    }

    /// When it wants to be asked again although nothing changes.
    pub fn next(&self, policy: &Policy, moment: &Moment, now: Timestamp) -> Option<Timestamp> {
        let lines = || self.lines.values().filter(|line| !moment.maintains(&line.event.gateway));
        let settled = lines().filter_map(|line| line.settles(policy));
        let hushed = moment.hushed.map_or(Timestamp::MIN, |hush| hush.until);
        let told = lines().filter(|line| line.due.is_none());
        let reminded = told.filter_map(|line| line.reminds(policy)).map(|at| at.max(hushed));
        let waits = |line: &&Line| line.due.is_some() && !moment.lets(line, policy, now);
        let woken = lines().find(waits).and(moment.hushed).map(|hush| hush.until);
        let told = reminded.chain(self.gathered(policy, moment, now)).chain(woken).filter(|_| !moment.busy);
        settled.chain(told).min()
    }

    /// Where the clock was put back, what lies ahead of it would be waited for.
    fn put_back(&mut self, now: Timestamp) {
        self.lines.values_mut().for_each(|line| line.put_back(now));
        self.state.from.values_mut().for_each(|from| *from = now.min(*from));
    }

    /// Drops what is not this audience's business any more, without a word.
    fn forget(&mut self, picture: &Picture, policy: &Policy) {
        self.lines.retain(|_, line| policy.wants(&line.event) && is_known(picture, &line.event.gateway));
        self.state.noted.retain(|gateway, _| is_known(picture, gateway));
        self.state.from.retain(|gateway, _| is_known(picture, gateway));
    }

    /// Notes what happened.
    fn hear(&mut self, picture: &Picture, policy: &Policy, now: Timestamp) {
        for gateway in picture.gateways.iter().map(String::as_str).chain([OPENROUTER]) {
            self.state.from.entry(gateway.to_owned()).or_insert(now);
            self.state.noted.entry(gateway.to_owned()).or_insert(0);
        }
        let before = self.state.noted.clone();
        for news in &picture.news {
            let event = &news.event;
            let (Some(before), Some(noted), Some(from)) = (
                before.get(&event.gateway),
                self.state.noted.get_mut(&event.gateway),
                self.state.from.get(&event.gateway),
            ) else {
                continue;
            };
            if news.number > *before {
                *noted = news.number.max(*noted);
                for cause in [Cause::Substituted, Cause::Degraded, Cause::Failing] {
                    let known = LineKey { key: Key { cause, ..event.key() }, number: None };
                    if let Some(line) = self.lines.get_mut(&known) {
                        line.take_off(event.cause == Cause::Withdrawn);
                    }
                }
                if policy.wants(event) && event.since > *from {
                    let line = Line::once(news, now);
                    self.lines.insert(line.key(), line);
                }
            }
        }
    }

    /// Notes what lasts, and what does not any more.
    fn look(&mut self, picture: &Picture, policy: &Policy, moment: &Moment, beginning: bool, now: Timestamp) {
        let watched = |event: &Event| !moment.maintains(&event.gateway);
        let wanted = |event: &&Event| policy.wants(event) && watched(event) && is_known(picture, &event.gateway);
        let mut seen: BTreeMap<Key, &Event> = BTreeMap::new();
        for event in picture.lasting.iter().filter(wanted) {
            seen.entry(event.key()).or_insert(event);
        }
        self.lines.retain(|key, line| {
            if key.number.is_some() || !watched(&line.event) {
                return true;
            }
            let event = seen.remove(&key.key);
            let absence = picture.absence(&key.key);
            match absence {
                Absence::Unknown if event.is_none() => line.overlook(),
                Absence::Gone if event.is_none() => return false,
                Absence::Over if event.is_none() && line.ends_unsaid() => return false,
                Absence::Unknown | Absence::Gone | Absence::Over => line.look(event, policy, now),
            }
            true
        });
        for event in seen.into_values() {
            let mut line = Line::lasting(event, beginning, now);
            line.look(Some(event), policy, now);
            self.lines.insert(line.key(), line);
        }
        self.lines.retain(|_, line| !line.is_forgotten(now));
    }

    /// When what may be told now has been gathered for long enough; `None`: nothing may.
    fn gathered(&self, policy: &Policy, moment: &Moment, now: Timestamp) -> Option<Timestamp> {
        let ready = self.lines.values().filter(|line| !moment.busy && moment.lets(line, policy, now));
        ready.filter_map(|line| line.due).min().map(|first| later(first, policy.digest))
    }

    /// Tells all that may be told now, the worst first.
    fn tell(&mut self, policy: &Policy, moment: &Moment, now: Timestamp) -> Vec<Entry> {
        let mut entries = vec![];
        self.lines.retain(|_, line| {
            if moment.lets(line, policy, now) {
                entries.extend(line.tell(policy, now));
                return matches!(line.course, Course::Lasts(_));
            }
            true
        });
        entries.sort_by(|one, two| place(one).cmp(&place(two)));
        entries
    }
}

impl Moment {
    fn maintains(&self, gateway: &str) -> bool {
        self.maintenance.iter().any(|maintained| maintained == gateway)
    }

    /// Whether a line is due and may be told.
    fn lets(&self, line: &Line, policy: &Policy, now: Timestamp) -> bool {
        let Some(what) = line.due.filter(|_| line.is_steady()).and_then(|_| line.what(policy, now)) else {
            return false;
        };
        let heard =
            |hush: Hush| what != What::Reminder && hush.let_through.is_some_and(|least| line.event.severity() >= least);
        !self.maintains(&line.event.gateway) && self.hushed.is_none_or(heard)
    }
}

/// Where an entry stands in its digest. A good end is good to know, whatever it ends.
fn place(entry: &Entry) -> (Reverse<Severity>, &str, Option<i64>, Cause, &str, Timestamp) {
    let event = &entry.event;
    let severity = if entry.what == What::Resolved { Severity::Info } else { event.severity() };
    let channel = event.channel.as_ref().map(|channel| channel.id);
    (Reverse(severity), &event.gateway, channel, event.cause, &event.subject, event.since)
}

fn is_no_gateway(name: &str) -> bool {
    name.is_empty() || name == OPENROUTER
}

fn is_known(picture: &Picture, gateway: &str) -> bool {
    is_no_gateway(gateway) || picture.gateways.contains(gateway)
}

/// So long after a time.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "ledger/tests.rs"]
mod tests;
