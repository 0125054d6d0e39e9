//! One UTC day of sums, an hour at a time.
//!
//! Decides: how hours lie in days, and how a day is written down. Must not know: whose day it is.

use jiff::Timestamp;

use super::{Look, Sums};

/// Hours a day.
const HOURS: i64 = 24;

/// Which part of its day some sums are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    /// This hour, from 0 to 23.
    Hour(u8),
    /// All of it: its hours are told apart no more.
    Whole,
}

/// What was observed on one UTC day: sums for each hour in which anything was, or for the day as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day(Vec<(Slot, Sums)>);

impl Day {
    /// Counts an observation made in that hour (since the epoch) of this day.
    pub fn count(&mut self, hour: i64, look: Look) {
        self.slot(hour).count(look);
    }

    /// Adds sums of that hour (since the epoch) of this day.
    pub fn add(&mut self, hour: i64, sums: &Sums) {
        self.slot(hour).add(sums);
    }

    fn slot(&mut self, hour: i64) -> &mut Sums {
        let slot = match self.0.first() {
            Some((Slot::Whole, _)) => Slot::Whole,
            Some((Slot::Hour(_), _)) | None => Slot::Hour(u8::try_from(hour.rem_euclid(HOURS)).unwrap_or_default()),
        };
        let place = self.0.partition_point(|(other, _)| *other < slot);
        if self.0.get(place).is_none_or(|(other, _)| *other != slot) {
            self.0.insert(place, (slot, Sums::default()));
        }
        &mut self.0[place].1
    }

    /// The hours (since the epoch) that it has, in order, if it is the day of that number. A day that is told as a whole
    /// stands at its first hour.
    pub fn hours(&self, day: i64) -> impl Iterator<Item = (i64, &Sums)> {
        self.0.iter().map(move |(slot, sums)| match slot {
            Slot::Hour(hour) => (day * HOURS + i64::from(*hour), sums),
            Slot::Whole => (day * HOURS, sums),
        })
    }

    /// Whether its hours are told apart no more.
    pub fn is_whole(&self) -> bool {
        matches!(self.0.first(), Some((Slot::Whole, _)))
    }

    /// All of it together.
    pub fn whole(&self) -> Sums {
        self.0.iter().map(|(_, sums)| sums).sum()
    }

    /// The day without its hours: from then on it is told as a whole only.
    #[must_use]
    pub fn folded(&self) -> Self {
        Self(vec![(Slot::Whole, self.whole())])
    }

    /// As few bytes as it needs.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![];
        for (slot, sums) in &self.0 {
            bytes.push(match slot {
                Slot::Hour(hour) => *hour,
                Slot::Whole => WHOLE,
            });
            sums.write(&mut bytes);
        }
        bytes
    }

    /// From what [`Self::to_bytes`] wrote; `None` when it did not.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut day = Self::default();
        while let Some((slot, rest)) = bytes.split_first() {
            bytes = rest;
            let slot = match *slot {
                WHOLE => Slot::Whole,
                hour if i64::from(hour) < HOURS => Slot::Hour(hour),
                _ => return None,
            };
            day.0.push((slot, Sums::read(&mut bytes)?));
        }
        Some(day)
    }
}

/// The byte before the sums of a whole day; an hour's is its number.
const WHOLE: u8 = 24;

/// The hour since the epoch (UTC).
pub fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

/// The day since the epoch (UTC) that this hour lies in.
pub fn day_of(hour: i64) -> i64 {
    hour.div_euclid(HOURS)
}

/// What some days show of the 24 hours that end with this one, an hour at a time, oldest first. `days` are days since the
/// epoch with their sums, in order.
pub fn last_hours<'a>(days: &[(i64, &'a Day)], last: i64) -> Vec<(i64, &'a Sums)> {
    let hours = days.iter().flat_map(|(day, sums)| sums.hours(*day));
    hours.filter(|(hour, _)| (last - HOURS + 1..=last).contains(hour)).collect()
}
