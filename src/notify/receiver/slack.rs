//! Slack, by an incoming webhook.
//!
//! Decides: how a message looks there, and what its answers mean. Must not know: why it was made, when it is tried again.
//!
//! Sources: docs.slack.dev, "Sending messages using incoming webhooks" (answers), "Rich text block", "Header block",
//! "Formatting message text" (escaping), "Truncating really long messages", "Rate limits".

use serde_json::{Value, json};

use super::hook::{Answer, Hook};
use super::{Letter, Refusal};
use crate::config::{HookConfig, ProbeConfig, SecretRef};
use crate::notify::message::{Message, Span, lines};

/// The longest heading, in characters.
const HEADING: usize = 150;
/// The most blocks of a message.
const BLOCKS: usize = 50;
/// As long a message's blocks are as JSON, in bytes. Slack names no number and refuses at about 13,000
/// (`msg_blocks_too_long`).
const LONGEST: usize = 12_000;
/// As much of a single text, in characters: no text object may hold more than 3,000.
const TEXT: usize = 3_000;

/// An incoming webhook of Slack.
#[derive(Debug)]
pub struct Slack {
    hook: Hook,
}

impl Slack {
    /// A webhook as the configuration has it.
    ///
    /// # Errors
    /// What of it cannot be used, without its address.
    pub fn new(settings: &HookConfig, proxy: Option<&SecretRef>, probe: &ProbeConfig) -> Result<Self, String> {
        Ok(Self { hook: Hook::new("slack.url", &settings.url, proxy, probe)? })
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
    // One measure for both limits.
    let size = |message: &Message| {
        let blocks = blocks(message);
        let (count, bytes) = (blocks.len(), Value::Array(blocks).to_string().len());
        bytes.max((count * LONGEST).div_ceil(BLOCKS))
    };
    let fitting = message.fit(LONGEST, size);
    json!({
        // For notifications, and for whoever cannot show blocks.
        "text": escaped(&cut(&format!("{}\n{}", message.totals, message.title), TEXT / 5)),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks(&fitting),
    })
}

/// Every text is a `plain_text` or stands in a `rich_text`: neither knows markup, so no name can be any.
fn blocks(message: &Message) -> Vec<Value> {
    let heading = json!({ "type": "plain_text", "text": cut(&message.totals, HEADING), "emoji": false });
    let mut blocks = vec![json!({ "type": "header", "text": heading })];
    // The first line is the totals.
    for part in lines(message)[1..].split(Vec::is_empty).filter(|part| !part.is_empty()) {
        let mut elements = vec![];
        for line in part {
            let begin = Span::Words(if elements.is_empty() { "" } else { "\n" });
            // Slack refuses an empty text.
            let spans = std::iter::once(&begin).chain(line).filter(|span| !span.text().is_empty());
            elements.extend(spans.map(element));
        }
        if !elements.is_empty() {
            let section = json!({ "type": "rich_text_section", "elements": elements });
            blocks.push(json!({ "type": "rich_text", "elements": [section] }));
        }
    }
    blocks
}

fn element(span: &Span<'_>) -> Value {
    let text = cut(span.text(), TEXT);
    match span {
        Span::Words(_) => json!({ "type": "text", "text": text }),
        Span::Strong(_) => json!({ "type": "text", "text": text, "style": { "bold": true } }),
        // In code nothing becomes a link.
        Span::Foreign(_) | Span::Command(_) => json!({ "type": "text", "text": text, "style": { "code": true } }),
        Span::Link { url, .. } => json!({ "type": "link", "url": url, "text": text }),
    }
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// The three characters that mean something in a `text`: all of Slack's `<!channel>`, `<@U…>`, `<http…>` begin with one.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn meaning(answer: &Answer) -> Result<(), Refusal> {
    // Its words are one word, as `no_service`; some of them have come with spaces.
    let said = answer.words.to_ascii_lowercase().replace(' ', "_");
    match (answer.status, said.as_str()) {
        (200..=299, "ok") => Ok(()),
        (200..=299, _) => Err(answer.strange("Slack")),
        (400..=499, "no_service" | "no_service_id" | "no_active_hooks" | "invalid_token" | "no_team") => {
            Err(answer.later("the webhook is gone: make a new one in the app's settings and put it into `url`"))
        }
        (400..=499, "channel_not_found" | "channel_is_archived" | "user_not_found" | "team_disabled") => {
            Err(answer.later("its channel is not there any more: restore it, or make a webhook of another one"))
        }
        (400..=499, "action_prohibited" | "posting_to_general_channel_denied") => {
            Err(answer.later("an admin of the workspace has forbidden it: have it allowed, or take another channel"))
        }
        _ => answer.refusal().map_or(Ok(()), Err),
    }
}
