//! Reads Telegram's HTML as its server does, and refuses what that refuses. Of the standard library alone: whoever plays
//! the server reads with it too.

/// A tag and what it holds.
pub(crate) type Marked = (String, String);

/// What is to be read, and what of it stands in a tag; or why it is refused, in Telegram's words.
pub(crate) fn read(html: &str) -> Result<(String, Vec<Marked>), String> {
    let (mut text, mut marked) = (String::new(), vec![]);
    let mut open: Vec<(String, usize)> = vec![];
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let at = html.len() - rest.len();
        if c == '<' {
            let end = rest
                .find('>')
                .ok_or_else(|| format!("Bad Request: can't parse entities: Unclosed start tag at byte offset {at}"))?;
            let tag = &rest[1..end];
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop();
                let (opened, start) = last.ok_or_else(|| {
                    format!("Bad Request: can't parse entities: Unexpected end tag at byte offset {at}")
                })?;
                if opened != name {
                    return Err(format!(
                        "Bad Request: can't parse entities: Unmatched end tag at byte offset {at}, expected \"</{opened}>\", found \"</{name}>\""
                    ));
                }
                marked.push((opened, text[start..].to_owned()));
            } else {
                open.push((start_tag(tag, at, &open)?, text.len()));
            }
            rest = &rest[end + 1..];
        } else if c == '&' {
            let (read, length) = entity(rest).ok_or_else(|| format!("an & that is no entity at byte offset {at}"))?;
            text.push(read);
            rest = &rest[length..];
        } else {
            text.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    match open.pop() {
        Some((name, _)) => {
            Err(format!("Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"{name}\""))
        }
        None => Ok((text, marked)),
    }
}

/// The tag's name.
fn start_tag(tag: &str, at: usize, open: &[(String, usize)]) -> Result<String, String> {
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let known =
        ["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "tg-spoiler", "blockquote"];
    if !known.contains(&name) {
        return Err(format!("Bad Request: can't parse entities: Unsupported start tag \"{name}\" at byte offset {at}"));
    }
    let quoted = attributes.strip_prefix("href=\"").and_then(|rest| rest.strip_suffix('"'));
    let is_link = quoted.is_some_and(|url| !url.contains(['"', '<', '>']));
    if (name == "a") != is_link || (name != "a" && !attributes.is_empty()) {
        return Err(format!("the attributes of \"{name}\" at byte offset {at} are not its own"));
    }
    // The server takes this, and drops one of the two.
    if open.iter().any(|(outer, _)| outer == "code" || outer == "pre") || (!open.is_empty() && name == "code") {
        return Err(format!("\"{name}\" at byte offset {at}: code holds nothing, and nothing holds code"));
    }
    Ok(name.to_owned())
}

/// The character that an entity stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')]
        .into_iter()
        .find(|(entity, _)| text.starts_with(entity))
        .map(|(entity, c)| (c, entity.len()))
}
