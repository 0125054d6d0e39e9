//! What a request asks for: its query, path and body, read strictly.
//!
//! Decides: how long and how large anything asked for may be, and that every refusal is an error of ours.
//! Must not know: what is answered.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use super::error::ApiError;
use crate::config::Config;

/// The longest name or search text, in characters.
pub(super) const TEXT: usize = 500;
/// The most rows that a list leaves out first.
const OFFSET: u64 = 10_000_000;
/// What an unsigned 53-bit number holds: a JavaScript program can name every id.
pub(super) const ID: i64 = 9_007_199_254_740_991;

/// A query string, unknown names refused.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(asked)| Self(asked))
            .map_err(|error| ApiError::bad(format!("the query: {}", error.body_text())))
    }
}

/// A part of the path.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named)).map_err(|error| ApiError::bad(format!("the path: {}", error.body_text())))
    }
}

/// A JSON body; none at all is an empty object.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::bad(format!("the body: {}", error.body_text())).with_status(error.status()))?;
        if body.is_empty() {
            return serde_json::from_str("{}").map(Self).map_err(|error| ApiError::bad(format!("the body: {error}")));
        }
        if essence != "application/json" {
            let error = ApiError::bad("the body is no JSON: send it with `Content-Type: application/json`");
            return Err(error.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        // A list would be read as the members in their order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::bad("the body: it is no JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let read =
            serde_path_to_error::deserialize(&mut reader).map_err(|error| ApiError::bad(format!("the body: {error}")));
        reader.end().map_err(|error| ApiError::bad(format!("the body: {error}")))?;
        read.map(Self)
    }
}

/// Which part of a long list, of one gateway or of all.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageOfGateway {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    pub(super) gateway: String,
    /// So many at most.
    #[serde(default = "thousand")]
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    pub(super) offset: u64,
}

/// Rows of a history where nobody says how many.
pub(super) fn fifty() -> u32 {
    50
}

/// Rows of a list where nobody says how many.
pub(super) fn thousand() -> u32 {
    1000
}

/// What a list leaves out and shows at most.
pub(super) fn page(limit: u32, most: u32, offset: u64) -> Result<(), ApiError> {
    if limit == 0 || limit > most {
        return Err(ApiError::bad(format!("`limit` is between 1 and {most}")));
    }
    if offset > OFFSET {
        return Err(ApiError::bad(format!("`offset` is {OFFSET} at most")));
    }
    Ok(())
}

/// A text of a bounded length; an empty one is none.
pub(super) fn text(what: &str, text: String) -> Result<Option<String>, ApiError> {
    if text.chars().count() > TEXT {
        return Err(ApiError::bad(format!("`{what}` is {TEXT} characters long at most")));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A gateway of the configuration; an empty name is none.
pub(super) fn gateway(config: &Config, name: String) -> Result<Option<String>, ApiError> {
    let name = text("gateway", name)?;
    match &name {
        Some(name) if !config.gateways.contains_key(name) => Err(no_gateway(config)),
        Some(_) | None => Ok(name),
    }
}

/// There is none of that name.
pub(super) fn no_gateway(config: &Config) -> ApiError {
    let names: Vec<_> = config.gateways.keys().map(String::as_str).collect();
    let hint =
        if names.is_empty() { "none is configured".to_owned() } else { format!("there are: {}", names.join(", ")) };
    ApiError::new(super::Code::NotFound, "there is no gateway of that name", hint)
}

/// The id of a channel.
pub(super) fn channel<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let id = i64::deserialize(from)?;
    let wrong = || serde::de::Error::custom(format_args!("`channel` is between 1 and {ID}"));
    if (1..=ID).contains(&id) { Ok(Some(id)) } else { Err(wrong()) }
}
