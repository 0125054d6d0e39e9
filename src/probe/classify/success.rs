//! What a body with status 200 and no error in it shows.
//!
//! Decides: whether the model said or thought anything. Must not know: whether it was right.

use serde_json::Value;

use crate::model::Outcome;

/// What resellers put into an answer instead of an error.
const ADVERTS: [&str; 9] = [
    "余额不足",
    "请充值",
    "额度已用",
    "额度不足",
    "联系客服",
    "quota is used up",
    "quota has been used up",
    "please recharge",
    "please top up",
];

/// What the answer shows, and why in a few words.
pub(super) fn judge(answer: &Value) -> (Outcome, String) {
    let Some(choices) = answer.get("choices").and_then(Value::as_array) else {
        return (Outcome::Suspect, "JSON that is no chat completion".to_owned());
    };
    let Some(choice) = choices.first() else {
        return if is_said(answer) { works() } else { (Outcome::Empty, "no choices".to_owned()) };
    };
    let finish = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let said = text_of(choice).to_lowercase();
    if ADVERTS.iter().any(|advert| said.contains(advert)) {
        return (Outcome::KeyBroke, format!("the answer is an advert: {said}"));
    }
    let refused = choice.pointer("/message/refusal").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match finish.as_str() {
        "content_filter" | "safety" | "refusal" | "sensitive" => (Outcome::Filtered, format!("finish reason {finish}")),
        _ if refused => (Outcome::Filtered, "the model refused".to_owned()),
        _ if is_said(answer) => works(),
        "error" => (Outcome::Busy, "finish reason error: the provider behind it failed".to_owned()),
        _ => (Outcome::Empty, "no text, no reasoning, no tokens".to_owned()),
    }
}

fn works() -> (Outcome, String) {
    (Outcome::Works, String::new())
}

/// Whether there is text, reasoning, a tool call, spent tokens or a reached limit.
pub(super) fn is_said(answer: &Value) -> bool {
    let spent = ["/usage/completion_tokens", "/usage/output_tokens"];
    if spent.iter().any(|path| answer.pointer(path).and_then(Value::as_u64).is_some_and(|tokens| tokens > 0)) {
        return true;
    }
    let Some(choice) = answer.pointer("/choices/0") else { return false };
    let limit = ["length", "max_tokens", "tool_calls", "function_call"];
    let finish = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if limit.contains(&finish.as_str()) || !text_of(choice).trim().is_empty() {
        return true;
    }
    ["reasoning_content", "reasoning", "reasoning_details", "tool_calls", "function_call", "audio"].iter().any(
        |field| match choice.get("message").and_then(|message| message.get(*field)) {
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(Value::Array(parts)) => !parts.is_empty(),
            Some(Value::Object(parts)) => !parts.is_empty(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => false,
        },
    )
}

/// The visible text: a string, or Mistral's list of parts.
fn text_of(choice: &Value) -> String {
    let content = choice.pointer("/message/content").or_else(|| choice.get("text"));
    match content {
        Some(Value::String(text)) => text.chars().take(2000).collect(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").or_else(|| part.get("thinking")))
            .map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned))
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => String::new(),
    }
}
