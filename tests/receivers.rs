//! The five chat receivers over a real socket, against webhooks as strict as the real ones: what arrives, what hostile
//! names do there, and what every answer means.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/hooks.rs"]
mod hooks;
#[path = "support/log.rs"]
mod log;

#[path = "receivers/answers.rs"]
mod answers;
#[path = "receivers/arrives.rs"]
mod arrives;
#[path = "receivers/hostile.rs"]
mod hostile;

use channelwarden::clock;
use channelwarden::config::{Config, Language, ReceiverConfig};
use channelwarden::model::Cause;
use channelwarden::notify::event::{ChannelName, Totals};
use channelwarden::notify::receiver::{Letter, Receiver, Refusal};
use channelwarden::notify::{Digest, Entry, Event, What};
use hooks::{Kind, SECRET, Webhook};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use log::Log;
use serde_json::json;

/// A receiver of this kind, as the configuration makes it.
fn receiver(kind: Kind, url: &str, secret: &str) -> Receiver {
    let mut hook = json!({ "url": url });
    if kind.is_signed() {
        hook["secret"] = json!(secret);
    }
    let settings: ReceiverConfig = serde_json::from_value(json!({ kind.key(): hook })).unwrap();
    Receiver::new("chat", &settings, &Config::default()).unwrap()
}

/// One thing to tell.
fn entry(cause: Cause, channel: (i64, &str), subject: &str, evidence: &str) -> Entry {
    let event = Event {
        cause,
        gateway: "main".to_owned(),
        channel: Some(ChannelName { id: channel.0, name: channel.1.to_owned() }),
        subject: subject.to_owned(),
        since: "2026-11-21T14:05:00Z".parse().unwrap(),
        evidence: evidence.to_owned(),
        mark: String::new(),
        change: None,
    };
    Entry { what: What::First, event, until: None, flapping: false }
}

fn digest(entries: Vec<Entry>) -> Digest {
    let totals = Totals { models: 45, down: 2, degraded: 1, withdrawn: 3, channels: 6, channels_down: 1 };
    Digest { at: "2026-11-21T14:05:30Z".parse().unwrap(), totals, entries, test: false }
}

/// Something of everything.
fn ordinary() -> Digest {
    digest(vec![
        entry(Cause::NoCredit, (3, "azure"), "", "You exceeded your current quota"),
        entry(Cause::Failing, (4, "reseller"), "gpt-4o", "502 Bad Gateway"),
        entry(Cause::Failing, (4, "reseller"), "claude-sonnet-4", "502 Bad Gateway"),
        entry(Cause::New, (5, "openai"), "gpt-6", ""),
    ])
}

/// Hands a digest over; whatever is logged meanwhile, at every level, and whatever is answered names no secret.
async fn deliver(receiver: &Receiver, digest: &Digest, language: Language) -> Result<(), Refusal> {
    deliver_at(receiver, digest, language, clock::now()).await
}

async fn deliver_at(receiver: &Receiver, digest: &Digest, language: Language, at: Timestamp) -> Result<(), Refusal> {
    let zone = TimeZone::UTC;
    let letter = Letter { id: "msg-1", to: "", digest, language, link: None, zone: &zone, at };
    let (log, listening) = Log::listen();
    let delivered = receiver.deliver(&letter).await;
    drop(listening);
    for text in [
        log.text(),
        format!("{receiver:?} {delivered:?}"),
        delivered.as_ref().map_or_else(ToString::to_string, |()| String::new()),
    ] {
        assert!(!text.to_lowercase().contains("canary"), "a secret is named: {text}");
    }
    delivered
}

/// What one delivery to a webhook that does as scripted comes to.
async fn delivered(webhook: &Webhook, kind: Kind) -> Result<(), Refusal> {
    deliver(&receiver(kind, &webhook.url(), SECRET), &ordinary(), Language::En).await
}
