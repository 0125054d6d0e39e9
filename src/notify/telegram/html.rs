//! Text as Telegram's HTML: only what we mark up ourselves is markup.
//!
//! Decides: how hostile text becomes harmless, and how long a text is as Telegram counts. Must not know: what is said.

/// `text` with nothing in it that is markup, and nothing that is not seen: control characters and those that turn the
/// direction of writing become spaces; line breaks stay.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            c if c.is_control() || is_unseen(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The beginning of a name that has room in `units` UTF-16 units, on one line; `…` where something is missing.
pub fn cut(name: &str, units: usize) -> String {
    let line = |c: char| if c.is_control() || is_unseen(c) { ' ' } else { c };
    if name.encode_utf16().count() <= units {
        return name.chars().map(line).collect();
    }
    let mut room = units.saturating_sub(1);
    let mut out = String::new();
    for c in name.chars().map(line) {
        let Some(left) = room.checked_sub(c.len_utf16()) else { break };
        room = left;
        out.push(c);
    }
    out.push('…');
    out
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

/// What is not seen and makes a text look like another: zero-width and direction marks.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_never_markup_and_is_cut_between_characters() {
        assert_eq!(escape("<b>a&b\u{202e}\"</b>\r"), "&lt;b&gt;a&amp;b &quot;&lt;/b&gt; ");
        assert_eq!(cut("😀😀😀", 5), "😀😀…");
        assert_eq!(cut("a\nb", 5), "a b");
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
