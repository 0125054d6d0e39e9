//! Cohere's v2 chat, whole or in events.
//!
//! Decides: where text and thinking stand. Must not know: what they mean.

use serde_json::Value;

use super::{Said, finish, is_act};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "content-start" | "content-delta" => {
            if let Some(content) = value.pointer("/delta/message/content") {
                hear_part(said, content);
            }
        }
        "tool-plan-delta" | "tool-call-start" | "tool-call-delta" => said.made = true,
        "message-end" => {
            if let Some(delta) = value.get("delta") {
                end(said, delta);
            }
            said.close();
        }
        "message-start" | "content-end" | "tool-call-end" | "citation-start" | "citation-end" => {}
        _ => {
            let Some(message) = value.get("message").filter(|message| message.is_object()) else { return false };
            for part in message.get("content").and_then(Value::as_array).into_iter().flatten() {
                hear_part(said, part);
            }
            said.made |= message.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
            end(said, value);
        }
    }
    true
}

fn hear_part(said: &mut Said, part: &Value) {
    said.write(part.get("text").and_then(Value::as_str).unwrap_or_default());
    said.think(part.get("thinking").and_then(Value::as_str).unwrap_or_default());
}

fn end(said: &mut Said, value: &Value) {
    let counted = ["tokens", "billed_units"].iter().find_map(|field| value.get("usage")?.get(*field));
    if let Some(counted) = counted {
        said.count(counted, &["/input_tokens"], &["/output_tokens"]);
    }
    if let Some(reason) = value.get("finish_reason").and_then(Value::as_str) {
        said.made |= is_act(reason);
        said.end(finish(reason));
    }
}
