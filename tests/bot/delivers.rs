//! Messages that the receiver hands over.

use std::time::Duration;

use channelwarden::clock;
use channelwarden::config::{Config, Language, ReceiverConfig};
use channelwarden::model::Cause;
use channelwarden::notify::event::{ChannelName, Totals};
use channelwarden::notify::{Digest, Entry, Event, Letter, Receiver, Refusal, What};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::telegram::{BotApi, TOKEN, refusal};
use super::{HOSTILE, OTHER, canary};
use crate::log::Log;

fn receiver(api: &str, token: &str) -> Result<Receiver, String> {
    let telegram = json!({ "token": token, "api": api, "admins": [7] });
    let settings: ReceiverConfig = serde_json::from_value(json!({ "telegram": telegram })).unwrap();
    Receiver::new("bot", &settings, &Config::default())
}

fn digest(entries: usize) -> Digest {
    let entry = |n: usize| {
        let id = i64::try_from(n).unwrap();
        let event = Event {
            cause: if n.is_multiple_of(2) { Cause::Proposed } else { Cause::Withdrawn },
            gateway: "main".to_owned(),
            channel: Some(ChannelName { id, name: HOSTILE.to_owned() }),
            subject: HOSTILE.to_owned(),
            since: clock::now(),
            evidence: HOSTILE.to_owned(),
            mark: "0123456789abcdef".to_owned(),
            change: Some(id),
        };
        Entry { what: What::First, event, until: None, flapping: false }
    };
    let totals = Totals { models: 45, down: 2, ..Totals::default() };
    Digest { at: clock::now(), totals, entries: (0..entries).map(entry).collect(), test: false }
}

async fn deliver(receiver: &Receiver, to: &str, digest: &Digest, language: Language) -> Result<(), Refusal> {
    let zone = TimeZone::UTC;
    let letter =
        Letter { id: "1", to, digest, language, link: Some("https://warden.example/"), zone: &zone, at: clock::now() };
    receiver.deliver(&letter).await
}

#[tokio::test]
async fn a_digest_arrives_whole_or_cut_to_what_telegram_takes_in_every_language() {
    let api = BotApi::start().await;
    api.person(OTHER);
    let receiver = receiver(&api.url(), TOKEN).unwrap();
    for language in [Language::En, Language::Zh, Language::Ru] {
        for entries in [1, 7, 300] {
            deliver(&receiver, &OTHER.to_string(), &digest(entries), language).await.unwrap();
        }
    }
    let world = api.world();
    assert_eq!((world.messages.len(), world.malformed.clone()), (9, vec![]));
    for message in &world.messages {
        assert!(message.html && message.text.contains("45"), "{}", message.text);
        assert!(!message.text.contains('\u{202e}'));
        assert!(message.text.contains("<b>x</b>&amp;"), "the name as it is: {}", message.text);
        assert_eq!(message.automatic, Vec::<String>::new(), "{}", message.text);
        assert!(
            message
                .entities
                .iter()
                .all(|entity| entity["type"] != "text_link" || entity["url"] == "https://warden.example/")
        );
    }
    assert_eq!(world.messages[0].buttons()[0].1, "ap:0:0123456789abcdef");
    let long = world.messages[2].text.encode_utf16().count();
    assert!((2000..=4096).contains(&long), "as much as there is room for: {long}");
}

#[tokio::test]
async fn what_telegram_cannot_parse_is_sent_plain_rather_than_lost() {
    let api = BotApi::start().await;
    api.person(OTHER);
    api.world().dislikes_html = true;
    let receiver = receiver(&api.url(), TOKEN).unwrap();
    deliver(&receiver, &OTHER.to_string(), &digest(1), Language::En).await.unwrap();
    let world = api.world();
    assert!(!world.messages[0].html && world.messages[0].text.contains(&HOSTILE[..12]), "{}", world.messages[0].text);
    assert!(!world.messages[0].text.contains("<code>"));
}

