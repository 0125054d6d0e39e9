//! One upstream account, ready to be asked: where, with which key and headers, through which proxy.
//!
//! Decides: the headers of every request to it. Must not know: models, shapes, pacing.

use std::hash::{DefaultHasher, Hash, Hasher};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::Endpoints;
use crate::model::{Access, Channel, Protocol, Secret, redact, redact_up_to};

/// Baidu's Qianfan v2, as New API and One API call it.
const QIANFAN: [&str; 2] = ["Baidu v2", "BaiduV2"];

/// One (channel, key) to ask.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where.
    pub endpoints: Endpoints,
    /// With which key; empty where the upstream wants none.
    pub key: Secret,
    /// The headers of every request, the key's among them, marked sensitive.
    pub headers: HeaderMap,
    /// The channel's own proxy, which may hold a password.
    pub proxy: Option<Secret>,
    /// What is spoken there.
    pub protocol: Protocol,
    /// The gateway's name for the channel type.
    pub type_name: &'static str,
    /// What tells this account from others in this process: a hash over host and key.
    pub account: u64,
    /// Values of the channel's own headers: as secret as the key.
    secrets: Vec<Secret>,
}

impl Target {
    /// Puts together what a channel and one of its keys say.
    ///
    /// # Errors
    /// What in the channel cannot be used and where; never the key.
    pub fn new(access: &Access, channel: &Channel, key: &Secret) -> Result<Self, String> {
        let endpoints = Endpoints::new(access)?;
        let key = Secret::new(key.expose().trim());
        let mut headers = credentials(access, &key)?;
        let organization = channel.organization.as_deref().map(str::trim).filter(|_| access.type_name == "OpenAI");
        if let Some(value) = organization.filter(|text| !text.is_empty()).and_then(sensitive) {
            headers.insert(HeaderName::from_static("openai-organization"), value);
        }
        let mut secrets = Vec::new();
        for (name, value) in channel.headers.iter().filter(|(name, value)| is_plain(name, value.expose())) {
            let value = value.expose().replace("{api_key}", key.expose());
            let Ok(name) = HeaderName::try_from(name.as_str()) else {
                return Err(format!("the channel's header override {name:?} is no HTTP header name"));
            };
            let Some(header) = sensitive(&value) else {
                return Err(format!("the channel's header override {name:?} holds characters that no header may hold"));
            };
            headers.insert(name, header);
            secrets.push(Secret::new(value));
        }
        let proxy = channel
            .proxy
            .as_ref()
            .map(Secret::expose)
            .map(str::trim)
            .filter(|proxy| !proxy.is_empty())
            .map(Secret::new);
        let mut hasher = DefaultHasher::new();
        (&endpoints.host, key.expose()).hash(&mut hasher);
        let account = hasher.finish();
        let (protocol, type_name) = (access.protocol, access.type_name);
        Ok(Self { endpoints, key, headers, proxy, protocol, type_name, account, secrets })
    }

    /// A foreign text without this target's secrets, in one short line.
    pub fn redact(&self, text: &str) -> String {
        self.redact_with(text, std::iter::empty())
    }

    /// As [`Self::redact`], also without these.
    pub fn redact_with<'a>(&self, text: &str, also: impl Iterator<Item = &'a str>) -> String {
        let also: Vec<Secret> = also.map(Secret::new).collect();
        redact(text, &self.secrets(&also))
    }

    /// As [`Self::redact_with`], up to `longest` bytes long.
    pub fn redact_whole<'a>(&self, text: &str, also: impl Iterator<Item = &'a str>, longest: usize) -> String {
        let also: Vec<Secret> = also.map(Secret::new).collect();
        let mut text = redact_up_to(text, &self.secrets(&also), longest);
        text.truncate(text.floor_char_boundary(longest));
        text
    }

    fn secrets<'a>(&'a self, also: &'a [Secret]) -> Vec<&'a Secret> {
        self.secrets.iter().chain([&self.key]).chain(&self.proxy).chain(also).collect()
    }
}

/// The headers that hold the key. Never two of them: New API answers in another form for each.
fn credentials(access: &Access, key: &Secret) -> Result<HeaderMap, &'static str> {
    const BAD: &str = "the key holds characters that no HTTP header may hold";
    let mut headers = HeaderMap::new();
    if access.protocol == Protocol::Anthropic {
        headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
    }
    if key.expose().is_empty() {
        return Ok(headers);
    }
    let name = match access.protocol {
        Protocol::OpenAi(_) | Protocol::Cohere | Protocol::Ollama => None,
        Protocol::Azure(_) => Some("api-key"),
        Protocol::Anthropic => Some("x-api-key"),
        Protocol::Gemini => Some("x-goog-api-key"),
    };
    if let Some(name) = name {
        headers.insert(HeaderName::from_static(name), sensitive(key.expose()).ok_or(BAD)?);
        return Ok(headers);
    }
    // Qianfan's keys may name the application they are for, which the gateways send as a header.
    let parts = key.expose().split_once('|').filter(|_| QIANFAN.contains(&access.type_name));
    let token = parts.map_or(key.expose(), |(token, _)| token);
    if let Some((_, app)) = parts {
        headers.insert(HeaderName::from_static("appid"), sensitive(app).ok_or(BAD)?);
    }
    headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {token}")).ok_or(BAD)?);
    Ok(headers)
}

/// New API may also pass a client's header on (`{client_header:…}`, `*`, `re:`/`regex:` names): there is no client here.
pub(super) fn is_plain(name: &str, value: &str) -> bool {
    let pattern = name.contains('*') || name.starts_with("re:") || name.starts_with("regex:");
    // These frame the message; a fixed value would break it.
    let framing = ["host", "content-length", "transfer-encoding", "connection"];
    !pattern && !framing.contains(&name.to_ascii_lowercase().as_str()) && !value.contains("{client_header")
}

pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
