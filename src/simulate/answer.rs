//! What the simulated upstream answers: it refuses what real ones refuse.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Shared;
use super::world::{Behaviour, ListBehaviour};

/// Several providers refuse a smaller output limit.
const FEWEST_TOKENS: u64 = 16;
/// The largest question that is read.
const LARGEST_QUESTION: usize = 1 << 20;
/// What a probe has no reason to send, and some model refuses.
const UNWANTED: [&str; 8] =
    ["temperature", "top_p", "stop", "n", "tools", "presence_penalty", "frequency_penalty", "reasoning_effort"];

type Answered = Response<Body>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Result<Answered, Infallible> {
    let _under_way = UnderWay::begin(&shared);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_QUESTION).await.unwrap_or_default();
    Ok(respond(&shared, &parts.method, &parts.uri, &parts.headers, &body).await)
}

/// Counts what is under way, also when the client goes away.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let now = shared.now.fetch_add(1, Ordering::Relaxed) + 1;
        shared.most.fetch_max(now, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn respond(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Answered {
    let question = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    let model = question.get("model").and_then(Value::as_str).unwrap_or_default();
    let before = shared.count(uri.path(), model);
    let list = match (method, uri.path()) {
        (&Method::GET, "/v1/models") => true,
        (&Method::POST, "/v1/chat/completions") => false,
        (method, path) => {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            return error(404, "invalid_request_error", None, None, &format!("Invalid URL ({method} {path})"));
        }
    };
    if let Some(refusal) = unauthorised(shared, headers) {
        shared.refused.fetch_add(1, Ordering::Relaxed);
        return refusal;
    }
    if list {
        return listed(shared).await;
    }
    if let Some(refusal) = malformed(headers, &question) {
        shared.refused.fetch_add(1, Ordering::Relaxed);
        return refusal;
    }
    let behaviour = shared.world.read().unwrap_or_else(PoisonError::into_inner).models.get(model).cloned();
    let mut behaviour = behaviour.unwrap_or(Behaviour::Gone);
    if behaviour == Behaviour::OnlyFor(key_of(headers).to_owned()) {
        behaviour = Behaviour::Works;
    }
    behave(model, behaviour, before, &question).await
}

fn key_of(headers: &HeaderMap) -> &str {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.strip_prefix("Bearer ").unwrap_or_default()
}

fn unauthorised(shared: &Shared, headers: &HeaderMap) -> Option<Answered> {
    let world = shared.world.read().unwrap_or_else(PoisonError::into_inner);
    let key = key_of(headers);
    if world.keys.is_empty() || world.keys.iter().any(|known| known == key) {
        return None;
    }
    // As OpenAI does, it repeats the key: what shows it to anyone has to take it out.
    let message = format!("Incorrect API key provided: {key}. You can find your API key in your settings.");
    Some(error(401, "invalid_request_error", Some("invalid_api_key"), None, &message))
}

fn malformed(headers: &HeaderMap, question: &Value) -> Option<Answered> {
    let refuse = |param: &str, code: &str, message: &str| {
        Some(error(400, "invalid_request_error", Some(code), Some(param), message))
    };
    let json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json || !question.is_object() {
        return refuse("body", "invalid_json", "We could not parse the JSON body of your request.");
    }
    if question.get("model").and_then(Value::as_str).is_none_or(str::is_empty) {
        return refuse("model", "missing_required_parameter", "you must provide a model parameter");
    }
    let asked = question.pointer("/messages/0/content").and_then(Value::as_str);
    if asked.is_none_or(str::is_empty) || question.pointer("/messages/0/role") != Some(&json!("user")) {
        return refuse("messages", "missing_required_parameter", "Missing required parameter: 'messages'.");
    }
    if let Some(field) = UNWANTED.into_iter().find(|field| question.get(field).is_some()) {
        return refuse(field, "unsupported_parameter", &format!("Unsupported parameter: '{field}'."));
    }
    for field in ["max_tokens", "max_completion_tokens"] {
        if question.get(field).is_some_and(|limit| limit.as_u64().is_none_or(|limit| limit < FEWEST_TOKENS)) {
            let message =
                format!("Invalid '{field}': integer below minimum value. Expected a value >= {FEWEST_TOKENS}.");
            return refuse(field, "integer_below_min_value", &message);
        }
    }
    None
}

async fn listed(shared: &Shared) -> Answered {
    let (behaviour, models) = {
        let world = shared.world.read().unwrap_or_else(PoisonError::into_inner);
        let listed = world.models.iter().filter(|(_, behaviour)| behaviour.is_listed()).map(|(name, _)| name.clone());
        (world.list.clone(), listed.collect())
    };
    let list = |names: Vec<String>| {
        let entry = |name| json!({"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "simulated"});
        reply(200, &json!({"object": "list", "data": names.into_iter().map(entry).collect::<Vec<_>>()}))
    };
    match behaviour {
        ListBehaviour::Models => list(models),
        ListBehaviour::Names(names) => list(names),
        ListBehaviour::Empty => list(vec![]),
        ListBehaviour::Nothing => reply(200, &json!({})),
        ListBehaviour::Refused => {
            error(401, "invalid_request_error", Some("invalid_api_key"), None, "Incorrect API key provided.")
        }
        ListBehaviour::Broken => error(500, "server_error", None, None, "The server had an error."),
        ListBehaviour::Page => page(),
        ListBehaviour::Hangs => pending().await,
        ListBehaviour::Says(status, body) => raw(status, "application/json", body),
    }
}

async fn behave(model: &str, behaviour: Behaviour, before: u64, question: &Value) -> Answered {
    let broken = || error(500, "server_error", None, None, "The server had an error while processing your request.");
    match behaviour {
        Behaviour::Slow(delay) => {
            sleep(delay).await;
            works(model, question)
        }
        Behaviour::WorksAfter(failures) if before < failures => broken(),
        Behaviour::Flapping if before.is_multiple_of(2) => broken(),
        Behaviour::NeedsCompletionLimit if question.get("max_tokens").is_some() => {
            let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
            error(400, "invalid_request_error", Some("unsupported_parameter"), Some("max_tokens"), message)
        }
        Behaviour::StreamOnly if question.get("stream") != Some(&Value::Bool(true)) => error(
            400,
            "invalid_request_error",
            Some("invalid_parameter_error"),
            None,
            "This model only support stream mode, please enable the stream parameter.",
        ),
        Behaviour::Works
        | Behaviour::WorksAfter(_)
        | Behaviour::Flapping
        | Behaviour::NeedsCompletionLimit
        | Behaviour::StreamOnly => works(model, question),
        Behaviour::Gone => {
            let message = format!("The model `{model}` does not exist or you do not have access to it.");
            error(404, "invalid_request_error", Some("model_not_found"), None, &message)
        }
        Behaviour::NoAccess | Behaviour::OnlyFor(_) => {
            let message = format!("Project `proj_demo` does not have access to model `{model}`");
            error(403, "invalid_request_error", Some("model_not_found"), None, &message)
        }
        Behaviour::NoRoute => {
            let message = format!("当前分组 default 下对于模型 {model} 无可用渠道 (request id: 20261121)");
            error(503, "new_api_error", Some("model_not_found"), None, &message)
        }
        Behaviour::RateLimited(wait) => {
            let mut limited = error(429, "requests", Some("rate_limit_exceeded"), None, "Rate limit reached.");
            if let Some(wait) = wait {
                limited.headers_mut().insert(RETRY_AFTER, wait.into());
            }
            limited
        }
        Behaviour::NoCredit => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            error(429, "insufficient_quota", Some("insufficient_quota"), None, message)
        }
        Behaviour::Broken => broken(),
        Behaviour::Hangs => pending().await,
        Behaviour::Empty => completion(model, "", "stop", 0),
        Behaviour::ResponsesOnly => {
            let message = "This model is only supported in v1/responses and not in v1/chat/completions.";
            error(404, "invalid_request_error", None, Some("model"), message)
        }
        Behaviour::Page => page(),
        Behaviour::OddJson => reply(200, &json!({"hello": "world", "items": [1, 2, 3]})),
        Behaviour::Filtered => completion(model, "", "content_filter", 0),
        Behaviour::Says(status, body) => raw(status, "application/json", body),
    }
}

fn works(model: &str, question: &Value) -> Answered {
    let sum = sum(question);
    if question.get("stream") != Some(&Value::Bool(true)) {
        return completion(model, &sum, "stop", 1);
    }
    let chunk = |delta: Value, finish: Option<&str>| {
        let chunk = json!({
            "id": "chatcmpl-sim", "object": "chat.completion.chunk", "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        format!("data: {chunk}\n\n")
    };
    let first = chunk(json!({"role": "assistant", "content": ""}), None);
    let said = chunk(json!({"content": sum}), None);
    let last = chunk(json!({}), Some("stop"));
    raw(200, "text/event-stream", format!(": keep-alive\n\n{first}{said}{last}data: [DONE]\n\n"))
}

/// What "What is 12+34? …" comes to; `4` to any other question.
fn sum(question: &Value) -> String {
    let asked = question.pointer("/messages/0/content").and_then(Value::as_str).unwrap_or_default();
    let numbers = asked.split_once('+').and_then(|(before, after)| {
        let first = before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()?;
        let second = after.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()?;
        first.checked_add(second)
    });
    numbers.unwrap_or(4).to_string()
}

fn completion(model: &str, content: &str, finish: &str, tokens: u32) -> Answered {
    let answer = json!({
        "id": "chatcmpl-sim", "object": "chat.completion", "created": 1_700_000_000, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens},
    });
    reply(200, &answer)
}

fn error(status: u16, kind: &str, code: Option<&str>, param: Option<&str>, message: &str) -> Answered {
    reply(status, &json!({"error": {"message": message, "type": kind, "param": param, "code": code}}))
}

fn page() -> Answered {
    raw(
        200,
        "text/html",
        "<!doctype html><html><head><title>Welcome</title></head><body>Sign in</body></html>".to_owned(),
    )
}

fn reply(status: u16, body: &Value) -> Answered {
    raw(status, "application/json", body.to_string())
}

fn raw(status: u16, kind: &'static str, body: String) -> Answered {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
    answer
}
