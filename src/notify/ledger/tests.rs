use jiff::SignedDuration;

use super::*;
use crate::notify::event::{ChannelName, ChannelSight};
use crate::notify::{News, Totals};

#[path = "tests/properties.rs"]
mod properties;

/// One audience, and what it is told.
struct Audience {
    ledger: Ledger,
    picture: Picture,
    policy: Policy,
    moment: Moment,
    now: Timestamp,
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn policy() -> Policy {
    Policy {
        receiver: "ops".to_owned(),
        at_least: Severity::Info,
        gateways: vec![],
        causes: vec![],
        digest: Duration::from_secs(30),
        settle: Duration::from_mins(10),
        remind: Duration::from_hours(24),
    }
}

fn event(cause: Cause, subject: &str, since: Timestamp) -> Event {
    Event {
        cause,
        gateway: "main".to_owned(),
        channel: Some(ChannelName { id: 3, name: "azure".to_owned() }),
        subject: subject.to_owned(),
        since,
        evidence: String::new(),
        mark: String::new(),
        change: None,
    }
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

impl Audience {
    /// One that was told all there was to tell when nothing was so.
    fn calm() -> Self {
        let gateways = ["main".to_owned()].into();
        let channels = [("main".to_owned(), [(3, ChannelSight::Answers)].into())].into();
        let picture = Picture { gateways, channels, ..Picture::default() };
        let mut audience =
            Self { ledger: Ledger::default(), picture, policy: policy(), moment: Moment::default(), now: noon() };
        assert_eq!(audience.after(0), []);
        audience
    }

    fn begins(&mut self, cause: Cause, subject: &str) {
        let event = event(cause, subject, self.now);
        self.picture.lasting.push(event);
    }

    fn ends(&mut self, subject: &str) {
        self.picture.lasting.retain(|event| event.subject != subject);
    }

    /// How far the channel can be judged from now on.
    fn sees(&mut self, sight: Option<ChannelSight>) {
        let channels = sight.into_iter().map(|sight| (3, sight)).collect();
        self.picture.channels.insert("main".to_owned(), channels);
    }

    fn happens(&mut self, cause: Cause, subject: &str, number: i64) {
        let event = event(cause, subject, self.now);
        self.picture.news.push(News { number, event });
    }

    fn settle(&mut self) -> Option<Digest> {
        self.ledger.settle(&self.picture, &self.policy, &self.moment, self.now)
    }

    /// What is told after so many minutes, in one digest at most.
    fn after(&mut self, passed: i64) -> Vec<(What, String)> {
        self.now += minutes(passed);
        let told = self.settle();
        let told = told.into_iter().flat_map(|digest| digest.entries);
        told.map(|entry| (entry.what, entry.event.subject)).collect()
    }

    /// The one thing that is told next, and whether it says that it flaps.
    fn next_entry(&mut self) -> (What, bool) {
        loop {
            if let Some(digest) = self.settle() {
                assert_eq!(digest.entries.len(), 1);
                return (digest.entries[0].what, digest.entries[0].flapping);
            }
            self.now = self.ledger.next(&self.policy, &self.moment, self.now).unwrap();
        }
    }

    /// What is told until so many minutes have passed, asked only when the ledger wants to be.
    fn until(&mut self, passed: i64) -> Vec<(SignedDuration, What)> {
        let (from, end) = (self.now, self.now + minutes(passed));
        let mut told = vec![];
        loop {
            let digest = self.settle();
            let entries = digest.into_iter().flat_map(|digest| digest.entries);
            told.extend(entries.map(|entry| (self.now.duration_since(from), entry.what)));
            let next = self.ledger.next(&self.policy, &self.moment, self.now);
            assert!(next.is_none_or(|next| next > self.now), "asked again at once");
            match next.filter(|next| *next <= end) {
                Some(next) => self.now = next,
                None => break,
            }
        }
        self.now = end;
        told
    }
}

fn told(what: What, subject: &str) -> Vec<(What, String)> {
    vec![(what, subject.to_owned())]
}

#[test]
fn a_cold_start_tells_what_is_so_in_one_digest_and_nothing_of_before() {
    let mut audience = Audience::calm();
    audience.ledger = Ledger::default();
    for number in 0..3 {
        audience.begins(Cause::Failing, &format!("m{number}"));
    }
    audience.begins(Cause::KeyBad, "1");
    audience.happens(Cause::Withdrawn, "old", 7);
    assert_eq!(audience.after(0), []);
    let all = audience.after(1);
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|(what, _)| *what == What::Already), "{all:?}");
    assert_eq!(all[0].1, "1", "the worst first");
    audience.happens(Cause::Withdrawn, "new", 8);
    audience.picture.news[1].event.since += minutes(1);
    assert_eq!(audience.until(60), [(SignedDuration::from_secs(30), What::First)]);
    assert_eq!(audience.ledger.state.noted["main"], 8);
}

