//! Takes secrets, control characters and length out of foreign text.
//!
//! Decides: what may be shown of an upstream's words. Must not know: who shows it.

use super::Secret;

/// The longest text that leaves here, in characters.
const LONGEST: usize = 300;
/// Shorter secrets are words that stand in any text.
const SHORTEST_SECRET: usize = 6;
/// How keys of well-known providers begin.
const KEY_PREFIXES: [&str; 10] = ["sk-", "sk_", "AIza", "gsk_", "xai-", "pplx-", "hf_", "r8_", "AKIA", "eyJ"];
/// Fewer characters after a prefix are no key ("sk-" in a sentence).
const SHORTEST_TAIL: usize = 6;

/// `text` on one line, without the given secrets (whole, or each line or `|` part of them), without anything that looks
/// like a key or bearer token, and at most 300 characters long.
pub fn redact(text: &str, secrets: &[&Secret]) -> String {
    redact_up_to(text, secrets, LONGEST)
}

/// The same, at most `longest` characters long.
pub(crate) fn redact_up_to(text: &str, secrets: &[&Secret], longest: usize) -> String {
    // Far more than is kept: cutting first bounds the work, cutting last hides no half of a secret.
    let mut text: String = text.chars().take(longest * 20).collect();
    for secret in secrets {
        let whole = secret.expose().trim();
        // `Bearer …`, `Token …`: an answer may name what stands behind the word alone.
        let behind = whole.split_once(' ').map(|(_, behind)| behind.trim());
        for part in std::iter::once(whole).chain(whole.split(['|', '\n', '\r']).map(str::trim)).chain(behind) {
            if part.len() >= SHORTEST_SECRET {
                text = without(text, part);
            }
        }
    }
    let text = without_key_likes(&text);
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c)).filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(longest) {
        Some((end, _)) => {
            line.truncate(end);
            line.push('…');
            line
        }
        None => line,
    }
}

/// The text without the secret, in capitals or not: codes are shown in lower case.
fn without(text: String, secret: &str) -> String {
    let (lower, wanted) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut found = lower.match_indices(&wanted).peekable();
    if found.peek().is_none() {
        return text;
    }
    let (mut out, mut read) = (String::with_capacity(text.len()), 0);
    for (at, same) in found {
        out.push_str(&text[read..at]);
        out.push_str("***");
        read = at + same.len();
    }
    out.push_str(&text[read..]);
    out
}

/// Whether the character reorders or breaks text, or cannot be seen: marks of direction, joiners, fillers, separators, tags.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.' | '~' | '+' | '/' | '=')
}

fn without_key_likes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(first) = rest.chars().next() {
        // Only at the start of a token: "task-based" is no key.
        let fresh = before.is_none_or(|c| !is_token(c) || matches!(c, '=' | '/'));
        let head = if fresh { key_like(rest) } else { None };
        if let Some(length) = head {
            out.push_str("***");
            rest = &rest[length..];
            before = Some('*');
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            before = Some(first);
        }
    }
    out
}

/// The length in bytes of the key that `text` starts with.
fn key_like(text: &str) -> Option<usize> {
    let bearer = text.get(..7).filter(|head| head.eq_ignore_ascii_case("bearer ")).map(str::len);
    let prefix = bearer.or_else(|| KEY_PREFIXES.iter().find(|p| text.starts_with(**p)).map(|p| p.len()))?;
    let tail = text[prefix..].chars().take_while(|c| is_token(*c)).count();
    (tail >= SHORTEST_TAIL).then_some(prefix + tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out_and_words_left() {
        let key = Secret::new("canary-0123456789|second-part");
        for (text, want) in [
            ("bad key canary-0123456789|second-part!", "bad key ***!"),
            ("bad key canary-0123456789.", "bad key ***."),
            ("Incorrect API key provided: sk-abcd1234*****wxyz. See", "Incorrect API key provided: *** See"),
            ("url?key=AIzaSyA1234567890&x", "url?key=***&x"),
            ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
            ("a task-based sk- thing", "a task-based sk- thing"),
            ("two\r\nlines\u{1b}[31m \u{202e}red", "two lines [31m red"),
        ] {
            assert_eq!(redact(text, &[&key]), want, "{text}");
        }
    }

    #[test]
    fn a_secret_is_known_in_lower_case_and_without_the_word_before_it() {
        let (key, header) = (Secret::new("Key-ABCdef123é"), Secret::new("Bearer hidden-Value"));
        for (text, want) in [
            ("status 401 key-abcdef123é: é KEY-ABCDEF123é.", "status 401 ***: é ***."),
            ("no such token: hidden-value", "no such token: ***"),
            ("no bearer", "no bearer"),
        ] {
            assert_eq!(redact(text, &[&key, &header]), want);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(redact(&"é".repeat(1000), &[]).chars().count(), LONGEST + 1);
    }
}
