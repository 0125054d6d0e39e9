use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::config::Language;
use crate::model::Cause;
use crate::notify::event::ChannelName;
use crate::notify::words::Words;
use crate::notify::{Digest, Entry, Event, Totals, What};

#[path = "tests/discord_markup.rs"]
mod discord_markup;
#[path = "tests/fitting.rs"]
mod fitting;
#[path = "tests/hostile.rs"]
mod hostile;
#[path = "tests/html_markup.rs"]
mod html_markup;
#[path = "tests/read_through.rs"]
mod read_through;
#[path = "tests/telegram_markup.rs"]
mod telegram_markup;

const LANGUAGES: [Language; 3] = [Language::En, Language::Zh, Language::Ru];
const WHATS: [What; 6] = [What::First, What::Already, What::Changed, What::Reminder, What::Resolved, What::Passed];
const LINK: &str = "https://warden.example.com/alerts";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn event(cause: Cause, subject: &str) -> Event {
    Event {
        cause,
        gateway: "main".to_owned(),
        channel: Some(ChannelName { id: 3, name: "azure".to_owned() }),
        subject: subject.to_owned(),
        since: time("2026-11-21T10:50:00Z"),
        evidence: String::new(),
        mark: String::new(),
        change: None,
    }
}

fn entry(what: What, event: Event) -> Entry {
    let until = matches!(what, What::Resolved | What::Passed).then(|| event.since + SignedDuration::from_mins(95));
    Entry { what, event, until, flapping: false }
}

fn digest(entries: Vec<Entry>) -> Digest {
    let totals = Totals { models: 45, down: 2, degraded: 1, withdrawn: 3, channels: 6, channels_down: 1 };
    Digest { at: time("2026-11-21T13:00:00Z"), totals, entries, test: false }
}

fn english(digest: &Digest) -> Message {
    compose(digest, Words::of(Language::En), Some(LINK), &berlin())
}

/// Whether a cause can be told so: what happens once is neither over nor lasts.
fn occurs(cause: Cause, what: What) -> bool {
    match what {
        What::First => true,
        What::Already | What::Changed | What::Resolved | What::Passed => !cause.happens_once(),
        What::Reminder => cause.is_reminded_of(),
    }
}

#[test]
fn a_dead_channel_is_one_section_with_its_models_and_the_worst_stands_first() {
    let mut entries: Vec<_> = (0..60)
        .map(|n| entry(What::First, Event { change: Some(17), ..event(Cause::Withdrawn, &format!("model-{n}")) }))
        .collect();
    entries.push(entry(What::Resolved, Event { gateway: "other".to_owned(), ..event(Cause::GatewayUnreachable, "") }));
    entries.push(entry(What::First, event(Cause::NoCredit, "2")));
    entries.push(entry(What::First, event(Cause::Withdrawn, "model-7")));
    let message = english(&digest(entries));
    let headings: Vec<_> = message.sections.iter().map(|section| section.heading.as_str()).collect();
    let over = "Resolved (gateway unreachable): other #3 azure";
    assert_eq!(headings, ["No credit: main #3 azure", "60 models withdrawn: main #3 azure", over]);
    assert_eq!(message.title, "No credit: main #3 azure, and 2 more");
    assert_eq!(message.severity, Severity::Critical);
    assert_eq!(message.sections[1].subjects.len(), 60, "each name once");
    assert_eq!(message.sections[1].undo.as_deref(), Some("Undo: `channelwarden undo 17`"));
    assert_eq!(message.sections[0].subjects, ["key 2"]);
    assert_eq!((message.sections[2].severity, message.sections[2].sign), (Severity::Info, "🟢"));
    assert_eq!(message.sections[2].hint, None, "nothing is to be done about what is over");
}

#[test]
fn the_first_line_is_how_things_stand() {
    let first = |totals, language| {
        let digest = Digest { totals, ..digest(vec![entry(What::First, event(Cause::Silent, ""))]) };
        let message = compose(&digest, Words::of(language), None, &TimeZone::UTC);
        plain::text(&message).lines().next().unwrap().to_owned()
    };
    let totals = Totals { models: 45, down: 2, degraded: 0, withdrawn: 3, channels: 6, channels_down: 1 };
    assert_eq!(first(totals, Language::En), "2 of 45 models down, 1 of 6 channels down, 3 withdrawn");
    assert_eq!(first(totals, Language::Zh), "45 个模型中 2 个故障，6 个渠道中 1 个故障，已下架 3 个");
    assert_eq!(first(totals, Language::Ru), "не работает моделей: 2 из 45, каналов: 1 из 6, снято: 3");
    let one = Totals { models: 1, channels: 1, ..Totals::default() };
    assert_eq!(first(one, Language::En), "0 of 1 model down, 0 of 1 channel down");
    assert_eq!(first(Totals::default(), Language::En), "no models seen yet");
}

#[test]
fn many_changes_are_looked_up_and_many_texts_of_evidence_are_cut() {
    let withdrawn = |n: i64| Event {
        change: Some(n),
        evidence: format!("gone {}", n % 5),
        ..event(Cause::Withdrawn, &format!("m{n}"))
    };
    let message = english(&digest((0..20).map(|n| entry(What::First, withdrawn(n))).collect()));
    let section = &message.sections[0];
    assert_eq!(section.undo.as_deref(), Some("Undo, by number: `channelwarden history --gateway main`"));
    assert_eq!(section.evidence.as_deref(), Some("gone 0 / gone 1 / gone 2 / …"));
}

#[test]
fn every_command_that_is_advised_is_one_that_we_have() {
    use clap::{CommandFactory as _, Parser as _};
    let has = |name: &str| crate::cli::Cli::command().find_subcommand(name).is_some();
    let mut seen = 0;
    for (language, cause) in LANGUAGES.into_iter().flat_map(|language| Cause::ALL.map(|cause| (language, cause))) {
        let event = Event { change: Some(17), ..event(cause, "x") };
        let message = compose(&digest(vec![entry(What::First, event)]), Words::of(language), None, &TimeZone::UTC);
        let section = &message.sections[0];
        for text in [&section.hint, &section.undo].into_iter().flatten() {
            for span in spans(text) {
                let Span::Command(command) = span else { continue };
                let words: Vec<_> = command.split(' ').collect();
                if words[0] != "channelwarden" || (words[1] == "notify" && !has("notify")) {
                    continue;
                }
                seen += 1;
                let parsed = crate::cli::Cli::try_parse_from(&words);
                assert!(parsed.is_ok(), "{command}: {}", parsed.err().unwrap());
            }
        }
    }
    assert!(seen > 3 * 30, "only {seen} commands were looked at");
}

#[test]
fn json_says_each_entry_with_its_advice_and_counts_what_is_too_much() {
    let withdrawn = Event { change: Some(17), evidence: "404".to_owned(), ..event(Cause::Withdrawn, "gpt\u{202e}-4o") };
    let mut digest = digest(vec![entry(What::First, withdrawn), entry(What::Resolved, event(Cause::NoCredit, "2"))]);
    let document = |digest: &Digest| json::Document::new("7", digest, Words::of(Language::En), Some(LINK), &berlin());
    insta::assert_json_snapshot!("json", document(&digest));
    let many = (0..1200).map(|n| entry(What::First, event(Cause::New, &format!("m{n}"))));
    digest.entries = many.collect();
    let document = document(&digest);
    assert_eq!((document.entries.len(), document.more), (1000, 200));
    assert!(document.text.chars().count() <= 16_000 && document.text.contains("1200 new models"));
}
