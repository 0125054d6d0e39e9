//! What people get to read, all of it: one file a language, and one big digest in each form.

use super::*;

/// What a cause is about, and what was seen.
fn example(cause: Cause) -> Event {
    let (subject, evidence) = match cause {
        Cause::Withdrawn => ("gpt-4o", "gone 2× over 10m: The model `gpt-4o` does not exist"),
        Cause::Restored | Cause::New => ("gpt-4o-mini", ""),
        Cause::Expiring => ("o1-preview", "ends 2026-12-01"),
        Cause::Substituted => ("claude-opus-4-5", "answers as claude-haiku-4-5"),
        Cause::Degraded => ("gpt-4o", "6 of 10 answered"),
        Cause::Failing => ("gpt-4o", "502 Bad Gateway"),
        Cause::KeyBad => ("1", "401: Incorrect API key provided: ***"),
        Cause::NoCredit => ("2", "You exceeded your current quota"),
        Cause::Unreachable => ("", "TLS: the certificate has expired"),
        Cause::Silent => ("", "timed-out on 12 of 12"),
        Cause::Wanted | Cause::Proposed => ("gpt-4o", "1 to take off"),
        Cause::Held => ("gpt-4o", "channel-limit: 12 of 20 at once"),
        Cause::Contested => ("", "put back 3 times in 1h"),
        Cause::Budget => ("all", "912 of 1000 requests"),
        Cause::Stale => ("", "none since 2026-11-21T07:00:00Z"),
        Cause::GatewayUnreachable => ("", "Access denied for user 'warden'"),
        Cause::StoreUnreachable => ("", "database or disk is full"),
        Cause::ReceiverDown => ("ops", "535 authentication failed"),
        Cause::LitellmCredits => ("openrouter/gpt-4o", "Insufficient credits"),
        Cause::LitellmAuth => ("azure/gpt-4o", "AuthenticationError"),
        Cause::LitellmServer => ("", "connection refused"),
    };
    let mut event = Event { evidence: evidence.to_owned(), ..event(cause, subject) };
    match cause {
        Cause::Withdrawn | Cause::Restored | Cause::New => event.change = Some(17),
        Cause::Stale
        | Cause::GatewayUnreachable
        | Cause::LitellmCredits
        | Cause::LitellmAuth
        | Cause::LitellmServer => {
            event.channel = None;
        }
        Cause::Budget | Cause::StoreUnreachable | Cause::ReceiverDown => {
            event.channel = None;
            event.gateway = String::new();
        }
        Cause::Expiring
        | Cause::Substituted
        | Cause::Degraded
        | Cause::Failing
        | Cause::KeyBad
        | Cause::NoCredit
        | Cause::Unreachable
        | Cause::Silent
        | Cause::Wanted
        | Cause::Proposed
        | Cause::Held
        | Cause::Contested => {}
    }
    event
}

#[test]
fn every_cause_in_every_way_in_every_language() {
    for (language, zone) in [(Language::En, "UTC"), (Language::Zh, "Asia/Shanghai"), (Language::Ru, "Europe/Moscow")] {
        let (words, zone) = (Words::of(language), TimeZone::get(zone).unwrap());
        let mut read = vec![];
        for cause in Cause::ALL {
            let whats = WHATS.into_iter().filter(|what| occurs(cause, *what));
            let digest = digest(whats.map(|what| entry(what, example(cause))).collect());
            let message = compose(&digest, words, None, &zone);
            read.push(format!("=== {cause}\n{}\n{}\n", message.title, plain::text(&message)));
        }
        let behind = Event { subject: "gpt-4o".to_owned(), ..example(Cause::LitellmServer) };
        let both = [What::First, What::Resolved]
            .into_iter()
            .flat_map(|what| [entry(what, behind.clone()), entry(what, example(Cause::LitellmServer))]);
        let message = compose(&digest(both.collect()), words, None, &zone);
        read.push(format!("=== a model behind LiteLLM, and LiteLLM\n{}\n{}\n", message.title, plain::text(&message)));
        let trial = Digest { test: true, ..digest(vec![]) };
        read.push(format!("=== a trial\n{}", plain::text(&compose(&trial, words, None, &zone))));
        insta::assert_snapshot!(words.tag(), read.join("\n"));
    }
}

/// Something of everything, hostile names among it.
fn big() -> Digest {
    let models =
        ["gpt-4o", "gpt-4o-mini", "o3", "<b>o4</b>", "[free](https://evil.example)", "@everyone", "a\u{202e}b`c`"];
    let mut entries = vec![entry(What::First, example(Cause::NoCredit))];
    for n in 0..20 {
        let model = models.get(n).map_or_else(|| format!("model-{n}"), |name| (*name).to_owned());
        entries.push(entry(What::First, Event { subject: model, ..example(Cause::Withdrawn) }));
    }
    entries.push(entry(What::Reminder, Event { gateway: "my gateway".to_owned(), ..example(Cause::Held) }));
    entries.push(Entry { flapping: true, ..entry(What::First, example(Cause::Degraded)) });
    let openrouter = Event { gateway: "openrouter".to_owned(), channel: None, change: None, ..example(Cause::New) };
    entries.push(entry(What::First, Event { subject: "qwen/qwen3:free".to_owned(), ..openrouter }));
    entries.push(entry(What::Changed, example(Cause::Budget)));
    let hostile = ChannelName { id: 9, name: "**x** _y_ <i>\n# z".to_owned() };
    entries.push(entry(What::Resolved, Event { channel: Some(hostile.clone()), ..example(Cause::Silent) }));
    entries.push(entry(What::Passed, Event { channel: Some(hostile), ..example(Cause::Unreachable) }));
    digest(entries)
}

#[test]
fn a_big_digest_in_every_form() {
    let message = english(&big());
    insta::assert_snapshot!("big_plain", plain::text(&message));
    insta::assert_snapshot!("big_html", html::document(&message).replace("<div", "\n<div").replace("<p", "\n<p"));
    insta::assert_snapshot!("big_telegram", telegram::html(&message));
    insta::assert_snapshot!("big_discord", discord::markdown(&message));
}

#[test]
fn a_big_digest_where_there_is_little_room() {
    let message = english(&big());
    for (name, limit) in [("fit_300", 300), ("fit_1000", 1000)] {
        let fit = message.fit(limit, |message| plain::text(message).chars().count());
        insta::assert_snapshot!(name, plain::text(&fit));
    }
    let mut digest = big();
    let gone = |n| Event { subject: format!("vendor/some-rather-long-name-{n}"), ..example(Cause::Failing) };
    digest.entries.extend((0..2000).map(|n| entry(What::First, gone(n))));
    let fit = english(&digest).fit(4096, |message| telegram::html(message).chars().count());
    insta::assert_snapshot!("fit_4096", telegram::html(&fit));
}
