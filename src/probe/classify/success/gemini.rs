//! Gemini's `generateContent`: each chunk of its stream has the form of the whole.
//!
//! Decides: where text, thoughts and pictures stand. Must not know: what they mean.

use serde_json::Value;

use super::{Finish, Said, capped, finish, is_act};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    let candidates = value.get("candidates").and_then(Value::as_array);
    let blocked = value.pointer("/promptFeedback/blockReason").and_then(Value::as_str);
    if candidates.is_none() && blocked.is_none() && value.get("usageMetadata").is_none() {
        return false;
    }
    said.named(value, "modelVersion");
    count(said, value);
    said.retired |= value.pointer("/modelStatus/modelStage").and_then(Value::as_str) == Some("RETIRED");
    if let Some(reason) = blocked.filter(|_| candidates.is_none_or(Vec::is_empty)) {
        said.end(Finish::Refused(format!("the prompt was blocked: {}", reason.to_ascii_lowercase())));
    }
    let Some(candidate) = candidates.and_then(|candidates| candidates.first()) else { return true };
    for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
        let text = part.get("text").and_then(Value::as_str).unwrap_or_default();
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            said.think(text);
        } else {
            said.write(text);
        }
        said.made |= ["functionCall", "inlineData", "executableCode"].iter().any(|field| part.get(*field).is_some());
    }
    if let Some(reason) = candidate.get("finishReason").and_then(Value::as_str) {
        said.made |= is_act(reason);
        said.end(finish(reason));
    }
    true
}

/// Thoughts are counted apart, and billed as the answer.
fn count(said: &mut Said, value: &Value) {
    let Some(usage) = value.get("usageMetadata") else { return };
    said.count(usage, &["/promptTokenCount"], &["/candidatesTokenCount"]);
    if let Some(thoughts) = usage.get("thoughtsTokenCount").and_then(Value::as_u64).map(capped) {
        let visible = usage.get("candidatesTokenCount").and_then(Value::as_u64).map_or(0, capped);
        said.completion_tokens = Some(visible.saturating_add(thoughts));
    }
}
