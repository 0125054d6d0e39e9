//! What is spoken with an upstream: one file a protocol, one match arm here.
//!
//! Decides: the requests' form. Must not know: which shape to try next, what an answer means.

mod anthropic;
mod azure;
mod cohere;
mod gemini;
mod ollama;
mod openai;

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Request};
use serde::Serialize;
use url::Url;

use super::Target;
use super::target::{is_plain, sensitive};
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

/// One user message: no system role, which some models refuse.
#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> Message<'a> {
    fn user(content: &'a str) -> [Self; 1] {
        [Self { role: "user", content }]
    }
}

/// The request for one page of one of the upstream's lists.
pub fn list_request(target: &Target, page: Url) -> Request {
    let mut request = Request::new(Method::GET, page);
    request.headers_mut().clone_from(&target.headers);
    request
}

/// The list of the models which are in memory, where asking any other one would load it: it may take minutes and push a
/// user's model out.
pub fn loaded(target: &Target) -> Option<Url> {
    match target.protocol {
        Protocol::Ollama => ollama::loaded(target),
        Protocol::OpenAi(_) | Protocol::Azure(_) | Protocol::Anthropic | Protocol::Gemini | Protocol::Cohere => None,
    }
}

/// Whether the protocol has such a form at all.
pub fn speaks(target: &Target, shape: Shape) -> bool {
    match target.protocol {
        Protocol::OpenAi(paths) => openai::speaks(target, &paths, shape),
        Protocol::Azure(_) => azure::speaks(shape),
        Protocol::Anthropic => anthropic::speaks(shape),
        Protocol::Gemini => gemini::speaks(shape),
        Protocol::Cohere => cohere::speaks(shape),
        Protocol::Ollama => ollama::speaks(shape),
    }
}

/// The request that asks one model one small question; `None` where the protocol has no such form.
pub fn question_request(target: &Target, question: &Question<'_>) -> Option<Request> {
    if !speaks(target, question.shape) {
        return None;
    }
    match target.protocol {
        Protocol::OpenAi(paths) => openai::question(target, &paths, question),
        Protocol::Azure(api) => azure::question(target, api, question),
        Protocol::Anthropic => anthropic::question(target, question),
        Protocol::Gemini => gemini::question(target, question),
        Protocol::Cohere => cohere::question(target, question),
        Protocol::Ollama => ollama::question(target, question),
    }
}

/// Puts an operator's own headers on a request, in place of those of the same name. Their values are as secret as a key.
pub fn dress(request: &mut Request, headers: &BTreeMap<String, String>, user_agent: Option<&str>) {
    let own = headers.iter().filter(|(name, value)| is_plain(name, value));
    let own = own.map(|(name, value)| (HeaderName::try_from(name.as_str()).ok(), sensitive(value)));
    let agent = user_agent.map(|agent| (Some(USER_AGENT), HeaderValue::try_from(agent).ok()));
    for (name, value) in own.chain(agent) {
        // The configuration was read: what no header may hold was refused there.
        if let (Some(name), Some(value)) = (name, value) {
            request.headers_mut().insert(name, value);
        }
    }
}

fn post(target: &Target, url: Url, kind: &'static str, body: Vec<u8>) -> Request {
    let mut request = Request::new(Method::POST, url);
    request.headers_mut().clone_from(&target.headers);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    *request.body_mut() = Some(body.into());
    request
}

/// Strings, numbers and booleans always serialise: it is never `None`.
fn post_json(target: &Target, url: Url, body: &impl Serialize) -> Option<Request> {
    Some(post(target, url, "application/json", serde_json::to_vec(body).ok()?))
}