#[test]
fn what_is_confirmed_is_told_at_once_and_what_may_pass_when_it_has_lasted() {
    let mut audience = Audience::calm();
    audience.begins(Cause::KeyBad, "1");
    audience.begins(Cause::Failing, "m");
    let seconds = SignedDuration::from_secs;
    assert_eq!(audience.until(60), [(seconds(30), What::First), (seconds(630), What::First)]);
    audience.ends("1");
    audience.ends("m");
    assert_eq!(audience.until(60), [(seconds(30), What::Resolved), (seconds(630), What::Resolved)]);
    assert_eq!(audience.until(48 * 60), []);
}

#[test]
fn what_passes_before_it_settled_is_nobodys_news_nor_is_an_end_that_does_not_last() {
    let mut audience = Audience::calm();
    audience.begins(Cause::Failing, "m");
    audience.after(0);
    audience.ends("m");
    assert_eq!(audience.after(9), []);
    assert!(audience.ledger.lines.is_empty());
    audience.begins(Cause::Failing, "m");
    assert_eq!(audience.until(20).len(), 1);
    audience.ends("m");
    assert_eq!(audience.after(9), []);
    audience.begins(Cause::Failing, "m");
    assert_eq!(audience.until(60), []);
}

#[test]
fn what_came_and_went_while_nobody_could_be_told_is_told_as_passed_with_its_times() {
    for quiet in [true, false] {
        let mut audience = Audience::calm();
        if quiet {
            audience.moment.hushed = Some(Hush { let_through: None, until: noon() + minutes(480) });
        } else {
            audience.moment.busy = true;
        }
        audience.begins(Cause::Unreachable, "");
        assert_eq!(audience.after(0), []);
        assert_eq!(audience.after(11), []);
        audience.ends("");
        assert_eq!(audience.after(30), []);
        assert_eq!(audience.after(60), []);
        audience.moment = Moment::default();
        audience.now += minutes(400);
        let digest = audience.settle().unwrap();
        assert_eq!(digest.entries.len(), 1);
        let entry = &digest.entries[0];
        assert_eq!((entry.what, entry.event.since), (What::Passed, noon()));
        assert_eq!(entry.until, Some(noon() + minutes(41)));
        assert_eq!(audience.until(60), []);
    }
}

#[test]
fn only_what_matters_so_much_gets_through_and_the_rest_comes_in_the_morning() {
    let mut audience = Audience::calm();
    let morning = noon() + minutes(120);
    audience.moment.hushed = Some(Hush { let_through: Some(Severity::Critical), until: morning });
    audience.begins(Cause::KeyBad, "1");
    audience.begins(Cause::Budget, "all");
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::First, "1"));
    assert_eq!(audience.ledger.next(&audience.policy, &audience.moment, audience.now), Some(morning));
    audience.moment.hushed = None;
    assert_eq!(audience.after(119), told(What::First, "all"));
}

