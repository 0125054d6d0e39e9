//! Server-sent events, put together to the one answer they would have been.
//!
//! Decides: what a stream (whole, broken off or cut) holds. Must not know: what that means.

use serde_json::{Map, Value, json};

/// Whether the body is a stream of events, whatever its content type says.
pub(crate) fn looks_like_events(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    [b"data:".as_slice(), b"event:", b"id:", b"retry:", b":"].iter().any(|mark| start.starts_with(mark))
}

/// The answer that the events (or lines of JSON) add up to: a chat completion with what was said so far, or the
/// event that holds an error. `None` when no event holds JSON.
pub(super) fn fold(body: &[u8]) -> Option<Value> {
    let mut message = Map::new();
    let (mut finish, mut usage, mut any) = (Value::Null, Value::Null, false);
    for event in events(body) {
        let Ok(event) = serde_json::from_slice::<Value>(event) else { continue };
        let choice = event.pointer("/choices/0");
        let failed = event.get("error").is_some_and(|error| !error.is_null())
            || choice.and_then(|choice| choice.get("error")).is_some_and(|error| !error.is_null());
        if failed || event.get("choices").is_none() && event.get("code").is_some() {
            return Some(event);
        }
        any |= event.get("choices").is_some();
        if let Some(delta) = choice.and_then(|choice| choice.get("delta").or_else(|| choice.get("message"))) {
            for (field, value) in delta.as_object().into_iter().flatten() {
                add(&mut message, field, value);
            }
        }
        if let Some(reason) = choice.and_then(|choice| choice.get("finish_reason")).filter(|reason| !reason.is_null()) {
            finish = reason.clone();
        }
        if let Some(counted) = event.get("usage").filter(|usage| usage.is_object()) {
            usage = counted.clone();
        }
    }
    any.then(|| json!({"choices": [{"message": message, "finish_reason": finish}], "usage": usage}))
}

fn add(message: &mut Map<String, Value>, field: &str, value: &Value) {
    match (message.get_mut(field), value) {
        (_, Value::Null) => {}
        (Some(Value::String(text)), Value::String(more)) => text.push_str(more),
        (Some(Value::Array(all)), Value::Array(more)) => all.extend(more.iter().cloned()),
        _ => {
            message.insert(field.to_owned(), value.clone());
        }
    }
}

/// The data of each line: after `data:`, or the line itself where it is JSON.
fn events(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n' || *byte == b'\r').filter_map(|line| {
        let line = line.trim_ascii();
        let data = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii);
        data.or_else(|| line.starts_with(b"{").then_some(line)).filter(|data| !data.is_empty())
    })
}

/// Watches a stream grow, and says when its first tokens are there.
#[derive(Debug, Default)]
pub(crate) struct FirstTokens {
    read: usize,
}

impl FirstTokens {
    /// Whether the stream read so far holds text, reasoning, a tool call or an error. Looks at each event once.
    pub(crate) fn reached(&mut self, body: &[u8]) -> bool {
        let fresh = &body[self.read.min(body.len())..];
        let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') else { return false };
        self.read += end + 1;
        looks_like_events(body) && fold(&fresh[..end]).is_some_and(|answer| super::success::is_said(&answer))
    }
}
