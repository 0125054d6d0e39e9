//! Ollama's form.
//!
//! Decides: what is refused, and how answers, errors and lists look. Must not know: worlds.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::{lacking, no_message, unwanted};
use crate::model::Kind;
use crate::simulate::behave::Words;
use crate::simulate::call::{Call, Wants};
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{raw, reply};

/// The real one takes a question without a limit, and answers until it is done: no probe may ask for that.
pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    if call.wants == Wants::Answer(Kind::Embedding) {
        return lacking(call, &["input"]);
    }
    let limit = call.body.pointer("/options/num_predict").and_then(Value::as_u64);
    no_message(call)
        .or_else(|| unwanted(call, &["max_tokens", "max_completion_tokens", "keep_alive"]))
        .or_else(|| lacking(call, &["stream"]))
        .or_else(|| limit.is_none().then(|| Refusal::field("options.num_predict", "No limit")))
}

pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    let Words { text, tokens, .. } = words;
    if call.wants == Wants::Answer(Kind::Embedding) {
        return reply(200, &json!({"model": call.model, "embeddings": [[0.1, -0.2, 0.3]], "prompt_eval_count": 1}));
    }
    let part =
        |text: &str| json!({"model": call.model, "message": {"role": "assistant", "content": text}, "done": false});
    let mut last = part(if call.stream { "" } else { text });
    for (field, value) in [("done", json!(true)), ("done_reason", json!("stop")), ("eval_count", json!(tokens))] {
        last[field] = value;
    }
    if !call.stream {
        return reply(200, &last);
    }
    let first = if text.is_empty() { String::new() } else { format!("{}\n", part(text)) };
    raw(200, "application/x-ndjson", format!("{first}{last}\n"))
}

pub(super) fn list(names: &[String]) -> Value {
    let entry = |name| json!({"name": name, "model": name, "size": 1, "details": {"family": "llama"}});
    json!({"models": names.iter().map(entry).collect::<Vec<_>>()})
}

pub(super) fn refusal(call: &Call, refusal: &Refusal) -> (u16, Value) {
    let (status, message) = match refusal {
        Refusal::WrongPath(path) => (404, format!("404 page not found: {path}")),
        Refusal::BadKey(_) => (401, "unauthorized".to_owned()),
        Refusal::Malformed(_, what) => (400, what.clone()),
        Refusal::Gone => (404, format!("model '{}' not found", call.model)),
        Refusal::NoAccess => (403, "this model requires a subscription".to_owned()),
        Refusal::RateLimited(_) => {
            (503, "server busy, please try again.  maximum pending requests exceeded".to_owned())
        }
        Refusal::NoCredit => (402, "you have reached your usage limit".to_owned()),
        Refusal::Broken | Refusal::NoRoute => (500, "llama runner process has terminated".to_owned()),
        Refusal::LimitName | Refusal::StreamOnly | Refusal::ResponsesOnly | Refusal::OtherKind => {
            (400, format!("\"{}\" does not support chat", call.model))
        }
    };
    (status, json!({"error": message}))
}
