//! What is spoken with an upstream: one file a protocol, one match arm here.
//!
//! Decides: the requests' form. Must not know: which shape to try next, what an answer means.

mod openai;

use reqwest::Request;
use url::Url;

use super::Target;
use crate::model::{ModelName, Protocol};

/// One small question, in a form that some models take and others refuse.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The upstream's name of the model.
    pub model: &'a ModelName,
    /// The one user message.
    pub prompt: &'a str,
    /// How the answer's length is limited.
    pub limit: TokenLimit,
    /// Whether the answer shall come as server-sent events.
    pub stream: bool,
}

/// The field that limits an answer's length, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLimit {
    /// `max_tokens`, which nearly all know.
    MaxTokens(u32),
    /// `max_completion_tokens`, which OpenAI's reasoning models want instead.
    MaxCompletionTokens(u32),
    /// No such field.
    None,
}

/// The request for one page of the upstream's list.
pub fn list_request(target: &Target, page: Url) -> Request {
    match target.protocol {
        Protocol::OpenAi(_) => openai::list(target, page),
    }
}

/// The request that asks one model one small question.
pub fn question_request(target: &Target, question: &Question<'_>) -> Request {
    match target.protocol {
        Protocol::OpenAi(_) => openai::question(target, question),
    }
}
