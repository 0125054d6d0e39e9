//! What is answered when something cannot be.
//!
//! Decides: the form of every error, and that what failed inside is told to the log and not to the asker.
//! Must not know: what was asked for.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::ActError;
use crate::store::StoreError;

/// What went wrong, for programs to tell by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is not as it should be; the message says where.
    BadRequest,
    /// A token is needed, or the one given is not it.
    Unauthorized,
    /// This asker may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It cannot be done as things stand.
    Conflict,
    /// Too often.
    RateLimited,
    /// It cannot be answered just now.
    Unavailable,
    /// A mistake of ours; our log says more.
    Internal,
}

/// The body of every error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: Told,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Told {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
    /// What to do next; empty: the message says all.
    pub hint: String,
}

/// An error on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    told: Told,
    /// When asking again makes sense, in seconds.
    retry_after: Option<u32>,
}

impl ApiError {
    /// With the code's own status.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let status = match code {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Conflict => StatusCode::CONFLICT,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, told: Told { code, message: message.into(), hint: hint.into() }, retry_after: None }
    }

    /// The same with a status of its own (405, 413, 415, 421).
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Asking again makes sense after so many seconds.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The request is not as it should be.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message, "GET /api describes every path and its parameters")
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message, "")
    }

    /// It failed inside: the cause goes to the log under a short id, and only the id goes out.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let id = format!("{:08x}", fastrand::u32(..));
        tracing::error!(id, "a request could not be answered: {cause}");
        Self::new(Code::Internal, "this could not be answered", format!("our log says why, under id={id}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ErrorBody { error: self.told })).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let how = HeaderValue::from_static("Bearer realm=\"channelwarden\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        let (code, hint) = match &error {
            ActError::Busy(_) => (Code::Conflict, "wait for it to end: GET /api/status says what runs"),
            ActError::NotFound(_) => (Code::NotFound, ""),
            ActError::Refused(_) => (Code::Conflict, ""),
            ActError::Failed(_) => (Code::Unavailable, "our log says more"),
        };
        Self::new(code, error.to_string(), hint)
    }
}

/// What a panic is answered with.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives it so")]
pub(in crate::serve) fn of_panic(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    ApiError::internal(&text.unwrap_or("a panic")).into_response()
}
