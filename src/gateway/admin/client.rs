//! One call of the admin API: its headers, its envelope, and what sort of trouble an answer is.
//!
//! Decides: who we say we are, how fast we call, how often and how long a refusal for haste is waited out. Must not know:
//! what a call is for.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::pace::Pace;
use crate::config::{ApiConfig, ProbeConfig};
use crate::http::{Http, Reply};
use crate::model::{Secret, redact};

/// A page of a hundred channels with long lists, and more.
const CAP: usize = 64 * 1024 * 1024;
/// How long one call may take: a gateway that tests a channel waits for its upstream.
const DEADLINE: Duration = Duration::from_mins(2);
/// How long a call may take that waits for nobody else.
const ANSWER: Duration = Duration::from_secs(30);
const NO_SUCCESS: &str = "there is no `success` in its answer";
/// How often a call that came too soon is made again, and how long we wait where the gateway does not say: New API counts
/// 360 requests in 3 minutes, One Hub 300.
pub(super) const AGAIN: usize = 3;
const PAUSE: Duration = Duration::from_secs(10);
/// The longest wait that a `Retry-After` is believed.
const PAUSE_AT_MOST: Duration = Duration::from_mins(3);

/// A call that was not answered as it should be. Its words hold no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the admin API {address} {trouble} (to {doing}){}", .trouble.remedy())]
pub struct ApiError {
    /// The API's address.
    pub address: String,
    /// What we were about to do.
    pub doing: &'static str,
    /// What came instead.
    pub trouble: Trouble,
}

/// What came instead of an answer, told apart by what one can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No answer: down, unreachable, too slow.
    Silent(String),
    /// The token is none that the gateway knows (401, or its own words for it).
    WrongToken(String),
    /// The same of a `LiteLLM`, whose own words for it are many.
    WrongKey(String),
    /// The token's user may not do this (403).
    NotAllowed(String),
    /// Too many calls (429), also after waiting; how long it wants us to wait now.
    TooMany(Duration),
    /// The gateway said no: `success: false` and its message.
    Refused(String),
    /// There is no such call there (404, or a web page): another program, or another version.
    NoSuchCall(String),
    /// Anything else than the envelope.
    Odd(String),
}

impl Trouble {
    /// Whether what answers may be another program altogether.
    pub(in crate::gateway) fn is_no_admin_api(&self) -> bool {
        match self {
            Self::NoSuchCall(_) | Self::Odd(_) | Self::WrongToken(_) => true,
            Self::Silent(_) | Self::WrongKey(_) | Self::NotAllowed(_) | Self::TooMany(_) | Self::Refused(_) => false,
        }
    }

    /// What to look at.
    fn remedy(&self) -> &'static str {
        match self {
            Self::Silent(_) => "; is it running, and is api.url right?",
            Self::WrongToken(_) => {
                "; api.token must be an admin's system access token, and api.user that admin's number"
            }
            Self::WrongKey(_) => "; api.token must be its master key (LITELLM_MASTER_KEY)",
            Self::NotAllowed(_) => "; the token's user must be an admin who may edit channels",
            Self::TooMany(_) => "; it will be tried again in the next round",
            Self::Refused(_) => "",
            Self::NoSuchCall(_) => "; is api.url the gateway's own address, and `kind` right?",
            Self::Odd(_) => "; is api.url the gateway's own address?",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) => write!(f, "does not answer: {why}"),
            Self::WrongToken(why) => write!(f, "does not know our token: {why}"),
            Self::WrongKey(why) => write!(f, "does not know our key: {why}"),
            Self::NotAllowed(why) => write!(f, "does not allow our user to do that: {why}"),
            Self::TooMany(_) => f.write_str("takes no more calls for now (429)"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::NoSuchCall(why) => write!(f, "has no such call: {why}"),
            Self::Odd(why) => write!(f, "answered oddly: {why}"),
        }
    }
}

/// Who we are to one gateway, and the one way a call is made.
pub(super) struct Client {
    http: Http,
    base: Url,
    /// Without any path that a browser's address would add.
    address: String,
    headers: HeaderMap,
    /// The headers of a user's call, where a user's key is given.
    user: Option<HeaderMap>,
    /// What must not be seen in a gateway's words.
    secrets: Vec<Secret>,
    pace: Pace,
}

/// What every answer has around what was asked for.
#[derive(Deserialize)]
struct Envelope {
    success: Option<bool>,
    message: Option<String>,
    data: Option<Box<RawValue>>,
}

