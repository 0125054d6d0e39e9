//! Names that would be markup: every form of a message reads back as the text that was to be read, and as no more markup
//! than is ours.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const NASTY: [&str; 30] = [
    "<b>",
    "</b>",
    "</code>",
    "<a href=\"http://evil\">x</a>",
    "&lt;",
    "&",
    "&amp;amp;",
    "\"><script>alert(1)</script>",
    "**x**",
    "__x__",
    "~~x~~",
    "||x||",
    "`",
    "```",
    "``x`",
    "[a](http://evil)",
    "](http://evil)",
    "<http://evil>",
    "https://evil.example/?a=1",
    "@everyone",
    "@here",
    "<@123>",
    "<#1>",
    "# x",
    "- x",
    "1. x",
    "> x",
    "\\",
    "a\u{202e}b",
    "line\nline\r\n# line",
];

fn name() -> impl Strategy<Value = String> {
    let part =
        prop_oneof![3 => select(NASTY.to_vec()).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[a-z0-9 -]{1,9}"];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

fn hostile_event() -> impl Strategy<Value = Event> {
    (select(Cause::ALL.to_vec()), name(), prop::option::of(name()), name(), name(), prop::option::of(1_i64..99))
        .prop_map(|(cause, gateway, channel, subject, evidence, change)| Event {
            gateway,
            channel: channel.map(|name| ChannelName { id: 3, name }),
            evidence,
            change,
            ..event(cause, &subject)
        })
}

fn hostile_digest() -> impl Strategy<Value = Digest> {
    let entry = (select(WHATS.to_vec()), hostile_event()).prop_map(|(what, event)| entry(what, event));
    prop::collection::vec(entry, 1..6).prop_map(digest)
}

/// What is to be read of a message.
fn visible(message: &Message) -> String {
    let lines = lines(message);
    lines.iter().map(|line| line.iter().map(Span::text).collect::<String>()).collect::<Vec<_>>().join("\n")
}

fn spans_of(message: &Message) -> Vec<Span<'_>> {
    lines(message).into_iter().flatten().filter(|span| !span.text().is_empty()).collect()
}

/// The kinds of markup in a message, which no name may change.
fn kinds(message: &Message) -> Vec<std::mem::Discriminant<Span<'_>>> {
    lines(message).iter().flatten().map(std::mem::discriminant).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn telegram_reads_text_where_text_was_meant(digest in hostile_digest(), language in select(LANGUAGES.to_vec())) {
        let message = compose(&digest, Words::of(language), Some(LINK), &TimeZone::UTC);
        let html = telegram::html(&message);
        let (text, marked) = telegram_markup::read(&html).map_err(TestCaseError::fail)?;
        prop_assert_eq!(text, visible(&message));
        let expected: Vec<_> = spans_of(&message).iter().filter_map(|span| Some((match span {
            Span::Words(_) => return None,
            Span::Strong(_) => "b".to_owned(),
            Span::Foreign(_) | Span::Command(_) => "code".to_owned(),
            Span::Link { .. } => "a".to_owned(),
        }, span.text().to_owned()))).collect();
        prop_assert_eq!(marked, expected);
    }

    #[test]
    fn discord_reads_text_where_text_was_meant(digest in hostile_digest(), language in select(LANGUAGES.to_vec())) {
        let message = compose(&digest, Words::of(language), Some(LINK), &TimeZone::UTC);
        let markdown = discord::markdown(&message);
        let (text, marked) = discord_markup::read(&markdown).map_err(TestCaseError::fail)?;
        prop_assert_eq!(text, visible(&message));
        let expected: Vec<_> = spans_of(&message).iter().filter_map(|span| Some((match span {
            Span::Words(_) | Span::Foreign(_) => return None,
            Span::Strong(_) => "bold",
            Span::Command(_) => "code",
            Span::Link { .. } => "link",
        }, span.text().to_owned()))).collect();
        prop_assert_eq!(marked, expected);
    }

    #[test]
    fn a_mail_has_the_tags_it_has_with_harmless_names(hostile in hostile_event(), what in select(WHATS.to_vec())) {
        let harmless = Event {
            gateway: if hostile.gateway == "openrouter" { "openrouter" } else { "main" }.to_owned(),
            channel: hostile.channel.as_ref().map(|_| ChannelName { id: 3, name: "azure".to_owned() }),
            subject: "gpt-4o".to_owned(),
            evidence: "404".to_owned(),
            ..hostile.clone()
        };
        let message = english(&digest(vec![entry(what, hostile.clone())]));
        let other = english(&digest(vec![entry(what, harmless)]));
        prop_assert_eq!(kinds(&message), kinds(&other));
        let (tags, texts) = html_markup::read(&html::document(&message)).map_err(TestCaseError::fail)?;
        let (expected, _) = html_markup::read(&html::document(&other)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(tags, expected);
        let texts = texts.concat();
        for section in &message.sections {
            for text in section.subjects.iter().chain([&section.place]).chain(&section.evidence) {
                prop_assert!(texts.contains(text.as_str()), "{:?} is not in {:?}", text, texts);
            }
        }
    }

    #[test]
    fn plain_text_has_the_lines_it_was_given_and_no_character_that_hides(digest in hostile_digest()) {
        let message = english(&digest);
        let text = plain::text(&message);
        prop_assert_eq!(text.lines().count(), lines(&message).len());
        prop_assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || crate::model::is_invisible(c))));
        prop_assert!(!message.title.contains('\n'));
    }
}

#[test]
fn the_readers_refuse_what_the_real_ones_would_take_for_markup() {
    for html in [
        "<b>x",
        "x</b>",
        "<x>y</x>",
        "<b><i>x</b></i>",
        "a < b",
        "a & b",
        "<b onclick=\"x\">y</b>",
        "<b><code>x</code></b>",
    ] {
        assert!(telegram_markup::read(html).is_err(), "{html}");
    }
    let link = "<b>a</b> <a href=\"https://x\">&lt;b&gt;</a>";
    let marked = vec![("b".to_owned(), "a".to_owned()), ("a".to_owned(), "<b>".to_owned())];
    assert_eq!(telegram_markup::read(link), Ok(("a <b>".to_owned(), marked)));
    let signs =
        ["*x*", "__x__", "`x", "[x](https://y)", "@everyone", "\\@everyone", "<@1>", "# x", "- x", "1. x", "https://x"];
    for markdown in signs {
        assert!(discord_markup::read(markdown).is_err(), "{markdown}");
    }
    let bold = discord_markup::read("**a** \\*b\\* `c`").unwrap();
    assert_eq!(bold, ("a *b* c".to_owned(), vec![("bold", "a".to_owned()), ("code", "c".to_owned())]));
    for html in ["<b>x</b>", "<!DOCTYPE html><script></script>", "<!DOCTYPE html><p>x", "<!DOCTYPE html>a & b"] {
        assert!(html_markup::read(html).is_err(), "{html}");
    }
}
