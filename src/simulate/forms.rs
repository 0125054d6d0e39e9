//! Each protocol's form of what the simulated upstream says: one file a protocol, one match arm here.
//!
//! Decides: whose form. Must not know: models, worlds.

mod anthropic;
mod cohere;
mod gemini;
mod ollama;
mod openai;

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::behave::Words;
use super::call::{Call, Wants};
use super::refusal::Refusal;
use super::reply::reply;
use crate::model::Dialect;

/// What a probe has no reason to send, and some model refuses.
const UNWANTED: [&str; 9] = [
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "n",
    "tools",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
];

/// What a real upstream would not have taken.
pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    if !matches!(call.wants, Wants::Answer(_)) {
        return None;
    }
    if call.model.is_empty() {
        return Some(Refusal::field("model", "Missing required parameter"));
    }
    match call.dialect {
        Dialect::OpenAi => openai::malformed(call),
        Dialect::Anthropic => anthropic::malformed(call),
        Dialect::Gemini => gemini::malformed(call),
        Dialect::Cohere => cohere::malformed(call),
        Dialect::Ollama => ollama::malformed(call),
    }
}

/// The answer to a question.
pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    match call.dialect {
        Dialect::OpenAi => openai::answer(call, words),
        Dialect::Anthropic => anthropic::answer(call, words),
        Dialect::Gemini => gemini::answer(call, words),
        Dialect::Cohere => cohere::answer(call, words),
        Dialect::Ollama => ollama::answer(call, words),
    }
}

/// One page of a list; the page and its size stand in the query.
pub(super) fn list(call: &Call, names: &[String]) -> Response<Body> {
    let body = match call.dialect {
        Dialect::OpenAi => openai::list(names),
        Dialect::Anthropic => anthropic::list(call, names),
        Dialect::Gemini => gemini::list(call, names),
        Dialect::Cohere => cohere::list(call, names),
        Dialect::Ollama => ollama::list(names),
    };
    reply(200, &body)
}

/// An error.
pub(super) fn refusal(call: &Call, refusal: &Refusal) -> Response<Body> {
    // What no protocol of its own has: a reseller says it in OpenAI's form.
    let (status, body) = match call.dialect {
        Dialect::Anthropic if *refusal != Refusal::NoRoute => anthropic::refusal(call, refusal),
        Dialect::Gemini if *refusal != Refusal::NoRoute => gemini::refusal(call, refusal),
        Dialect::Cohere if *refusal != Refusal::NoRoute => cohere::refusal(call, refusal),
        Dialect::Ollama if *refusal != Refusal::NoRoute => ollama::refusal(call, refusal),
        Dialect::OpenAi | Dialect::Anthropic | Dialect::Gemini | Dialect::Cohere | Dialect::Ollama => {
            openai::refusal(call, refusal)
        }
    };
    reply(status, &body)
}

/// A field that no probe should send.
fn unwanted(call: &Call, more: &[&'static str]) -> Option<Refusal> {
    let field = UNWANTED.into_iter().chain(more.iter().copied()).find(|field| call.body.get(field).is_some())?;
    Some(Refusal::field(field, "Unsupported parameter"))
}

/// One user message with words in it.
fn no_message(call: &Call) -> Option<Refusal> {
    let asked = call.body.pointer("/messages/0/content").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let role = call.body.pointer("/messages/0/role") == Some(&json!("user"));
    (!asked || !role).then(|| Refusal::field("messages", "Missing required parameter"))
}

/// The first of these fields that is not there.
fn lacking(call: &Call, fields: &[&'static str]) -> Option<Refusal> {
    let field = fields.iter().find(|field| call.body.get(**field).is_none_or(Value::is_null))?;
    Some(Refusal::field(field, "Missing required parameter"))
}

/// A limit that is there and too small.
fn small_limit(call: &Call, field: &'static str, fewest: u64) -> Option<Refusal> {
    let small = call.body.get(field).is_some_and(|limit| limit.as_u64().is_none_or(|limit| limit < fewest));
    let what = format!("Invalid '{field}': integer below minimum value. Expected a value >= {fewest}.");
    small.then_some(Refusal::Malformed(field, what))
}

/// The names of one page, and where the next one begins.
fn page(names: &[String], start: usize, size: usize) -> (&[String], Option<usize>) {
    let start = start.min(names.len());
    let end = (start + size).min(names.len());
    (&names[start..end], (end < names.len()).then_some(end))
}

/// A page's size: what was asked for, within what is allowed.
fn size(call: &Call, name: &str, usual: usize) -> usize {
    call.query(name).and_then(|size| size.parse().ok()).unwrap_or(usual).clamp(1, 1000)
}
