//! A message as a mail: text and HTML, one of which the reader's program shows.
//!
//! Decides: headers and parts. Must not know: how it is sent.

use std::time::SystemTime;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::Letter;
use crate::notify::message::{html, plain};

/// The bytes of a mail from `from` to all of `to`. The same letter makes the same `Message-ID` at every attempt.
pub(super) fn mail(letter: &Letter<'_>, from: &Mailbox, to: &[Mailbox]) -> Result<Vec<u8>, lettre::error::Error> {
    let message = letter.message();
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    // A line's end in a subject would begin another header, whatever takes it there.
    let subject: String = message.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut mail = lettre::Message::builder()
        .from(from.clone())
        .subject(subject)
        .message_id(Some(id))
        .date(SystemTime::from(letter.at))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Channelwarden-Id"), letter.id.to_owned()));
    for to in to {
        mail = mail.to(to.clone());
    }
    let parts = MultiPart::alternative_plain_html(plain::text(&message), html::document(&message));
    Ok(mail.multipart(parts)?.formatted())
}
