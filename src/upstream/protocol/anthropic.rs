//! Anthropic's Messages.
//!
//! Decides: the body. Must not know: keys, answers. Never a temperature, which newer models refuse, nor `thinking`.

use reqwest::Request;
use serde::Serialize;

use super::{Message, Question, post_json};
use crate::model::Shape;
use crate::upstream::Target;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    messages: [Message<'a>; 1],
    stream: bool,
}

/// A limit must stand in every request.
pub(super) fn speaks(shape: Shape) -> bool {
    matches!(shape, Shape::MaxTokens | Shape::LimitedStream)
}

pub(super) fn question(target: &Target, question: &Question<'_>) -> Option<Request> {
    let body = Body {
        model: question.model.as_str(),
        max_tokens: question.tokens,
        messages: Message::user(question.prompt),
        stream: question.shape.streams(),
    };
    post_json(target, target.endpoints.call(["messages"]), &body)
}
