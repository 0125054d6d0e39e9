//! A message to every address of a receiver at once and past the outbox: a trial, or what must be told although our own
//! store fails.
//!
//! Decides: nothing. Must not know: who asked for it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Manner, PATIENCE, contained};
use crate::config::{Config, ReceiverConfig};
use crate::notify::{Digest, Letter, Receiver, Refusal, addresses};
use crate::store::{Store, StoreError};

/// What came of a trial at one address.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The receiver's name.
    pub receiver: String,
    /// What it is: `mail`, `telegram`, …
    /// `None`: it could not even be made.
    pub kind: Option<&'static str>,
    /// The chat; empty where it has none.
    pub chat: String,
    /// Whether it was taken.
    pub answer: Result<(), Refusal>,
}

/// Sends a trial to every address of a receiver.
///
/// # Errors
/// The store cannot be read.
pub async fn try_out(
    store: &Store,
    name: &str,
    settings: &ReceiverConfig,
    config: &Config,
    now: Timestamp,
) -> Result<Vec<Tried>, StoreError> {
    let chats = addresses::told(store, name, settings).await?;
    // Each trial is another message: one that was sent before must not be taken for this one.
    let id = format!("{}-test-{:x}", store.mark(), now.as_millisecond());
    Ok(at_once(chats, &id, &Digest::trial(now), name, settings, config, now).await)
}

/// Tells everybody whom the configuration names, without our own store; what was not taken is in the log, and is not
/// tried again.
pub async fn tell_without_store(digest: &Digest, id: &str, config: &Config, now: Timestamp) {
    for (name, settings) in config.notify.receivers.iter().filter(|(_, settings)| settings.enabled) {
        for tried in at_once(addresses::named(settings), id, digest, name, settings, config, now).await {
            if let Err(why) = tried.answer {
                tracing::warn!(receiver = name, chat = tried.chat, %why, "could not be told that our own store fails");
            }
        }
    }
}

async fn at_once(
    chats: BTreeSet<String>,
    id: &str,
    digest: &Digest,
    name: &str,
    settings: &ReceiverConfig,
    config: &Config,
    now: Timestamp,
) -> Vec<Tried> {
    let never = |kind, why: &str| {
        let answer = Err(Refusal::Never { why: why.to_owned() });
        vec![Tried { receiver: name.to_owned(), kind, chat: String::new(), answer }]
    };
    let (manner, receiver) = match (Manner::new(settings, config), Receiver::new(name, settings, config)) {
        (Ok(manner), Ok(receiver)) => (manner, receiver),
        (Err(why), _) | (_, Err(why)) => return never(None, &why),
    };
    let kind = Some(receiver.kind());
    if chats.is_empty() {
        return never(kind, "nobody is told: name chats, or write /subscribe to the bot");
    }
    let mut tried = vec![];
    for (number, chat) in chats.into_iter().enumerate() {
        let id = format!("{id}-{number}");
        let letter = Letter {
            id: &id,
            to: &chat,
            digest,
            language: manner.language,
            link: manner.link.as_deref(),
            zone: &manner.zone,
            at: now,
        };
        let answer = contained(receiver.deliver(&letter), PATIENCE).await;
        tried.push(Tried { receiver: name.to_owned(), kind, chat, answer });
    }
    tried
}
