//! A trial message to every address of a receiver, at once and past the outbox.
//!
//! Decides: nothing. Must not know: who asked for it.

use jiff::Timestamp;

use super::{Manner, PATIENCE, contained};
use crate::config::{Config, ReceiverConfig};
use crate::notify::{Digest, Letter, Receiver, Refusal};
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
    let never = |kind, why: &str| {
        let answer = Err(Refusal::Never { why: why.to_owned() });
        Ok(vec![Tried { receiver: name.to_owned(), kind, chat: String::new(), answer }])
    };
    let digest = Digest::trial(now);
    let (manner, receiver) = match (Manner::new(settings, config), Receiver::new(name, settings, config)) {
        (Ok(manner), Ok(receiver)) => (manner, receiver),
        (Err(why), _) | (_, Err(why)) => return never(None, &why),
    };
    let kind = Some(receiver.kind());
    let mut chats = vec![String::new()];
    if let Some(telegram) = &settings.telegram {
        let said = store.subscribers(name).await?;
        chats = telegram.chats.iter().map(|chat| chat.0.clone()).collect();
        chats.retain(|chat| !said.iter().any(|said| said.chat == *chat));
        chats.extend(said.into_iter().filter(|said| said.wanted).map(|said| said.chat));
    }
    if chats.is_empty() {
        return never(kind, "nobody is told: name chats, or write /subscribe to the bot");
    }
    let mut tried = vec![];
    for (number, chat) in chats.into_iter().enumerate() {
        // Each trial is another message: one that was sent before must not be taken for this one.
        let id = format!("{}-test-{:x}-{number}", store.mark(), now.as_millisecond());
        let letter = Letter {
            id: &id,
            to: &chat,
            digest: &digest,
            language: manner.language,
            link: manner.link.as_deref(),
            zone: &manner.zone,
            at: now,
        };
        let answer = contained(receiver.deliver(&letter), PATIENCE).await;
        tried.push(Tried { receiver: name.to_owned(), kind, chat, answer });
    }
    Ok(tried)
}