impl Client {
    /// # Errors
    /// What in the configuration cannot be used.
    pub(super) fn new(api: &ApiConfig, http: &ProbeConfig) -> Result<Self, String> {
        let base =
            Url::parse(&format!("{}/", api.url.trim_end_matches('/'))).map_err(|error| format!("url: {error}"))?;
        let mut secrets = vec![];
        let mut bearer = |secret: &crate::config::SecretRef, key: &str| {
            let secret = secret.resolve().map_err(|why| format!("{key}: {why}"))?;
            let text = format!("Bearer {}", secret.expose().trim());
            let mut value =
                HeaderValue::from_str(&text).map_err(|_| format!("{key}: it cannot be sent in a header"))?;
            value.set_sensitive(true);
            secrets.push(secret);
            Ok::<_, String>(value)
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let mut user = None;
        if let Some(key) = &api.user_key {
            let mut map = headers.clone();
            map.insert(AUTHORIZATION, bearer(key, "user_key")?);
            user = Some(map);
        }
        headers.insert(AUTHORIZATION, bearer(&api.token, "token")?);
        if let Some(number) = api.user {
            // Each looks at its own and at no other.
            for name in ["new-api-user", "veloera-user"] {
                headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
            }
        }
        let http = ProbeConfig { first_byte_timeout: DEADLINE, timeout: DEADLINE, ..http.clone() };
        let address = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http: Http::new(&http)?, address, base, headers, user, secrets, pace: Pace::default() })
    }

    /// From one call to the next, once they are in a hurry.
    pub(super) fn each(&self) -> Duration {
        self.pace.each()
    }

    pub(super) fn set_pace(&self, each: Duration) {
        self.pace.set(each);
    }

    /// `GET`, by the admin's token: the envelope's whole body once `success` is true. `path` has no slash in front.
    pub(super) async fn get(&self, doing: &'static str, path: &str) -> Result<Value, ApiError> {
        let body: Value = self.again(doing, path, &self.headers, ANSWER).await?;
        match body.get("success").and_then(Value::as_bool) {
            Some(true) => Ok(body),
            Some(false) => Err(self.error(doing, refusal(message(&body, &self.secrets)))),
            None => Err(self.error(doing, Trouble::Odd(NO_SUCCESS.to_owned()))),
        }
    }

    /// As [`Self::get`], but only the envelope's `data`, byte for byte as it came.
    pub(super) async fn get_data(&self, doing: &'static str, path: &str) -> Result<Box<RawValue>, ApiError> {
        let envelope = self.again(doing, path, &self.headers, ANSWER).await?;
        self.data(doing, envelope)?.ok_or_else(|| self.error(doing, Trouble::Odd("there is no `data`".to_owned())))
    }

    /// Sends JSON; the envelope's `data`, once `success` is true. A call that came too soon is not made again here: what
    /// a write rests on may have changed by then.
    pub(super) async fn send(
        &self,
        doing: &'static str,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Option<Box<RawValue>>, ApiError> {
        // It counts, but does not wait: what it rests on was just read.
        self.pace.spend();
        let reply = self.once(doing, (method, path, Some(body)), &self.headers, ANSWER).await?;
        let envelope = self.decode(doing, &reply)?;
        self.data(doing, envelope)
    }

    /// `GET`, whatever `success` says: what a channel test tells stands beside it. It may take as long as an upstream.
    pub(super) async fn get_whole(&self, doing: &'static str, path: &str) -> Result<Value, ApiError> {
        self.again(doing, path, &self.headers, DEADLINE).await
    }

    /// `GET` by a user's key; `None` where none is given.
    pub(super) async fn get_as_user(&self, doing: &'static str, path: &str) -> Option<Result<Value, ApiError>> {
        Some(self.again(doing, path, self.user.as_ref()?, ANSWER).await)
    }

    /// Whether a user's key is given.
    pub(super) fn has_user(&self) -> bool {
        self.user.is_some()
    }

    pub(super) fn error(&self, doing: &'static str, trouble: Trouble) -> ApiError {
        ApiError { address: self.address.clone(), doing, trouble }
    }

    /// One `GET`, made again after a wait where it came too soon.
    async fn again<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        headers: &HeaderMap,
        limit: Duration,
    ) -> Result<T, ApiError> {
        let mut turn = 0;
        let reply = loop {
            self.pace.wait().await;
            match self.once(doing, (Method::GET, path, None), headers, limit).await {
                Err(ApiError { trouble: Trouble::TooMany(wait), .. }) if turn < AGAIN => {
                    turn += 1;
                    tokio::time::sleep(wait).await;
                }
                done => break done?,
            }
        };
        self.decode(doing, &reply)
    }

    /// One call: its answer, if its status tells of no trouble.
    async fn once(
        &self,
        doing: &'static str,
        (method, path, body): (Method, &str, Option<String>),
        headers: &HeaderMap,
        limit: Duration,
    ) -> Result<Reply, ApiError> {
        let url = self.base.join(path).map_err(|why| self.error(doing, Trouble::Odd(why.to_string())))?;
        let mut request = Request::new(method, url);
        request.headers_mut().clone_from(headers);
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        let sent = tokio::time::timeout(limit, self.http.send(request, None, CAP)).await;
        let trouble = match sent {
            Ok(Ok(reply)) => match trouble(&reply, &self.secrets) {
                None => return Ok(reply),
                Some(trouble) => trouble,
            },
            Ok(Err(transport)) => Trouble::Silent(transport.to_string()),
            Err(_) => Trouble::Silent(format!("no answer within {} s", limit.as_secs())),
        };
        Err(self.error(doing, trouble))
    }

    fn decode<T: DeserializeOwned>(&self, doing: &'static str, reply: &Reply) -> Result<T, ApiError> {
        serde_json::from_slice(&reply.body).map_err(|_| {
            // A gateway's single page stands wherever there is no call.
            let trouble = match reply.status {
                200 if is_page(&reply.body) => Trouble::NoSuchCall("a web page came".to_owned()),
                status => Trouble::Odd(format!("HTTP {status} and no JSON object")),
            };
            self.error(doing, trouble)
        })
    }

    fn data(&self, doing: &'static str, envelope: Envelope) -> Result<Option<Box<RawValue>>, ApiError> {
        match envelope.success {
            Some(true) => Ok(envelope.data),
            Some(false) => {
                let said = envelope.message.unwrap_or_default();
                Err(self.error(doing, refusal(shown(Some(&said), &self.secrets))))
            }
            None => Err(self.error(doing, Trouble::Odd(NO_SUCCESS.to_owned()))),
        }
    }
}

