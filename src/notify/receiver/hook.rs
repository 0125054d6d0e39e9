//! A webhook: how a message is posted to one, and what its answer means wherever the receiver does not say otherwise.
//!
//! Decides: deadlines, when it is asked again, which words of an answer are shown. Must not know: what is posted, any
//! receiver's own codes.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Request};
use serde_json::Value;
use sha2::Sha256;
use url::{Url, form_urlencoded};

use super::Refusal;
use crate::clock;
use crate::config::{ProbeConfig, SecretRef, SignedHookConfig};
use crate::http::{Http, Transport, TransportKind};
use crate::model::{Secret, redact};

/// Time to a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time to the complete answer.
const ANSWER: Duration = Duration::from_secs(20);
/// As much of an answer is read. All known ones are far shorter.
const CAP: usize = 16 * 1024;
/// No receiver is believed that wants more time.
const WAIT_AT_MOST: Duration = Duration::from_hours(1);
/// A part of an address that is shorter, or holds no digit and is not much longer, is a word and no token.
const SHORTEST_TOKEN: usize = 6;
const SHORTEST_TOKEN_WITHOUT_DIGIT: usize = 16;

/// A webhook. Its address is a secret: it stands in no error, log or `Debug`.
pub struct Hook {
    http: Http,
    url: Url,
    /// The user and password of its address, as the client itself does not send them.
    login: Option<HeaderValue>,
    proxy: Option<Secret>,
    secrets: Vec<Secret>,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}

impl Hook {
    /// The webhook that stands at `key` of a receiver's settings, asked by way of `proxy`. Certificates and the
    /// `User-Agent` are those of `probe`.
    ///
    /// # Errors
    /// What of it cannot be used, without address and proxy.
    pub fn new(key: &str, url: &SecretRef, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let form = "write the whole address, as https://host/path";
        let url = url.resolve().map_err(|why| format!("{key}: {why}"))?;
        let mut url = Url::parse(url.expose().trim()).map_err(|error| format!("{key}: {error}; {form}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{key}: it begins with neither http:// nor https://; {form}"));
        }
        let limits =
            ProbeConfig { connect_timeout: CONNECT, first_byte_timeout: ANSWER, timeout: ANSWER, ..probe.clone() };
        let proxy = proxy.map(SecretRef::resolve).transpose().map_err(|why| format!("proxy: {why}"))?;
        let mut secrets = tokens(&url);
        secrets.extend(proxy.clone());
        let proxy_password =
            proxy.as_ref().and_then(|proxy| meant(Url::parse(proxy.expose().trim()).ok()?.password()?));
        secrets.extend(proxy_password.map(Secret::new));
        let login = login(&mut url);
        secrets.extend(login.as_ref().and_then(|login| login.to_str().ok()).map(Secret::new));
        Ok(Self { http: Http::new(&limits)?, url, login, proxy, secrets })
    }

    /// The webhook of a `kind` that may want each message signed, and the secret to do it with.
    ///
    /// # Errors
    /// As [`Hook::new`].
    pub fn signed(
        kind: &str,
        settings: &SignedHookConfig,
        proxy: Option<&SecretRef>,
        probe: &ProbeConfig,
    ) -> Result<(Self, Option<Secret>), String> {
        let hook = Self::new(&format!("{kind}.url"), &settings.url, proxy, probe)?;
        let Some(secret) = &settings.secret else {
            return Ok((hook, None));
        };
        let secret = secret.resolve().map_err(|why| format!("{kind}.secret: {why}"))?;
        Ok((hook.hiding(secret.clone()), Some(secret)))
    }

    /// The same, with one more secret that no answer's words show.
    #[must_use]
    pub fn hiding(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// An empty POST to the address: for whoever sends more than JSON.
    pub fn request(&self) -> Request {
        let mut request = Request::new(Method::POST, self.url.clone());
        if let Some(login) = &self.login {
            request.headers_mut().insert(AUTHORIZATION, login.clone());
        }
        request
    }

    /// Posts `body` as JSON.
    ///
    /// # Errors
    /// There was no answer: `Later`.
    pub async fn post(&self, body: &Value) -> Result<Answer, Refusal> {
        self.post_signed(body, &[]).await
    }

    /// The same, with more parts in the address's query.
    ///
    /// # Errors
    /// As [`Hook::post`].
    pub async fn post_signed(&self, body: &Value, query: &[(&str, String)]) -> Result<Answer, Refusal> {
        let mut request = self.request();
        if !query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(query);
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        *request.body_mut() = Some(body.to_string().into());
        self.send(request).await
    }

    /// Sends `request` as it is.
    ///
    /// # Errors
    /// There was no answer: `Later`.
    pub async fn send(&self, request: Request) -> Result<Answer, Refusal> {
        let reply = self.http.send(request, self.proxy.as_ref(), CAP).await.map_err(|error| unanswered(&error))?;
        let secrets: Vec<_> = self.secrets.iter().collect();
        let text = String::from_utf8_lossy(&reply.body);
        // What was cut off is no JSON any more, also where its beginning is.
        let json = if reply.truncated { Value::Null } else { serde_json::from_str(&text).unwrap_or_default() };
        let words = redact(said(&text, &json), &secrets);
        Ok(Answer { status: reply.status, after: after(&reply.headers, &json, clock::now()), json, words })
    }
}

