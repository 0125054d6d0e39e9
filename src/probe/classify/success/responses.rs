//! OpenAI's Responses, whole or in events.
//!
//! Decides: where text, reasoning and calls stand. Must not know: what they mean.

use serde_json::Value;

use super::{Finish, Said, finish};

pub(super) fn hear(said: &mut Said, value: &Value) -> bool {
    let Some(kind) = value.get("type").and_then(Value::as_str).filter(|kind| kind.starts_with("response.")) else {
        return whole(said, value);
    };
    let delta = value.get("delta").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "response.output_text.delta" => said.write(delta),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => said.think(delta),
        "response.function_call_arguments.delta" => said.made |= !delta.is_empty(),
        "response.refusal.delta" => said.end(Finish::Refused("the model refused".to_owned())),
        "response.completed" | "response.incomplete" | "response.failed" => {
            // The last event repeats everything.
            if let Some(response) = value.get("response").filter(|response| holds_output(response)) {
                said.text.clear();
                said.reasoning.clear();
                whole(said, response);
            } else if let Some(response) = value.get("response") {
                whole(said, response);
            }
            if said.finish == Finish::Open {
                said.end(finish(kind.trim_start_matches("response.")));
            }
        }
        _ => {
            if let Some(response) = value.get("response") {
                said.named(response, "model");
            }
        }
    }
    true
}

fn holds_output(response: &Value) -> bool {
    response.get("output").and_then(Value::as_array).is_some_and(|items| !items.is_empty())
}

fn whole(said: &mut Said, value: &Value) -> bool {
    let output = value.get("output").and_then(Value::as_array);
    if output.is_none() && value.get("object").and_then(Value::as_str) != Some("response") {
        return false;
    }
    said.named(value, "model");
    said.count_usage(value);
    for item in output.into_iter().flatten() {
        hear_item(said, item);
    }
    match value.get("status").and_then(Value::as_str).unwrap_or_default() {
        "incomplete" => {
            let reason = value.pointer("/incomplete_details/reason").and_then(Value::as_str).unwrap_or_default();
            said.end(if reason == "content_filter" { finish(reason) } else { Finish::Limit });
        }
        status @ ("failed" | "cancelled") => said.end(finish(status)),
        "completed" => said.end(Finish::Stop),
        "queued" | "in_progress" if said.text.is_empty() => {
            said.end(Finish::Failed("the answer was not waited for by the upstream".to_owned()));
        }
        _ => {}
    }
    true
}

fn hear_item(said: &mut Said, item: &Value) {
    let kind = item.get("type").and_then(Value::as_str).unwrap_or_default();
    said.made |= kind.ends_with("_call");
    for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
        let text = part.get("text").and_then(Value::as_str).unwrap_or_default();
        if part.get("type").and_then(Value::as_str) == Some("refusal") {
            said.end(Finish::Refused("the model refused".to_owned()));
        } else if kind == "reasoning" {
            said.think(text);
        } else {
            said.write(text);
        }
    }
    for part in item.get("summary").and_then(Value::as_array).into_iter().flatten() {
        said.think(part.get("text").and_then(Value::as_str).unwrap_or_default());
    }
}
