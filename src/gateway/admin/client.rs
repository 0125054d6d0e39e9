//! One call of the admin API: its headers, its envelope, and what sort of trouble an answer is.
//!
//! Decides: who we say we are, how often and how long a refusal for haste is waited out. Must not know: what a call is for.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use crate::config::{ApiConfig, ProbeConfig};
use crate::http::{Http, Reply};
use crate::model::{GatewayKind, redact};

/// A page of a hundred channels with long lists, and more.
const CAP: usize = 64 * 1024 * 1024;
/// How long one call may take: a gateway that tests a channel waits for its upstream.
const DEADLINE: Duration = Duration::from_mins(2);
/// How often a call that came too soon is made again, and how long we wait where the gateway does not say: New API counts
/// 360 requests in 3 minutes, One Hub 300.
const AGAIN: usize = 3;
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
    /// The token's user may not do this (403).
    NotAllowed(String),
    /// Too many calls (429), also after waiting.
    TooMany,
    /// The gateway said no: `success: false` and its message.
    Refused(String),
    /// There is no such call there (404, or a web page): another program, or another version.
    NoSuchCall(String),
    /// Anything else than the envelope.
    Odd(String),
}

impl Trouble {
    /// What to look at.
    fn remedy(&self) -> &'static str {
        match self {
            Self::Silent(_) => "; is it running, and is api.url right?",
            Self::WrongToken(_) => {
                "; api.token must be an admin's system access token, and api.user that admin's number"
            }
            Self::NotAllowed(_) => "; the token's user must be an admin who may edit channels",
            Self::TooMany => "; it will be tried again in the next round",
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
            Self::NotAllowed(why) => write!(f, "does not allow our user to do that: {why}"),
            Self::TooMany => f.write_str("takes no more calls for now (429)"),
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
}

impl Client {
    /// # Errors
    /// What in the configuration cannot be used.
    pub(super) fn new(api: &ApiConfig, kind: GatewayKind, http: &ProbeConfig) -> Result<Self, String> {
        let base =
            Url::parse(&format!("{}/", api.url.trim_end_matches('/'))).map_err(|error| format!("url: {error}"))?;
        let sensitive = |text: &str, key: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| format!("{key}: it cannot be sent in a header"))?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        };
        let bearer = |secret: &crate::config::SecretRef, key: &str| {
            let secret = secret.resolve().map_err(|why| format!("{key}: {why}"))?;
            sensitive(&format!("Bearer {}", secret.expose().trim()), key)
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
            let name = match kind {
                GatewayKind::Veloera => "veloera-user",
                GatewayKind::NewApi | GatewayKind::OneApi | GatewayKind::OneHub | GatewayKind::DoneHub => {
                    "new-api-user"
                }
            };
            headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
        }
        let http = ProbeConfig { first_byte_timeout: DEADLINE, timeout: DEADLINE, ..http.clone() };
        let address = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http: Http::new(&http)?, address, base, headers, user })
    }

    /// `GET`, by the admin's token: the envelope's whole body once `success` is true. `path` has no slash in front.
    pub(super) async fn get(&self, doing: &'static str, path: &str) -> Result<Value, ApiError> {
        self.call(doing, Method::GET, path, None).await.and_then(|body| self.unwrap(doing, body))
    }

    /// As [`Self::get`], with a body to be sent.
    pub(super) async fn send(
        &self,
        doing: &'static str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        self.call(doing, method, path, Some(body)).await.and_then(|body| self.unwrap(doing, body))
    }

    /// `GET`, whatever `success` says: what a channel test tells stands beside it.
    pub(super) async fn get_whole(&self, doing: &'static str, path: &str) -> Result<Value, ApiError> {
        self.call(doing, Method::GET, path, None).await
    }

    /// `GET` by a user's key; `None` where none is given.
    pub(super) async fn get_as_user(&self, doing: &'static str, path: &str) -> Option<Result<Value, ApiError>> {
        let headers = self.user.as_ref()?;
        Some(self.exchange(doing, Method::GET, path, None, headers).await)
    }

    /// Whether a user's key is given.
    pub(super) fn has_user(&self) -> bool {
        self.user.is_some()
    }

    async fn call(
        &self,
        doing: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        self.exchange(doing, method, path, body, &self.headers).await
    }

    /// One call, made again after a wait where it came too soon. A refusal for haste has changed nothing, so this is safe
    /// for writes too.
    async fn exchange(
        &self,
        doing: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &HeaderMap,
    ) -> Result<Value, ApiError> {
        let error = |trouble| ApiError { address: self.address.clone(), doing, trouble };
        for turn in 0..=AGAIN {
            let url = self.base.join(path).map_err(|why| error(Trouble::Odd(why.to_string())))?;
            let mut request = Request::new(method.clone(), url);
            request.headers_mut().clone_from(headers);
            if let Some(body) = body {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(body.to_string().into());
            }
            let sent = self.http.send(request, None, CAP).await;
            let reply = sent.map_err(|transport| error(Trouble::Silent(transport.to_string())))?;
            if reply.status == 429 && turn < AGAIN {
                tokio::time::sleep(pause(&reply)).await;
                continue;
            }
            return read(&reply).map_err(error);
        }
        Err(error(Trouble::TooMany))
    }

    /// The envelope's body, if it says that all went well.
    fn unwrap(&self, doing: &'static str, body: Value) -> Result<Value, ApiError> {
        let trouble = match body.get("success").and_then(Value::as_bool) {
            Some(true) => return Ok(body),
            Some(false) => refusal(message(&body)),
            None => Trouble::Odd("there is no `success` in its answer".to_owned()),
        };
        Err(ApiError { address: self.address.clone(), doing, trouble })
    }
}

/// The JSON of an answer, or what sort of trouble it is.
fn read(reply: &Reply) -> Result<Value, Trouble> {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok().filter(Value::is_object);
    let said = || body.as_ref().map_or_else(|| format!("HTTP {}", reply.status), message);
    match reply.status {
        429 => Err(Trouble::TooMany),
        401 => Err(Trouble::WrongToken(said())),
        403 => Err(Trouble::NotAllowed(said())),
        404 | 405 => Err(Trouble::NoSuchCall(said())),
        300..=399 => Err(Trouble::Odd(format!("HTTP {}: it leads elsewhere", reply.status))),
        _ if reply.truncated => Err(Trouble::Odd("its answer has no end".to_owned())),
        _ => match body {
            Some(body) => Ok(body),
            // A gateway's single page stands wherever there is no call.
            None if reply.status == 200 && is_page(&reply.body) => {
                Err(Trouble::NoSuchCall("a web page came".to_owned()))
            }
            None => Err(Trouble::Odd(format!("HTTP {} and no JSON object", reply.status))),
        },
    }
}

fn is_page(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// `success: false`: One API and One Hub say with HTTP 200 that a token is wrong or a role too low.
fn refusal(message: String) -> Trouble {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["access token", "未登录", "not logged in", "New-Api-User", "Veloera-User"]) {
        Trouble::WrongToken(message)
    } else if has(&["权限不足", "权限", "permission", "insufficient", "封禁"]) {
        Trouble::NotAllowed(message)
    } else {
        Trouble::Refused(message)
    }
}

/// The gateway's words, shortened, and without anything that looks like a key.
fn message(body: &Value) -> String {
    let text = body.get("message").or_else(|| body.pointer("/error/message")).and_then(Value::as_str);
    text.map_or_else(|| "without a word".to_owned(), |text| redact(text, &[]))
}

fn pause(reply: &Reply) -> Duration {
    let told = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    told.map_or(PAUSE, Duration::from_secs).min(PAUSE_AT_MOST)
}
