//! `DingTalk` (钉钉), by a custom robot of a group.
//!
//! Decides: how a message looks there, how it is signed, and what its answers mean. Must not know: why it was made, when
//! it is tried again.
//!
//! Source: open.dingtalk.com, "Custom robot access" and its security settings (20,000 bytes, 20 messages a minute, then
//! ten minutes of silence; signature; codes). Refusals come with status 200.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::hook::{Answer, Hook, signature};
use super::{Letter, NAME, Refusal};
use crate::config::{ProbeConfig, SecretRef, SignedHookConfig};
use crate::model::Secret;
use crate::notify::message::{Message, plain};

/// The longest message, in bytes of JSON.
const LONGEST: usize = 20_000;
/// Whoever sends more than 20 messages in a minute is not heard for so long.
const PAUSE: Duration = Duration::from_mins(10);

/// A custom robot of `DingTalk`.
#[derive(Debug)]
pub struct DingTalk {
    hook: Hook,
    secret: Option<Secret>,
}

impl DingTalk {
    /// A robot as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without address and secret.
    pub fn new(settings: &SignedHookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        let (hook, secret) = Hook::signed("dingtalk", settings, proxy, probe)?;
        Ok(Self { hook, secret })
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let signed = self.secret.as_ref().map(|secret| sign(secret, letter.at)).unwrap_or_default();
        let answer = self.hook.post_signed(&body(&letter.message()), &signed).await?;
        meaning(&answer)
    }
}

/// The time and the secret, signed with the secret, stand in the address.
fn sign(secret: &Secret, at: Timestamp) -> Vec<(&'static str, String)> {
    let (at, secret) = (at.as_millisecond(), secret.expose());
    let sign = signature(secret.as_bytes(), format!("{at}\n{secret}").as_bytes());
    vec![("timestamp", at.to_string()), ("sign", sign)]
}

fn body(message: &Message) -> Value {
    let whole = |message: &Message| {
        // Our name is a word that the robot's keywords can name.
        let content = format!("{}\n{NAME}", plain::text(message).trim_end());
        json!({
            "msgtype": "text",
            "text": { "content": content },
            // Only who stands here is pinged, whatever a name looks like.
            "at": { "atMobiles": [], "atUserIds": [], "isAtAll": false },
        })
    };
    whole(&message.fit(LONGEST, |message| whole(message).to_string().len()))
}

fn meaning(answer: &Answer) -> Result<(), Refusal> {
    let said = answer.words.to_ascii_lowercase();
    match answer.code("errcode") {
        Some(0) if answer.refusal().is_none() => Ok(()),
        Some(130_101 | 410_100) => Err(answer.later_in("it wants fewer messages", PAUSE)),
        // One code for three security settings.
        Some(310_000) if said.contains("keyword") || said.contains("关键词") => {
            Err(answer.later(&format!("the robot wants a keyword: add `{NAME}` to its keywords")))
        }
        Some(310_000) if said.contains("whitelist") || said.contains("白名单") => {
            Err(answer.later("our address is not on the robot's list: add it in the robot's settings"))
        }
        Some(310_000) => {
            Err(answer.later("the signature is not right: is `secret` that of the robot, and is our clock right?"))
        }
        // No such token (three codes), no such robot, the robot was stopped, its group is gone.
        Some(300_001 | 300_005 | 400_101 | 400_106 | 400_102 | 400_013) => {
            Err(answer
                .later("the robot is stopped or gone: switch it on, or copy a new one's webhook address into `url`"))
        }
        // A field is missing, the header or kind is wrong, too long, or words and links that are not allowed there.
        Some(40035 | 43004 | 400_105 | 460_101 | 430_101..=430_104) => {
            Err(answer.never("it does not take this message"))
        }
        Some(-1) => Err(answer.later("it cannot take any now")),
        Some(_) | None => Err(answer.refusal().unwrap_or_else(|| answer.strange("DingTalk"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_dingtalks_own_program() {
        // The Python program of the guide, run with this secret and time.
        let signed = sign(&Secret::new("this is secret"), Timestamp::from_millisecond(1_700_000_000_000).unwrap());
        let want = "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0=".to_owned();
        assert_eq!(signed, [("timestamp", "1700000000000".to_owned()), ("sign", want)]);
    }
}
