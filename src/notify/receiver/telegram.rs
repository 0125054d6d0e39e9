//! Telegram, by a bot.
//!
//! Decides: how a message looks there, which buttons stand under it, and what a refusal means. Must not know: why it was
//! made, when it is tried again.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Letter, Refusal};
use crate::config::{ProbeConfig, SecretRef, TelegramConfig};
use crate::model::Cause;
use crate::notify::event::{Digest, What};
use crate::notify::message::telegram::html;
use crate::notify::telegram::html::length;
use crate::notify::telegram::press::Press;
use crate::notify::telegram::{Key, Outgoing, Place, TEXT, Telegram, Trouble};
use crate::notify::words::Words;

/// Time for one message.
const PATIENCE: Duration = Duration::from_secs(30);
/// Channels that may be approved under one message; `/pending` shows all.
const CHANNELS: usize = 5;
/// Changes that may be undone under one message; `/changes` shows all.
const CHANGES: usize = 3;

/// A bot of Telegram.
#[derive(Debug)]
pub struct TelegramBot {
    telegram: Telegram,
    /// Whether somebody hears when a chat lets the bot in again.
    listens: bool,
    /// Whether somebody listens to buttons, and somebody may press them.
    buttons: bool,
}

impl TelegramBot {
    /// A bot as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without its token.
    pub fn new(settings: &TelegramConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let buttons = settings.commands && !settings.admins.is_empty();
        Ok(Self { telegram: Telegram::new(settings, proxy, probe, PATIENCE)?, listens: settings.commands, buttons })
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let words = Words::of(letter.language);
        let message = letter.message().fit(TEXT, |message| length(&html(message)));
        let keys = if self.buttons { buttons(letter.digest, words) } else { vec![] };
        let sent = self.telegram.send(&Place::named(letter.to), &Outgoing { html: html(&message), keys }).await;
        match sent.map_err(|trouble| refusal(&trouble)) {
            // Such a chat would never be told again, as nobody hears of its change of mind: the configuration counts.
            Err(Refusal::Gone { why }) if !self.listens => {
                let why =
                    format!("{why}; let the bot into the chat, or write to it first, or take the chat out of chats");
                Err(Refusal::Later { why, after: None })
            }
            sent => sent.map(|_| ()),
        }
    }
}

/// Approve and reject for each channel that waits for a word, undo for each withdrawal.
fn buttons(digest: &Digest, words: &Words) -> Vec<Vec<Key>> {
    let lasts = |what: What| match what {
        What::First | What::Already | What::Changed | What::Reminder => true,
        What::Resolved | What::Passed => false,
    };
    let (mut rows, mut changes) = (vec![], BTreeSet::new());
    for entry in digest.entries.iter().filter(|entry| lasts(entry.what)) {
        let event = &entry.event;
        let held = event.cause == Cause::Held;
        if (held || event.cause == Cause::Proposed)
            && rows.len() < CHANNELS
            && !event.mark.is_empty()
            && let Some(channel) = &event.channel
        {
            let (channel, mark) = (channel.id, event.mark.clone());
            let label = |key: &str| words.say(key, &[("n", channel.to_string().into())]);
            let approve = Press::Approve { channel, mark: mark.clone(), held };
            let approve = approve.key(label(if held { "bot-key-approve-held" } else { "bot-key-approve" }));
            let reject = Press::Reject { channel, mark }.key(label("bot-key-reject"));
            rows.extend(approve.zip(reject).map(|(approve, reject)| vec![approve, reject]));
        }
        if event.cause == Cause::Withdrawn {
            changes.extend(event.change);
        }
    }
    let undo = |change: i64| {
        let label = words.say("bot-key-undo", &[("n", change.to_string().into())]);
        Press::Undo { change }.key(label).map(|key| vec![key])
    };
    rows.extend(changes.into_iter().rev().take(CHANGES).filter_map(undo));
    rows
}

fn refusal(trouble: &Trouble) -> Refusal {
    let why = trouble.to_string();
    match trouble {
        Trouble::TooMuch { after, .. } => Refusal::Later { why, after: Some(*after) },
        // A token may be set right, and a bot be let in again, before a message is too old.
        Trouble::Away { .. } | Trouble::BadToken { .. } | Trouble::NoRight { .. } | Trouble::Rival { .. } => {
            Refusal::Later { why, after: None }
        }
        Trouble::Gone { .. } => Refusal::Gone { why },
        Trouble::Moved { to } => Refusal::Moved { to: to.to_string() },
        Trouble::Refused { .. } => Refusal::Never { why },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::config::Language;
    use crate::notify::{Entry, Event, Totals, event::ChannelName};

    fn entry(what: What, cause: Cause, channel: i64, mark: &str, change: Option<i64>) -> Entry {
        let since = Timestamp::UNIX_EPOCH;
        let channel = Some(ChannelName { id: channel, name: "<b>".to_owned() });
        let (gateway, mark) = ("main".to_owned(), mark.to_owned());
        let event =
            Event { cause, gateway, channel, subject: String::new(), since, evidence: String::new(), mark, change };
        Entry { what, event, until: None, flapping: false }
    }

    #[test]
    fn what_waits_has_buttons_and_what_is_over_has_none() {
        let mut entries = vec![
            entry(What::First, Cause::Proposed, 3, "0123456789abcdef", None),
            entry(What::Reminder, Cause::Held, 4, "fedcba9876543210", None),
            entry(What::Resolved, Cause::Proposed, 5, "0123456789abcdef", None),
            entry(What::First, Cause::Withdrawn, 6, "", Some(12)),
            entry(What::First, Cause::Withdrawn, 6, "", Some(12)),
            entry(What::First, Cause::Failing, 7, "", None),
        ];
        let digest = |entries: &[Entry]| Digest {
            at: Timestamp::UNIX_EPOCH,
            totals: Totals::default(),
            entries: entries.to_vec(),
            test: false,
        };
        let data = |rows: &[Vec<Key>]| -> Vec<Vec<String>> {
            rows.iter().map(|row| row.iter().map(|key| key.data.clone()).collect()).collect()
        };
        let rows = buttons(&digest(&entries), Words::of(Language::En));
        assert_eq!(
            data(&rows),
            [
                vec!["ap:3:0123456789abcdef", "rj:3:0123456789abcdef"],
                vec!["ah:4:fedcba9876543210", "rj:4:fedcba9876543210"],
                vec!["un:12"],
            ]
        );
        assert_eq!(rows[0][0].label, "✅ Approve #3");
        entries.extend((10..40).map(|channel| entry(What::First, Cause::Proposed, channel, "ab", Some(channel))));
        entries.extend((10..40).map(|channel| entry(What::First, Cause::Withdrawn, channel, "", Some(channel))));
        assert_eq!(buttons(&digest(&entries), Words::of(Language::Ru)).len(), CHANNELS + CHANGES);
    }
}
