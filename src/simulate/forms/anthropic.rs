//! Anthropic's form.
//!
//! Decides: what is refused, and how answers, errors and lists look. Must not know: worlds.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::{lacking, no_message, page, size, small_limit, unwanted};
use crate::simulate::behave::{End, Words};
use crate::simulate::call::Call;
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{events, reply};

pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    no_message(call)
        .or_else(|| lacking(call, &["max_tokens"]))
        .or_else(|| small_limit(call, "max_tokens", 1))
        .or_else(|| unwanted(call, &["max_completion_tokens", "thinking"]))
}

pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    let Words { text, end, tokens } = words;
    let stop = match end {
        End::Stop => "end_turn",
        End::Filtered => "refusal",
    };
    let content = if text.is_empty() { json!([]) } else { json!([{"type": "text", "text": text}]) };
    let message = |content: &Value, stop: Option<&str>, tokens: u32| {
        json!({
            "id": "msg_sim", "type": "message", "role": "assistant", "model": call.model, "content": content,
            "stop_reason": stop, "stop_sequence": null, "usage": {"input_tokens": 20, "output_tokens": tokens},
        })
    };
    if !call.stream {
        return reply(200, &message(&content, Some(stop), *tokens));
    }
    let mut all =
        vec![json!({"type": "message_start", "message": message(&json!([]), None, 0)}), json!({"type": "ping"})];
    if !text.is_empty() {
        all.extend([
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            json!({"type": "content_block_stop", "index": 0}),
        ]);
    }
    all.extend([
        json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": tokens}}),
        json!({"type": "message_stop"}),
    ]);
    events(&all, "")
}

/// Twenty a page unless told otherwise.
pub(super) fn list(call: &Call, names: &[String]) -> Value {
    let after = call.query("after_id").and_then(|after| names.iter().position(|name| name == after));
    let (names, next) = page(names, after.map_or(0, |after| after + 1), size(call, "limit", 20));
    let entry = |name| json!({"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"});
    json!({
        "data": names.iter().map(entry).collect::<Vec<_>>(),
        "first_id": names.first(), "last_id": names.last(), "has_more": next.is_some(),
    })
}

pub(super) fn refusal(call: &Call, refusal: &Refusal) -> (u16, Value) {
    const REQUEST: &str = "invalid_request_error";
    let (status, kind, message) = match refusal {
        Refusal::WrongPath(path) => (404, "not_found_error", format!("Not Found: {path}")),
        Refusal::BadKey(_) => (401, "authentication_error", "invalid x-api-key".to_owned()),
        Refusal::Malformed(field, what) => (400, REQUEST, format!("{field}: {what}")),
        Refusal::Gone => (404, "not_found_error", format!("model: {}", call.model)),
        Refusal::NoAccess => {
            (403, "permission_error", "Your API key does not have permission to use the specified resource.".to_owned())
        }
        Refusal::RateLimited(_) => {
            (429, "rate_limit_error", "This request would exceed your account's rate limit.".to_owned())
        }
        Refusal::NoCredit => (400, REQUEST, "Your credit balance is too low to access the Anthropic API.".to_owned()),
        Refusal::Broken | Refusal::NoRoute => (500, "api_error", "Internal server error".to_owned()),
        Refusal::LimitName | Refusal::StreamOnly | Refusal::ResponsesOnly | Refusal::OtherKind => {
            (400, REQUEST, "This model takes another form of request.".to_owned())
        }
    };
    (status, json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_sim"}))
}