#[test]
fn a_change_is_told_once_and_a_reminder_comes_when_it_lasts_but_not_in_quiet_hours() {
    let mut audience = Audience::calm();
    audience.begins(Cause::Held, "");
    assert_eq!(audience.until(10).len(), 1);
    audience.picture.lasting[0].mark = "other".to_owned();
    assert_eq!(audience.until(10), [(SignedDuration::from_secs(30), What::Changed)]);
    audience.moment.hushed = Some(Hush { let_through: Some(Severity::Info), until: noon() + minutes(26 * 60) });
    assert_eq!(audience.until(25 * 60), []);
    audience.moment.hushed = None;
    assert_eq!(audience.after(60), []);
    assert_eq!(audience.after(1), told(What::Reminder, ""));
    assert_eq!(audience.until(49 * 60).iter().map(|(_, what)| *what).collect::<Vec<_>>(), [What::Reminder; 2]);
    audience.policy.remind = Duration::ZERO;
    assert_eq!(audience.until(48 * 60), []);
}

#[test]
fn what_comes_back_soon_after_its_end_was_told_must_last_twice_as_long_each_time() {
    let mut audience = Audience::calm();
    let mut waits = vec![];
    for _ in 0..8 {
        audience.begins(Cause::Failing, "m");
        let first = audience.until(7 * 60);
        audience.ends("m");
        let last = audience.until(7 * 60 - 1);
        assert_eq!((first.len(), last.len()), (1, 1), "{waits:?}");
        waits.push((first[0].0.as_mins(), last[0].0.as_mins()));
    }
    assert_eq!(waits, [(10, 10); 8], "it comes back hours after its end was told: no flapping");
    let mut waits = vec![];
    for _ in 0..8 {
        audience.begins(Cause::Failing, "m");
        let first = audience.until(7 * 60);
        audience.ends("m");
        let mut away = vec![];
        while away.is_empty() {
            away = audience.until(1);
        }
        waits.push(first[0].0.as_mins());
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 360, 360]);
    audience.until(25 * 60);
    assert_eq!(audience.after(0), []);
    assert!(audience.ledger.lines.is_empty(), "after a day that is forgotten");
}

#[test]
fn a_flapping_thing_says_so() {
    let mut audience = Audience::calm();
    for flapping in [false, true] {
        audience.begins(Cause::NoCredit, "1");
        assert_eq!(audience.next_entry(), (What::First, flapping));
        audience.ends("1");
        assert_eq!(audience.next_entry(), (What::Resolved, flapping));
    }
}

#[test]
fn maintenance_hides_what_lasts_and_gathers_what_happens() {
    let mut audience = Audience::calm();
    audience.begins(Cause::KeyBad, "told");
    assert_eq!(audience.until(10).len(), 1);
    audience.moment.maintenance = vec!["main".to_owned()];
    audience.begins(Cause::KeyBad, "hidden");
    audience.happens(Cause::Withdrawn, "m", 1);
    assert_eq!(audience.until(10), []);
    audience.ends("hidden");
    audience.ends("told");
    assert_eq!(audience.until(10), []);
    audience.moment.maintenance.clear();
    let all = audience.after(1);
    assert_eq!(all, [(What::First, "m".to_owned()), (What::Resolved, "told".to_owned())]);
}

#[test]
fn what_is_not_wanted_any_more_goes_without_a_word() {
    let narrow: [fn(&mut Audience); 4] = [
        |audience| audience.policy.at_least = Severity::Critical,
        |audience| audience.policy.gateways = vec!["other".to_owned()],
        |audience| audience.policy.causes = vec![Cause::Stale],
        |audience| drop(audience.picture.gateways.pop_first()),
    ];
    for narrow in narrow {
        let mut audience = Audience::calm();
        audience.begins(Cause::Held, "");
        audience.happens(Cause::Restored, "m", 1);
        audience.picture.news[0].event.since += minutes(1);
        assert_eq!(audience.until(10).len(), 2);
        narrow(&mut audience);
        assert_eq!(audience.until(10), []);
        assert!(audience.ledger.lines.is_empty());
    }
    let mut audience = Audience::calm();
    audience.policy.gateways = vec!["other".to_owned()];
    audience.begins(Cause::ReceiverDown, "other");
    audience.picture.lasting[0].gateway = String::new();
    audience.begins(Cause::Expiring, "m");
    audience.picture.lasting[1].gateway = "openrouter".to_owned();
    audience.begins(Cause::ReceiverDown, "ops");
    audience.picture.lasting[2].gateway = String::new();
    assert_eq!(audience.until(10).len(), 2, "what is of no gateway passes, but that it is down itself");
}

