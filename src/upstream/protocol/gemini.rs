//! Gemini's `generateContent`.
//!
//! Decides: the calls and bodies. Must not know: keys, answers. No `thinkingConfig`: which values a model takes is its
//! own business, and an answer that spent its limit on thinking proves it as well.

use reqwest::Request;
use serde_json::json;

use super::{Question, post_json};
use crate::model::Shape;
use crate::upstream::Target;

pub(super) fn speaks(shape: Shape) -> bool {
    matches!(shape, Shape::MaxTokens | Shape::LimitedStream | Shape::Embedding | Shape::Image)
}

pub(super) fn question(target: &Target, question: &Question<'_>) -> Option<Request> {
    // One hears of models also by the list's form of their name.
    let model = question.model.as_str();
    let model = model.strip_prefix("models/").unwrap_or(model);
    let contents = |text: &str| json!([{"role": "user", "parts": [{"text": text}]}]);
    let (call, body) = match question.shape {
        Shape::Embedding => {
            ("embedContent", json!({"model": format!("models/{model}"), "content": {"parts": [{"text": "hi"}]}}))
        }
        // Imagen has a call of its own.
        Shape::Image if model.starts_with("imagen") => {
            ("predict", json!({"instances": [{"prompt": "a dot"}], "parameters": {"sampleCount": 1}}))
        }
        Shape::Image => (
            "generateContent",
            json!({"contents": contents("a dot"), "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}),
        ),
        Shape::MaxTokens
        | Shape::MaxCompletionTokens
        | Shape::Stream
        | Shape::Responses
        | Shape::LimitedStream
        | Shape::CompletionLimitedStream
        | Shape::Completion
        | Shape::Rerank
        | Shape::Moderation
        | Shape::Speech
        | Shape::Transcription
        | Shape::Ocr => (
            if question.shape.streams() { "streamGenerateContent" } else { "generateContent" },
            json!({"contents": contents(question.prompt), "generationConfig": {"maxOutputTokens": question.tokens}}),
        ),
    };
    let mut url = target.endpoints.call(["models", &format!("{model}:{call}")]);
    if question.shape.streams() {
        url.set_query(Some("alt=sse"));
    }
    post_json(target, url, &body)
}
