//! What is spoken with an upstream: one file a protocol, one match arm here.
//!
//! Decides: the requests' form. Must not know: which shape to try next, what an answer means.

mod openai;

use reqwest::Request;
use url::Url;

use super::Target;
use crate::model::{ModelName, Protocol, Shape};

/// One small question, in a form that some models take and others refuse.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The upstream's name of the model.
    pub model: &'a ModelName,
    /// The one user message.
    pub prompt: &'a str,
    /// The output limit in tokens, for the shapes that have one.
    pub tokens: u32,
    /// The request's form.
    pub shape: Shape,
}

/// The request for one page of the upstream's list.
pub fn list_request(target: &Target, page: Url) -> Request {
    match target.protocol {
        Protocol::OpenAi(_) => openai::list(target, page),
    }
}

/// The request that asks one model one small question; `None` where the protocol has no such form.
pub fn question_request(target: &Target, question: &Question<'_>) -> Option<Request> {
    match target.protocol {
        Protocol::OpenAi(_) => openai::question(target, question),
    }
}