#[test]
fn every_piece_of_news_is_told_although_it_is_of_the_same_thing() {
    let mut audience = Audience::calm();
    audience.now += minutes(1);
    for (number, cause, subject) in
        [(1, Cause::Withdrawn, "a"), (1, Cause::Withdrawn, "b"), (2, Cause::Restored, "a"), (3, Cause::Withdrawn, "a")]
    {
        audience.happens(cause, subject, number);
    }
    assert_eq!(audience.until(10).len(), 4);
    assert_eq!(audience.until(10), [], "the picture has them still");
}

#[test]
fn a_gateway_that_is_new_brings_none_of_its_old_news_and_all_of_its_later_ones() {
    let mut audience = Audience::calm();
    let old = event(Cause::Withdrawn, "old", noon() - minutes(100));
    audience.picture.gateways.insert("second".to_owned());
    audience.picture.news.push(News { number: 5, event: Event { gateway: "second".to_owned(), ..old.clone() } });
    assert_eq!(audience.until(10), []);
    let new = Event { gateway: "second".to_owned(), since: audience.now, ..old };
    audience.picture.news.push(News { number: 6, event: new });
    assert_eq!(audience.until(10).len(), 1);
}

#[test]
fn ten_thousand_in_a_minute_are_one_digest_or_two_the_worst_first() {
    let mut audience = Audience::calm();
    audience.picture.totals = Totals { models: 10_000, ..Totals::default() };
    let mut digests = vec![];
    for second in 1..=60 {
        audience.now += SignedDuration::from_secs(1);
        for (number, cause) in (0..167).zip(Cause::ALL.into_iter().cycle()) {
            let lasts = !cause.happens_once() && !cause.may_pass();
            audience.begins(if lasts { cause } else { Cause::Held }, &format!("{second}/{number}"));
        }
        digests.extend(audience.settle());
    }
    audience.now += minutes(1);
    digests.extend(audience.settle());
    assert!(digests.len() <= 3, "{}", digests.len());
    assert_eq!(digests.iter().map(|digest| digest.entries.len()).sum::<usize>(), 60 * 167);
    for digest in &digests {
        assert!(digest.entries.is_sorted_by_key(|entry| Reverse(entry.event.severity())));
        assert_eq!(digest.totals.models, 10_000);
    }
}

#[test]
fn what_nobody_can_judge_is_not_over() {
    for sight in [ChannelSight::Down, ChannelSight::Off] {
        let mut audience = Audience::calm();
        audience.begins(Cause::Failing, "gpt-4");
        audience.begins(Cause::KeyBad, "1 of 3");
        assert_eq!(audience.after(0), []);
        assert_eq!(audience.after(1), told(What::First, "1 of 3"));
        assert_eq!(audience.until(20).len(), 1);
        audience.ends("gpt-4");
        audience.ends("1 of 3");
        audience.sees(Some(sight));
        assert_eq!(audience.until(3 * 24 * 60), [], "neither over nor a reminder");
        audience.sees(Some(ChannelSight::Answers));
        assert_eq!(audience.after(0), []);
        assert_eq!(audience.after(1), told(What::Resolved, "1 of 3"));
        assert_eq!(audience.after(10), []);
        assert_eq!(audience.after(1), told(What::Resolved, "gpt-4"));
    }
}

#[test]
fn what_was_not_told_when_nobody_could_judge_it_any_more_waits() {
    let mut audience = Audience::calm();
    audience.begins(Cause::KeyBad, "0");
    assert_eq!(audience.after(0), []);
    audience.ends("0");
    audience.sees(Some(ChannelSight::Off));
    assert_eq!(audience.until(60), []);
    audience.begins(Cause::KeyBad, "0");
    audience.sees(Some(ChannelSight::Answers));
    assert_eq!(audience.after(1), told(What::First, "0"));
}

