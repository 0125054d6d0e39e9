//! Cohere's form.
//!
//! Decides: what is refused, and how answers, errors and lists look. Must not know: worlds.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::{lacking, no_message, page, size, small_limit, unwanted};
use crate::model::Kind;
use crate::simulate::behave::{End, Words};
use crate::simulate::call::{Call, Wants};
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{events, reply};

pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    match call.wants {
        Wants::Answer(Kind::Embedding) => lacking(call, &["input_type", "embedding_types", "texts"]),
        Wants::Answer(Kind::Rerank) => lacking(call, &["query", "documents"]),
        Wants::Answer(_) => no_message(call)
            .or_else(|| small_limit(call, "max_tokens", 1))
            .or_else(|| unwanted(call, &["max_completion_tokens", "message"])),
        Wants::List | Wants::Loaded => None,
    }
}

pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    let Words { text, end, tokens } = words;
    match call.wants {
        Wants::Answer(Kind::Embedding) => {
            return reply(200, &json!({"id": "sim", "embeddings": {"float": [[0.1, -0.2, 0.3]]}, "texts": ["hi"]}));
        }
        Wants::Answer(Kind::Rerank) => {
            return reply(200, &json!({"id": "sim", "results": [{"index": 0, "relevance_score": 0.98}]}));
        }
        Wants::Answer(_) | Wants::List | Wants::Loaded => {}
    }
    let finish = match end {
        End::Stop => "COMPLETE",
        End::Filtered => "ERROR_TOXIC",
    };
    let usage = json!({"tokens": {"input_tokens": 20, "output_tokens": tokens}});
    let content = if text.is_empty() { json!([]) } else { json!([{"type": "text", "text": text}]) };
    if !call.stream {
        let message = json!({"role": "assistant", "content": content});
        return reply(200, &json!({"id": "sim", "finish_reason": finish, "message": message, "usage": usage}));
    }
    let mut all = vec![json!({"type": "message-start", "id": "sim", "delta": {"message": {"role": "assistant"}}})];
    if !text.is_empty() {
        all.extend([
            json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
            json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}),
            json!({"type": "content-end", "index": 0}),
        ]);
    }
    all.push(json!({"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}}));
    events(&all, "")
}

/// Twenty a page unless told otherwise.
pub(super) fn list(call: &Call, names: &[String]) -> Value {
    let start = call.query("page_token").and_then(|token| token.parse().ok()).unwrap_or(0);
    let (names, next) = page(names, start, size(call, "page_size", 20));
    let entry = |name| json!({"name": name, "endpoints": ["chat", "generate"], "is_deprecated": false});
    json!({"models": names.iter().map(entry).collect::<Vec<_>>(), "next_page_token": next.map(|next| next.to_string())})
}

pub(super) fn refusal(call: &Call, refusal: &Refusal) -> (u16, Value) {
    let (status, message) = match refusal {
        Refusal::WrongPath(path) => (404, format!("no such route: {path}")),
        Refusal::BadKey(_) => (401, "invalid api token".to_owned()),
        Refusal::Malformed(_, what) => (400, format!("invalid request: {what}")),
        Refusal::Gone => {
            let why = "make sure the correct model ID was used and that you have access to the model.";
            (404, format!("model '{}' not found, {why}", call.model))
        }
        Refusal::NoAccess => (403, "you do not have access to this model".to_owned()),
        Refusal::RateLimited(_) => {
            (429, "You are using a Trial key, which is limited to 20 API calls / minute.".to_owned())
        }
        Refusal::NoCredit => (402, "Your account has reached its billing limit.".to_owned()),
        Refusal::Broken | Refusal::NoRoute => (500, "internal server error, this has been reported".to_owned()),
        Refusal::LimitName | Refusal::StreamOnly | Refusal::ResponsesOnly | Refusal::OtherKind => {
            (400, format!("model '{}' is not supported by the chat API", call.model))
        }
    };
    (status, json!({"id": "sim", "message": message}))
}
