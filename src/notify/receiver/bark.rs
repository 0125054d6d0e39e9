//! Bark: a push to an iPhone, by its own server or another.
//!
//! Decides: how loud it is, and what is left out of a push. Must not know: what a message says.

use serde_json::{Value, json};

use super::hook::{Answer, Hook};
use super::{Letter, Refusal};
use crate::config::{BarkConfig, ProbeConfig, SecretRef};
use crate::model::{Secret, Severity};
use crate::notify::message::plain;

/// Apple takes 4 KB for a push with all that Bark puts around it; the text has as much of them.
const TEXT: usize = 1500;

/// One device.
#[derive(Debug)]
pub struct Bark {
    hook: Hook,
    key: Secret,
}

impl Bark {
    /// The device of that key.
    ///
    /// # Errors
    /// What cannot be used, and no secret.
    pub fn new(config: &BarkConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let key = config.key.resolve().map_err(|why| format!("bark.key: {why}"))?;
        let url = SecretRef::literal(format!("{}/push", config.server.trim().trim_end_matches('/')));
        let hook = Hook::new("bark.server", &url, proxy, probe)?.hiding(key.clone());
        Ok(Self { hook, key })
    }

    /// Pushes a message. One that comes twice takes its own place: Bark knows it by its id.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let answer = self.hook.post(&self.push(letter)).await?;
        said(&answer)
    }

    fn push(&self, letter: &Letter<'_>) -> Value {
        let message = letter.message().fit(TEXT, |message| plain::text(message).len());
        let mut push = json!({
            "device_key": self.key.expose(),
            "title": message.title,
            "body": plain::text(&message),
            "group": "channelwarden",
            "level": level(message.severity),
            "id": letter.id,
        });
        if let (Some(push), Some(link)) = (push.as_object_mut(), letter.link) {
            push.insert("url".to_owned(), link.into());
        }
        push
    }
}

/// How loud: what is critical breaks through a focus, and nothing of ours through silence.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "passive",
        Severity::Warning => "active",
        Severity::Critical => "timeSensitive",
    }
}

/// What the server's answer means: its own code counts, as some proxies in front of it say 200 to everything.
fn said(answer: &Answer) -> Result<(), Refusal> {
    let code = answer.code("code").unwrap_or_else(|| i64::from(answer.status));
    let words = answer.words.to_ascii_lowercase();
    match (answer.status, code) {
        (200..=299, 200) => Ok(()),
        _ if words.contains("too large") || words.contains("toolarge") => Err(answer.never("it is too long for Apple")),
        // A device that is set up anew has the same key again.
        _ if words.contains("device") => {
            Err(answer.later("it does not know the device: is bark.key what the app shows?"))
        }
        _ => Err(answer.refusal().unwrap_or_else(|| answer.later("Bark's server did not take it"))),
    }
}
