//! Feishu (飞书) and Lark, by a custom bot of a group.
//!
//! Decides: how a message looks there, how it is signed, and what its answers mean. Must not know: why it was made, when
//! it is tried again.
//!
//! Source: open.larksuite.com, "Custom bot usage guide" (20 KB, 100 messages a minute, signature, 9499, 11232, 19021,
//! 19022, 19024) and its message cards (`plain_text` knows no markup).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::hook::{Answer, Hook, signature};
use super::{Letter, NAME, Refusal};
use crate::config::{ProbeConfig, SecretRef, SignedHookConfig};
use crate::model::{Secret, Severity};
use crate::notify::message::{Message, plain};
use crate::notify::words::Words;

/// The longest card, in bytes of JSON: a request's body may hold 20 KB, signature and all.
const LONGEST: usize = 19_500;
/// The most elements of a card.
const ELEMENTS: usize = 50;
/// It counts the messages of a minute.
const PAUSE: Duration = Duration::from_mins(1);

/// A custom bot of Feishu or Lark.
#[derive(Debug)]
pub struct Feishu {
    hook: Hook,
    secret: Option<Secret>,
}

impl Feishu {
    /// A bot as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without address and secret.
    pub fn new(settings: &SignedHookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let (hook, secret) = Hook::signed("feishu", settings, proxy, probe)?;
        Ok(Self { hook, secret })
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let mut body = body(&letter.message());
        if let Some(secret) = &self.secret {
            sign(&mut body, secret, letter.at);
        }
        let answer = self.hook.post(&body).await?;
        meaning(&answer)
    }
}

/// The time and the secret are the key; nothing is signed with it.
fn sign(body: &mut Value, secret: &Secret, at: Timestamp) {
    let key = format!("{}\n{}", at.as_second(), secret.expose());
    body["timestamp"] = json!(at.as_second().to_string());
    body["sign"] = json!(signature(key.as_bytes(), b""));
}

fn body(message: &Message) -> Value {
    // One measure for both limits.
    let size = |message: &Message| {
        let card = card(message);
        let count = card["elements"].as_array().map_or(0, Vec::len);
        card.to_string().len().max((count * LONGEST).div_ceil(ELEMENTS))
    };
    json!({ "msg_type": "interactive", "card": card(&message.fit(LONGEST, size)) })
}

/// Every text is a `plain_text`, which knows no markup, so no name can be any.
fn card(message: &Message) -> Value {
    let colour = match message.severity {
        Severity::Critical => "red",
        Severity::Warning => "orange",
        Severity::Info => "green",
    };
    // The way to the dashboard is a button, and no text.
    let unlinked = Message { link: None, ..message.clone() };
    let text = plain::text(&unlinked);
    // The first part is the totals.
    let parts = text.split("\n\n").skip(1).filter(|part| !part.trim().is_empty());
    let mut elements: Vec<_> = parts.map(|part| json!({ "tag": "div", "text": words(part) })).collect();
    if let Some(link) = &message.link {
        let open = Words::of(message.language).say("open", &[]);
        let button = json!({ "tag": "button", "text": words(&open), "type": "default", "url": link });
        elements.push(json!({ "tag": "action", "actions": [button] }));
    }
    // Our name is a word that the bot's keywords can name.
    elements.push(json!({ "tag": "note", "elements": [words(NAME)] }));
    json!({
        "config": { "wide_screen_mode": true },
        "header": { "title": words(&message.totals), "template": colour },
        "elements": elements,
    })
}

fn words(text: &str) -> Value {
    json!({ "tag": "plain_text", "content": text })
}

fn meaning(answer: &Answer) -> Result<(), Refusal> {
    let said = answer.words.to_ascii_lowercase();
    match answer.code("code").or_else(|| answer.code("StatusCode")) {
        Some(0) if answer.refusal().is_none() => Ok(()),
        Some(11232) => Err(answer.later_in("it wants fewer messages", PAUSE)),
        // One code for "Bad Request" and "too many request".
        Some(9499) if said.contains("too many") => Err(answer.later_in("it wants fewer messages", PAUSE)),
        Some(19001) if said.contains("token") => {
            Err(answer.later("it does not know the bot: copy its webhook address from the group's settings into `url`"))
        }
        Some(9499 | 19001 | 19002) => Err(answer.never("it does not take this message")),
        Some(19021) => {
            Err(answer.later("the signature is not right: is `secret` that of the bot, and is our clock right?"))
        }
        Some(19022) => Err(answer.later("our address is not on the bot's list: add it in the bot's settings")),
        Some(19024) => Err(answer.later(&format!("the bot wants a keyword: add `{NAME}` to its keywords"))),
        Some(_) | None => Err(answer.refusal().unwrap_or_else(|| answer.strange("Feishu"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_larks_own_program() {
        // `gen_sign(100, "demo")` of the guide, run with Python.
        let mut body = json!({});
        sign(&mut body, &Secret::new("demo"), Timestamp::from_second(100).unwrap());
        assert_eq!(body, json!({ "timestamp": "100", "sign": "jquNHnVOwmDRfw+vqTIrY5dooJAgi5EcRtLsQE4wfXg=" }));
    }
}
