//! Our HTML as Telegram counts it.
//!
//! Decides: how long a text is there, and how much of a name has room. Must not know: what is said.

use crate::notify::message::shown;

/// The beginning of a foreign name that has room in `units` UTF-16 units; `…` where something is missing.
pub fn cut(name: &str, units: usize) -> String {
    let name = shown(name, units);
    if name.encode_utf16().count() <= units {
        return name;
    }
    let mut room = units.saturating_sub(1);
    let fits = |c: &char| {
        let left = room.checked_sub(c.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let mut cut: String = name.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// How long a text in our HTML is once its markup is taken out, in UTF-16 units.
pub fn length(html: &str) -> usize {
    plain(html).encode_utf16().count()
}

/// The text of our HTML without its markup.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('<') { '>' } else { ';' };
        let Some(length) = rest.find(end) else { break };
        match &rest[..length] {
            "&amp" => out.push('&'),
            "&lt" => out.push('<'),
            "&gt" => out.push('>'),
            "&quot" => out.push('"'),
            // A tag, or a character by its number, which we never write.
            _ => {}
        }
        rest = &rest[length + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notify::message::telegram::escape;

    #[test]
    fn a_name_is_cut_between_characters_and_counted_as_telegram_does() {
        assert_eq!(cut("😀😀😀", 5), "😀😀…");
        assert_eq!(cut("a\nb", 5), "a\u{fffd}b");
        assert_eq!(length("<b>😀</b> &amp; <a href=\"x\">y</a>"), 6);
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_as_it_was(text in "[ -~é😀\n]{0,80}") {
            prop_assert_eq!(plain(&escape(&text)), text.clone());
            prop_assert!(cut(&text, 20).encode_utf16().count() <= 20);
        }
    }
}
