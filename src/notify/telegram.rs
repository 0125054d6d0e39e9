//! Telegram's Bot API, over our own HTTP client.
//!
//! Decides: how a method is called, and what a refusal means. Must not know: what is said, to whom, and why.
//!
//! The bot's token stands in every address. None is ever told: an error holds Telegram's own words, redacted.

pub mod html;
mod outgoing;
pub mod press;
mod trouble;

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::outgoing::{Key, Outgoing, Place};
pub use self::trouble::Trouble;
use crate::config::{ProbeConfig, SecretRef, TelegramConfig};
use crate::http::Http;
use crate::model::Secret;

/// The longest text of a message, in UTF-16 units after its markup is taken out
/// (<https://core.telegram.org/bots/api#sendmessage>).
pub const TEXT: usize = 4096;
/// The most that is read of an answer: a hundred updates of the longest sort.
const ANSWER: usize = 8 * 1024 * 1024;
/// Time to a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// A bot, as something that can be called.
#[derive(Debug)]
pub struct Telegram {
    http: Http,
    api: String,
    token: Secret,
    /// What stands behind the token's colon: an answer may name it alone.
    key: Secret,
    proxy: Option<Secret>,
}

impl Telegram {
    /// A bot whose answers may take `patience`.
    ///
    /// # Errors
    /// A sentence on the key of the configuration that cannot be used; never the token.
    pub fn new(
        settings: &TelegramConfig,
        proxy: Option<&SecretRef>,
        probe: &ProbeConfig,
        patience: Duration,
    ) -> Result<Self, String> {
        let deadlines =
            ProbeConfig { connect_timeout: CONNECT, first_byte_timeout: patience, timeout: patience, ..probe.clone() };
        let token = settings.token.resolve().map_err(|why| format!("telegram.token: {why}"))?;
        let token = Secret::new(token.expose().trim());
        let key = token.expose().split_once(':').filter(|(id, key)| is_token(id, key)).map(|(_, key)| Secret::new(key));
        let key = key.ok_or("telegram.token is none: @BotFather gives it as a number, a colon, and letters")?;
        let proxy = proxy.map(SecretRef::resolve).transpose().map_err(|why| format!("proxy: {why}"))?;
        Ok(Self {
            http: Http::new(&deadlines)?,
            api: settings.api.trim().trim_end_matches('/').to_owned(),
            token,
            key,
            proxy,
        })
    }

    /// The bot's own number, which is no secret.
    pub fn id(&self) -> &str {
        self.token.expose().split(':').next().unwrap_or_default()
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Why Telegram did not do it, or that it did not answer.
    pub async fn call<R: DeserializeOwned>(&self, method: &str, params: &impl Serialize) -> Result<R, Trouble> {
        let away = |why: String| Trouble::Away { why: self.redacted(&why) };
        // The parser's words hold no part of the address.
        let url = format!("{}/bot{}/{method}", self.api, self.token.expose());
        let url = Url::parse(&url).map_err(|error| away(format!("telegram.api cannot be read: {error}")))?;
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = serde_json::to_vec(params).map_err(|error| away(error.to_string()))?;
        *request.body_mut() = Some(body.into());
        let reply = self.http.send(request, self.proxy.as_ref(), ANSWER).await;
        let reply = reply.map_err(|error| away(error.to_string()))?;
        let answer = serde_json::from_slice::<Answer<R>>(&reply.body);
        match answer {
            Ok(Answer { ok: true, result: Some(result), .. }) => Ok(result),
            Ok(answer) => {
                Err(trouble::of(reply.status, &answer.said(), &answer.parameters, |text| self.redacted(text)))
            }
            // A result in a form that nobody knows.
            Err(error) if (200..300).contains(&reply.status) => {
                Err(away(format!("its answer to {method} cannot be read: {error}")))
            }
            // Telegram always answers in JSON. A proxy's page is none of its words, whatever its status: a 403 there says
            // nothing of a chat.
            Err(_) => Err(away(format!(
                "somebody else answered in its place (HTTP {}); look at telegram.api and the proxy",
                reply.status
            ))),
        }
    }

    fn redacted(&self, text: &str) -> String {
        crate::model::redact(text, &[&self.token, &self.key])
    }
}

/// What Telegram answers, be it done or refused.
#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "R: DeserializeOwned"))]
struct Answer<R> {
    ok: bool,
    #[serde(default = "none")]
    result: Option<R>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

fn none<R>() -> Option<R> {
    None
}

impl<R> Answer<R> {
    fn said(&self) -> String {
        self.description.clone().unwrap_or_default()
    }
}

/// What helps to do better.
#[derive(Debug, Default, serde::Deserialize)]
struct Parameters {
    /// The group's number from now on.
    #[serde(default)]
    migrate_to_chat_id: Option<i64>,
    /// In seconds.
    #[serde(default)]
    retry_after: Option<u64>,
}

/// Whether a token has the form that every token has. Anything else could make another address of the one it stands in.
fn is_token(id: &str, key: &str) -> bool {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && !key.is_empty() && key.chars().all(is_key)
}
