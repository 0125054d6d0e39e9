//! Reads Discord's Markdown, and refuses any sign in it that is neither escaped nor one of ours.

/// What sort of markup, and what it holds.
pub(crate) type Marked = (&'static str, String);

/// What is to be read, and what of it is bold, code or a link.
pub(crate) fn read(markdown: &str) -> Result<(String, Vec<Marked>), String> {
    let (mut text, mut marked) = (String::new(), vec![]);
    let mut bold = None;
    let mut rest = markdown;
    let mut line = 0;
    while let Some(c) = rest.chars().next() {
        let refuse = || Err(format!("{c:?} means something at {rest:?}"));
        let mut length = c.len_utf8();
        match c {
            '\\' => {
                let Some(escaped) = rest[1..].chars().next().filter(char::is_ascii_punctuation) else {
                    return refuse();
                };
                text.push(escaped);
                length += 1;
                if escaped == '@' {
                    if !rest[length..].starts_with('\u{200b}') {
                        return refuse();
                    }
                    length += '\u{200b}'.len_utf8();
                }
            }
            '*' if rest.starts_with("**") => {
                length = 2;
                match bold.take() {
                    None => bold = Some(text.len()),
                    Some(start) if start < text.len() => marked.push(("bold", text[start..].to_owned())),
                    Some(_) => return refuse(),
                }
            }
            '`' => {
                let Some(end) = rest[1..].find('`').filter(|end| *end > 0) else { return refuse() };
                let code = &rest[1..=end];
                text.push_str(code);
                marked.push(("code", code.to_owned()));
                length = end + 2;
            }
            '[' => {
                let Some((words, after)) = rest[1..].split_once("](<") else { return refuse() };
                let Some((url, _)) = after.split_once(">)") else { return refuse() };
                if url.contains(['<', '>', ' ', '\n']) {
                    return refuse();
                }
                let (words, inside) = read(words)?;
                if !inside.is_empty() {
                    return refuse();
                }
                length = rest.find(">)").map_or(length, |at| at + 2);
                marked.push(("link", words.clone()));
                text.push_str(&words);
            }
            '*' | '_' | '~' | '|' | '<' | '>' | ']' | '#' | '@' => return refuse(),
            '-' | '+' if text[line..].trim().is_empty() => return refuse(),
            '.' | ')' if !text[line..].is_empty() && text[line..].chars().all(|c| c.is_ascii_digit()) => {
                return refuse();
            }
            ':' if rest.starts_with(":/") => return refuse(),
            c => text.push(c),
        }
        if c == '\n' {
            line = text.len();
        }
        rest = &rest[length..];
    }
    if bold.is_some() { Err("bold does not end".to_owned()) } else { Ok((text, marked)) }
}
