//! One call to a `LiteLLM` proxy: its key, its deadline, and what sort of trouble an answer is.
//!
//! Decides: how long each call may take, and what shows that the key is wrong. Must not know: what a call is for.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use crate::config::{ApiConfig, ProbeConfig};
use crate::gateway::admin::{ApiError, Trouble};
use crate::http::{Http, Reply, Transport, TransportKind};
use crate::model::{Secret, redact, redact_up_to};

/// `/model/info` says 7 KB of each deployment.
pub(super) const CAP: usize = 64 * 1024 * 1024;
/// How long a call may take that waits for no upstream.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// No call takes longer.
const LONGEST_CALL: Duration = Duration::from_mins(90);
/// What is kept of a foreign text, in characters.
const LONGEST: usize = 2000;
/// How long a proxy that is busy by its own word (429) is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// What one endpoint answered, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, up to a cap. Foreign, and it may hold what must not be shown: see [`super::LiteLlm::shown`].
    pub body: Vec<u8>,
    /// There was more of it.
    pub truncated: bool,
    /// From sending the request to the last byte read.
    pub latency: Duration,
    /// `x-litellm-model-id`: the deployment that answered a question.
    pub model_id: Option<String>,
    /// `x-litellm-attempted-fallbacks`: how many other models were tried in its place.
    pub fallbacks: u32,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status: reply.status,
            model_id: header("x-litellm-model-id").map(|id| id.chars().take(256).collect()),
            fallbacks: header("x-litellm-attempted-fallbacks").and_then(|text| text.parse().ok()).unwrap_or_default(),
            truncated: reply.truncated,
            latency: reply.latency,
            body: reply.body,
        }
    }
}

/// A call, before its deadline is known.
pub(super) struct Call<'a> {
    pub(super) doing: &'static str,
    pub(super) method: Method,
    /// Without a slash in front.
    pub(super) path: &'a str,
    pub(super) body: Option<String>,
    /// By our key.
    pub(super) keyed: bool,
    pub(super) limit: Duration,
    pub(super) cap: usize,
}

impl<'a> Call<'a> {
    /// `GET`, by our key.
    pub(super) fn get(doing: &'static str, path: &'a str) -> Self {
        Self { doing, method: Method::GET, path, body: None, keyed: true, limit: ANSWER, cap: CAP }
    }
}

/// Who we are to one proxy.
pub(super) struct Client {
    http: Http,
    base: Url,
    address: String,
    key: Secret,
    bearer: HeaderValue,
}

impl Client {
    /// # Errors
    /// What in the configuration cannot be used.
    pub(super) fn new(api: &ApiConfig, http: &ProbeConfig) -> Result<Self, String> {
        let base = format!("{}/", api.url.trim_end_matches('/'));
        let base = Url::parse(&base).map_err(|error| format!("url: {error}"))?;
        let key = api.token.resolve().map_err(|why| format!("token: {why}"))?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose().trim()))
            .map_err(|_| "token: it cannot be sent in a header".to_owned())?;
        bearer.set_sensitive(true);
        // Each call has its own.
        let http = Http::new(&ProbeConfig { first_byte_timeout: LONGEST_CALL, timeout: LONGEST_CALL, ..http.clone() })?;
        let address = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, base, address, key, bearer })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Foreign words for people: on one line, without our key or anything like one.
    pub(super) fn shown(&self, text: &str) -> String {
        redact(text, &[&self.key])
    }

    /// The same, as long as a classification may want it.
    pub(super) fn whole(&self, text: &str) -> String {
        redact_up_to(text, &[&self.key], LONGEST)
    }

    pub(super) fn error(&self, doing: &'static str, trouble: Trouble) -> ApiError {
        ApiError { address: self.address.clone(), doing, trouble }
    }

    /// The answer to a call, whatever its status.
    ///
    /// # Errors
    /// There was none, or none in time.
    pub(super) async fn answer(&self, call: Call<'_>) -> Result<Answer, Transport> {
        let setup = |error: url::ParseError| Transport {
            kind: TransportKind::Setup,
            why: error.to_string(),
            latency: Duration::ZERO,
        };
        let url = self.base.join(call.path).map_err(setup)?;
        let mut request = Request::new(call.method, url);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if call.keyed {
            headers.insert(AUTHORIZATION, self.bearer.clone());
        }
        if let Some(body) = call.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        *request.headers_mut() = headers;
        match tokio::time::timeout(call.limit, self.http.send(request, None, call.cap)).await {
            Ok(sent) => sent.map(Answer::from),
            Err(_) => Err(Transport {
                kind: TransportKind::TimedOut,
                why: format!("no answer within {} s", call.limit.as_secs()),
                latency: call.limit,
            }),
        }
    }

    /// The answer to a call that went well.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, ApiError> {
        let doing = call.doing;
        let answer = self.answer(call).await.map_err(|why| self.error(doing, silent(&why)))?;
        match self.trouble(&answer) {
            None => Ok(answer),
            Some(trouble) => Err(self.error(doing, trouble)),
        }
    }

    /// What sort of trouble an answer tells of; `None`: of none.
    pub(super) fn trouble(&self, answer: &Answer) -> Option<Trouble> {
        if answer.status < 300 {
            return answer.truncated.then(|| Trouble::Odd("its answer has no end".to_owned()));
        }
        let said = Said::of(&answer.body);
        let words = || match &said.message {
            Some(message) => self.shown(message),
            None => format!("HTTP {}", answer.status),
        };
        Some(match answer.status {
            // Without a database it looks for an unknown key in one that it has not.
            400 if said.sort.as_deref() == Some("no_db_connection") => {
                Trouble::WrongKey("it has no database to look an unknown key up in".to_owned())
            }
            // Installed without the package `prisma`, it stumbles over the refusal itself.
            500 if answer.body.starts_with(b"Internal Server Error") => {
                Trouble::WrongKey("HTTP 500 without a reason, as it says without its package `prisma`".to_owned())
            }
            401 => Trouble::WrongKey(words()),
            403 => Trouble::NotAllowed(words()),
            404 | 405 => Trouble::NoSuchCall(words()),
            429 => Trouble::TooMany(PAUSE),
            300..=399 => Trouble::Odd(format!("HTTP {}: it leads elsewhere", answer.status)),
            _ if said.message.is_some() => Trouble::Refused(words()),
            _ => Trouble::Odd(words()),
        })
    }
}

/// That no answer came, as a trouble.
pub(super) fn silent(why: &Transport) -> Trouble {
    Trouble::Silent(why.to_string())
}

/// What `LiteLLM` says of a refusal, in any of its forms.
struct Said {
    sort: Option<String>,
    message: Option<String>,
}

impl Said {
    fn of(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body.get(..64 * 1024).unwrap_or(body)).unwrap_or_default();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let message = ["/error/message", "/detail/error", "/detail"].into_iter().find_map(text);
        Self { sort: text("/error/type"), message }
    }
}
