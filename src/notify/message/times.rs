//! Times and durations as people say them.
//!
//! Decides: how exact they are. Must not know: what happened then. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::notify::words::Words;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Says times, in one zone and language.
#[derive(Clone, Copy)]
pub(super) struct Times<'a> {
    pub(super) words: &'a Words,
    pub(super) zone: &'a TimeZone,
    /// When the message was made: a time on the same day needs no date.
    pub(super) made: Timestamp,
}

impl Times<'_> {
    /// "14:05 UTC+1", on another day than the message "2026-11-20 14:05 UTC+1". An abbreviation would be shorter, but
    /// `CST` is noon in Shanghai and midnight in Chicago.
    pub(super) fn at(self, at: Timestamp) -> String {
        format!("{} {}", self.clock(at), self.offset(at))
    }

    /// With its date, always: "2026-11-21 14:05 UTC+1".
    pub(super) fn full(self, at: Timestamp) -> String {
        format!("{} {}", at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M"), self.offset(at))
    }

    /// "since 14:05 UTC+1 (2 h 10 min)".
    pub(super) fn since(self, from: Timestamp) -> String {
        let values = [("from", self.at(from).into())];
        match self.lasted(from, self.made) {
            None => self.words.say("since-now", &values),
            Some(lasted) => {
                let [from] = values;
                self.words.say("since", &[from, ("for", lasted.into())])
            }
        }
    }

    /// "14:05 to 16:15 UTC+1 (2 h 10 min)".
    pub(super) fn between(self, from: Timestamp, to: Timestamp) -> String {
        let (from_said, to_said) = self.both(from, to);
        match self.lasted(from, to) {
            None => self.words.say("at", &[("at", to_said.into())]),
            Some(lasted) => {
                let values = [("from", from_said.into()), ("to", to_said.into()), ("for", lasted.into())];
                self.words.say("from-to", &values)
            }
        }
    }

    /// When several things happened: "14:05 to 14:20 UTC+1", or "14:05 UTC+1" when that is the same minute.
    pub(super) fn span(self, from: Timestamp, to: Timestamp) -> String {
        if self.at(from) == self.at(to) {
            return self.words.say("at", &[("at", self.at(from).into())]);
        }
        let (from, to) = self.both(from, to);
        self.words.say("span", &[("from", from.into()), ("to", to.into())])
    }

    /// Two times, with one offset where both have the same.
    fn both(self, from: Timestamp, to: Timestamp) -> (String, String) {
        let from = if self.offset(from) == self.offset(to) { self.clock(from) } else { self.at(from) };
        (from, self.at(to))
    }

    fn clock(self, at: Timestamp) -> String {
        let (at, made) = (at.to_zoned(self.zone.clone()), self.made.to_zoned(self.zone.clone()));
        let form = if at.date() == made.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        at.strftime(form).to_string()
    }

    fn offset(self, at: Timestamp) -> String {
        let seconds = i64::from(self.zone.to_offset(at).seconds());
        let sign = if seconds < 0 { '-' } else { '+' };
        let (hours, minutes) = (seconds.abs() / HOUR, seconds.abs() % HOUR / MINUTE);
        match (hours, minutes) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }

    /// How long it lasted, in its two largest units: "3 d 4 h", "2 h 10 min", "12 min", "40 s"; `None`: no time at all.
    fn lasted(self, from: Timestamp, to: Timestamp) -> Option<String> {
        let seconds = to.duration_since(from).as_secs();
        let parts = match seconds {
            ..=0 => return None,
            1..MINUTE => [("seconds", seconds), ("minutes", 0)],
            MINUTE..HOUR => [("minutes", seconds / MINUTE), ("seconds", 0)],
            HOUR..DAY => [("hours", seconds / HOUR), ("minutes", seconds % HOUR / MINUTE)],
            DAY.. => [("days", seconds / DAY), ("hours", seconds % DAY / HOUR)],
        };
        let said = parts.iter().filter(|(_, n)| *n > 0).map(|(unit, n)| self.words.say(unit, &[("n", (*n).into())]));
        Some(said.collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Language;

    #[test]
    fn times_say_their_offset_and_durations_their_two_largest_units() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let said = |language, zone: &str, from: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let times = Times { words: Words::of(language), zone: &zone, made: time("2026-11-21T12:00:00Z") };
            times.since(time(from))
        };
        for (language, zone, from, expected) in [
            (Language::En, "UTC", "2026-11-21T09:50:00Z", "since 09:50 UTC (2 h 10 min)"),
            (Language::En, "Europe/Berlin", "2026-11-21T11:59:20Z", "since 12:59 UTC+1 (40 s)"),
            (Language::En, "Europe/Berlin", "2026-10-25T00:30:00Z", "since 2026-10-25 02:30 UTC+2 (27 d 11 h)"),
            (Language::Zh, "Asia/Shanghai", "2026-11-20T12:00:00Z", "自 2026-11-20 20:00 UTC+8 起（1 天）"),
            (Language::Ru, "Asia/Kolkata", "2026-11-21T11:48:00Z", "с 17:18 UTC+5:30 (12 мин)"),
            (Language::En, "America/St_Johns", "2026-11-21T12:00:00Z", "since 08:30 UTC-3:30"),
            (Language::En, "UTC", "2026-11-21T13:00:00Z", "since 13:00 UTC"),
        ] {
            assert_eq!(said(language, zone, from), expected);
        }
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let times = Times { words: Words::of(Language::En), zone: &zone, made: time("2026-10-25T12:00:00Z") };
        let (before, after) = (time("2026-10-25T00:30:00Z"), time("2026-10-25T01:30:00Z"));
        assert_eq!(times.between(before, after), "02:30 UTC+2 to 02:30 UTC+1 (1 h)", "the clocks went back in between");
        assert_eq!(times.span(after, after), "at 02:30 UTC+1");
        assert_eq!(times.span(after, time("2026-10-25T02:30:00Z")), "02:30 to 03:30 UTC+1");
    }
}
