//! The webhook of a `WeCom` bot: refusals come with status 200.

use serde_json::{Value, json};

use super::{No, Request, TOKEN, Taken, only};

fn no(code: i64, words: &str) -> No {
    No(200, json!({ "errcode": code, "errmsg": words }).to_string())
}

pub(super) fn judge(request: &Request<'_>) -> Result<Taken, No> {
    let key = request.asked("key").unwrap_or_default();
    if request.path != "/cgi-bin/webhook/send" || key != TOKEN {
        return Err(no(93000, &format!("invalid webhook url, hint: [1732212878], key: {key}")));
    }
    let body: Value = serde_json::from_slice(request.body).map_err(|_| no(47001, "data format error"))?;
    if body["msgtype"] != "text" {
        return Err(no(40008, "invalid message type"));
    }
    let text = &body["text"];
    let known = only(&body, &["msgtype", "text"])
        && only(text, &["content", "mentioned_list", "mentioned_mobile_list"])
        && request.is_json();
    let content = text["content"].as_str().filter(|_| known).ok_or_else(|| no(40058, "invalid Request Parameter"))?;
    if content.is_empty() {
        return Err(no(44004, "empty content"));
    }
    if content.len() > 2048 {
        return Err(no(40058, "text.content exceed max length 2048. invalid Request Parameter"));
    }
    let mut live = vec![];
    for list in ["mentioned_list", "mentioned_mobile_list"] {
        let somebody = text[list].as_array().is_some_and(|list| !list.is_empty());
        live.extend(somebody.then(|| list.to_owned()));
    }
    live.extend(content.contains("<@").then(|| format!("a mention: {content}")));
    Ok(Taken { shown: content.to_owned(), live, body })
}