/// What sort of trouble an answer's status tells of.
fn trouble(reply: &Reply, secrets: &[Secret]) -> Option<Trouble> {
    let said = || {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok().filter(Value::is_object);
        body.as_ref().map_or_else(|| format!("HTTP {}", reply.status), |body| message(body, secrets))
    };
    match reply.status {
        429 => Some(Trouble::TooMany(pause(reply))),
        401 => Some(Trouble::WrongToken(said())),
        403 => Some(Trouble::NotAllowed(said())),
        404 | 405 => Some(Trouble::NoSuchCall(said())),
        300..=399 => Some(Trouble::Odd(format!("HTTP {}: it leads elsewhere", reply.status))),
        _ if reply.truncated => Some(Trouble::Odd("its answer has no end".to_owned())),
        _ => None,
    }
}

fn is_page(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// `success: false`: One API and One Hub say with HTTP 200 that a token is wrong or a role too low. Only the words of
/// their door: "permission denied for table abilities" is their database's, and comes when half of it is done.
fn refusal(message: String) -> Trouble {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["access token", "未登录", "not logged in", "New-Api-User", "Veloera-User"]) {
        Trouble::WrongToken(message)
    } else if has(&["权限不足", "封禁", "insufficient privilege"]) {
        Trouble::NotAllowed(message)
    } else {
        Trouble::Refused(message)
    }
}

/// The gateway's words, shortened, and without anything that is or looks like a key.
fn message(body: &Value, secrets: &[Secret]) -> String {
    shown(body.get("message").or_else(|| body.pointer("/error/message")).and_then(Value::as_str), secrets)
}

fn shown(text: Option<&str>, secrets: &[Secret]) -> String {
    let secrets: Vec<_> = secrets.iter().collect();
    let text = text.filter(|text| !text.trim().is_empty());
    text.map_or_else(|| "without a word".to_owned(), |text| redact(text, &secrets))
}

fn pause(reply: &Reply) -> Duration {
    let told = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    told.map_or(PAUSE, Duration::from_secs).min(PAUSE_AT_MOST)
}
