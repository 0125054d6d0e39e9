//! Ollama's own chat and generate: each line of its stream has the form of the whole.
//!
//! Decides: where text and thinking stand. Must not know: what they mean.

use serde_json::Value;

use super::{Finish, Said, finish};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    let message = value.get("message").filter(|message| message.is_object());
    if message.is_none() && value.get("response").is_none() && value.get("done").is_none() {
        return false;
    }
    said.named(value, "model");
    said.count(value, &["/prompt_eval_count"], &["/eval_count"]);
    let from = message.unwrap_or(value);
    let text = from.get("content").or_else(|| from.get("response")).and_then(Value::as_str);
    said.write(text.unwrap_or_default());
    said.think(from.get("thinking").and_then(Value::as_str).unwrap_or_default());
    said.made |= from.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
    if value.get("done").and_then(Value::as_bool) == Some(true) {
        // `load` and `unload` end an answer that never began.
        said.end(value.get("done_reason").and_then(Value::as_str).map_or(Finish::Stop, finish));
    }
    true
}
