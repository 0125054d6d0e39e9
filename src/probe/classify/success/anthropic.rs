//! Anthropic's Messages, whole or in events.
//!
//! Decides: where text, thinking and tool calls stand. Must not know: what they mean.

use serde_json::Value;

use super::{Said, finish, is_act};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "message_start" => {
            if let Some(message) = value.get("message") {
                hear_message(said, message);
            }
            // What it counts here is only a beginning.
            said.completion_tokens = None;
        }
        "content_block_start" => hear_block(said, value.get("content_block")),
        "content_block_delta" => hear_block(said, value.get("delta")),
        "message_delta" => {
            end(said, value.get("delta"));
            said.count_usage(value);
        }
        "message_stop" => said.close(),
        "ping" | "content_block_stop" => {}
        _ => {
            if !value.get("content").is_some_and(Value::is_array) {
                return false;
            }
            hear_message(said, value);
        }
    }
    true
}

fn hear_message(said: &mut Said, message: &Value) {
    said.named(message, "model");
    said.count_usage(message);
    for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
        hear_block(said, Some(block));
    }
    end(said, Some(message));
}

/// A block, or what is added to one: `text_delta`, `thinking_delta`, `input_json_delta`…
fn hear_block(said: &mut Said, block: Option<&Value>) {
    let Some(block) = block else { return };
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
    said.made |= matches!(kind, "tool_use" | "server_tool_use" | "redacted_thinking");
    if let Some(text) = block.get("text").and_then(Value::as_str) {
        said.write(text);
    }
    if let Some(text) = block.get("thinking").and_then(Value::as_str) {
        said.think(text);
    }
}

fn end(said: &mut Said, value: Option<&Value>) {
    if let Some(reason) = value.and_then(|value| value.get("stop_reason")?.as_str()) {
        said.made |= is_act(reason);
        said.end(finish(reason));
    }
}
