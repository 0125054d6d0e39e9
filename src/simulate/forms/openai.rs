//! OpenAI's form.
//!
//! Decides: what is refused, and how answers, errors and lists look. Must not know: worlds.

mod kinds;

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::{lacking, no_message, small_limit, unwanted};
use crate::model::Kind;
use crate::simulate::behave::{End, Words};
use crate::simulate::call::{Call, Wants};
use crate::simulate::refusal::Refusal;
use crate::simulate::reply::{events, reply};

/// Several providers refuse a smaller output limit.
const FEWEST_TOKENS: u64 = 16;

pub(super) fn malformed(call: &Call) -> Option<Refusal> {
    let Wants::Answer(kind) = call.wants else { return None };
    if kind == Kind::Chat {
        return no_message(call)
            .or_else(|| unwanted(call, &["max_output_tokens", "input", "prompt"]))
            .or_else(|| small_limit(call, "max_tokens", FEWEST_TOKENS))
            .or_else(|| small_limit(call, "max_completion_tokens", FEWEST_TOKENS));
    }
    let wrong = kinds::malformed(call, kind);
    wrong.or_else(|| lacking(call, &["model"]).filter(|_| kind == Kind::Responses))
}

pub(super) fn answer(call: &Call, words: &Words) -> Response<Body> {
    let Wants::Answer(kind) = call.wants else { return reply(200, &json!({})) };
    if kind != Kind::Chat {
        return kinds::answer(call, kind, words);
    }
    let finish = match words.end {
        End::Stop => "stop",
        End::Filtered => "content_filter",
    };
    let Words { text, tokens, .. } = words;
    let usage = json!({"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens});
    if !call.stream {
        return reply(
            200,
            &json!({
                "id": "chatcmpl-sim", "object": "chat.completion", "created": 1_700_000_000, "model": call.model,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
                "usage": usage,
            }),
        );
    }
    let chunk = |delta: Value, finish: Option<&str>| {
        json!({
            "id": "chatcmpl-sim", "object": "chat.completion.chunk", "model": call.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    if !text.is_empty() {
        chunks.push(chunk(json!({"content": text}), None));
    }
    chunks.push(chunk(json!({}), Some(finish)));
    events(&chunks, "data: [DONE]\n\n")
}

pub(super) fn list(names: &[String]) -> Value {
    let entry = |name| json!({"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "simulated"});
    json!({"object": "list", "data": names.iter().map(entry).collect::<Vec<_>>()})
}

pub(super) fn refusal(call: &Call, refusal: &Refusal) -> (u16, Value) {
    const REQUEST: &str = "invalid_request_error";
    let model = &call.model;
    let (status, kind, code, param, message) = match refusal {
        Refusal::WrongPath(path) => (404, REQUEST, None, None, format!("Invalid URL ({path})")),
        Refusal::BadKey(key) => {
            let message = format!("Incorrect API key provided: {key}. You can find your API key in your settings.");
            (401, REQUEST, Some("invalid_api_key"), None, message)
        }
        Refusal::Malformed(field, what) => (400, REQUEST, Some("invalid_value"), Some(*field), what.clone()),
        Refusal::Gone => {
            let message = format!("The model `{model}` does not exist or you do not have access to it.");
            (404, REQUEST, Some("model_not_found"), None, message)
        }
        Refusal::NoAccess => {
            let message = format!("Project `proj_demo` does not have access to model `{model}`");
            (403, REQUEST, Some("model_not_found"), None, message)
        }
        Refusal::NoRoute => {
            let message = format!("当前分组 default 下对于模型 {model} 无可用渠道 (request id: 20261121)");
            (503, "new_api_error", Some("model_not_found"), None, message)
        }
        Refusal::RateLimited(_) => {
            (429, "requests", Some("rate_limit_exceeded"), None, "Rate limit reached.".to_owned())
        }
        Refusal::NoCredit => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, "insufficient_quota", Some("insufficient_quota"), None, message.to_owned())
        }
        Refusal::Broken => {
            (500, "server_error", None, None, "The server had an error while processing your request.".to_owned())
        }
        Refusal::LimitName => {
            let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
            (400, REQUEST, Some("unsupported_parameter"), Some("max_tokens"), message.to_owned())
        }
        Refusal::StreamOnly => {
            let message = "This model only support stream mode, please enable the stream parameter.";
            (400, REQUEST, Some("invalid_parameter_error"), None, message.to_owned())
        }
        Refusal::ResponsesOnly => {
            let message = "This model is only supported in v1/responses and not in v1/chat/completions.";
            (404, REQUEST, None, Some("model"), message.to_owned())
        }
        Refusal::OtherKind => {
            let message = "This is not a chat model and thus not supported in the v1/chat/completions endpoint.";
            (404, REQUEST, None, Some("model"), message.to_owned())
        }
    };
    (status, json!({"error": {"message": message, "type": kind, "param": param, "code": code}}))
}
