//! Cohere's v2.
//!
//! Decides: the bodies. Must not know: keys, answers.

use reqwest::Request;
use serde_json::json;

use super::{Question, post_json};
use crate::model::Shape;
use crate::upstream::Target;

pub(super) fn speaks(shape: Shape) -> bool {
    matches!(shape, Shape::MaxTokens | Shape::LimitedStream | Shape::Embedding | Shape::Rerank)
}

pub(super) fn question(target: &Target, question: &Question<'_>) -> Option<Request> {
    let model = question.model.as_str();
    let (call, body) = match question.shape {
        Shape::Embedding => (
            "embed",
            json!({"model": model, "texts": ["hi"], "input_type": "search_query", "embedding_types": ["float"]}),
        ),
        Shape::Rerank => {
            ("rerank", json!({"model": model, "query": "hello", "documents": ["hello", "goodbye"], "top_n": 1}))
        }
        Shape::MaxTokens
        | Shape::MaxCompletionTokens
        | Shape::Stream
        | Shape::Responses
        | Shape::LimitedStream
        | Shape::CompletionLimitedStream
        | Shape::Completion
        | Shape::Moderation
        | Shape::Speech
        | Shape::Transcription
        | Shape::Image
        | Shape::Ocr => (
            "chat",
            json!({
                "model": model, "messages": [{"role": "user", "content": question.prompt}],
                "max_tokens": question.tokens, "stream": question.shape.streams(),
            }),
        ),
    };
    post_json(target, target.endpoints.call(["v2", call]), &body)
}