/// What a webhook answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON; else null. Not redacted: for its codes, never for words.
    pub json: Value,
    /// What it says, on one line and without secrets.
    pub words: String,
    /// Not before so long, as it wants it; an hour at most.
    pub after: Option<Duration>,
}

impl Answer {
    /// The number in one of the body's fields.
    pub fn code(&self, field: &str) -> Option<i64> {
        self.json.get(field)?.as_i64()
    }

    /// What the status alone says: nothing for 2xx. What may heal by itself, or by a person's hand, is tried again.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.status {
            200..=299 => None,
            429 => Some(self.later("it wants fewer messages")),
            408 | 425 | 500.. => Some(self.later("it cannot take any now")),
            300..=399 => Some(self.later("it sends us on to another address: put that one into `url`")),
            401 | 403..=405 | 407 | 410 => Some(self.later("it does not know us: is `url` still right?")),
            _ => Some(self.never("it does not take this message")),
        }
    }

    /// It says yes, but not as `whom` says it: something else is at the address.
    pub fn strange(&self, whom: &str) -> Refusal {
        self.later(&format!("this is not how {whom} answers: is `url` right?"))
    }

    /// It may be taken another time; `what` is wrong, or is to be done.
    pub fn later(&self, what: &str) -> Refusal {
        Refusal::Later { why: self.why(what), after: self.after }
    }

    /// The same, after `wait` where the answer names no other.
    pub fn later_in(&self, what: &str, wait: Duration) -> Refusal {
        Refusal::Later { why: self.why(what), after: self.after.or(Some(wait)) }
    }

    /// This message never will be.
    pub fn never(&self, what: &str) -> Refusal {
        Refusal::Never { why: self.why(what) }
    }

    fn why(&self, what: &str) -> String {
        match self.words.as_str() {
            "" => format!("{what} (it answered {})", self.status),
            words => format!("{what} (it answered {}: {words})", self.status),
        }
    }
}

/// `text` signed with `key` by HMAC-SHA256, in base64.
pub fn signature(key: &[u8], text: &[u8]) -> String {
    // A key of any length will do; were it not so, nobody would take the empty signature.
    let made = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(text).finalize().into_bytes());
    made.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
}

/// When a receiver wants to be asked again: its `Retry-After` (seconds, or an HTTP date), or `retry_after` in its JSON
/// (seconds with a fraction: Discord, Telegram within `parameters`); an hour at most.
pub fn after(headers: &HeaderMap, json: &Value, now: Timestamp) -> Option<Duration> {
    let header = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let field = json.get("retry_after").or_else(|| json.pointer("/parameters/retry_after"));
    let wait = field.and_then(Value::as_f64).or_else(|| {
        let text = header?.trim();
        text.parse().ok().or_else(|| {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text).ok()?;
            Some(date.timestamp().duration_since(now).as_secs_f64().max(0.0))
        })
    })?;
    (wait >= 0.0).then(|| Duration::try_from_secs_f64(wait).unwrap_or(WAIT_AT_MOST).min(WAIT_AT_MOST))
}

