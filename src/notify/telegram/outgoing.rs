//! A message as it leaves: our HTML, and buttons under it.
//!
//! Decides: in which form a message is sent and edited. Must not know: what it says.

use frankenstein::ParseMode;
use frankenstein::methods::{AnswerCallbackQueryParams, EditMessageTextParams, SendMessageParams};
use frankenstein::types::{ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyMarkup};
use serde::Deserialize;

use super::{Telegram, Trouble, html};

/// A message as it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Its text, every foreign part of it escaped.
    pub html: String,
    /// Rows of buttons under it.
    pub keys: Vec<Vec<Key>>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What stands on it.
    pub label: String,
    /// What stands behind it (see `press`).
    pub data: String,
}

/// What of a sent message is of use.
#[derive(Deserialize)]
struct Sent {
    message_id: i32,
}

/// Where a message goes: a chat, and the topic in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chat's number, or `@name`.
    pub chat: ChatId,
    /// The topic, in a group that has topics.
    pub topic: Option<i32>,
}

impl Place {
    /// The chat of this number or `@name`.
    pub fn named(chat: &str) -> Self {
        let chat = chat.parse::<i64>().map_or_else(|_| ChatId::String(chat.to_owned()), ChatId::Integer);
        Self { chat, topic: None }
    }
}

impl Outgoing {
    /// The buttons in Telegram's form; `None`: there are none.
    fn markup(&self) -> Option<InlineKeyboardMarkup> {
        let button =
            |key: &Key| InlineKeyboardButton::builder().text(key.label.clone()).callback_data(key.data.clone()).build();
        let rows: Vec<Vec<_>> =
            self.keys.iter().filter(|row| !row.is_empty()).map(|row| row.iter().map(button).collect()).collect();
        (!rows.is_empty()).then(|| InlineKeyboardMarkup::builder().inline_keyboard(rows).build())
    }
}

impl Telegram {
    /// Sends a message, without a preview of what it links to; its number. Where Telegram cannot make sense of the markup
    /// the same is sent without: rather plain than lost.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, to: &Place, message: &Outgoing) -> Result<i32, Trouble> {
        let mut params = SendMessageParams::builder()
            .chat_id(to.chat.clone())
            .maybe_message_thread_id(to.topic)
            .text(message.html.clone())
            .parse_mode(ParseMode::Html)
            .link_preview_options(LinkPreviewOptions::DISABLED)
            .maybe_reply_markup(message.markup().map(ReplyMarkup::InlineKeyboardMarkup))
            .build();
        let sent: Result<Sent, _> = self.call("sendMessage", &params).await;
        match sent {
            Err(trouble) if trouble.is_about_markup() => {
                params.text = html::plain(&message.html);
                params.parse_mode = None;
                let sent: Sent = self.call("sendMessage", &params).await?;
                Ok(sent.message_id)
            }
            sent => Ok(sent?.message_id),
        }
    }

    /// Puts another text in a message's place.
    ///
    /// # Errors
    /// Why it was not done; that it said the same already is none.
    pub async fn edit(&self, chat: i64, message_id: i32, message: &Outgoing) -> Result<(), Trouble> {
        let params = EditMessageTextParams::builder()
            .chat_id(chat)
            .message_id(message_id)
            .text(message.html.clone())
            .parse_mode(ParseMode::Html)
            .link_preview_options(LinkPreviewOptions::DISABLED)
            .maybe_reply_markup(message.markup())
            .build();
        self.change(&params).await
    }

    /// Edits a message.
    ///
    /// # Errors
    /// As [`Telegram::edit`].
    pub async fn change(&self, params: &EditMessageTextParams) -> Result<(), Trouble> {
        let edited: Result<serde::de::IgnoredAny, _> = self.call("editMessageText", params).await;
        match edited {
            Err(trouble) if trouble.is_nothing_new() => Ok(()),
            edited => edited.map(|_| ()),
        }
    }

    /// Answers whoever pressed a button: with a word above the chat, or with one that must be dismissed.
    ///
    /// # Errors
    /// Why it was not taken: it was pressed too long ago, for one.
    pub async fn answer(&self, press: &str, words: &str, alert: bool) -> Result<(), Trouble> {
        let params = AnswerCallbackQueryParams::builder()
            .callback_query_id(press)
            .maybe_text((!words.is_empty()).then(|| html::cut(words, 200)))
            .show_alert(alert)
            .build();
        let done: Result<bool, _> = self.call("answerCallbackQuery", &params).await;
        done.map(|_| ())
    }
}
