//! One thing in a ledger: whether it is so, whether the audience believes it, and what has to be told of it.
//!
//! Decides: when what comes and goes counts as so, how flapping is damped. Must not know: other lines, quiet hours.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Policy, later};
use crate::notify::{Entry, Event, Key, News, What};

/// What came and went is remembered for so long.
const MEMORY: Duration = Duration::from_hours(24);
/// What comes back so soon after its end was told is flapping.
const SOON: Duration = Duration::from_hours(1);
/// What flaps has to last at least so long, whatever `settle` says.
const SHORTEST: Duration = Duration::from_mins(1);
/// And never longer than so long.
const LONGEST: Duration = Duration::from_hours(6);

/// What a line is known by: two of what happens once may have one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineKey {
    /// The event's.
    pub key: Key,
    /// The journal's number, of what happens once.
    pub number: Option<i64>,
}

/// One thing in a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// As it was told; before that, as it was last seen.
    pub event: Event,
    /// Since when it is to be told; `None`: it is not.
    pub due: Option<Timestamp>,
    /// How it goes on.
    pub course: Course,
}

/// How a thing goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// It is told once, and that is that. With the journal's number.
    Once(i64),
    /// It lasts until it is over.
    Lasts(Lasting),
}

/// What is known of a thing that lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Lasting {
    /// Whether it was there at the last look.
    pub here: bool,
    /// Since when it is there, or is not.
    pub turned: Timestamp,
    /// Whether it counts as so: it was there, or away, for long enough.
    pub so: bool,
    /// What the audience believes: that it is so; `None`: that it is not.
    pub told: Option<Told>,
    /// It was so, and over, before anybody could be told.
    pub missed: Option<Missed>,
    /// It was there before the audience was.
    pub already: bool,
    /// When its end was told last, until it came back.
    pub ended: Option<Timestamp>,
    /// How often it came back soon.
    pub flaps: u32,
    /// Nobody could say at the last look whether it is there: nothing is told of it.
    #[serde(default)]
    pub unknown: bool,
    /// Its model was taken off the list, and that was told: its end is no good news.
    #[serde(default)]
    pub off: bool,
}

/// What the audience was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When, for the last time.
    pub at: Timestamp,
    /// With which mark.
    pub mark: String,
}

/// What nobody was told while it was so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// When it began, the first time.
    pub since: Timestamp,
    /// When it was over, the last time.
    pub until: Timestamp,
}

impl Line {
    pub(super) fn once(news: &News, now: Timestamp) -> Self {
        Self { event: news.event.clone(), due: Some(now), course: Course::Once(news.number) }
    }

    /// One for what was not there at the look before. `already`: there was no look before.
    pub(super) fn lasting(event: &Event, already: bool, now: Timestamp) -> Self {
        let lasting = Lasting {
            here: true,
            turned: now,
            so: already,
            told: None,
            missed: None,
            already,
            ended: None,
            flaps: 0,
            unknown: false,
            off: false,
        };
        Self { event: event.clone(), due: None, course: Course::Lasts(lasting) }
    }

    /// What it is known by.
    pub fn key(&self) -> LineKey {
        let number = match self.course {
            Course::Once(number) => Some(number),
            Course::Lasts(_) => None,
        };
        LineKey { key: self.event.key(), number }
    }

    /// Takes note of whether it is there.
    pub(super) fn look(&mut self, event: Option<&Event>, policy: &Policy, now: Timestamp) {
        let hold = self.hold(policy);
        let Course::Lasts(lasting) = &mut self.course else { return };
        lasting.unknown = false;
        let lasts = lasting.here && event.is_some();
        if lasting.here != event.is_some() {
            lasting.turn(hold.max(SOON), now);
        }
        let untold = lasting.told.is_none();
        let reminds = self.reminds(policy).is_some_and(|at| at <= now);
        if let Some(event) = event
            && (untold || reminds || event.mark != self.event.mark)
        {
            // What was seen last may be the latest look's time. It began with the first.
            let since = if lasts { self.event.since.min(event.since) } else { event.since };
            self.event = Event { since, ..event.clone() };
        }
        let hold = self.hold(policy);
        let Course::Lasts(lasting) = &mut self.course else { return };
        if lasting.here != lasting.so && later(lasting.turned, hold) <= now {
            lasting.so = lasting.here;
            lasting.already = false;
            if !lasting.so && lasting.told.is_none() {
                let since = lasting.missed.map_or(self.event.since, |missed| missed.since);
                lasting.missed = Some(Missed { since, until: lasting.turned });
            }
        }
        if lasting.rested_at() <= now {
            lasting.ended = None;
            lasting.flaps = 0;
        }
        self.due = self.what(policy, now).map(|_| self.due.unwrap_or(now));
    }

    /// Nobody can say whether it is there: it stays as it is, and nothing is told of it.
    pub(super) fn overlook(&mut self) {
        if let Course::Lasts(lasting) = &mut self.course {
            lasting.unknown = true;
        }
    }

