//! OpenAI's calls, and everybody's who speaks as OpenAI does: one small body a kind of model.
//!
//! Decides: which calls there are, and where. Must not know: keys, answers, other protocols.

mod body;
mod sound;

use reqwest::Request;

pub(super) use self::body::{Body, body};
use super::{Question, post, post_json};
use crate::model::{OpenAiPaths, Shape};
use crate::upstream::Target;

/// DashScope's compatible mode: rerank, pictures and speech are served in its own protocol only.
const DASHSCOPE: &str = "/compatible-mode/v1";
/// Ark keeps models named `bot…` elsewhere.
const ARK: &str = "/api/v3";

pub(super) fn speaks(target: &Target, paths: &OpenAiPaths, shape: Shape) -> bool {
    match shape {
        // Ollama's compatible mode does not read this limit, and would generate without end.
        Shape::MaxCompletionTokens | Shape::CompletionLimitedStream => {
            serves_words(paths) && !target.endpoints.host.ends_with(":11434")
        }
        Shape::MaxTokens | Shape::Stream | Shape::LimitedStream => serves_words(paths),
        Shape::Embedding => !is_words_only(paths),
        Shape::Rerank => !is_words_only(paths) && paths.version != DASHSCOPE,
        Shape::Responses | Shape::Completion => serves_words(paths) && !is_words_only(paths),
        Shape::Moderation | Shape::Speech | Shape::Transcription | Shape::Image | Shape::Ocr => {
            serves_words(paths) && !is_words_only(paths) && paths.version != DASHSCOPE
        }
    }
}

fn serves_words(paths: &OpenAiPaths) -> bool {
    !paths.chat.is_empty()
}

/// Perplexity: chat, no list, no version, and nothing else.
fn is_words_only(paths: &OpenAiPaths) -> bool {
    paths.version.is_empty() && !paths.listed
}

pub(super) fn question(target: &Target, paths: &OpenAiPaths, question: &Question<'_>) -> Option<Request> {
    let bot = paths.version == ARK && question.model.as_str().starts_with("bot");
    let is_chat = question.shape.asks_for_words() && question.shape != Shape::Responses;
    let url = match &target.endpoints.chat {
        Some(chat) if is_chat && !bot => chat.clone(),
        Some(_) | None => {
            let call = if is_chat { paths.chat } else { path(question.shape) };
            let call = call.split('/').filter(|segment| !segment.is_empty());
            target.endpoints.call(bot.then_some("bots").into_iter().chain(call))
        }
    };
    send(target, url, question)
}

/// One request with the question's body.
pub(super) fn send(target: &Target, url: url::Url, question: &Question<'_>) -> Option<Request> {
    match body(question) {
        Body::Chat(body) => post_json(target, url, &body),
        Body::Json(body) => post_json(target, url, &body),
        Body::Form(kind, body) => Some(post(target, url, kind, body)),
    }
}

/// Below the version.
pub(super) fn path(shape: Shape) -> &'static str {
    match shape {
        Shape::MaxTokens
        | Shape::MaxCompletionTokens
        | Shape::Stream
        | Shape::LimitedStream
        | Shape::CompletionLimitedStream => "/chat/completions",
        Shape::Responses => "/responses",
        Shape::Completion => "/completions",
        Shape::Embedding => "/embeddings",
        Shape::Rerank => "/rerank",
        Shape::Moderation => "/moderations",
        Shape::Speech => "/audio/speech",
        Shape::Transcription => "/audio/transcriptions",
        Shape::Image => "/images/generations",
        Shape::Ocr => "/ocr",
    }
}
