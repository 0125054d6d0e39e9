//! OpenAI-compatible chat completions: the smallest valid request.
//!
//! Nothing but model, one user message, a token limit and `stream`: temperature, penalties, stop, tools and a system
//! role are each refused by some model.

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde::Serialize;
use url::Url;

use super::Question;
use crate::model::Shape;
use crate::upstream::Target;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    stream: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

pub(super) fn list(target: &Target, page: Url) -> Request {
    let mut request = Request::new(Method::GET, page);
    request.headers_mut().clone_from(&target.headers);
    request
}

pub(super) fn question(target: &Target, question: &Question<'_>) -> Option<Request> {
    let tokens = Some(question.tokens);
    let (max_tokens, max_completion_tokens) = match question.shape {
        Shape::MaxTokens | Shape::LimitedStream => (tokens, None),
        Shape::MaxCompletionTokens | Shape::CompletionLimitedStream => (None, tokens),
        Shape::Stream => (None, None),
        Shape::Responses
        | Shape::Completion
        | Shape::Embedding
        | Shape::Rerank
        | Shape::Moderation
        | Shape::Speech
        | Shape::Transcription
        | Shape::Image
        | Shape::Ocr => return None,
    };
    let body = Body {
        model: question.model.as_str(),
        messages: [Message { role: "user", content: question.prompt }],
        max_tokens,
        max_completion_tokens,
        stream: question.shape.streams(),
    };
    let mut request = Request::new(Method::POST, target.endpoints.chat.clone());
    request.headers_mut().clone_from(&target.headers);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Strings, numbers and booleans always serialise.
    *request.body_mut() = serde_json::to_vec(&body).ok().map(Into::into);
    Some(request)
}
