//! The webhook of a `DingTalk` robot: signature and size; refusals come with status 200.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{No, Request, SECRET, TOKEN, Taken, only, signature};

fn no(code: i64, words: &str) -> No {
    No(200, json!({ "errcode": code, "errmsg": words }).to_string())
}

pub(super) fn judge(request: &Request<'_>, now: Timestamp) -> Result<Taken, No> {
    if request.path != "/robot/send" {
        return Err(No(404, "<html><body>404</body></html>".to_owned()));
    }
    if request.asked("access_token") != Some(TOKEN) {
        return Err(no(300_005, "token is not exist"));
    }
    if !request.is_json() {
        return Err(no(43004, "无效的HTTP HEADER Content-Type"));
    }
    let at = request.asked("timestamp").unwrap_or_default();
    let fresh = at.parse().is_ok_and(|at: i64| (now.as_millisecond() - at).abs() <= 3_600_000);
    if !fresh || request.asked("sign") != Some(&signature(SECRET, &format!("{at}\n{SECRET}"))) {
        return Err(no(310_000, "sign not match"));
    }
    if request.body.len() > 20_000 {
        return Err(no(460_101, "message too long, exceed 20000 bytes"));
    }
    let missing = || no(40035, "缺少参数 json");
    let body: Value = serde_json::from_slice(request.body).map_err(|_| missing())?;
    if body["msgtype"] != "text" {
        return Err(no(400_105, "不支持的消息类型"));
    }
    let content = body["text"]["content"].as_str().filter(|text| !text.is_empty()).ok_or_else(missing)?;
    if !only(&body, &["msgtype", "text", "at"]) {
        return Err(missing());
    }
    let at = &body["at"];
    let mut live = vec![];
    for list in ["atMobiles", "atUserIds"] {
        live.extend(at[list].as_array().is_some_and(|list| !list.is_empty()).then(|| list.to_owned()));
    }
    live.extend((at["isAtAll"] == true).then(|| "everybody".to_owned()));
    Ok(Taken { shown: content.to_owned(), live, body })
}
