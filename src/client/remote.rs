//! The API of a running instance.
//!
//! Decides: how it is asked, and what an answer that is none of ours means. Must not know: what is asked for.

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use super::{ClientError, address};
use crate::http::{Http, Reply};
use crate::model::Secret;

/// No answer of ours is larger.
const LARGEST: usize = 64 << 20;

/// Where it is, and who asks.
pub(super) struct Remote {
    /// For people, without anything secret: an address with a user in it is refused.
    place: String,
    bearer: Option<HeaderValue>,
    http: Http,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Remote {
    pub(super) fn new(url: &str, token: Option<&Secret>, patience: Duration) -> Result<Self, String> {
        let mut base = address::read(url)?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err("the address ends with its path: write it as http://host:port or https://host".to_owned());
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        let bearer = token.map(address::bearer).transpose()?;
        let http = address::http(&base, patience)?;
        Ok(Self { place: base.as_str().trim_end_matches('/').to_owned(), bearer, http })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let place = &self.place;
        let url = Url::parse(&format!("{place}{path}"))
            .map_err(|error| ClientError::Odd(format!("{path} cannot be asked for: {error}")))?;
        let mut request = Request::new(method, url);
        if let Some(bearer) = &self.bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        }
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_string().into());
        }
        let reply = self.http.send(request, None, LARGEST).await.map_err(|failure| {
            ClientError::Unreachable(format!("{place} does not answer: {failure}; is `channelwarden run` up there?"))
        })?;
        self.read(&reply)
    }

    fn read(&self, reply: &Reply) -> Result<Value, ClientError> {
        let place = &self.place;
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok().filter(|_| !reply.truncated);
        let told = body.as_ref().and_then(|body| ClientError::told(reply.status, body));
        match (reply.status, body) {
            (200..=299, Some(body)) if body.is_object() || body.is_array() => Ok(body),
            (300..=399, _) => Err(ClientError::Odd(format!(
                "{place} sends us elsewhere (status {}): give the address that it sends to",
                reply.status
            ))),
            (401, Some(_)) if told.is_some() => Err(ClientError::NotAllowed(match self.bearer {
                None => format!("{place} wants a token: its web.read_token, or web.act_token to act"),
                Some(_) => {
                    format!("{place} does not know the token: it is neither its web.read_token nor web.act_token")
                }
            })),
            (403, Some(_)) if told.is_some() => {
                let why = told.map(|told| told.to_string()).unwrap_or_default();
                Err(ClientError::NotAllowed(format!("{place} does not let us: {why}")))
            }
            (status, _) => Err(told.unwrap_or_else(|| {
                ClientError::Odd(format!(
                    "what answers at {place} is not channelwarden, or something stands before it (status {status})"
                ))
            })),
        }
    }
}