/// What of a body is worth showing.
fn said<'a>(text: &'a str, json: &'a Value) -> &'a str {
    let field = ["message", "msg", "errmsg", "error"].iter().find_map(|field| json.get(field)?.as_str());
    match field {
        Some(words) => words,
        None if text.trim_start().starts_with('<') => "a web page",
        None => text,
    }
}

fn unanswered(error: &Transport) -> Refusal {
    let why = match error.kind {
        TransportKind::Setup => format!("its proxy cannot be used: {}", error.why),
        TransportKind::TimedOut
        | TransportKind::Dns
        | TransportKind::Connect
        | TransportKind::Tls
        | TransportKind::Reset
        | TransportKind::Protocol
        | TransportKind::Body => error.to_string(),
    };
    Refusal::Later { why, after: None }
}

/// All of an address that an answer may repeat and nobody may see: whole, its way, and each part that may be a token.
fn tokens(url: &Url) -> Vec<Secret> {
    let mut parts = vec![url.as_str().to_owned()];
    parts.extend(url.password().map(str::to_owned));
    parts.extend(url.password().and_then(meant));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(
        url.query()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())),
    );
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    for segment in url.path_segments().into_iter().flatten() {
        let long = segment.len() >= SHORTEST_TOKEN_WITHOUT_DIGIT;
        if long || segment.len() >= SHORTEST_TOKEN && segment.contains(|c: char| c.is_ascii_digit()) {
            parts.push(segment.to_owned());
            // Also as it was meant, where it is written with `%`.
            parts.extend(meant(segment));
        }
    }
    // The longest first: a part that is taken out must not leave the rest of a longer one behind.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.iter().filter(|part| part.len() >= SHORTEST_TOKEN).map(Secret::new).collect()
}

/// What a part of an address means that is written with `%`.
fn meant(part: &str) -> Option<String> {
    let part = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(part.as_bytes()).next().map(|(text, _)| text.into_owned())
}

