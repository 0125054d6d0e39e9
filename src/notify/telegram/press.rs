//! What stands behind a button, in the 64 bytes that Telegram carries for it.
//!
//! Decides: how a button's meaning is written and read. Must not know: who presses, what comes of it. Pure.

use super::Key;

/// The longest that Telegram carries (<https://core.telegram.org/bots/api#inlinekeyboardbutton>).
const DATA: usize = 64;

/// What a button means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// Write what is wanted of a channel.
    Approve {
        /// The channel's id; its gateway is the one whose proposal has this mark.
        channel: i64,
        /// The mark of what was shown: another one is another change.
        mark: String,
        /// Also what a limit holds back.
        held: bool,
    },
    /// Drop what is wanted of a channel.
    Reject {
        /// The channel's id.
        channel: i64,
        /// The mark of what was shown.
        mark: String,
    },
    /// Take a change back.
    Undo {
        /// Its number.
        change: i64,
    },
    /// Show this page in place of the message.
    Show(Sheet),
}

/// What a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// The models of a gateway, by its place among the configured ones.
    Status(usize),
    /// The models whose name has this text in it.
    Models(String),
    /// The channels.
    Channels,
    /// One channel, by its gateway's place and its id.
    Channel(usize, i64),
    /// The changes.
    Changes,
    /// OpenRouter's free models.
    Free,
    /// What waits for a person's word.
    Pending,
}

/// A page of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Of what.
    pub view: View,
    /// So many rows are left out first.
    pub offset: u64,
}

impl Press {
    /// As Telegram carries it; `None`: it has no room there.
    pub fn data(&self) -> Option<String> {
        let data = match self {
            Self::Approve { channel, mark, held: false } => format!("ap:{channel}:{mark}"),
            Self::Approve { channel, mark, held: true } => format!("ah:{channel}:{mark}"),
            Self::Reject { channel, mark } => format!("rj:{channel}:{mark}"),
            Self::Undo { change } => format!("un:{change}"),
            Self::Show(Sheet { view, offset }) => match view {
                View::Status(gateway) => format!("st:{offset}:{gateway}"),
                View::Models(text) => format!("mo:{offset}:{text}"),
                View::Channels => format!("cs:{offset}"),
                View::Channel(gateway, channel) => format!("ch:{offset}:{gateway}:{channel}"),
                View::Changes => format!("cg:{offset}"),
                View::Free => format!("fr:{offset}"),
                View::Pending => format!("pe:{offset}"),
            },
        };
        (data.len() <= DATA).then_some(data)
    }

    /// What was carried; `None`: nothing that we ever wrote, or what an older version did.
    pub fn read(data: &str) -> Option<Self> {
        let (sort, rest) = data.split_once(':')?;
        let marked = || {
            let (channel, mark) = rest.split_once(':')?;
            let is_mark = !mark.is_empty() && mark.chars().all(|c| c.is_ascii_hexdigit());
            Some((channel.parse::<i64>().ok()?, mark.to_owned())).filter(|_| is_mark)
        };
        let show =
            |view: Option<View>, offset: &str| Some(Self::Show(Sheet { view: view?, offset: offset.parse().ok()? }));
        let (offset, of) = rest.split_once(':').unwrap_or((rest, ""));
        match sort {
            "ap" | "ah" => marked().map(|(channel, mark)| Self::Approve { channel, mark, held: sort == "ah" }),
            "rj" => marked().map(|(channel, mark)| Self::Reject { channel, mark }),
            "un" => Some(Self::Undo { change: rest.parse().ok()? }),
            "st" => show(of.parse().ok().map(View::Status), offset),
            "mo" => show(Some(View::Models(of.to_owned())), offset),
            "cs" => show(Some(View::Channels), offset),
            "ch" => {
                let (gateway, channel) = of.split_once(':')?;
                show(Some(View::Channel(gateway.parse().ok()?, channel.parse().ok()?)), offset)
            }
            "cg" => show(Some(View::Changes), offset),
            "fr" => show(Some(View::Free), offset),
            "pe" => show(Some(View::Pending), offset),
            _ => None,
        }
    }

    /// A button with this meaning; `None`: Telegram has no room for it.
    pub fn key(&self, label: String) -> Option<Key> {
        Some(Key { label, data: self.data()? })
    }

    /// Whether an answer to this one settles the other as well: approve and reject of the same change.
    pub fn settles(&self, other: &Self) -> bool {
        let change = |press: &Self| match press {
            Self::Approve { channel, mark, .. } | Self::Reject { channel, mark } => Some((*channel, mark.clone())),
            Self::Undo { .. } | Self::Show(_) => None,
        };
        self == other || change(self).is_some_and(|mine| change(other) == Some(mine))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_button_means_is_read_as_it_was_written_and_fits() {
        let mark = "0123456789abcdef".to_owned();
        let show = |view| Press::Show(Sheet { view, offset: 10_000_000 });
        for press in [
            Press::Approve { channel: i64::MIN, mark: mark.clone(), held: true },
            Press::Approve { channel: 3, mark: mark.clone(), held: false },
            Press::Reject { channel: i64::MAX, mark: mark.clone() },
            Press::Undo { change: i64::MAX },
            show(View::Status(3)),
            show(View::Models("gpt:4o/Ω".to_owned())),
            show(View::Channels),
            show(View::Channel(usize::MAX, i64::MIN)),
            show(View::Changes),
            show(View::Free),
            show(View::Pending),
        ] {
            let data = press.data().unwrap();
            assert_eq!(Press::read(&data), Some(press), "{data}");
        }
        assert_eq!(show(View::Models("x".repeat(60))).data(), None);
        for data in ["", "ap", "ap:3", "ap:3:", "ap:3:xyz!", "rj:x:ab", "un:", "st:1:x", "ch:0:1", "zz:1"] {
            assert_eq!(Press::read(data), None, "{data}");
        }
    }

    #[test]
    fn a_word_on_a_change_settles_both_its_buttons_and_no_others() {
        let approve = |mark: &str| Press::Approve { channel: 3, mark: mark.to_owned(), held: true };
        assert!(approve("a").settles(&Press::Reject { channel: 3, mark: "a".to_owned() }));
        assert!(!approve("a").settles(&approve("b")));
        assert!(!approve("a").settles(&Press::Undo { change: 3 }));
    }
}
