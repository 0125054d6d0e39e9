//! Who may ask the bot, and how much.
//!
//! Decides: who is let in, how often a stranger is answered, and when a chat asks too much. Must not know: what is asked.

use std::collections::HashMap;
use std::time::Duration;

use frankenstein::types::Chat;
use jiff::{SignedDuration, Timestamp};

use crate::config::{Strangers, TelegramConfig};
use crate::store::Subscriber;

/// So many chats are remembered at once; of more, the one heard longest ago is forgotten.
const CHATS: usize = 1000;
/// So many commands of a chat are answered at once…
const BURST: u32 = 20;
/// …and one more after each of these.
const EVERY: SignedDuration = SignedDuration::from_secs(3);
/// A stranger is told once in so long.
const STRANGER: SignedDuration = SignedDuration::from_hours(1);

/// Who may ask, and what was heard of whom lately.
#[derive(Debug)]
pub(super) struct Door {
    settings: TelegramConfig,
    heard: HashMap<i64, Heard>,
}

/// What is remembered of a chat.
#[derive(Clone, Copy, Debug)]
struct Heard {
    /// Commands that it may send at once.
    left: u32,
    /// When `left` was last counted.
    counted: Timestamp,
    /// When it was last told that it is a stranger.
    told: Option<Timestamp>,
    /// When it last asked anything.
    at: Timestamp,
}

impl Door {
    pub(super) fn new(settings: TelegramConfig) -> Self {
        Self { settings, heard: HashMap::new() }
    }

    /// What the chat is called in the configuration, or else its number.
    pub(super) fn address(&self, chat: &Chat) -> String {
        let number = chat.id.to_string();
        let is_it = |name: &str| match (name.strip_prefix('@'), &chat.username) {
            (Some(name), Some(username)) => name.eq_ignore_ascii_case(username),
            (Some(_) | None, _) => name == number,
        };
        let named = self.settings.chats.iter().find(|name| is_it(&name.0));
        named.map_or_else(|| number.clone(), |name| name.0.clone())
    }

    /// Whether the configuration has this chat told.
    pub(super) fn is_configured(&self, address: &str) -> bool {
        self.settings.chats.iter().any(|name| name.0 == address)
    }

    /// Whether a user may act.
    pub(super) fn is_admin(&self, user: Option<i64>) -> bool {
        user.is_some_and(|user| self.settings.admins.contains(&user))
    }

    /// Who may act, by number.
    pub(super) fn admins(&self) -> &[i64] {
        &self.settings.admins
    }

    /// Whether a chat, or who speaks in it, may ask.
    pub(super) fn lets_in(&self, address: &str, user: Option<i64>, subscriber: Option<&Subscriber>) -> bool {
        self.settings.strangers == Strangers::Subscribe
            || self.is_configured(address)
            || self.is_admin(user)
            || subscriber.is_some_and(|subscriber| subscriber.wanted)
    }

    /// Whether who speaks in a chat may have it told more, less, or otherwise: in a group that the configuration names, or
    /// that only an admin can have subscribed, the admins alone, if there are any.
    pub(super) fn lets_change(&self, address: &str, private: bool, user: Option<i64>) -> bool {
        let anybodys = self.settings.strangers == Strangers::Subscribe && !self.is_configured(address);
        private || anybodys || self.settings.admins.is_empty() || self.is_admin(user)
    }

    /// Whether there is room for one more command of this chat.
    pub(super) fn has_room(&mut self, chat: i64, now: Timestamp) -> bool {
        let heard = self.heard(chat, now);
        let gone = u32::try_from(now.duration_since(heard.counted).as_secs() / EVERY.as_secs()).unwrap_or(0);
        if gone > 0 {
            heard.left = heard.left.saturating_add(gone).min(BURST);
            heard.counted = now;
        }
        heard.at = now;
        let room = heard.left > 0;
        heard.left = heard.left.saturating_sub(1);
        room
    }

