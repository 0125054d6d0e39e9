//! OpenAI's calls for everything but chat.
//!
//! Decides: what is refused, and how answers look. Must not know: worlds.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::FEWEST_TOKENS;
use crate::model::Kind;
use crate::simulate::behave::{End, Words};
use crate::simulate::call::Call;
use crate::simulate::forms::{lacking, small_limit, unwanted};
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{raw, reply};

pub(super) fn malformed(call: &Call, kind: Kind) -> Option<Refusal> {
    let fields: &[&'static str] = match kind {
        Kind::Responses | Kind::Embedding | Kind::Moderation => &["input"],
        Kind::Completion => &["prompt", "max_tokens"],
        Kind::Rerank => &["query", "documents"],
        Kind::Speech => &["input", "voice", "response_format"],
        Kind::Image => &["prompt", "n"],
        Kind::Ocr => &["document"],
        Kind::Transcription => &["file", "response_format"],
        Kind::Chat | Kind::Expensive | Kind::Video | Kind::Realtime | Kind::Music => &[],
    };
    if kind == Kind::Transcription && call.body.get("file") != Some(&Value::Bool(true)) {
        return Some(Refusal::field("file", "A WAV file with a name is needed"));
    }
    let strange: &[&'static str] = if kind == Kind::Responses {
        &["messages", "max_tokens", "prompt"]
    } else {
        &["messages", "max_completion_tokens"]
    };
    // One picture is asked for by `n`, which is unwanted elsewhere.
    let unwanted = unwanted(call, strange).filter(|_| kind != Kind::Image);
    lacking(call, fields)
        .or(unwanted)
        .or_else(|| small_limit(call, "max_output_tokens", FEWEST_TOKENS))
        .or_else(|| small_limit(call, "max_tokens", FEWEST_TOKENS))
}

pub(super) fn answer(call: &Call, kind: Kind, words: &Words) -> Response<Body> {
    let Words { text, end, tokens } = words;
    let nothing = text.is_empty();
    let some = |one: Value| if nothing { json!([]) } else { json!([one]) };
    let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
    let model = &call.model;
    reply(
        200,
        &match kind {
            Kind::Responses => {
                let part = json!({"type": "output_text", "text": text, "annotations": []});
                let said = json!({"type": "message", "role": "assistant", "status": "completed", "content": [part]});
                let (status, why) = match end {
                    End::Stop => ("completed", Value::Null),
                    End::Filtered => ("incomplete", json!({"reason": "content_filter"})),
                };
                json!({
                    "id": "resp_sim", "object": "response", "status": status, "error": null, "incomplete_details": why,
                    "model": model, "output": some(said),
                    "usage": {"input_tokens": 20, "output_tokens": tokens, "total_tokens": 20 + tokens},
                })
            }
            Kind::Completion => json!({
                "id": "cmpl-sim", "object": "text_completion", "model": model,
                "choices": [{"index": 0, "text": text, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 4, "completion_tokens": tokens, "total_tokens": 4 + tokens},
            }),
            Kind::Embedding => json!({
                "object": "list", "model": model, "usage": usage,
                "data": some(json!({"object": "embedding", "index": 0, "embedding": [0.1, -0.2, 0.3]})),
            }),
            Kind::Rerank => json!({
                "id": "sim", "model": model, "results": some(json!({"index": 0, "relevance_score": 0.98})), "usage": usage,
            }),
            Kind::Moderation => json!({
                "id": "modr-sim", "model": model, "results": some(json!({"flagged": false, "categories": {}})),
            }),
            Kind::Speech => {
                // What an MP3 begins with.
                let sound: &[u8] = if nothing { b"" } else { b"\xff\xfb\x90\x64\0\0\0\0" };
                return raw(200, "audio/mpeg", sound.to_vec());
            }
            Kind::Transcription => json!({"text": ""}),
            Kind::Image => json!({"created": 1_700_000_000, "data": some(json!({"b64_json": "iVBORw0KGgo="}))}),
            Kind::Ocr => json!({"model": model, "pages": some(json!({"index": 0, "markdown": ""}))}),
            Kind::Chat | Kind::Expensive | Kind::Video | Kind::Realtime | Kind::Music => json!({}),
        },
    )
}
