//! What a message to the bot asks for.
//!
//! Decides: how a command is read. Must not know: who asks, what is answered. Pure.

use std::time::Duration;

/// The longest argument that is read, in characters.
const ARGUMENT: usize = 300;
/// The longest that a chat may be left in peace.
const LONGEST_MUTE: Duration = Duration::from_hours(30 * 24);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// What this bot is.
    Start,
    /// What can be asked.
    Help,
    /// To be told.
    Subscribe,
    /// Not to be told.
    Unsubscribe,
    /// How the models stand, of this gateway; empty: the first.
    Status(String),
    /// The models whose name has this in it.
    Models(String),
    /// A channel by its words; empty: all.
    Channel(Vec<String>),
    /// The latest changes.
    Changes,
    /// OpenRouter's free models.
    Free,
    /// To be left in peace for so long; zero: not any more; `None`: it cannot be read.
    Mute(Option<Duration>),
    /// To be spoken to in this language.
    Language(String),
    /// What waits for a person's word.
    Pending,
    /// A round now, of this gateway; empty: of all.
    Scan(String),
    /// To stop writing.
    Hold(Vec<String>),
    /// To go on writing.
    Release(Vec<String>),
    /// Something else.
    Unknown,
}

/// Every command, as Telegram's menu shows it, those of admins last.
pub(super) const EVERYBODYS: [&str; 10] =
    ["status", "models", "channel", "changes", "free", "subscribe", "unsubscribe", "mute", "language", "help"];
/// Those of admins.
pub(super) const ADMINS: [&str; 4] = ["pending", "scan", "hold", "release"];

impl Command {
    /// The command that a text is to the bot called `me`; `None`: it is none, or another bot's.
    pub(super) fn read(text: &str, me: &str) -> Option<Self> {
        let text = text.strip_prefix('/')?;
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let name = match name.split_once('@') {
            Some((name, bot)) if bot.eq_ignore_ascii_case(me) => name,
            Some(_) => return None,
            None => name,
        };
        let rest: String = rest.trim().chars().take(ARGUMENT).collect();
        let words = || rest.split_whitespace().map(str::to_owned).collect();
        Some(match name.to_ascii_lowercase().as_str() {
            "start" => Self::Start,
            "help" => Self::Help,
            "subscribe" => Self::Subscribe,
            "unsubscribe" | "stop" => Self::Unsubscribe,
            "status" => Self::Status(rest),
            "models" => Self::Models(rest),
            "channel" | "channels" => Self::Channel(words()),
            "changes" => Self::Changes,
            "free" => Self::Free,
            "mute" => Self::Mute(mute(&rest)),
            "language" => Self::Language(rest.to_ascii_lowercase()),
            "pending" => Self::Pending,
            "scan" => Self::Scan(rest),
            "hold" => Self::Hold(words()),
            "release" => Self::Release(words()),
            _ => Self::Unknown,
        })
    }

    /// Whether only an admin may ask for it.
    pub(super) fn is_for_admins(&self) -> bool {
        matches!(self, Self::Pending | Self::Scan(_) | Self::Hold(_) | Self::Release(_))
    }

    /// Whether it changes what the chat is told: in a group of others, a matter for admins.
    pub(super) fn changes_what_is_told(&self) -> bool {
        matches!(self, Self::Subscribe | Self::Unsubscribe | Self::Mute(_) | Self::Language(_))
    }
}

/// `2h`, `30m`, `1d 12h`; `off` is zero.
fn mute(text: &str) -> Option<Duration> {
    if text.eq_ignore_ascii_case("off") {
        return Some(Duration::ZERO);
    }
    humantime::parse_duration(text).ok().filter(|span| !span.is_zero() && *span <= LONGEST_MUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_with_its_words_and_another_bots_is_left_alone() {
        let read = |text: &str| Command::read(text, "Warden_Bot");
        assert_eq!(read("/status"), Some(Command::Status(String::new())));
        assert_eq!(read("/status@warden_bot main"), Some(Command::Status("main".to_owned())));
        assert_eq!(read("/status@other_bot"), None);
        assert_eq!(read("hello /status"), None);
        assert_eq!(read("/MODELS  gpt 4"), Some(Command::Models("gpt 4".to_owned())));
        assert_eq!(read("/mute 2h"), Some(Command::Mute(Some(Duration::from_hours(2)))));
        assert_eq!(read("/mute off"), Some(Command::Mute(Some(Duration::ZERO))));
        for wrong in ["/mute", "/mute soon", "/mute 0s", "/mute 10y"] {
            assert_eq!(read(wrong), Some(Command::Mute(None)), "{wrong}");
        }
        assert_eq!(
            read("/hold main 3\nit is odd"),
            Some(Command::Hold(["main", "3", "it", "is", "odd"].map(str::to_owned).to_vec()))
        );
        assert_eq!(read("/drop"), Some(Command::Unknown));
        assert_eq!(read(&format!("/models {}", "x".repeat(5000))), Some(Command::Models("x".repeat(ARGUMENT))));
    }
}
