//! The smallest valid body of each of OpenAI's calls.
//!
//! Decides: the fields. Must not know: URLs, keys, what an answer means.
//! To chat nothing but model, one user message, a token limit and `stream`: temperature, penalties, stop, tools and a
//! system role are each refused by some model.

use serde::Serialize;
use serde_json::{Value, json};

use super::sound;
use crate::model::Shape;
use crate::upstream::protocol::{Message, Question};

/// OpenAI's Responses call refuses a smaller limit.
const FEWEST_OUTPUT_TOKENS: u32 = 16;
/// One white pixel.
const PAGE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4////fwAJ+wP9CNHoHgAAAABJRU5ErkJggg==";

/// What is sent.
pub(in crate::upstream::protocol) enum Body<'a> {
    /// To chat, the usual case.
    Chat(Chat<'a>),
    /// To any other call that takes JSON.
    Json(Value),
    /// A form with a file: its content type, and the bytes.
    Form(&'static str, Vec<u8>),
}

#[derive(Serialize)]
pub(in crate::upstream::protocol) struct Chat<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    stream: bool,
}

pub(in crate::upstream::protocol) fn body<'a>(question: &Question<'a>) -> Body<'a> {
    let Question { model, prompt, tokens, shape } = *question;
    let model = model.as_str();
    let chat = |max_tokens, max_completion_tokens| {
        let messages = Message::user(prompt);
        Body::Chat(Chat { model, messages, max_tokens, max_completion_tokens, stream: shape.streams() })
    };
    match shape {
        Shape::MaxTokens | Shape::LimitedStream => chat(Some(tokens), None),
        Shape::MaxCompletionTokens | Shape::CompletionLimitedStream => chat(None, Some(tokens)),
        Shape::Stream => chat(None, None),
        Shape::Responses => Body::Json(json!({
            "model": model, "input": prompt, "max_output_tokens": tokens.max(FEWEST_OUTPUT_TOKENS), "store": false,
        })),
        Shape::Completion => Body::Json(json!({"model": model, "prompt": "1+1=", "max_tokens": tokens})),
        Shape::Embedding | Shape::Moderation => Body::Json(json!({"model": model, "input": "hi"})),
        Shape::Rerank => Body::Json(json!({
            "model": model, "query": "hello", "documents": ["hello", "goodbye"], "top_n": 1,
        })),
        Shape::Speech => Body::Json(json!({
            "model": model, "input": "hi", "voice": "alloy", "response_format": "mp3",
        })),
        Shape::Transcription => Body::Form(sound::CONTENT_TYPE, sound::form(model)),
        Shape::Image => Body::Json(image(model)),
        Shape::Ocr => Body::Json(json!({
            "model": model, "document": {"type": "image_url", "image_url": PAGE},
        })),
    }
}

/// The smallest and cheapest picture; what is no model of OpenAI's chooses its own size.
fn image(model: &str) -> Value {
    let mut body = json!({"model": model, "prompt": "a dot", "n": 1});
    let (size, quality) = match model {
        name if name.starts_with("dall-e-2") => ("256x256", None),
        name if name.starts_with("dall-e") => ("1024x1024", None),
        name if name.starts_with("gpt-image") => ("1024x1024", Some("low")),
        _ => return body,
    };
    body["size"] = size.into();
    if let Some(quality) = quality {
        body["quality"] = quality.into();
    }
    body
}
