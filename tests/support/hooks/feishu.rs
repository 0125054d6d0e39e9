//! The webhook of a custom bot of Feishu: signature, size, and the structure of a card.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{No, Request, SECRET, TOKEN, Taken, only, signature};

fn no(status: u16, code: i64, words: &str) -> No {
    No(status, json!({ "code": code, "data": {}, "msg": words }).to_string())
}

pub(super) fn judge(request: &Request<'_>, now: Timestamp) -> Result<Taken, No> {
    let bad = || no(400, 9499, "Bad Request");
    if request.path.strip_prefix("/open-apis/bot/v2/hook/") != Some(TOKEN) {
        return Err(no(400, 19001, "param invalid: incoming webhook access token invalid"));
    }
    if request.body.len() > 20 * 1024 || !request.is_json() {
        return Err(bad());
    }
    let body: Value = serde_json::from_slice(request.body).map_err(|_| bad())?;
    let at = body["timestamp"].as_str().unwrap_or_default();
    let fresh = at.parse().is_ok_and(|at: i64| (now.as_second() - at).abs() <= 3600);
    if !fresh || body["sign"] != signature(&format!("{at}\n{SECRET}"), "") {
        return Err(no(200, 19021, "sign match fail or timestamp is not within one hour from current time"));
    }
    if body.get("msg_type").is_none() {
        return Err(no(400, 19002, "params error, msg_type need"));
    }
    if body["msg_type"] != "interactive" || !only(&body, &["timestamp", "sign", "msg_type", "card"]) {
        return Err(bad());
    }
    let (mut shown, mut live) = (String::new(), vec![]);
    read(&body["card"], &mut shown, &mut live).ok_or_else(bad)?;
    Ok(Taken { shown, live, body })
}

fn read(card: &Value, shown: &mut String, live: &mut Vec<String>) -> Option<()> {
    let colours = ["blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "grey"];
    only(card, &["config", "header", "elements"]).then_some(())?;
    colours.contains(&card["header"]["template"].as_str()?).then_some(())?;
    read_text(&card["header"]["title"], shown, live)?;
    let elements = card["elements"].as_array()?;
    (1..=50).contains(&elements.len()).then_some(())?;
    for element in elements {
        match element["tag"].as_str()? {
            "div" => read_text(&element["text"], shown, live)?,
            "note" => {
                for text in element["elements"].as_array()? {
                    read_text(text, shown, live)?;
                }
            }
            "action" => {
                for button in element["actions"].as_array()? {
                    (button["tag"] == "button").then_some(())?;
                    button["url"].as_str().filter(|url| url.starts_with("http"))?;
                    read_text(&button["text"], shown, live)?;
                }
            }
            _ => return None,
        }
    }
    Some(())
}

fn read_text(text: &Value, shown: &mut String, live: &mut Vec<String>) -> Option<()> {
    let content = text["content"].as_str().filter(|content| !content.is_empty())?;
    match text["tag"].as_str()? {
        "plain_text" => {}
        "lark_md" => live.push(format!("a text with markup: {content}")),
        _ => return None,
    }
    shown.push_str(content);
    shown.push('\n');
    Some(())
}