#[tokio::test]
async fn every_refusal_is_what_it_is_and_none_tells_the_token() {
    let api = BotApi::start().await;
    api.person(OTHER);
    api.group(-5, Some("ops_chat"));
    api.group(-6, None);
    api.world().blocked.insert(OTHER);
    api.world().migrated.insert(-6, -1006);
    let bot = receiver(&api.url(), TOKEN).unwrap();
    let (log, _guard) = Log::listen();
    let mut told = vec![];
    let digest = digest(1);
    deliver(&bot, "@Ops_Chat", &digest, Language::En).await.unwrap();
    for (to, expected) in [(OTHER.to_string(), "gone"), ("999".to_owned(), "gone"), ("-6".to_owned(), "moved")] {
        let refused = deliver(&bot, &to, &digest, Language::En).await.unwrap_err();
        let sort = match &refused {
            Refusal::Gone { .. } => "gone",
            Refusal::Moved { to } if to == "-1006" => "moved",
            Refusal::Moved { .. } | Refusal::Later { .. } | Refusal::Never { .. } => "else",
        };
        assert_eq!(sort, expected, "{refused:?}");
        told.push(refused);
    }
    let named = format!("Internal: cannot reach /bot{TOKEN}/sendMessage nor {}", canary());
    for (status, body, after) in [
        (429, refusal(429, "Too Many Requests: retry after 17", &json!({ "retry_after": 17 })), Some(17)),
        (500, refusal(500, &named, &Value::Null), None),
        (502, json!("<html>not Telegram</html>"), None),
        // A page of a proxy in between says nothing of a chat, a message or a token.
        (400, json!("<html>bad request</html>"), None),
        (403, json!("<html>forbidden by policy</html>"), None),
        (404, json!("<html>no such page</html>"), None),
        (200, json!({ "ok": true, "result": { "of": "a new form" } }), None),
    ] {
        api.world().scripted.push_back((status, body));
        let refused = deliver(&bot, "-5", &digest, Language::En).await.unwrap_err();
        let Refusal::Later { after: told_after, .. } = &refused else { panic!("{status}: {refused:?}") };
        assert_eq!(*told_after, after.map(Duration::from_secs), "{status}");
        told.push(refused);
    }
    let other = receiver(&api.url(), &format!("1:{}", canary())).unwrap();
    told.push(deliver(&other, "-5", &digest, Language::En).await.unwrap_err());
    assert!(matches!(&told[told.len() - 1], Refusal::Later { why, .. } if why.contains("token")), "{told:?}");
    let nobody = receiver("http://127.0.0.1:1", TOKEN).unwrap();
    told.push(deliver(&nobody, "-5", &digest, Language::En).await.unwrap_err());
    for wrong in [canary(), "12/34:abc", "1:a/b", "1:"] {
        let why = receiver(&api.url(), wrong).unwrap_err();
        assert!(why.contains("telegram.token") && !why.contains(canary()), "{why}");
    }
    let all = format!("{told:?} {bot:?} {}", log.text());
    assert!(!all.contains(canary()), "{all}");
    for refused in &told {
        assert!(!refused.to_string().contains(canary()));
    }
}

#[tokio::test]
async fn a_bot_that_only_sends_does_not_give_a_chat_up_of_which_it_would_hear_nothing() {
    let api = BotApi::start().await;
    let telegram = json!({ "token": TOKEN, "api": api.url(), "chats": [OTHER], "commands": false });
    let settings: ReceiverConfig = serde_json::from_value(json!({ "telegram": telegram })).unwrap();
    let bot = Receiver::new("bot", &settings, &Config::default()).unwrap();
    let refused = deliver(&bot, &OTHER.to_string(), &digest(1), Language::En).await.unwrap_err();
    assert!(matches!(&refused, Refusal::Later { why, .. } if why.contains("write to it first")), "{refused:?}");
    api.person(OTHER);
    deliver(&bot, &OTHER.to_string(), &digest(1), Language::En).await.unwrap();
}
