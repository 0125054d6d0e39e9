//! Answers of HTTP.
//!
//! Decides: status, content type, body. Must not know: what they say.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

pub(super) fn page() -> Response<Body> {
    let page = "<!doctype html><html><head><title>Welcome</title></head><body>Sign in</body></html>";
    raw(200, "text/html", page)
}

pub(super) fn reply(status: u16, body: &Value) -> Response<Body> {
    raw(status, "application/json", body.to_string())
}

/// `data:` lines, one an event.
pub(super) fn events(events: &[Value], end: &str) -> Response<Body> {
    let mut text = String::from(": keep-alive\n\n");
    for event in events {
        // Anthropic, Cohere and the Responses call name their events as well.
        if let Some(name) = event.get("type").and_then(Value::as_str) {
            let _ = writeln!(text, "event: {name}");
        }
        let _ = write!(text, "data: {event}\n\n");
    }
    raw(200, "text/event-stream", text + end)
}

pub(super) fn raw(status: u16, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
