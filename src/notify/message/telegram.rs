//! A message in Telegram's HTML: <https://core.telegram.org/bots/api#html-style>.
//!
//! Decides: how a message looks there. Must not know: how it is sent, how long it may be. Pure.

use super::{Message, Span, in_markup};

/// The message with `parse_mode` `HTML`: tags `b`, `code` and `a`, and nothing of a foreign text but text. Foreign texts
/// are `code`, in which Telegram makes neither links nor mentions of what looks like one.
pub fn html(message: &Message) -> String {
    in_markup(message, span)
}

fn span(span: &Span<'_>) -> String {
    // Telegram refuses a tag without text in it nowhere, but shows nothing of it either.
    if span.text().is_empty() {
        return String::new();
    }
    match span {
        Span::Words(text) => escape(text),
        Span::Strong(text) => format!("<b>{}</b>", escape(text)),
        Span::Foreign(text) | Span::Command(text) => format!("<code>{}</code>", escape(text)),
        Span::Link { words, url } => format!("<a href=\"{}\">{}</a>", escape(url), escape(words)),
    }
}

/// The text, fit to stand between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
