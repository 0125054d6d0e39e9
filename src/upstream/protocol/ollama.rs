//! Ollama's own calls.
//!
//! Decides: the bodies, and where asking costs memory. Must not know: keys, answers.

use reqwest::Request;
use serde_json::json;
use url::Url;

use super::{Question, post_json};
use crate::model::Shape;
use crate::upstream::Target;

/// Its cloud has every model at hand.
const CLOUD: &str = "ollama.com:443";

/// A limit in every request: it costs the operator's own machine.
pub(super) fn speaks(shape: Shape) -> bool {
    matches!(shape, Shape::MaxTokens | Shape::LimitedStream | Shape::Embedding)
}

pub(super) fn loaded(target: &Target) -> Option<Url> {
    (target.endpoints.host != CLOUD).then(|| target.endpoints.call(["api", "ps"]))
}

pub(super) fn question(target: &Target, question: &Question<'_>) -> Option<Request> {
    let model = question.model.as_str();
    if question.shape == Shape::Embedding {
        return post_json(target, target.endpoints.call(["api", "embed"]), &json!({"model": model, "input": "hi"}));
    }
    let body = json!({
        "model": model, "messages": [{"role": "user", "content": question.prompt}],
        // It streams unless told not to.
        "stream": question.shape.streams(), "options": {"num_predict": question.tokens},
    });
    post_json(target, target.endpoints.call(["api", "chat"]), &body)
}
