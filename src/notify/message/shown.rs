//! Foreign names made fit to be shown.
//!
//! Decides: which characters of a name a person may see. Must not know: markup: escaping is the rendering's. Pure.

use crate::model::is_invisible;

/// A longer name is cut, in characters. Far longer ones than any provider has.
pub const LONGEST_NAME: usize = 120;

/// The text on one line, at most so many characters long, with a `�` for every character that hides, breaks lines or turns
/// the reading direction: what is left looks like what it is.
pub fn shown(text: &str, longest: usize) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(longest)
        .map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c })
        .collect();
    if characters.next().is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_turns_text_is_seen_and_what_is_long_is_cut() {
        for (name, expected) in [
            ("gpt-4o", "gpt-4o"),
            ("模型 ❤️ модель", "模型 ❤️ модель"),
            ("a\nb\tc\u{7f}\u{85}", "a�b�c��"),
            ("gpt\u{202e}o4\u{2066}\u{200b}\u{feff}", "gpt�o4���"),
            ("a\u{2028}b\u{ad}c\u{3164}d\u{e0041}", "a�b�c�d�"),
            ("", ""),
        ] {
            assert_eq!(shown(name, LONGEST_NAME), expected, "{name:?}");
        }
        assert_eq!(shown("12345", 5), "12345");
        assert_eq!(shown("123456", 5), "1234…");
    }
}