#[test]
fn what_a_dead_channel_wants_or_waits_for_is_known_all_the_same() {
    let mut audience = Audience::calm();
    audience.begins(Cause::Proposed, "");
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::First, ""));
    audience.ends("");
    audience.sees(Some(ChannelSight::Down));
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::Resolved, ""));
}

#[test]
fn what_is_of_a_channel_that_is_no_more_ends_without_a_word() {
    let mut audience = Audience::calm();
    audience.begins(Cause::KeyBad, "0");
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::First, "0"));
    audience.ends("0");
    audience.sees(None);
    assert_eq!(audience.until(3 * 24 * 60), []);
    assert!(audience.ledger.lines.is_empty());
}

#[test]
fn a_gateway_whose_lateness_nobody_can_judge_is_not_in_time_again() {
    let mut audience = Audience::calm();
    audience.picture.lasting.push(Event { channel: None, ..event(Cause::Stale, "", noon()) });
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::First, ""));
    audience.ends("");
    audience.picture.unsure.insert("main".to_owned());
    assert_eq!(audience.until(60), []);
    audience.picture.unsure.clear();
    assert_eq!(audience.after(0), []);
    assert_eq!(audience.after(1), told(What::Resolved, ""));
}

#[test]
fn a_failing_model_that_is_taken_off_is_told_as_that_alone() {
    let mut audience = Audience::calm();
    audience.begins(Cause::Failing, "gpt-4");
    audience.begins(Cause::Failing, "gpt-3");
    assert_eq!(audience.until(20).len(), 2);
    audience.happens(Cause::Withdrawn, "gpt-4", 1);
    assert_eq!(audience.after(0), [], "it may stand among the failing for a moment yet");
    audience.ends("gpt-4");
    audience.ends("gpt-3");
    assert_eq!(audience.after(1), told(What::First, "gpt-4"));
    assert_eq!(audience.after(10), []);
    assert_eq!(audience.after(1), told(What::Resolved, "gpt-3"));
    assert_eq!(audience.until(60), [], "no good end");

    // Back on its list, its next failure is one like any other.
    audience.happens(Cause::Restored, "gpt-4", 2);
    audience.begins(Cause::Failing, "gpt-4");
    let first = |at| (SignedDuration::from_secs(at), What::First);
    assert_eq!(audience.until(60), [first(30), first(630)]);
    audience.ends("gpt-4");
    assert_eq!(audience.until(60).len(), 1);
}

#[test]
fn it_began_when_it_was_seen_first_whatever_the_latest_look_says() {
    let mut audience = Audience::calm();
    audience.begins(Cause::Proposed, "");
    assert_eq!(audience.after(0), []);
    let mut since = vec![];
    for _ in 0..(25 * 60) {
        audience.now += minutes(1);
        audience.picture.lasting[0].since = audience.now;
        since.extend(audience.settle().map(|digest| digest.entries[0].event.since));
    }
    assert_eq!(since, [noon(), noon()], "told, and a reminder");
}

#[test]
fn a_clock_that_is_put_back_holds_nothing_up() {
    let mut audience = Audience::calm();
    audience.begins(Cause::KeyBad, "0");
    audience.begins(Cause::Failing, "gpt-4");
    assert_eq!(audience.after(0), []);
    audience.now -= SignedDuration::from_hours(24 * 365);
    audience.happens(Cause::Withdrawn, "gpt-3", 1);
    assert_eq!(audience.after(0), []);
    audience.now += minutes(1);
    audience.happens(Cause::Withdrawn, "gpt-2", 2);
    assert_eq!(audience.after(0), [(What::First, "0".to_owned()), (What::First, "gpt-2".to_owned())]);
    assert_eq!(audience.after(9), []);
    assert_eq!(audience.after(1), told(What::First, "gpt-4"));
}
