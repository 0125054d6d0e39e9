//! Discord, by a webhook of a channel.
//!
//! Decides: how a message looks there, and what its answers mean. Must not know: why it was made, when it is tried again.
//!
//! Sources: Discord's developer documentation, "Webhook" (execute), "Message" (embed limits, allowed mentions), "Rate
//! limits", "Opcodes and status codes" (JSON error codes).

use serde_json::{Value, json};

use super::hook::{Answer, Hook};
use super::{Letter, Refusal};
use crate::config::{HookConfig, ProbeConfig, SecretRef};
use crate::model::Severity;
use crate::notify::message::{Message, discord};

/// The longest description of an embed. Discord counts characters; UTF-16 units are never fewer, and are counted here.
const LONGEST: usize = 4096;

/// A webhook of a Discord channel.
#[derive(Debug)]
pub struct Discord {
    hook: Hook,
}

impl Discord {
    /// A webhook as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without its address.
    pub fn new(settings: &HookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        Ok(Self { hook: Hook::new("discord.url", &settings.url, proxy, probe)? })
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

/// One embed: its text pings nobody and unfurls no link, and has a bar in the colour of the worst.
fn body(message: &Message) -> Value {
    let length = |message: &Message| discord::markdown(message).encode_utf16().count();
    let colour = match message.severity {
        Severity::Critical => 0x00d9_2d20,
        Severity::Warning => 0x00f7_9009,
        Severity::Info => 0x0012_b76a,
    };
    json!({
        "embeds": [{ "description": discord::markdown(&message.fit(LONGEST, length)), "color": colour }],
        // Nobody is pinged, whatever a name looks like.
        "allowed_mentions": { "parse": [] },
    })
}

fn meaning(answer: &Answer) -> Result<(), Refusal> {
    match (answer.status, answer.code("code")) {
        // Without `?wait=true` it says nothing; with it, the message.
        (204, _) => Ok(()),
        (200..=299, _) if answer.json.get("id").is_some() => Ok(()),
        (200..=299, _) => Err(answer.strange("Discord")),
        (404, Some(10015)) => {
            Err(answer.later("the webhook is gone: make a new one in the channel's settings and put it into `url`"))
        }
        (401, Some(50027)) => Err(answer.later("the webhook's token is wrong: copy its whole address into `url`")),
        // A forum, where each message belongs into a thread.
        (400, Some(220_001)) => {
            Err(answer.later("the webhook is one of a forum: add ?thread_id=… to `url`, or take another channel's"))
        }
        _ => answer.refusal().map_or(Ok(()), Err),
    }
}
