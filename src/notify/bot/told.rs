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
    for channel in done.channels.iter().take(LINES) {
        told.ours("\n");
        line(&mut told, channel, words);
    }
    if done.channels.len() > LINES {
        told.ours("\n");
        told.ours(&words.say("and-more", &[("n", (done.channels.len() - LINES).into())]));
    }
    for note in done.notes.iter().take(LINES) {
        told.ours("\n");
        told.foreign(note, WHY);
    }
    told
}

fn line(told: &mut Told, channel: &DoneChannel, words: &Words) {
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
}
