//! A message in Discord's Markdown.
//!
//! Decides: how a message looks there. Must not know: how it is sent, how long it may be. Pure.

use super::{Message, Span, in_markup};

/// Keeps a mention from being one; nothing is seen of it.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// The message in Markdown, and nothing of a foreign text but text. (`allowed_mentions: {parse: []}` belongs beside it all
/// the same.)
pub fn markdown(message: &Message) -> String {
    in_markup(message, span)
}

fn span(span: &Span<'_>) -> String {
    if span.text().is_empty() {
        return String::new();
    }
    match span {
        Span::Words(text) | Span::Foreign(text) => escape(text),
        Span::Strong(text) => format!("**{}**", escape(text)),
        // Nothing is escaped within code, and nothing but a backtick ends it.
        Span::Command(command) if command.contains('`') => escape(command),
        Span::Command(command) => format!("`{command}`"),
        Span::Link { words, url } => format!("[{}](<{}>)", escape(words), address(url)),
    }
}

/// The text with every sign escaped that means something in Discord's Markdown: emphasis, code, spoilers, quotes,
/// headings, lists, links, mentions (`@everyone`, `<@1>`), and addresses, which would be links by themselves.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // A line that begins with one of these is a list, or small print.
    let mut at_start = true;
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((place, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let means_something = match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '#' | '@' => true,
            '-' | '+' => at_start,
            '.' | ')' => digits > 0 && place == digits,
            ':' => next == Some('/'),
            _ => false,
        };
        if means_something {
            escaped.push('\\');
        }
        escaped.push(c);
        if c == '@' {
            escaped.push(ZERO_WIDTH_SPACE);
        }
        at_start = (at_start && c.is_whitespace()) || c == '\n';
    }
    escaped
}

/// An address that cannot end its brackets.
fn address(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace(char::is_whitespace, "%20")
}
