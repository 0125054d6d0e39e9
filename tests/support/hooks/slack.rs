//! Slack's incoming webhook: the structure and limits of blocks.

use serde_json::Value;

use super::{No, Request, TOKEN, Taken, only};

fn no(status: u16, words: &str) -> No {
    No(status, words.to_owned())
}

pub(super) fn judge(request: &Request<'_>) -> Result<Taken, No> {
    let way: Vec<_> = request.path.trim_start_matches('/').split('/').collect();
    match way.as_slice() {
        ["services", "T0CANARY1", "B0CANARY2", TOKEN] => {}
        ["services", team, ..] if *team != "T0CANARY1" => return Err(no(404, "no_team")),
        ["services", _, _, "canary-0ther-token"] => return Err(no(403, "invalid_token")),
        _ => return Err(no(404, "no_service")),
    }
    let body: Value = serde_json::from_slice(request.body).map_err(|_| no(400, "invalid_payload"))?;
    if !request.is_json() || !only(&body, &["text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"]) {
        return Err(no(400, "invalid_payload"));
    }
    let text = body["text"].as_str().unwrap_or_default();
    if text.is_empty() {
        return Err(no(400, "no_text"));
    }
    if text.chars().count() > 40_000 {
        return Err(no(400, "msg_too_long"));
    }
    let blocks = body["blocks"].as_array().ok_or_else(|| no(400, "invalid_blocks_format"))?;
    if blocks.is_empty() || blocks.len() > 50 {
        return Err(no(400, "invalid_blocks"));
    }
    if body["blocks"].to_string().len() > 13_200 {
        return Err(no(400, "msg_blocks_too_long"));
    }
    let (mut shown, mut live) = (String::new(), vec![]);
    for block in blocks {
        read(block, &mut shown, &mut live).ok_or_else(|| no(400, "invalid_blocks"))?;
        shown.push('\n');
    }
    // Beside the fallback text, which knows `<…>` alone.
    live.extend(text.contains(['<', '>']).then(|| format!("the fallback: {text}")));
    live.extend((body["mrkdwn"] != false).then(|| "markup in the fallback".to_owned()));
    Ok(Taken { shown, live, body })
}

fn read(block: &Value, shown: &mut String, live: &mut Vec<String>) -> Option<()> {
    match block["type"].as_str()? {
        "header" => {
            let text = block["text"]["text"].as_str()?;
            let fits = (1..=150).contains(&text.chars().count());
            (fits && block["text"]["type"] == "plain_text" && only(block, &["type", "text"])).then_some(())?;
            live.extend((block["text"]["emoji"] != false).then(|| "emoji in the heading".to_owned()));
            shown.push_str(text);
        }
        "rich_text" => {
            for section in block["elements"].as_array().filter(|sections| !sections.is_empty())? {
                (section["type"] == "rich_text_section").then_some(())?;
                for element in section["elements"].as_array().filter(|elements| !elements.is_empty())? {
                    read_element(element, shown, live)?;
                }
            }
        }
        "section" | "context" => live.push(format!("a text with markup: {block}")),
        _ => return None,
    }
    Some(())
}

fn read_element(element: &Value, shown: &mut String, live: &mut Vec<String>) -> Option<()> {
    let text = element["text"].as_str();
    match element["type"].as_str()? {
        "text" => {
            let text = text?;
            ((1..=3000).contains(&text.chars().count()) && only(element, &["type", "text", "style"])).then_some(())?;
            let style = element.get("style");
            style.is_none_or(|style| only(style, &["bold", "italic", "strike", "code"])).then_some(())?;
            // The one thing that the client makes of a text by itself.
            let code = element.pointer("/style/code") == Some(&Value::Bool(true));
            live.extend((text.contains("http") && !code).then(|| format!("a link: {text}")));
            shown.push_str(text);
        }
        "link" => {
            element["url"].as_str().filter(|url| url.starts_with("http"))?;
            shown.push_str(text.unwrap_or_default());
        }
        other => live.push(other.to_owned()),
    }
    Some(())
}
