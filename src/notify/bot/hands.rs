//! What admins ask for, handed on one thing after the other, and what came of it told.
//!
//! Decides: that a button does what it said when it was shown, or nothing. Must not know: how an act is carried out.

use std::collections::VecDeque;
use std::sync::Arc;

use frankenstein::methods::EditMessageTextParams;
use frankenstein::types::{InlineKeyboardMarkup, LinkPreviewOptions, Message, MessageEntity};
use tokio::sync::mpsc;

use super::told::{Told, is_settled, told};
use crate::config::Config;
use crate::notify::picture::proposals::mark;
use crate::notify::telegram::press::Press;
use crate::notify::telegram::{Outgoing, Place, TEXT, Telegram};
use crate::notify::words::Words;
use crate::serve::{Act, ActError, Acts};
use crate::store::{Store, StoreError};

/// So many messages are remembered as we last edited them: a button pressed meanwhile knows an older text.
const REMEMBERED: usize = 64;

/// One thing to do.
pub(super) struct Job {
    pub(super) wanted: Wanted,
    /// Who asked.
    pub(super) by: String,
    pub(super) words: &'static Words,
    /// Where it is answered.
    pub(super) place: Place,
}

pub(super) enum Wanted {
    Press(Box<Pressed>),
    /// An act, and the key of its name.
    Act(Box<Act>, &'static str),
}

/// A button that was pressed.
pub(super) struct Pressed {
    pub(super) chat: i64,
    pub(super) message_id: i32,
    /// The message above it; `None`: it is too old to be edited.
    pub(super) message: Option<Box<Message>>,
    pub(super) press: Press,
}

/// A message as it stands.
struct Standing {
    of: (i64, i32),
    text: String,
    entities: Vec<MessageEntity>,
    keys: Option<InlineKeyboardMarkup>,
}

pub(super) struct Hands {
    telegram: Arc<Telegram>,
    store: Store,
    config: Arc<Config>,
    acts: Acts,
    standing: VecDeque<Standing>,
}

/// The act that a button means as things are now; `None`: what it was shown for is not wanted any more, or is another.
pub(super) async fn act(press: &Press, store: &Store, config: &Config) -> Result<Option<Act>, StoreError> {
    let (channel, wanted) = match press {
        Press::Approve { channel, mark, .. } | Press::Reject { channel, mark } => (*channel, mark),
        Press::Undo { change } => return Ok(Some(Act::Undo { change: *change })),
        Press::Show(_) => return Ok(None),
    };
    for gateway in config.gateways.keys() {
        let proposals = store.proposals(gateway).await?;
        if proposals.iter().any(|proposal| proposal.channel == channel && mark(gateway, proposal) == *wanted) {
            let (gateway, mark) = (gateway.clone(), Some(wanted.clone()));
            return Ok(Some(match press {
                Press::Approve { held, .. } => Act::Apply { gateway, channel: Some(channel), held: *held, mark },
                Press::Reject { .. } | Press::Undo { .. } | Press::Show(_) => Act::Reject { gateway, channel, mark },
            }));
        }
    }
    Ok(None)
}

impl Hands {
    pub(super) fn new(telegram: Arc<Telegram>, store: Store, config: Arc<Config>, acts: Acts) -> Self {
        Self { telegram, store, config, acts, standing: VecDeque::new() }
    }

    /// Works until nobody is left who could ask.
    pub(super) async fn work(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.recv().await {
            match job.wanted {
                Wanted::Act(ref act, what) => {
                    let done = self.acts.ask((**act).clone()).await;
                    self.say(&job, &told(&done, what, &job.by, job.words)).await;
                }
                Wanted::Press(ref pressed) => self.press(&job, pressed).await,
            }
        }
    }

    async fn press(&mut self, job: &Job, pressed: &Pressed) {
        let what = match &pressed.press {
            Press::Approve { .. } => "bot-act-approve",
            Press::Reject { .. } => "bot-act-reject",
            Press::Undo { .. } => "bot-act-undo",
            Press::Show(_) => return,
        };
        // Pressed twice, or by two: the second time it is not wanted any more.
        let act = match act(&pressed.press, &self.store, &self.config).await {
            Ok(Some(act)) => act,
            Ok(None) => return,
            Err(error) => {
                let failed = Err(ActError::Failed(error.to_string()));
                return self.say(job, &told(&failed, what, &job.by, job.words)).await;
            }
        };
        let done = self.acts.ask(act).await;
        let line = told(&done, what, &job.by, job.words);
        let settled = done.is_ok_and(|done| done.channels.iter().all(|line| is_settled(line.outcome)));
        if !self.note_under(pressed, &line, settled).await {
            self.say(job, &line).await;
        }
    }

    /// Writes a line under the message whose button was pressed, and takes the buttons away that it settles. `false`: the
    /// message cannot be edited, or has no room.
    async fn note_under(&mut self, pressed: &Pressed, line: &Told, settled: bool) -> bool {
        let of = (pressed.chat, pressed.message_id);
        let known = self.standing.iter().position(|standing| standing.of == of);
        let standing = known.and_then(|at| self.standing.remove(at)).or_else(|| Standing::of(pressed));
        let Some(mut standing) = standing else { return false };
        standing.text += "\n\n";
        standing.entities.extend(line.entities(standing.text.encode_utf16().count()));
        standing.text += line.text();
        if standing.text.encode_utf16().count() > TEXT {
            return false;
        }
        if settled && let Some(keys) = &mut standing.keys {
            let is_open =
                |data: Option<&str>| data.and_then(Press::read).is_none_or(|other| !pressed.press.settles(&other));
            for row in &mut keys.inline_keyboard {
                row.retain(|key| is_open(key.callback_data.as_deref()));
            }
            keys.inline_keyboard.retain(|row| !row.is_empty());
        }
        let params = EditMessageTextParams::builder()
            .chat_id(pressed.chat)
            .message_id(pressed.message_id)
            .text(standing.text.clone())
            .entities(standing.entities.clone())
            .link_preview_options(LinkPreviewOptions::DISABLED)
            .maybe_reply_markup(standing.keys.clone())
            .build();
        if let Err(trouble) = self.telegram.change(&params).await {
            tracing::debug!("a message could not be edited: {trouble}");
            return false;
        }
        self.standing.push_back(standing);
        if self.standing.len() > REMEMBERED {
            self.standing.pop_front();
        }
        true
    }

    async fn say(&self, job: &Job, line: &Told) {
        let line = Outgoing { html: line.html(), keys: vec![] };
        if let Err(trouble) = self.telegram.send(&job.place, &line).await {
            tracing::warn!("who asked could not be told what came of it: {trouble}");
        }
    }
}

impl Standing {
    fn of(pressed: &Pressed) -> Option<Self> {
        let message = pressed.message.as_ref()?;
        Some(Self {
            of: (pressed.chat, pressed.message_id),
            text: message.text.clone()?,
            entities: message.entities.clone().unwrap_or_default(),
            keys: message.reply_markup.as_deref().cloned(),
        })
    }
}
