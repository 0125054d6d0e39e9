//! Telegram's HTML: <https://core.telegram.org/bots/api#html-style>.

use serde_json::{Value, json};

/// The text without its markup, and its entities.
pub(super) fn parse(html: &str) -> Result<(String, Vec<Value>), String> {
    let fail = |why: String| Err(format!("can't parse entities: {why}"));
    let (mut text, mut entities, mut open) = (String::new(), vec![], Vec::<(String, usize, Value)>::new());
    let mut at = 0;
    while at < html.len() {
        let rest = &html[at..];
        if let Some(tag) = rest.strip_prefix("</") {
            let Some(end) = tag.find('>') else { return fail(format!("Unclosed end tag at byte offset {at}")) };
            let name = tag[..end].trim().to_ascii_lowercase();
            match open.pop() {
                Some((opened, from, mut entity)) if opened == name || name.is_empty() => {
                    let units = text.encode_utf16().count();
                    entity["offset"] = json!(from);
                    entity["length"] = json!(units - from);
                    if units > from {
                        entities.push(entity);
                    }
                }
                Some((opened, ..)) => {
                    return fail(format!(
                        "Unmatched end tag at byte offset {at}, expected \"</{opened}>\", found \"</{name}>\""
                    ));
                }
                None => return fail(format!("Unexpected end tag at byte offset {at}")),
            }
            at += 2 + end + 1;
        } else if let Some(tag) = rest.strip_prefix('<') {
            let Some(end) = tag.find('>') else { return fail(format!("Unclosed start tag at byte offset {at}")) };
            let (name, attributes) = tag[..end].split_once(' ').unwrap_or((&tag[..end], ""));
            let entity = match name.to_ascii_lowercase().as_str() {
                "b" | "strong" => json!({ "type": "bold" }),
                "i" | "em" => json!({ "type": "italic" }),
                "u" | "ins" => json!({ "type": "underline" }),
                "s" | "strike" | "del" => json!({ "type": "strikethrough" }),
                "code" => json!({ "type": "code" }),
                "pre" => json!({ "type": "pre" }),
                "blockquote" => json!({ "type": "blockquote" }),
                "tg-spoiler" => json!({ "type": "spoiler" }),
                "a" => match attributes.strip_prefix("href=\"").and_then(|url| url.strip_suffix('"')) {
                    Some(url) => json!({ "type": "text_link", "url": decoded(url) }),
                    None => return fail(format!("Tag \"a\" has no address at byte offset {at}")),
                },
                other => return fail(format!("Unsupported start tag \"{other}\" at byte offset {at}")),
            };
            // Code holds nothing, and stands in nothing: the real one drops what is inside.
            let is_code = |name: &str| name == "code" || name == "pre";
            if open.iter().any(|(name, ..)| is_code(name)) || is_code(name) && !open.is_empty() {
                return fail(format!("nested code at byte offset {at}"));
            }
            open.push((name.to_ascii_lowercase(), text.encode_utf16().count(), entity));
            at += 1 + end + 1;
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            text += &decoded(&rest[..end]);
            at += end;
        }
    }
    match open.pop() {
        Some((name, ..)) => fail(format!("Can't find end tag corresponding to start tag \"{name}\"")),
        None => Ok((text, entities)),
    }
}

/// Only these four names are known; others stay as they are.
fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// What Telegram makes of a text by itself where no code and no link stands: mentions and links.
pub(super) fn automatic(text: &str, entities: &[Value]) -> Vec<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut open: Vec<bool> = vec![true; units.len()];
    for entity in entities {
        if matches!(entity["type"].as_str(), Some("code" | "pre" | "text_link")) {
            let from = usize::try_from(entity["offset"].as_u64().unwrap()).unwrap();
            let length = usize::try_from(entity["length"].as_u64().unwrap()).unwrap();
            open[from..from + length].fill(false);
        }
    }
    let seen: Vec<u16> =
        units.iter().zip(open).map(|(unit, open)| if open { *unit } else { u16::from(b' ') }).collect();
    let seen = String::from_utf16_lossy(&seen);
    let is_link = |word: &&str| {
        let mention =
            word.split('@').skip(1).any(|name| name.chars().take_while(char::is_ascii_alphanumeric).count() > 4);
        mention || word.contains("://") || word.contains("t.me/") || word.contains(".com")
    };
    seen.split_whitespace().filter(is_link).map(str::to_owned).collect()
}