    /// Its model was taken off the list, or put back on.
    pub(super) fn take_off(&mut self, off: bool) {
        if let Course::Lasts(lasting) = &mut self.course {
            lasting.off = off;
        }
    }

    /// Whether its end is nobody's news.
    pub(super) fn ends_unsaid(&self) -> bool {
        matches!(&self.course, Course::Lasts(lasting) if lasting.off)
    }

    /// The clock was put back: nothing happened after now.
    pub(super) fn put_back(&mut self, now: Timestamp) {
        self.due = self.due.map(|due| due.min(now));
        if let Course::Lasts(lasting) = &mut self.course {
            lasting.turned = lasting.turned.min(now);
            lasting.ended = lasting.ended.map(|ended| ended.min(now));
            if let Some(told) = &mut lasting.told {
                told.at = told.at.min(now);
            }
        }
    }

    /// What there is to tell of it, if anything.
    pub(super) fn what(&self, policy: &Policy, now: Timestamp) -> Option<What> {
        let Course::Lasts(lasting) = &self.course else { return Some(What::First) };
        match (lasting.so, &lasting.told) {
            (true, None) if lasting.already => Some(What::Already),
            (true, None) => Some(What::First),
            (true, Some(told)) if told.mark != self.event.mark => Some(What::Changed),
            (true, Some(_)) => self.reminds(policy).filter(|at| *at <= now).map(|_| What::Reminder),
            (false, Some(_)) => Some(What::Resolved),
            (false, None) => lasting.missed.map(|_| What::Passed),
        }
    }

    /// Whether it is as it counts: what comes or goes just now is not told before it is certain.
    pub(super) fn is_steady(&self) -> bool {
        match &self.course {
            Course::Once(_) => true,
            Course::Lasts(lasting) => lasting.here == lasting.so && !lasting.unknown,
        }
    }

    /// When it will count as what it is, if it does not yet.
    pub(super) fn settles(&self, policy: &Policy) -> Option<Timestamp> {
        let Course::Lasts(lasting) = &self.course else { return None };
        (lasting.here != lasting.so && !lasting.unknown).then(|| later(lasting.turned, self.hold(policy)))
    }

    /// When the audience is to be reminded of it, if it is.
    pub(super) fn reminds(&self, policy: &Policy) -> Option<Timestamp> {
        let Course::Lasts(lasting) = &self.course else { return None };
        let told = lasting.told.as_ref().filter(|_| lasting.here && lasting.so && !lasting.unknown)?;
        (self.event.cause.is_reminded_of() && !policy.remind.is_zero()).then(|| later(told.at, policy.remind))
    }

    /// Tells it.
    pub(super) fn tell(&mut self, policy: &Policy, now: Timestamp) -> Option<Entry> {
        let what = self.what(policy, now)?;
        self.due = None;
        let mut entry = Entry { what, event: self.event.clone(), until: None, flapping: false };
        let Course::Lasts(lasting) = &mut self.course else { return Some(entry) };
        let missed = lasting.missed.take();
        entry.flapping = lasting.flaps > 0 || (lasting.so && missed.is_some());
        if lasting.so {
            lasting.told = Some(Told { at: now, mark: self.event.mark.clone() });
            lasting.already = false;
        } else {
            entry.until = Some(missed.map_or(lasting.turned, |missed| missed.until));
            entry.event.since = missed.map_or(entry.event.since, |missed| missed.since);
            lasting.told = None;
            lasting.ended = Some(now);
        }
        Some(entry)
    }

    /// Whether there is nothing left to know of it.
    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        let Course::Lasts(lasting) = &self.course else { return false };
        let known = lasting.here || lasting.so || lasting.told.is_some() || lasting.missed.is_some();
        let remembered = (lasting.ended.is_some() || lasting.flaps > 0) && lasting.rested_at() > now;
        !known && !remembered
    }

    /// It must last, and stay away, so long.
    fn hold(&self, policy: &Policy) -> Duration {
        let Course::Lasts(lasting) = &self.course else { return Duration::ZERO };
        let doubled = lasting.flaps.min(16);
        match (self.event.cause.may_pass(), doubled) {
            (true, 0) => policy.settle,
            (false, 0) => Duration::ZERO,
            (may_pass, doubled) => {
                let times = 1 << if may_pass { doubled } else { doubled - 1 };
                policy.settle.max(SHORTEST).saturating_mul(times).min(LONGEST.max(policy.settle))
            }
        }
    }
}

impl Lasting {
    /// It came, or went.
    fn turn(&mut self, soon: Duration, now: Timestamp) {
        self.here = !self.here;
        self.turned = now;
        if self.here
            && let Some(ended) = self.ended.take()
            && now <= later(ended, soon)
        {
            self.flaps = self.flaps.saturating_add(1);
        }
    }

    /// When it will have been as it is for so long that what it did before is forgotten.
    fn rested_at(&self) -> Timestamp {
        later(self.ended.map_or(self.turned, |ended| ended.max(self.turned)), MEMORY)
    }
}
