//! `WeCom` (企业微信), by a bot of a group.
//!
//! Decides: how a message looks there, and what its answers mean. Must not know: why it was made, when it is tried again.
//!
//! Source: developer.work.weixin.qq.com, document 99110 (2,048 bytes of text, 20 messages a minute) and 90313 (codes).

use std::time::Duration;

use serde_json::{Value, json};

use super::hook::{Answer, Hook};
use super::{Letter, Refusal};
use crate::config::{HookConfig, ProbeConfig, SecretRef};
use crate::notify::message::{Message, plain};

/// The longest text, in bytes of UTF-8.
const LONGEST: usize = 2048;
/// It counts the messages of a minute.
const PAUSE: Duration = Duration::from_mins(1);

/// A bot of a group of `WeCom`.
#[derive(Debug)]
pub struct WeCom {
    hook: Hook,
}

impl WeCom {
    /// A bot as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without its address.
    pub fn new(settings: &HookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        Ok(Self { hook: Hook::new("wecom.url", &settings.url, proxy, probe)? })
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let answer = self.hook.post(&body(&letter.message())).await?;
        meaning(&answer)
    }
}

fn body(message: &Message) -> Value {
    let fitting = message.fit(LONGEST, |message| text(message).len());
    json!({ "msgtype": "text", "text": { "content": text(&fitting) } })
}

/// Text, in which nothing but `<@somebody>` means anything.
fn text(message: &Message) -> String {
    plain::text(message).replace("<@", "‹@")
}

fn meaning(answer: &Answer) -> Result<(), Refusal> {
    match answer.code("errcode") {
        Some(0) if answer.refusal().is_none() => Ok(()),
        // Too often in a minute; in a day or so.
        Some(45009 | 45033) => Err(answer.later_in("it wants fewer messages", PAUSE)),
        Some(93000) => {
            Err(answer.later("it does not know the bot: copy its webhook address from the group's settings into `url`"))
        }
        // A field is wrong, the kind, the content is empty or too long, no JSON.
        Some(40008 | 40035 | 40058 | 40063 | 44004 | 45002 | 47001) => {
            Err(answer.never("it does not take this message"))
        }
        Some(-1) => Err(answer.later("it cannot take any now")),
        Some(_) | None => Err(answer.refusal().unwrap_or_else(|| answer.strange("WeCom"))),
    }
}
