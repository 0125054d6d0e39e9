//! Where a receiver's messages go.
//!
//! Decides: which chats a bot tells: those that the configuration names, as far as they did not say otherwise, and those
//! that asked for it. Must not know: what is told.

use std::collections::BTreeSet;

use crate::config::ReceiverConfig;
use crate::store::{Store, StoreError};

/// The chats that the configuration names; one empty one where a receiver has none.
pub(super) fn named(settings: &ReceiverConfig) -> BTreeSet<String> {
    match &settings.telegram {
        Some(bot) => bot.chats.iter().map(|chat| chat.0.clone()).collect(),
        None => BTreeSet::from([String::new()]),
    }
}

/// The chats that are told.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn told(
    store: &Store,
    receiver: &str,
    settings: &ReceiverConfig,
) -> Result<BTreeSet<String>, StoreError> {
    let mut chats = named(settings);
    if settings.telegram.is_some() {
        for subscriber in store.subscribers(receiver).await? {
            if subscriber.wanted {
                chats.insert(subscriber.chat);
            } else {
                chats.remove(&subscriber.chat);
            }
        }
    }
    Ok(chats)
}
