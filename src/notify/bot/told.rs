//! What came of what an admin asked for, in words.
//!
//! Decides: what is told of it, and which parts of that are foreign. Must not know: where it is told.

use frankenstein::types::{MessageEntity, MessageEntityType};

use crate::notify::message::telegram::escape;
use crate::notify::message::{LONGEST_NAME, shown};
use crate::notify::words::Words;
use crate::serve::{ActError, Done, DoneChannel, Ended};

/// Lines of what came of one act; more are counted.
const LINES: usize = 10;
/// The longest explanation of one line, in characters.
const WHY: usize = 200;
/// As long as all of it gets, in UTF-16 units: a message has 4,096, and says how much was left out.
const ROOM: usize = 3500;

/// A text of ours with foreign parts, which are code: Telegram makes no link and no mention of what stands in it.
#[derive(Debug, Default)]
pub(super) struct Told {
    text: String,
    /// Where the foreign parts begin and end, in bytes.
    foreign: Vec<(usize, usize)>,
}

impl Told {
    fn ours(&mut self, words: &str) {
        self.text += words;
    }

    fn foreign(&mut self, words: &str, longest: usize) {
        let from = self.text.len();
        self.text += &shown(words, longest);
        if self.text.len() > from {
            self.foreign.push((from, self.text.len()));
        }
    }

    /// Another below it.
    fn below(&mut self, other: &Self) {
        self.text.push('\n');
        let at = self.text.len();
        self.text += &other.text;
        self.foreign.extend(other.foreign.iter().map(|(from, to)| (at + from, at + to)));
    }

    fn units(&self) -> usize {
        self.text.encode_utf16().count()
    }

    /// Without markup.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// With markup.
    pub(super) fn html(&self) -> String {
        let (mut html, mut at) = (String::new(), 0);
        for (from, to) in &self.foreign {
            html += &escape(&self.text[at..*from]);
            html = format!("{html}<code>{}</code>", escape(&self.text[*from..*to]));
            at = *to;
        }
        html + &escape(&self.text[at..])
    }

    /// The markup beside the text, which stands behind so many UTF-16 units of another.
    pub(super) fn entities(&self, before: usize) -> impl Iterator<Item = MessageEntity> {
        let units = |text: &str| text.encode_utf16().count();
        self.foreign.iter().filter_map(move |(from, to)| {
            let offset = u16::try_from(before + units(&self.text[..*from])).ok()?;
            let length = u16::try_from(units(&self.text[*from..*to])).ok()?;
            Some(MessageEntity::builder().type_field(MessageEntityType::Code).offset(offset).length(length).build())
        })
    }
}

/// Whether nothing more is to be decided there.
pub(super) fn is_settled(ended: Ended) -> bool {
    match ended {
        Ended::Applied | Ended::Rejected | Ended::Gone => true,
        Ended::Conflict | Ended::OnHold | Ended::Refused | Ended::Failed | Ended::Held | Ended::Rehearsed => false,
    }
}

/// What came of it: who asked for what (by the key of its name), and a line for each channel.
pub(super) fn told(done: &Result<Done, ActError>, what: &str, by: &str, words: &Words) -> Told {
    let what = words.say(what, &[("by", by.to_owned().into())]);
    let mut told = Told::default();
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            let key = match error {
                ActError::Busy(_) => "bot-error-busy",
                ActError::NotFound(_) => "bot-error-not-found",
                ActError::Refused(_) => "bot-error-refused",
                ActError::Failed(_) => "bot-error-failed",
            };
            told.ours(&words.say(key, &[("what", what.into())]));
            told.ours(" ");
            told.foreign(&error.to_string(), WHY);
            return told;
        }
    };
    let good = done.channels.iter().all(|line| is_settled(line.outcome));
    told.ours(&format!("{} {what}", if good { "✅" } else { "⚠️" }));
    let lines = done.channels.iter().take(LINES).map(|channel| line(channel, words));
    let notes = done.notes.iter().take(LINES).map(|note| {
        let mut told = Told::default();
        told.foreign(note, WHY);
        told
    });
    let mut shown = 0;
    for below in lines.chain(notes) {
        if told.units() + below.units() >= ROOM {
            break;
        }
        told.below(&below);
        shown += 1;
    }
    let left = (done.channels.len() + done.notes.len()).saturating_sub(shown);
    if left > 0 {
        told.ours(&format!("\n{}", words.say("and-more", &[("n", left.into())])));
    }
    told
}

fn line(channel: &DoneChannel, words: &Words) -> Told {
    let mut told = Told::default();
    let key = match channel.outcome {
        Ended::Applied => "bot-ended-applied",
        Ended::Conflict => "bot-ended-conflict",
        Ended::OnHold => "bot-ended-on-hold",
        Ended::Refused => "bot-ended-refused",
        Ended::Failed => "bot-ended-failed",
        Ended::Held => "bot-ended-held",
        Ended::Gone => "bot-ended-gone",
        Ended::Rejected => "bot-ended-rejected",
        Ended::Rehearsed => "bot-ended-rehearsed",
    };
    told.ours(&format!("{} #{} ", channel.gateway, channel.channel));
    told.foreign(&channel.channel_name, LONGEST_NAME);
    told.ours(&format!(": {}", words.say(key, &[])));
    if let Some(change) = channel.change {
        told.ours(&format!(" ({})", words.say("bot-change", &[("n", change.to_string().into())])));
    }
    if !channel.why.is_empty() {
        told.ours(" — ");
        told.foreign(&channel.why, WHY);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Language;
    use crate::notify::telegram::TEXT;
    use crate::notify::telegram::html::length;

    #[test]
    fn what_came_of_much_fits_a_message_and_says_how_much_is_left_out() {
        let channel = DoneChannel {
            gateway: "main".to_owned(),
            channel: 3,
            channel_name: "😀".repeat(300),
            outcome: Ended::Failed,
            change: Some(12),
            why: "😀".repeat(300),
        };
        let done = Done { channels: vec![channel; 20], notes: vec!["<b>".repeat(100); 20] };
        for language in [Language::En, Language::Zh, Language::Ru] {
            let told = told(&Ok(done.clone()), "bot-act-approve", "@eve", Words::of(language));
            assert!((2000..=TEXT).contains(&length(&told.html())), "{}", length(&told.html()));
            let left = 40 - (told.text().lines().count() - 2);
            assert!(told.text().lines().last().is_some_and(|last| last.contains(&left.to_string())), "{}", told.text());
        }
        let little = Done { channels: vec![], notes: vec!["a".to_owned()] };
        assert!(told(&Ok(little), "bot-act-scan", "@eve", Words::of(Language::En)).text().ends_with("@eve\na"));
    }
}
