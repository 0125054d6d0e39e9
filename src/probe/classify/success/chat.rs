//! OpenAI's chat completions and completions, whole or in chunks.
//!
//! Decides: where text, reasoning and tool calls stand. Must not know: what they mean.

use serde_json::Value;

use super::{Finish, Said, finish, is_act};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    let Some(choices) = value.get("choices").and_then(Value::as_array) else { return false };
    said.named(value, "model");
    said.count_usage(value);
    // A chunk without choices carries the counts, or an echo.
    let Some(choice) = choices.first() else { return true };
    let message = ["delta", "message"].iter().find_map(|field| choice.get(*field).filter(|found| found.is_object()));
    let message = message.unwrap_or(choice);
    match message.get("content").or_else(|| message.get("text")) {
        Some(Value::String(text)) => said.write(text),
        Some(Value::Array(parts)) => parts.iter().for_each(|part| hear_part(said, part)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
    }
    hear_reasoning(said, message);
    said.made |=
        ["tool_calls", "function_call", "audio", "images"].iter().any(|field| is_something(message.get(*field)));
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
        said.made |= is_act(reason);
        said.end(finish(reason));
    }
    if message.get("refusal").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
        said.end(Finish::Refused("the model refused".to_owned()));
    }
    true
}

/// Mistral's parts: text, or thinking that is a list of texts.
fn hear_part(said: &mut Said, part: &Value) {
    if let Some(text) = part.get("text").and_then(Value::as_str) {
        said.write(text);
    }
    match part.get("thinking") {
        Some(Value::String(text)) => said.think(text),
        Some(Value::Array(texts)) => {
            texts.iter().filter_map(|text| text.get("text")?.as_str()).for_each(|text| said.think(text));
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
    }
}

/// Each provider has its own field; OpenRouter says the same twice.
fn hear_reasoning(said: &mut Said, message: &Value) {
    let text = ["reasoning_content", "reasoning"].iter().find_map(|field| message.get(*field)?.as_str());
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        return said.think(text);
    }
    for detail in message.get("reasoning_details").and_then(Value::as_array).into_iter().flatten() {
        match ["text", "summary"].iter().find_map(|field| detail.get(*field)?.as_str()) {
            Some(text) => said.think(text),
            // Encrypted reasoning was thought all the same.
            None => said.made |= is_something(detail.get("data")),
        }
    }
}

fn is_something(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(parts)) => !parts.is_empty(),
        Some(Value::Object(parts)) => !parts.is_empty(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => false,
    }
}
