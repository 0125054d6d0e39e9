//! Answers that need not be sent again: each carries a mark of its content, and whoever has it already is told so.
//!
//! Decides: what may be kept, and how it is asked for anew. Must not know: what the answer says.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::error::ApiError;

/// No answer of ours is larger.
const LARGEST: usize = 64 << 20;

/// Marks every good answer to a GET by its content, and answers 304 to whoever has that content.
pub(super) async fn mark(request: Request, next: Next) -> Response {
    let asked = request.method() == Method::GET;
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let says_itself = response.headers().contains_key(header::CACHE_CONTROL);
    if !asked || response.status() != StatusCode::OK || !json || says_itself {
        return uncached(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, LARGEST).await {
        Ok(body) => body,
        Err(error) => return ApiError::internal(&error).into_response(),
    };
    // Weak: what is sent may be compressed.
    let mark = format!("W/\"{}\"", hex(&Sha256::digest(&body)[..12]));
    let has_it = known.iter().any(|header| has(header, &mark));
    stamp(&mut parts.headers, &mark);
    if has_it {
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}

/// Whether an `If-None-Match` names the mark; weak and strong are the same here (RFC 9110 §13.1.2).
fn has(header: &HeaderValue, mark: &str) -> bool {
    let opaque = |mark: &str| mark.trim().trim_start_matches("W/").to_owned();
    let Ok(header) = header.to_str() else { return false };
    header.split(',').any(|known| known.trim() == "*" || opaque(known) == opaque(mark))
}

fn stamp(headers: &mut HeaderMap, mark: &str) {
    if let Ok(mark) = HeaderValue::try_from(mark) {
        headers.insert(header::ETAG, mark);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_known_weak_or_strong_and_among_others() {
        let knows = |header: &str| has(&HeaderValue::try_from(header).unwrap(), "W/\"ab\"");
        for yes in ["W/\"ab\"", "\"ab\"", "\"x\", W/\"ab\"", "*"] {
            assert!(knows(yes), "{yes}");
        }
        for no in ["", "\"abc\"", "ab", "W/\"x\""] {
            assert!(!knows(no), "{no}");
        }
    }
}