    /// Whether this stranger is to be told its number now.
    pub(super) fn tells_stranger(&mut self, chat: i64, now: Timestamp) -> bool {
        let heard = self.heard(chat, now);
        let due = heard.told.is_none_or(|told| now.duration_since(told) >= STRANGER);
        if due {
            heard.told = Some(now);
        }
        due
    }

    fn heard(&mut self, chat: i64, now: Timestamp) -> &mut Heard {
        if self.heard.len() >= CHATS && !self.heard.contains_key(&chat) {
            let oldest = self.heard.iter().min_by_key(|(_, heard)| heard.at).map(|(chat, _)| *chat);
            oldest.map(|oldest| self.heard.remove(&oldest));
        }
        self.heard.entry(chat).or_insert(Heard { left: BURST, counted: now, told: None, at: now })
    }
}

/// How long to wait before Telegram is asked again after so many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
    const LONGEST: Duration = Duration::from_mins(5);
    let pause = Duration::from_secs(1).saturating_mul(1 << failures.saturating_sub(1).min(9)).min(LONGEST);
    pause.mul_f64(fastrand::f64().mul_add(0.4, 0.8))
}

#[cfg(test)]
mod tests {
    use frankenstein::types::ChatType;

    use super::*;
    use crate::config::{ChatName, SecretRef};

    fn door(strangers: Strangers) -> Door {
        Door::new(TelegramConfig {
            token: SecretRef::literal("1:a"),
            api: String::new(),
            chats: vec![ChatName("-5".to_owned()), ChatName("@Ops".to_owned())],
            admins: vec![7],
            strangers,
            commands: true,
        })
    }

    fn chat(id: i64, username: Option<&str>) -> Chat {
        Chat::builder().id(id).type_field(ChatType::Supergroup).maybe_username(username.map(str::to_owned)).build()
    }

    #[test]
    fn chats_of_the_configuration_and_admins_are_let_in_and_nobody_else_unless_said_so() {
        let shut = door(Strangers::Refuse);
        assert_eq!(shut.address(&chat(-100, Some("ops"))), "@Ops", "by whichever name it is configured");
        assert_eq!(shut.address(&chat(-5, Some("else"))), "-5");
        assert!(
            shut.lets_in("@Ops", None, None) && shut.lets_in("-5", Some(1), None) && shut.lets_in("9", Some(7), None)
        );
        assert!(!shut.lets_in("9", Some(1), None) && !shut.lets_in("9", None, None));
        assert!(door(Strangers::Subscribe).lets_in("9", Some(1), None));
        assert!(!shut.lets_change("-5", false, Some(1)) && shut.lets_change("-5", false, Some(7)));
        assert!(!shut.lets_change("-6", false, Some(1)), "an admin subscribed that group: nobody else silences it");
        assert!(door(Strangers::Subscribe).lets_change("-6", false, Some(1)) && shut.lets_change("1", true, Some(1)));
    }

    #[test]
    fn a_flood_is_bounded_and_so_is_what_is_remembered_of_it() {
        let mut door = door(Strangers::Refuse);
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!((0..100).filter(|_| door.has_room(9, now)).count(), 20);
        assert!(door.has_room(10, now), "another chat has room of its own");
        assert_eq!((0..9).filter(|_| door.has_room(9, now + SignedDuration::from_secs(6))).count(), 2);
        assert!(door.tells_stranger(9, now) && !door.tells_stranger(9, now));
        assert!(door.tells_stranger(9, now + STRANGER));
        for chat in 0..5000 {
            door.has_room(chat, now);
        }
        assert_eq!(door.heard.len(), CHATS);
    }

    #[test]
    fn pauses_grow_and_end_at_a_few_minutes() {
        assert!(pause(1) < Duration::from_secs(2));
        assert!((Duration::from_mins(4)..=Duration::from_mins(7)).contains(&pause(1000)));
    }
}
