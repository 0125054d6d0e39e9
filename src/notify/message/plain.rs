//! A message as plain text: a mail's text part, and receivers without markup.
//!
//! Decides: how text without markup looks. Must not know: who shows it. Pure.

use super::{Message, Span, in_markup};

/// The message as plain text, the totals in its first line. Commands stand in backticks.
pub fn text(message: &Message) -> String {
    in_markup(message, span)
}

fn span(span: &Span<'_>) -> String {
    match span {
        Span::Words(text) | Span::Strong(text) | Span::Foreign(text) => (*text).to_owned(),
        Span::Command(command) => format!("`{command}`"),
        Span::Link { words, url } => format!("{words}: {url}"),
    }
}
