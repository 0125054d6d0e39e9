//! What is said to whoever may not, in the form of every error of the API.
//!
//! Decides: status, code and words of a refusal. Must not know: why it is refused.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// No, and what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: hint.into(), retry_after: None }
    }

    /// 400.
    pub(super) fn bad_request(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
    }

    /// 401: who are you?
    pub(super) fn unauthorized(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message, hint)
    }

    /// 403: you may not.
    pub(super) fn forbidden(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message, hint)
    }

    /// 429: not so fast.
    pub(super) fn rate_limited(message: impl Into<String>, wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let refusal =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message, format!("try again in {seconds} s"));
        Self { retry_after: Some(Duration::from_secs(seconds)), ..refusal }
    }

    /// 500, without details.
    pub(super) fn internal() -> Self {
        let hint = "our log says what; please report it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side", hint)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message, "hint": self.hint}});
        let mut answer = (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let headers = answer.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"channelwarden\""));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        answer
    }
}
