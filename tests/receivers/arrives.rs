//! What is told arrives, whole or as much of it as there is room for.

use channelwarden::clock;
use channelwarden::config::Language;
use channelwarden::model::Cause;
use channelwarden::notify::{Digest, Entry, Letter};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::hooks::{Kind, SECRET, Taken, Webhook};
use super::{deliver, digest, entry, ordinary, receiver};

/// The one message that the stand-in took of it.
async fn taken(kind: Kind, digest: &Digest, language: Language) -> Taken {
    let webhook = Webhook::start(kind).await;
    let told = deliver(&receiver(kind, &webhook.url(), SECRET), digest, language).await;
    let world = webhook.world();
    assert_eq!(told, Ok(()), "{kind:?} {language:?}: {:?}", world.refused);
    assert_eq!((world.taken.len(), world.asked), (1, 1), "{kind:?}");
    world.taken[0].clone()
}

#[tokio::test]
async fn a_digest_arrives_with_the_totals_first() {
    for kind in Kind::ALL {
        let taken = taken(kind, &ordinary(), Language::En).await;
        assert!(taken.shown.starts_with("2 of 45 "), "{kind:?}: {}", taken.shown);
        for part in ["azure", "reseller", "gpt-4o", "claude-sonnet-4", "gpt-6", "502 Bad Gateway", "current quota"] {
            assert!(taken.shown.contains(part), "{kind:?} lost {part}: {}", taken.shown);
        }
        assert_eq!(taken.live, Vec::<String>::new(), "{kind:?}");
    }
}

#[tokio::test]
async fn the_way_to_the_dashboard_stands_in_it() {
    let (zone, url) = (TimeZone::UTC, "https://status.example/alerts?a=1&b=2");
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        let (digest, language, at) = (&ordinary(), Language::En, clock::now());
        let letter = Letter { id: "msg-1", to: "", digest, language, link: Some(url), zone: &zone, at };
        assert_eq!(receiver(kind, &webhook.url(), SECRET).deliver(&letter).await, Ok(()), "{kind:?}");
        let taken = webhook.world().taken[0].clone();
        let told = match kind {
            Kind::Discord => taken.body["embeds"][0]["description"].to_string().contains(&format!("](<{url}>)")),
            Kind::Slack => taken.body["blocks"].to_string().contains(&format!(r#""type":"link","url":"{url}""#)),
            Kind::Feishu => taken.body["card"].to_string().contains(&format!(r#""url":"{url}""#)),
            Kind::WeCom | Kind::DingTalk => taken.shown.contains(url),
        };
        assert!(told, "{kind:?}: {}", taken.body);
    }
}

#[tokio::test]
async fn every_language_arrives() {
    for kind in Kind::ALL {
        for language in [Language::En, Language::Zh, Language::Ru] {
            let shown = taken(kind, &ordinary(), language).await.shown;
            assert!(shown.contains("45") && shown.contains("claude-sonnet-4"), "{kind:?} {language:?}: {shown}");
        }
    }
}

#[tokio::test]
async fn the_colour_is_that_of_the_worst() {
    for (kind, way) in [(Kind::Discord, "/embeds/0/color"), (Kind::Feishu, "/card/header/template")] {
        let mut colours: Vec<Value> = vec![];
        for cause in [Cause::NoCredit, Cause::Failing, Cause::New] {
            let one = digest(vec![entry(cause, (3, "azure"), "gpt-4o", "")]);
            colours.push(taken(kind, &one, Language::En).await.body.pointer(way).unwrap().clone());
        }
        assert!(
            colours[0] != colours[1] && colours[1] != colours[2] && colours[0] != colours[2],
            "{kind:?} {colours:?}"
        );
    }
}

#[tokio::test]
async fn ten_thousand_events_are_one_message_within_the_limits() {
    // Every character of a name takes the most room there is, escaped and in bytes.
    let many = |channels: i64| -> Vec<Entry> {
        let names = (0..10_000).map(|n| (n % channels, format!("模型\"\\<_*`@{n}")));
        names.map(|(id, name)| entry(Cause::Failing, (id, &format!("渠道<&>{id}")), &name, "“<&>”")).collect()
    };
    for channels in [1, 40, 10_000] {
        let many = digest(many(channels));
        for kind in Kind::ALL {
            for language in [Language::En, Language::Zh] {
                let taken = taken(kind, &many, language).await;
                assert!(taken.shown.contains("模型") && taken.shown.contains("45"), "{kind:?}: {}", taken.shown);
                assert_eq!(taken.live, Vec::<String>::new(), "{kind:?}");
                // The room that there is, is used.
                let room = if kind == Kind::WeCom { 1000 } else { 3000 };
                assert!(taken.body.to_string().len() > room, "{kind:?} {channels}: {}", taken.body);
            }
        }
    }
}
