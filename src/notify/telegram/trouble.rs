//! Why the Bot API did not do what it was asked.
//!
//! Decides: which sort of refusal an answer is. Must not know: who asked, what is done about it.

use std::time::Duration;

use super::Parameters;

/// Why the Bot API did not do what it was asked. The words hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No answer, or none that is Telegram's: it may be there another time.
    #[error("Telegram does not answer: {why}")]
    Away {
        /// In words.
        why: String,
    },
    /// Too much was asked (429).
    #[error("Telegram wants a pause of {} s: {why}", after.as_secs())]
    TooMuch {
        /// Not before so long.
        after: Duration,
        /// In words.
        why: String,
    },
    /// The token is refused (401, 404).
    #[error("Telegram refuses the bot's token: {why}; look at telegram.token, @BotFather has it")]
    BadToken {
        /// In words.
        why: String,
    },
    /// Somebody else asks for this bot's updates (409).
    #[error(
        "another program asks for this bot's updates: {why}; stop that one, or set telegram.commands to false here"
    )]
    Rival {
        /// In words.
        why: String,
    },
    /// There is nobody in this chat any more, or the bot may not be there.
    #[error("the chat is gone: {why}")]
    Gone {
        /// In words.
        why: String,
    },
    /// The bot may not write there, and an admin of the chat can give it the right.
    #[error("the bot may not write in this chat: {why}; an admin of the chat can let it")]
    NoRight {
        /// In words.
        why: String,
    },
    /// The group has become a supergroup.
    #[error("the chat is {to} now")]
    Moved {
        /// Its number from now on.
        to: i64,
    },
    /// It would be refused again.
    #[error("Telegram refuses it: {why}")]
    Refused {
        /// In words.
        why: String,
    },
}

/// How long to wait where Telegram says to wait, and not how long.
const PAUSE: Duration = Duration::from_secs(30);

/// What an answer that is no yes means. A method that does not exist is answered as a bad token is.
pub(super) fn of(status: u16, said: &str, parameters: &Parameters, redacted: impl Fn(&str) -> String) -> Trouble {
    let words = if said.is_empty() { format!("HTTP {status}") } else { redacted(said) };
    let is = |text: &str| said.to_ascii_lowercase().contains(text);
    if let Some(to) = parameters.migrate_to_chat_id {
        return Trouble::Moved { to };
    }
    match status {
        429 => Trouble::TooMuch { after: parameters.retry_after.map_or(PAUSE, Duration::from_secs), why: words },
        401 | 404 => Trouble::BadToken { why: words },
        409 => Trouble::Rival { why: words },
        403 => Trouble::Gone { why: words },
        400 if is("chat not found") || is("peer_id_invalid") || is("group chat was deactivated") => {
            Trouble::Gone { why: words }
        }
        400 if ["not enough rights", "administrator rights", "have no rights", "_forbidden", "topic_closed"]
            .into_iter()
            .any(is) =>
        {
            Trouble::NoRight { why: words }
        }
        400..500 => Trouble::Refused { why: words },
        _ => Trouble::Away { why: words },
    }
}

impl Trouble {
    /// Whether Telegram could not make sense of the markup: the same without it is taken.
    pub fn is_about_markup(&self) -> bool {
        matches!(self, Self::Refused { why } if why.to_ascii_lowercase().contains("can't parse entities"))
    }

    /// Whether an edit would have changed nothing.
    pub fn is_nothing_new(&self) -> bool {
        matches!(self, Self::Refused { why } if why.contains("message is not modified"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, body: &str) -> Trouble {
        let answer: super::super::Answer<bool> = serde_json::from_str(body).unwrap();
        of(status, &answer.said(), &answer.parameters, str::to_owned)
    }

    #[test]
    fn each_refusal_of_telegram_is_what_it_is() {
        let said = |code: u16, what: &str| format!(r#"{{"ok":false,"error_code":{code},"description":"{what}"}}"#);
        for what in [
            "Forbidden: bot was blocked by the user",
            "Forbidden: user is deactivated",
            "Forbidden: bot was kicked from the supergroup chat",
        ] {
            assert_eq!(seen(403, &said(403, what)), Trouble::Gone { why: what.to_owned() });
        }
        assert!(matches!(seen(400, &said(400, "Bad Request: chat not found")), Trouble::Gone { .. }));
        for what in ["need administrator rights in the channel chat", "CHAT_WRITE_FORBIDDEN", "TOPIC_CLOSED"] {
            assert!(
                matches!(seen(400, &said(400, &format!("Bad Request: {what}"))), Trouble::NoRight { .. }),
                "{what}"
            );
        }
        assert!(matches!(seen(401, &said(401, "Unauthorized")), Trouble::BadToken { .. }));
        assert!(matches!(seen(409, &said(409, "Conflict: terminated by other getUpdates")), Trouble::Rival { .. }));
        assert!(matches!(seen(400, &said(400, "Bad Request: message is too long")), Trouble::Refused { .. }));
        assert!(matches!(seen(502, &said(502, "Bad Gateway")), Trouble::Away { .. }));
        let wait = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 100000","parameters":{"retry_after":100000}}"#;
        let Trouble::TooMuch { after, .. } = seen(429, wait) else { panic!("not too much") };
        assert_eq!(after, Duration::from_secs(100_000), "a flood's end may be a day away");
        let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#;
        assert_eq!(seen(400, moved), Trouble::Moved { to: -1001 });
        assert!(seen(400, &said(400, "Bad Request: can't parse entities: Unsupported start tag")).is_about_markup());
    }
}
