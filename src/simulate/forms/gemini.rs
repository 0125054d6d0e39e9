//! Gemini's form.
//!
//! Decides: what is refused, and how answers, errors and lists look. Must not know: worlds.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::{lacking, page, size};
use crate::model::Kind;
use crate::simulate::behave::{End, Words};
use crate::simulate::call::{Call, Wants};
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{events, reply};

/// What `generateContent` knows of what a probe may send.
const KNOWN: [&str; 2] = ["contents", "generationConfig"];

pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    match call.wants {
        Wants::Answer(Kind::Embedding) => {
            let text = call.body.pointer("/content/parts/0/text").is_none();
            text.then(|| Refusal::field("content", "Missing required parameter"))
        }
        Wants::Answer(Kind::Image) => lacking(call, &["instances"]),
        Wants::Answer(_) => {
            let unknown = call.body.as_object().into_iter().flatten().find(|(name, _)| !KNOWN.contains(&name.as_str()));
            let unknown = unknown.map(|(name, _)| {
                Refusal::Malformed("body", format!("Invalid JSON payload received. Unknown name \"{name}\""))
            });
            let silent = call.prompt.is_empty().then(|| Refusal::field("contents", "Missing required parameter"));
            let temperature = call.body.pointer("/generationConfig/temperature");
            let temperature = temperature.map(|_| Refusal::field("temperature", "Unsupported parameter"));
            // Without it the stream is one long array.
            let form = call.stream && call.query("alt") != Some("sse");
            unknown.or(silent).or(temperature).or_else(|| form.then(|| Refusal::field("alt", "Not a stream of events")))
        }
        Wants::List | Wants::Loaded => None,
    }
}

pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    let Words { text, end, tokens } = words;
    match call.wants {
        Wants::Answer(Kind::Embedding) => return reply(200, &json!({"embedding": {"values": [0.1, -0.2, 0.3]}})),
        Wants::Answer(Kind::Image) => {
            return reply(
                200,
                &json!({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": "iVBORw0KGgo="}]}),
            );
        }
        Wants::Answer(_) | Wants::List | Wants::Loaded => {}
    }
    let finish = match end {
        End::Stop => "STOP",
        End::Filtered => "SAFETY",
    };
    let mut content = json!({"role": "model"});
    if !text.is_empty() {
        content["parts"] = json!([{"text": text}]);
    }
    let answer = json!({
        "candidates": [{"content": content, "finishReason": finish, "index": 0}], "modelVersion": call.model,
        "usageMetadata": {"promptTokenCount": 20, "candidatesTokenCount": tokens, "totalTokenCount": 20 + tokens},
    });
    if call.stream { events(&[answer], "") } else { reply(200, &answer) }
}

/// Fifty a page unless told otherwise.
pub(super) fn list(call: &Call, names: &[String]) -> Value {
    let start = call.query("pageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let (names, next) = page(names, start, size(call, "pageSize", 50));
    let entry = |name: &String| json!({"name": format!("models/{name}"), "version": "1", "supportedGenerationMethods": ["generateContent", "countTokens"]});
    let mut list = json!({"models": names.iter().map(entry).collect::<Vec<_>>()});
    if let Some(next) = next {
        list["nextPageToken"] = next.to_string().into();
    }
    list
}

pub(super) fn refusal(call: &Call, refusal: &Refusal) -> (u16, Value) {
    let model = &call.model;
    let (code, status, message) = match refusal {
        Refusal::WrongPath(path) => (404, "NOT_FOUND", format!("The requested URL was not found: {path}")),
        Refusal::BadKey(_) => {
            let body = json!({"error": {
                "code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid. Please pass a valid API key.",
                "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
            }});
            return (400, body);
        }
        Refusal::Malformed(_, what) => (400, "INVALID_ARGUMENT", what.clone()),
        Refusal::Gone | Refusal::OtherKind | Refusal::ResponsesOnly => {
            let message =
                format!("models/{model} is not found for API version v1beta, or is not supported for generateContent.");
            (404, "NOT_FOUND", message)
        }
        Refusal::NoAccess => (404, "NOT_FOUND", format!("models/{model} is no longer available to new users.")),
        Refusal::RateLimited(_) => {
            (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).".to_owned())
        }
        Refusal::NoCredit => (402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.".to_owned()),
        Refusal::Broken | Refusal::NoRoute => (500, "INTERNAL", "An internal error has occurred.".to_owned()),
        Refusal::LimitName | Refusal::StreamOnly => {
            (400, "INVALID_ARGUMENT", "This model takes another form of request.".to_owned())
        }
    };
    (code, json!({"error": {"code": code, "message": message, "status": status}}))
}
