//! Sound, pictures and pages.
//!
//! Decides: whether any came. Must not know: what can be heard or seen.

use reqwest::header::CONTENT_TYPE;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Said;
use crate::http::Reply;

/// Whether a successful body is sound itself: bytes that are neither JSON, whatever they are called, nor text.
pub(in super::super) fn is_sound(reply: &Reply) -> bool {
    let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let labelled =
        kind.starts_with("audio/") || kind.starts_with("video/") || kind.starts_with("application/octet-stream");
    let unlabelled = kind.is_empty() && std::str::from_utf8(&reply.body).is_err();
    let is_json = || reply.body.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(&reply.body).is_ok();
    !reply.body.is_empty() && (labelled || unlabelled) && !is_json()
}

/// Whether a body too large to be read whole is JSON that carries a picture or sound: OpenAI's, Gemini's or Imagen's.
pub(in super::super) fn begins_with_media(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    start.trim_start().starts_with('{')
        && ["\"b64_json\"", "\"inlineData\"", "\"bytesBase64Encoded\""].iter().any(|field| start.contains(field))
}

/// Sound within JSON: at `audio`, `data.audio` (MiniMax), `output.audio.url` or `.data` (DashScope).
pub(super) fn speech(said: &mut Said, value: &Value) -> bool {
    let paths = ["/audio/data", "/audio", "/data/audio", "/output/audio/url", "/output/audio/data"];
    let Some(sound) = paths.iter().find_map(|path| value.pointer(path)?.as_str()) else { return false };
    said.made |= !sound.is_empty();
    true
}

/// Half a second of silence is written down as nothing: the field is the answer.
pub(super) fn transcription(said: &mut Said, value: &Value) -> bool {
    let Some(text) = value.get("text").and_then(Value::as_str) else { return false };
    said.write(text);
    said.made = true;
    said.count_usage(value);
    true
}

/// An address or the picture itself.
pub(super) fn picture(said: &mut Said, value: &Value) -> bool {
    let Some(pictures) = ["data", "images"].iter().find_map(|field| value.get(*field)?.as_array()) else {
        return false;
    };
    let is_there = |one: &Value| {
        ["url", "b64_json"]
            .iter()
            .any(|field| one.get(*field).and_then(Value::as_str).is_some_and(|text| !text.is_empty()))
    };
    said.made |= pictures.iter().any(is_there);
    said.count_usage(value);
    true
}

/// Mistral's pages.
pub(super) fn pages(said: &mut Said, value: &Value) -> bool {
    let Some(pages) = value.get("pages").and_then(Value::as_array) else { return false };
    said.named(value, "model");
    said.made |= !pages.is_empty();
    true
}
