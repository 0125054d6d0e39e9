//! What a gateway's own channel test tells of its model: the upstream's status and words, as far as they stand in it.

use serde_json::{Value, json};

use super::fault::Fault;
use super::{Finding, faulty};
use crate::model::{Outcome, TestAnswer};

/// What New API says when it would not even ask, because it has no price for the model.
const UNPRICED: [&str; 5] =
    ["price not configured", "has not been priced", "价格未配置", "价格尚未由管理员配置", "倍率或价格未配置"];

/// Judges the answer to a test of a channel whose upstream is `host`. What is not surely the upstream's word on the model
/// is unknown, and so never speaks against it.
pub fn gateway_test(host: &str, told: &TestAnswer) -> Finding {
    let TestAnswer { success, message, error_code, .. } = told;
    if *success {
        return Finding { by_table: true, ..Finding::bare(Outcome::Works, "") };
    }
    if error_code == "model_price_error" || UNPRICED.iter().any(|words| message.contains(words)) {
        let why = "the gateway has no price for it, so it neither tests nor serves it: set one there";
        return Finding { by_table: true, ..Finding::bare(Outcome::Shape, why) };
    }
    match said(message, error_code) {
        Some(fault) => faulty(host, &fault, false),
        None => Finding::bare(Outcome::Unknown, format!("the gateway's test failed: {message}")),
    }
}

/// The upstream's refusal within the gateway's words.
fn said(message: &str, error_code: &str) -> Option<Fault> {
    // New API since 2025-08; before, and Veloera; One API; New API where it tells a status beside its own words.
    for (start, then) in [
        ("bad response status code ", ", "),
        ("status code ", ": "),
        ("http status code: ", ", error message: "),
        ("status_code=", ", "),
    ] {
        let Some(rest) = message.strip_prefix(start) else { continue };
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (status, rest) = rest.split_at(digits);
        let status: u16 = status.parse().ok().filter(|status| (400..600).contains(status))?;
        let words = rest.strip_prefix(then).unwrap_or_default();
        // Its own troubles have this status too.
        if start == "status_code=" && status == 500 {
            return None;
        }
        return fault(status, words, error_code);
    }
    None
}

fn fault(status: u16, words: &str, error_code: &str) -> Option<Fault> {
    let body = words.split_once("body: ").filter(|(before, _)| before.is_empty() || before.starts_with("message: "));
    let text = body.map_or(words, |(_, body)| body).trim();
    // A page is nobody's word on a model.
    if text.starts_with('<') {
        return None;
    }
    let read = |value: &Value| Fault::read(status, value, false);
    if let Some(fault) = serde_json::from_str::<Value>(text).ok().filter(Value::is_object).as_ref().and_then(read) {
        return Some(fault);
    }
    let own = error_code.is_empty() || error_code.starts_with("bad_response") || error_code.contains(':');
    if own {
        Some(Fault::plain(status, text))
    } else {
        read(&json!({ "error": { "message": text, "code": error_code } }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(message: &str, code: &str) -> Outcome {
        let (message, error_code) = (message.to_owned(), code.to_owned());
        gateway_test("api.openai.com", &TestAnswer { message, error_code, ..TestAnswer::default() }).outcome
    }

    #[test]
    fn the_upstreams_words_are_judged_as_if_we_had_asked() {
        const GONE: &str = "The model `x` does not exist or you do not have access to it.";
        let body =
            format!(r#"{{"error":{{"message":"{GONE}","type":"invalid_request_error","code":"model_not_found"}}}}"#);
        for (message, code, expected) in [
            (format!("bad response status code 404, message: {GONE}, body: {body}"), "bad_response", Outcome::Gone),
            (format!("bad response status code 404, body: {body}"), "", Outcome::Gone),
            (format!("status code 404: {GONE}"), "", Outcome::Gone),
            (format!("http status code: 404, error message: {GONE}"), "", Outcome::Gone),
            (format!("status_code=404, {GONE}"), "model_not_found", Outcome::Gone),
            ("http status code: 401, error message: Incorrect API key provided: sk-x".into(), "", Outcome::KeyBad),
            ("status code 429: Rate limit reached for requests".into(), "", Outcome::Busy),
            ("bad response status code 500, body: oops".into(), "", Outcome::Broken),
        ] {
            assert_eq!(judged(&message, code), expected, "{message}");
        }
    }

    #[test]
    fn what_is_not_surely_the_upstreams_word_speaks_against_nothing() {
        for message in [
            "",
            "usage is nil",
            "status_code=500, usage is nil",
            "do request failed: Post \"https://x\": context deadline exceeded",
            "无权进行此操作，未登录且未提供 access token",
            "bad response status code 404, body: <html>not found</html>",
            "bad response status code 99999, body: {}",
            "status code : gone",
            "the model said: status code 404: gone",
        ] {
            assert_eq!(judged(message, "").evidence(), crate::model::Evidence::Nothing, "{message}");
        }
    }

    #[test]
    fn a_missing_price_is_not_the_models_fault() {
        for (message, code) in [
            ("whatever", "model_price_error"),
            ("模型 x 的价格未配置。…Model x price not configured.", ""),
            ("Model x has not been priced by the administrator yet.", ""),
        ] {
            assert_eq!(judged(message, code), Outcome::Shape, "{message}");
        }
    }

    #[test]
    fn success_is_success() {
        let told = TestAnswer { success: true, message: "status code 404: gone".into(), ..TestAnswer::default() };
        assert_eq!(gateway_test("h", &told).outcome, Outcome::Works);
    }
}
