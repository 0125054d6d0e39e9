//! A webhook of the operator's own: JSON or a template, signed as Standard Webhooks has it.
//!
//! Decides: what is posted, and how its receiver can tell that it is ours. Must not know: what a message says.

mod template;

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use self::template::Template;
use super::hook::Hook;
use super::{Letter, Refusal};
use crate::config::{ProbeConfig, SecretRef, WebhookConfig};
use crate::model::Secret;
use crate::notify::message::json::Document;

/// How such a signing secret begins; base64 follows.
const MARKED: &str = "whsec_";

/// A webhook of the operator's own.
pub struct Webhook {
    hook: Hook,
    headers: HeaderMap,
    key: Option<Hmac<Sha256>>,
    template: Option<Template>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

impl Webhook {
    /// A webhook as the settings have it; a template is tried once.
    ///
    /// # Errors
    /// What cannot be used, and no secret.
    pub fn new(config: &WebhookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let mut hook = Hook::new("webhook.url", &config.url, proxy, probe)?;
        let content_type = config.content_type.as_deref().unwrap_or("application/json");
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(content_type);
        headers.insert(CONTENT_TYPE, value.map_err(|_| format!("webhook.content_type: {content_type:?} is no type"))?);
        for (name, value) in &config.headers {
            let at = |why: String| format!("webhook.headers.{name}: {why}");
            let value = value.resolve().map_err(at)?;
            let name = HeaderName::try_from(name.as_str()).map_err(|_| at("this is no header's name".to_owned()))?;
            let mut secret = HeaderValue::from_str(value.expose())
                .map_err(|_| format!("webhook.headers.{name}: its value cannot stand in a header: one line of text"))?;
            secret.set_sensitive(true);
            headers.insert(name, secret);
            hook = hook.hiding(value);
        }
        let mut key = None;
        if let Some(secret) = &config.secret {
            let secret = secret.resolve().map_err(|why| format!("webhook.secret: {why}"))?;
            key = Some(signer(&secret)?);
            if let Some(encoded) = secret.expose().trim().strip_prefix(MARKED) {
                hook = hook.hiding(Secret::new(encoded));
            }
            hook = hook.hiding(secret);
        }
        let template = config.template.as_deref().map(|text| Template::new(text, content_type));
        let template = template.transpose().map_err(|why| format!("webhook.template: {why}"))?;
        Ok(Self { hook, headers, key, template })
    }

    /// Posts a message.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let document = Document::new(letter.id, letter.digest, letter.words(), letter.link, letter.zone);
        let body = match &self.template {
            None => serde_json::to_string(&document).map_err(|error| error.to_string()),
            Some(template) => template.render(&document),
        };
        let body = body.map_err(|why| Refusal::Never { why: format!("no body can be made of it: {why}") })?;
        let mut request = self.hook.request();
        request.headers_mut().extend(self.headers.clone());
        for (name, value) in self.marks(letter, &body) {
            // Ids and base64 are plain text.
            if let Ok(value) = HeaderValue::from_str(&value) {
                request.headers_mut().insert(name, value);
            }
        }
        *request.body_mut() = Some(body.into());
        let answer = self.hook.send(request).await?;
        match answer.status {
            // The endpoint says that it wants no more of it.
            410 => Err(answer.never("it is gone: take it out of the configuration, or put in its new address")),
            _ => answer.refusal().map_or(Ok(()), Err),
        }
    }

    /// Which message it is, and the proof that it is ours (<https://www.standardwebhooks.com>).
    fn marks(&self, letter: &Letter<'_>, body: &str) -> Vec<(&'static str, String)> {
        let at = letter.at.as_second().to_string();
        let signature = self.key.clone().map(|key| {
            let signed = key.chain_update(format!("{}.{at}.{body}", letter.id)).finalize().into_bytes();
            ("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(signed)))
        });
        [("webhook-id", letter.id.to_owned()), ("webhook-timestamp", at)].into_iter().chain(signature).collect()
    }
}

fn signer(secret: &Secret) -> Result<Hmac<Sha256>, String> {
    let key = match secret.expose().trim().strip_prefix(MARKED) {
        Some(encoded) => BASE64_STANDARD
            .decode(encoded)
            .map_err(|_| format!("webhook.secret: what stands behind {MARKED} is no base64"))?,
        None => secret.expose().as_bytes().to_vec(),
    };
    if key.is_empty() {
        return Err("webhook.secret: it is empty; leave it out, or write 24 random bytes or more".to_owned());
    }
    Hmac::new_from_slice(&key).map_err(|error| format!("webhook.secret: {error}"))
}
