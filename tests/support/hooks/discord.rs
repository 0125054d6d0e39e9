//! Discord's webhook: an embed's limits, mentions, and a small reading of its Markdown.

use serde_json::{Value, json};

use super::{No, Request, TOKEN, Taken, only};

pub(super) fn judge(request: &Request<'_>) -> Result<Taken, No> {
    let Some((_, token)) = request.path.strip_prefix("/api/webhooks/").and_then(|rest| rest.split_once('/')) else {
        return Err(No(404, json!({ "message": "404: Not Found", "code": 0 }).to_string()));
    };
    match token {
        TOKEN => {}
        // It repeats what it does not know: what shows it to anyone has to take it out.
        "canary-0ther-token" => {
            return Err(No(401, json!({ "message": "Invalid Webhook Token", "code": 50027 }).to_string()));
        }
        other => {
            let words = format!("Unknown Webhook {other} at {}", request.path);
            return Err(No(404, json!({ "message": words, "code": 10015 }).to_string()));
        }
    }
    if !request.is_json() {
        return Err(No(415, json!({ "message": "Unsupported Media Type", "code": 0 }).to_string()));
    }
    let body: Value = serde_json::from_slice(request.body).map_err(|_| {
        No(400, json!({ "message": "The request body contains invalid JSON.", "code": 50109 }).to_string())
    })?;
    let invalid = |field: &str, code: &str| {
        let errors = json!({ field: { "_errors": [{ "code": code }] } });
        No(400, json!({ "message": "Invalid Form Body", "code": 50035, "errors": errors }).to_string())
    };
    if !only(&body, &["content", "embeds", "allowed_mentions", "username", "avatar_url", "tts", "flags"]) {
        return Err(invalid("body", "UNKNOWN_FIELD"));
    }
    let content = body["content"].as_str().unwrap_or_default();
    let none = vec![];
    let embeds = body["embeds"].as_array().unwrap_or(&none);
    if content.is_empty() && embeds.is_empty() {
        return Err(No(400, json!({ "message": "Cannot send an empty message", "code": 50006 }).to_string()));
    }
    if length(content) > 2000 {
        return Err(invalid("content", "BASE_TYPE_MAX_LENGTH"));
    }
    if embeds.len() > 10 {
        return Err(invalid("embeds", "BASE_TYPE_MAX_LENGTH"));
    }
    let (mut whole, mut shown) = (0, content.to_owned());
    for embed in embeds {
        if !only(embed, &["title", "description", "url", "color", "timestamp", "footer"]) {
            return Err(invalid("embeds", "UNKNOWN_FIELD"));
        }
        for (field, most) in [("title", 256), ("description", 4096)] {
            let text = match &embed[field] {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(invalid(field, "BASE_TYPE_BAD_TYPE"));
                }
            };
            if text.trim().is_empty() || length(text) > most {
                return Err(invalid(field, "BASE_TYPE_MAX_LENGTH"));
            }
            whole += length(text);
            shown.push_str(text);
            shown.push('\n');
        }
        if embed.get("color").is_some_and(|color| color.as_u64().is_none_or(|color| color > 0x00ff_ffff)) {
            return Err(invalid("color", "NUMBER_TYPE_MAX"));
        }
    }
    if whole > 6000 {
        return Err(invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED"));
    }
    let (shown, mut live) = read(&shown);
    let parsed = body.pointer("/allowed_mentions/parse").and_then(Value::as_array);
    if parsed.is_none_or(|parsed| !parsed.is_empty()) {
        live.push("mentions are parsed".to_owned());
    }
    Ok(Taken { shown, live, body })
}

/// UTF-16 units: no fewer than Discord counts.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is seen of Markdown, and what of it is live: mentions, links, spoilers, pictures, headings, quotes.
fn read(markdown: &str) -> (String, Vec<String>) {
    let (mut shown, mut live) = (String::new(), vec![]);
    let mut rest = markdown;
    let mut bold = false;
    while let Some(c) = rest.chars().next() {
        let at_start = shown.is_empty() || shown.ends_with('\n');
        let after = &rest[c.len_utf8()..];
        if c == '\\' && after.starts_with(|c: char| c.is_ascii_punctuation()) {
            shown.push_str(&after[..1]);
            rest = &after[1..];
            continue;
        }
        if c == '`'
            && let Some(end) = after.find('`')
        {
            shown.push_str(&after[..end]);
            rest = &after[end + 1..];
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            bold = !bold;
            rest = after;
            continue;
        }
        let starts = |what: &[&str]| what.iter().find(|what| rest.starts_with(**what)).map(|what| (*what).to_owned());
        live.extend(starts(&[
            "@everyone",
            "@here",
            "<@",
            "<#",
            "<:",
            "<a:",
            "<t:",
            "||",
            "~~",
            "__",
            "](",
            "http://",
            "https://",
        ]));
        if at_start {
            live.extend(starts(&["# ", "## ", "### ", "> ", "- ", "* ", "-# "]));
        }
        live.extend((matches!(c, '*' | '_' | '`')).then(|| c.to_string()));
        // It keeps a mention from being one and is not seen.
        if c != '\u{200b}' {
            shown.push(c);
        }
        rest = after;
    }
    live.extend(bold.then(|| "a bold without an end".to_owned()));
    (shown, live)
}