/// Takes user and password out of an address, and makes a header of them.
fn login(url: &mut Url) -> Option<HeaderValue> {
    let (user, password) = (meant(url.username()).unwrap_or_default(), url.password().and_then(meant));
    if user.is_empty() && password.is_none() {
        return None;
    }
    // An address with a host takes both.
    let _ = (url.set_username(""), url.set_password(None));
    let login = STANDARD.encode(format!("{user}:{}", password.unwrap_or_default()));
    let mut login = HeaderValue::from_str(&format!("Basic {login}")).ok()?;
    login.set_sensitive(true);
    Some(login)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(headers: &[(&'static str, &'static str)], json: &Value) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        after(&headers.collect(), json, "2026-11-21T18:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_wait_is_read_from_wherever_it_stands() {
        let none = Value::Null;
        for (headers, json, want) in [
            (&[("retry-after", "5")][..], &none, Some(Duration::from_secs(5))),
            (&[("retry-after", "0")], &none, Some(Duration::ZERO)),
            (&[("retry-after", "Sat, 21 Nov 2026 18:00:30 GMT")], &none, Some(Duration::from_secs(30))),
            (&[("retry-after", "Sat, 21 Nov 2026 17:00:30 GMT")], &none, Some(Duration::ZERO)),
            (&[("retry-after", "Mon, 23 Nov 2026 18:00:30 GMT")], &none, Some(WAIT_AT_MOST)),
            (&[("retry-after", "1")], &json!({"retry_after": 0.65}), Some(Duration::from_millis(650))),
            (&[], &json!({"parameters": {"retry_after": 7}}), Some(Duration::from_secs(7))),
            (&[("retry-after", "86400")], &none, Some(WAIT_AT_MOST)),
            (&[("retry-after", "1e300")], &none, Some(WAIT_AT_MOST)),
            (&[("retry-after", "-5")], &none, None),
            (&[("retry-after", "NaN")], &none, None),
            (&[("retry-after", "soon")], &none, None),
            (&[], &json!({"retry_after": "soon"}), None),
            (&[], &none, None),
        ] {
            assert_eq!(at(headers, json), want, "{headers:?} {json}");
        }
    }

    #[test]
    fn a_signature_is_that_of_rfc_4231() {
        // Its test case 2, in base64.
        let want = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
        assert_eq!(signature(b"Jefe", b"what do ya want for nothing?"), want);
    }

    #[test]
    fn a_status_says_whether_it_heals() {
        let answer = |status| Answer { status, json: Value::Null, words: String::new(), after: None }.refusal();
        for status in [200, 204] {
            assert_eq!(answer(status), None, "{status}");
        }
        for status in [301, 401, 403, 404, 405, 407, 408, 410, 425, 429, 500, 503, 599] {
            assert!(matches!(answer(status), Some(Refusal::Later { .. })), "{status}");
        }
        for status in [400, 413, 415, 422] {
            assert!(matches!(answer(status), Some(Refusal::Never { .. })), "{status}");
        }
    }

    #[test]
    fn an_address_is_hidden_in_every_part() {
        let url = "https://me:pass-word@hooks.example/services/T0CANARY1/B0CANARY2/canary%2Bsecret-1?key=canary-3&v=1";
        let url = Url::parse(url).unwrap();
        let secrets = tokens(&url);
        let hidden: Vec<_> = secrets.iter().collect();
        let text = format!(
            "no {url}, no /services/T0CANARY1, B0CANARY2, canary+secret-1, canary%2Bsecret-1, key=canary-3, pass-word"
        );
        let shown = redact(&text, &hidden);
        assert!(!shown.to_ascii_lowercase().contains("canary") && !shown.contains("pass-word"), "{shown}");
        assert!(shown.contains("/services/"), "words are left: {shown}");
    }

    #[test]
    fn user_and_password_of_an_address_are_sent_and_hidden() {
        let url = SecretRef::literal("https://me:p%40ss-w%2Brd@hooks.example/x?key=ab%2Bcanary-4&v=1");
        let proxy = SecretRef::literal("socks5://us:proxy-pass@127.0.0.1:1");
        let hook = Hook::new("webhook.url", &url, Some(&proxy), &ProbeConfig::default()).unwrap();
        let request = hook.request();
        assert_eq!(request.headers()[AUTHORIZATION], "Basic bWU6cEBzcy13K3Jk", "me:p@ss-w+rd");
        assert_eq!(request.url().as_str(), "https://hooks.example/x?key=ab%2Bcanary-4&v=1");
        let hidden: Vec<_> = hook.secrets.iter().collect();
        let shown = redact("no p@ss-w+rd, p%40ss-w%2Brd, bWU6cEBzcy13K3Jk, proxy-pass, ab%2Bcanary-4", &hidden);
        assert_eq!(shown, "no ***, ***, ***, ***, ***");
    }

    #[test]
    fn a_page_and_a_sentence_are_said_in_short() {
        assert_eq!(said(" <!DOCTYPE html><p>x", &Value::Null), "a web page");
        assert_eq!(said("no_service", &Value::Null), "no_service");
        let json = json!({"code": 19021, "msg": "sign match fail"});
        assert_eq!(said(&json.to_string(), &json), "sign match fail");
    }

    #[test]
    fn an_address_of_another_kind_is_refused_without_showing_it() {
        for url in ["ftp://host/canary-1", "canary-1", "https://"] {
            let url = SecretRef::literal(url);
            let error = Hook::new("discord.url", &url, None, &ProbeConfig::default()).unwrap_err();
            assert!(error.starts_with("discord.url: ") && !error.contains("canary"), "{error}");
        }
    }
}
