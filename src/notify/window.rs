//! When nobody is to be disturbed, and when somebody works on a gateway.
//!
//! Decides: what quiet hours and maintenance mean in a time zone, where the clock is put forward and back too. Must not
//! know: whom it concerns, what there is to tell. Pure.
//!
//! A time that is left out when the clock is put forward is so much later (02:30 is 03:30); one that comes twice when it
//! is put back is the first of both. That is what RFC 5545 has, and jiff calls compatible.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday as Day};
use jiff::tz::TimeZone;

use super::ledger::Hush;
use crate::config::{Maintenance, QuietHours, Weekday};

/// Whether it is quiet, how much so, and until when at least. `zone` is that of hours which name none. Hours that cannot
/// be read count for nothing: the configuration is refused with them.
pub fn hush(quiet: &[QuietHours], zone: &TimeZone, now: Timestamp) -> Option<Hush> {
    quiet.iter().filter_map(|hours| one(hours, zone, now)).reduce(Hush::and)
}

fn one(hours: &QuietHours, zone: &TimeZone, now: Timestamp) -> Option<Hush> {
    let zone = own(hours.time_zone.as_deref(), zone)?;
    let (from, to) = (time_of_day(&hours.from)?, time_of_day(&hours.to)?);
    let today = now.to_zoned(zone.clone()).date();
    // Those that began yesterday may last until today.
    [today.yesterday().ok()?, today].into_iter().find_map(|day| {
        if !hours.days.is_empty() && !hours.days.iter().any(|named| weekday(*named) == day.weekday()) {
            return None;
        }
        let begins = at(day, from, &zone)?;
        let until = at(if to > from { day } else { day.tomorrow().ok()? }, to, &zone)?;
        (begins <= now && now < until).then_some(Hush { let_through: hours.let_through, until })
    })
}

/// Those of the gateways that somebody works on now.
pub fn maintained(spans: &[Maintenance], zone: &TimeZone, gateways: &BTreeSet<String>, now: Timestamp) -> Vec<String> {
    let mut maintained = BTreeSet::new();
    for span in spans {
        if bounds(span, zone).is_some_and(|(from, to)| from <= now && now < to) {
            let concerned = |name: &&String| span.gateways.is_empty() || span.gateways.contains(name);
            maintained.extend(gateways.iter().filter(concerned).cloned());
        }
    }
    maintained.into_iter().collect()
}

/// When the next span begins or ends.
pub fn turns(spans: &[Maintenance], zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let bounds = spans.iter().filter_map(|span| bounds(span, zone));
    bounds.flat_map(|(from, to)| [from, to]).filter(|at| *at > now).min()
}

/// When a span begins and ends; `None`: it cannot be read.
pub fn bounds(span: &Maintenance, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let zone = own(span.time_zone.as_deref(), zone)?;
    Some((moment(&span.from, &zone)?, moment(&span.to, &zone)?))
}

fn own(name: Option<&str>, zone: &TimeZone) -> Option<TimeZone> {
    name.map_or_else(|| Some(zone.clone()), |name| TimeZone::get(name).ok())
}

/// A time with an offset, or one of the zone's clocks.
fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(local.to_zoned(zone.clone()).ok()?.timestamp())
    })
}

fn time_of_day(text: &str) -> Option<Time> {
    text.trim().parse().ok()
}

fn at(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
}

fn weekday(day: Weekday) -> Day {
    match day {
        Weekday::Mon => Day::Monday,
        Weekday::Tue => Day::Tuesday,
        Weekday::Wed => Day::Wednesday,
        Weekday::Thu => Day::Thursday,
        Weekday::Fri => Day::Friday,
        Weekday::Sat => Day::Saturday,
        Weekday::Sun => Day::Sunday,
    }
}

#[cfg(test)]
#[path = "window/tests.rs"]
mod tests;
