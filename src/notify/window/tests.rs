use super::*;
use crate::model::Severity;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn quiet(from: &str, to: &str) -> QuietHours {
    QuietHours { from: from.to_owned(), to: to.to_owned(), days: vec![], time_zone: None, let_through: None }
}

/// Until when it is quiet at that time.
fn until(hours: &QuietHours, zone: &TimeZone, now: &str) -> Option<String> {
    hush(std::slice::from_ref(hours), zone, at(now)).map(|hush| hush.until.to_string())
}

#[test]
fn hours_may_go_over_midnight_and_end_when_they_end() {
    let (utc, night) = (TimeZone::UTC, quiet("22:00", "08:00"));
    for (now, ends) in [
        ("2026-11-21T21:59:59Z", None),
        ("2026-11-21T22:00:00Z", Some("2026-11-22T08:00:00Z")),
        ("2026-11-22T00:00:00Z", Some("2026-11-22T08:00:00Z")),
        ("2026-11-22T07:59:59Z", Some("2026-11-22T08:00:00Z")),
        ("2026-11-22T08:00:00Z", None),
    ] {
        assert_eq!(until(&night, &utc, now).as_deref(), ends, "{now}");
    }
    assert_eq!(until(&quiet("12:00", "13:30"), &utc, "2026-11-22T13:00:00Z").unwrap(), "2026-11-22T13:30:00Z");
    assert_eq!(until(&quiet("12:00", "13:30"), &utc, "2026-11-22T13:30:00Z"), None);
    let all_day = quiet("00:00", "00:00");
    assert_eq!(until(&all_day, &utc, "2026-11-22T13:30:00Z").unwrap(), "2026-11-23T00:00:00Z");
}

#[test]
fn the_days_are_those_on_which_they_begin() {
    // 2026-11-20 is a Friday.
    let friday = QuietHours { days: vec![Weekday::Fri], ..quiet("22:00", "08:00") };
    for (now, is_quiet) in [
        ("2026-11-20T07:00:00Z", false),
        ("2026-11-20T23:00:00Z", true),
        ("2026-11-21T07:00:00Z", true),
        ("2026-11-21T23:00:00Z", false),
    ] {
        assert_eq!(until(&friday, &TimeZone::UTC, now).is_some(), is_quiet, "{now}");
    }
    for (day, name) in
        (16..).zip([Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun])
    {
        let hours = QuietHours { days: vec![name], ..quiet("10:00", "11:00") };
        let quiet_days =
            (16..23).filter(|day| until(&hours, &TimeZone::UTC, &format!("2026-11-{day}T10:30Z")).is_some());
        assert_eq!(quiet_days.collect::<Vec<_>>(), [day]);
    }
}

#[test]
fn a_zone_is_that_of_the_hours_or_else_of_all() {
    let shanghai = QuietHours { time_zone: Some("Asia/Shanghai".to_owned()), ..quiet("22:00", "08:00") };
    for zone in [TimeZone::UTC, zone("America/New_York")] {
        assert_eq!(until(&shanghai, &zone, "2026-11-21T14:00:00Z").unwrap(), "2026-11-22T00:00:00Z");
        assert_eq!(until(&shanghai, &zone, "2026-11-21T13:59:00Z"), None);
    }
    assert_eq!(
        until(&quiet("09:00", "10:00"), &zone("America/New_York"), "2026-11-21T14:30:00Z").unwrap(),
        "2026-11-21T15:00:00Z"
    );
}

