//! One GET to any address, for health checks.
//!
//! Decides: what counts as alive, and what a refusal most likely means. Must not know: whose address it is.

use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, Request};

use super::address;
use crate::http::Reply;
use crate::model::Secret;

/// So much of an answer is read: what it says of a wrong key stands at its beginning.
const READ: usize = 4096;

/// Asks once, with GET: `LiteLLM` answers HEAD with 405. Any 2xx is well; no word of an error holds the token or a part of
/// the answer.
///
/// # Errors
/// Why it is not well, in one line.
pub async fn knock(url: &str, bearer: Option<Secret>, patience: Duration) -> Result<String, String> {
    let url = address::read(url)?;
    let http = address::http(&url, patience)?;
    let mut request = Request::new(Method::GET, url);
    if let Some(bearer) = &bearer {
        request.headers_mut().insert(AUTHORIZATION, address::bearer(bearer)?);
    }
    let reply = http.send(request, None, READ).await.map_err(|failure| failure.to_string())?;
    let took = reply.latency.as_millis();
    if (200..300).contains(&reply.status) {
        return Ok(format!("status {} after {took} ms", reply.status));
    }
    Err(format!("status {} after {took} ms{}", reply.status, meaning(&reply, bearer.is_some())))
}

/// What such an answer most likely means.
fn meaning(reply: &Reply, with_token: bool) -> &'static str {
    // What LiteLLM without a database answers to a wrong key (measured on 1.106.2 and 1.109.1).
    let says_no_db = reply.body.windows(16).any(|part| part == b"no_db_connection");
    match reply.status {
        300..=399 => ": it sends elsewhere; ask the address that it sends to",
        400 if says_no_db => ": LiteLLM does not know this key",
        401 | 403 if with_token => ": it does not take this key",
        401 | 403 => ": it wants a key; name its environment variable with --bearer-env",
        404 => ": there is no such path",
        _ => "",
    }
}