#[test]
fn the_clock_is_put_forward_and_back() {
    let night = quiet("22:00", "08:00");
    for (name, now, ends) in [
        // 2026-03-29, 02:00 is 03:00 in Berlin: nine hours; 2026-10-25, 03:00 is 02:00: eleven.
        ("Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
        ("Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),
        // 2026-03-08 and 2026-11-01 in New York.
        ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"),
        ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T13:00:00Z"),
    ] {
        let zone = zone(name);
        assert_eq!(until(&night, &zone, now).as_deref(), Some(ends));
        let before = at(now) - jiff::SignedDuration::from_secs(1);
        assert_eq!(until(&night, &zone, &before.to_string()), None, "{now} is when it begins");
        let last = at(ends) - jiff::SignedDuration::from_secs(1);
        assert_eq!(until(&night, &zone, &last.to_string()).as_deref(), Some(ends));
        assert_eq!(until(&night, &zone, ends), None);
    }
    // 02:30 is left out in Berlin on 2026-03-29, and is 03:30 then; on 2026-10-25 it comes twice, and the first counts.
    let berlin = zone("Europe/Berlin");
    let early = quiet("02:30", "05:00");
    assert_eq!(until(&early, &berlin, "2026-03-29T01:29:00Z"), None);
    assert_eq!(until(&early, &berlin, "2026-03-29T01:30:00Z").unwrap(), "2026-03-29T03:00:00Z");
    assert_eq!(until(&early, &berlin, "2026-10-25T00:29:00Z"), None);
    assert_eq!(until(&early, &berlin, "2026-10-25T00:30:00Z").unwrap(), "2026-10-25T04:00:00Z");
    let new_york = zone("America/New_York");
    assert_eq!(until(&quiet("01:00", "02:30"), &new_york, "2026-03-08T07:15:00Z").unwrap(), "2026-03-08T07:30:00Z");
    assert_eq!(until(&quiet("00:30", "01:30"), &new_york, "2026-11-01T05:00:00Z").unwrap(), "2026-11-01T05:30:00Z");
    assert_eq!(until(&quiet("00:30", "01:30"), &new_york, "2026-11-01T06:00:00Z"), None, "01:00, the second time");
}

#[test]
fn of_several_the_strictest_counts_until_the_first_ends() {
    let loud = QuietHours { let_through: Some(Severity::Warning), ..quiet("20:00", "23:00") };
    let calm = QuietHours { let_through: Some(Severity::Critical), ..quiet("22:00", "08:00") };
    let both = hush(&[loud.clone(), calm.clone()], &TimeZone::UTC, at("2026-11-21T22:30:00Z")).unwrap();
    assert_eq!(both, Hush { let_through: Some(Severity::Critical), until: at("2026-11-21T23:00:00Z") });
    let all = [loud, calm, quiet("22:00", "22:45")];
    let none = hush(&all, &TimeZone::UTC, at("2026-11-21T22:30:00Z")).unwrap();
    assert_eq!(none, Hush { let_through: None, until: at("2026-11-21T22:45:00Z") });
    assert_eq!(hush(&all, &TimeZone::UTC, at("2026-11-21T12:00:00Z")), None);
}

#[test]
fn maintenance_is_of_the_gateways_it_names_or_of_all_and_in_the_zone_it_names() {
    let span = |from: &str, to: &str, gateways: &[&str]| Maintenance {
        from: from.to_owned(),
        to: to.to_owned(),
        time_zone: None,
        gateways: gateways.iter().map(|name| (*name).to_owned()).collect(),
    };
    let berlin = zone("Europe/Berlin");
    let local = span("2026-12-24T22:00", "2026-12-25T02:00", &["main"]);
    let fixed = span("2026-12-24T22:30Z", "2026-12-24T23:30:00+00:00", &[]);
    let tokyo = Maintenance { time_zone: Some("Asia/Tokyo".to_owned()), ..local.clone() };
    let spans = [local, fixed];
    let gateways = ["main", "second"].map(str::to_owned).into();
    for (now, gone) in [
        ("2026-12-24T20:59:59Z", &[][..]),
        ("2026-12-24T21:00:00Z", &["main"]),
        ("2026-12-24T22:30:00Z", &["main", "second"]),
        ("2026-12-24T23:30:00Z", &["main"]),
        ("2026-12-25T01:00:00Z", &[]),
    ] {
        assert_eq!(maintained(&spans, &berlin, &gateways, at(now)), gone, "{now}");
    }
    assert_eq!(maintained(&[tokyo], &berlin, &gateways, at("2026-12-24T13:00:00Z")), ["main"]);
    let mut turn = at("2026-12-01T00:00:00Z");
    let mut all = vec![];
    while let Some(next) = turns(&spans, &berlin, turn) {
        all.push(next.to_string());
        turn = next;
    }
    assert_eq!(all, ["2026-12-24T21:00:00Z", "2026-12-24T22:30:00Z", "2026-12-24T23:30:00Z", "2026-12-25T01:00:00Z"]);
}
