//! What a body with status 200 and no error in it holds, and what that shows.
//!
//! Decides: whether the model said, thought or made anything. A stream is the sum of its events, and a whole answer is
//! a stream of one: both are heard by the same readers, one file a form.
//! Must not know: whether it was right.

mod anthropic;
mod chat;
mod cohere;
mod gemini;
mod media;
mod ollama;
mod responses;
mod scores;

use serde_json::Value;

pub(super) use self::media::{begins_a_picture, is_sound};
use super::Asked;
use crate::model::{Dialect, Outcome, Shape};

/// More of an answer's text than this many bytes is not kept: a sum needs three digits.
const KEPT: usize = 4096;

/// What an answer holds, or as much of it as has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The visible text; `<think>` may stand in it.
    pub text: String,
    /// The reasoning shown beside it.
    pub reasoning: String,
    /// Something that is no text: a tool call, a picture, a vector, scores.
    pub made: bool,
    /// How it ended.
    pub finish: Finish,
    /// The model that answered, as the answer names it.
    pub model: Option<String>,
    /// Tokens of the question.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, hidden reasoning included.
    pub completion_tokens: Option<u32>,
    /// The provider says that the model may no longer be used.
    pub retired: bool,
}

/// How an answer ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// Not said, or not yet.
    #[default]
    Open,
    /// By itself.
    Stop,
    /// At the output limit.
    Limit,
    /// By a filter or a refusal: which.
    Refused(String),
    /// Something behind it broke: what.
    Failed(String),
}

impl Said {
    /// Adds what a whole answer or one event of a stream holds; `false` when it has not the form that was asked for.
    pub(super) fn hear(&mut self, asked: &Asked<'_>, value: &Value) -> bool {
        match (asked.shape, asked.dialect) {
            (Shape::Embedding, _) => scores::embedding(self, value),
            (Shape::Rerank, _) => scores::rerank(self, value),
            (Shape::Moderation, Dialect::OpenAi) => scores::moderation(self, value),
            (Shape::Speech, Dialect::OpenAi) => media::speech(self, value),
            (Shape::Transcription, Dialect::OpenAi) => media::transcription(self, value),
            (Shape::Image, Dialect::OpenAi) => media::picture(self, value),
            (Shape::Ocr, _) => media::pages(self, value),
            (Shape::Responses, Dialect::OpenAi) => responses::hear(self, value),
            (_, Dialect::OpenAi) => chat::hear(self, value),
            (_, Dialect::Anthropic) => anthropic::hear(self, value),
            (_, Dialect::Gemini) => gemini::hear(self, value),
            (_, Dialect::Cohere) => cohere::hear(self, value),
            (_, Dialect::Ollama) => ollama::hear(self, value),
        }
    }

    /// What it shows, and why in a few words.
    pub(super) fn judge(&self) -> (Outcome, String) {
        match &self.finish {
            Finish::Refused(why) => (Outcome::Filtered, why.clone()),
            Finish::Failed(why) => (Outcome::Busy, why.clone()),
            Finish::Open | Finish::Stop | Finish::Limit if self.is_said() => (Outcome::Works, String::new()),
            Finish::Open | Finish::Stop | Finish::Limit if self.retired => {
                (Outcome::Gone, "the provider calls the model retired, and it said nothing".to_owned())
            }
            Finish::Open | Finish::Stop | Finish::Limit => {
                (Outcome::Empty, "no text, no reasoning, no tokens".to_owned())
            }
        }
    }

    /// Whether there is text, reasoning, anything made, spent tokens or a reached limit.
    pub(super) fn is_said(&self) -> bool {
        self.made
            || self.finish == Finish::Limit
            || self.completion_tokens.is_some_and(|tokens| tokens > 0)
            || !self.text.trim().is_empty()
            || !self.reasoning.trim().is_empty()
    }

    /// Whether a first token is there: text, reasoning or a tool call, be it white space.
    pub(crate) fn has_token(&self) -> bool {
        self.made || !self.text.is_empty() || !self.reasoning.is_empty()
    }

    /// Whether text of the answer itself is there, `<think>` aside.
    pub(crate) fn has_answer(&self) -> bool {
        let text = self.text.trim_start();
        match text.strip_prefix("<think>") {
            Some(thought) => thought.split_once("</think>").is_some_and(|(_, answer)| !answer.trim().is_empty()),
            None => !text.is_empty() && !"<think>".starts_with(text),
        }
    }

    fn write(&mut self, text: &str) {
        append(&mut self.text, text);
    }

    fn think(&mut self, text: &str) {
        append(&mut self.reasoning, text);
    }

    /// Remembers how it ended; a refusal or failure is never taken back by a later plain end.
    fn end(&mut self, finish: Finish) {
        if !matches!(self.finish, Finish::Refused(_) | Finish::Failed(_)) {
            self.finish = finish;
        }
    }

    /// The stream's own end mark, where no reason was given.
    pub(super) fn close(&mut self) {
        if self.finish == Finish::Open {
            self.finish = Finish::Stop;
        }
    }

    fn named(&mut self, value: &Value, field: &str) {
        if let Some(name) =
            value.get(field).and_then(Value::as_str).filter(|name| self.model.is_none() && !name.is_empty())
        {
            self.model = Some(name.chars().take(200).collect());
        }
    }

    /// Keeps the counts that the paths name; a later event's are the better ones.
    fn count(&mut self, value: &Value, question: &[&str], answer: &[&str]) {
        let number = |paths: &[&str]| paths.iter().find_map(|path| value.pointer(path)?.as_u64()).map(capped);
        self.prompt_tokens = number(question).or(self.prompt_tokens);
        self.completion_tokens = number(answer).or(self.completion_tokens);
    }

    /// As OpenAI counts, under either of its calls' names.
    fn count_usage(&mut self, value: &Value) {
        let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) else { return };
        self.count(usage, &["/prompt_tokens", "/input_tokens"], &["/completion_tokens", "/output_tokens"]);
        let details = ["/completion_tokens_details/reasoning_tokens", "/output_tokens_details/reasoning_tokens"];
        let hidden = details.iter().find_map(|path| usage.pointer(path)?.as_u64()).map_or(0, capped);
        // xAI leaves reasoning out of the count.
        self.completion_tokens =
            self.completion_tokens.map(|tokens| tokens.max(hidden)).or((hidden > 0).then_some(hidden));
    }
}

/// What a reason for the end means, in any provider's words.
fn finish(reason: &str) -> Finish {
    let lower = reason.to_ascii_lowercase();
    match lower.as_str() {
        "length" | "max_tokens" | "model_length" | "max_output_tokens" | "model_context_window_exceeded" => {
            Finish::Limit
        }
        "content_filter"
        | "safety"
        | "refusal"
        | "sensitive"
        | "recitation"
        | "blocklist"
        | "prohibited_content"
        | "spii"
        | "language"
        | "image_safety"
        | "image_prohibited_content"
        | "image_recitation"
        | "error_toxic" => Finish::Refused(format!("finish reason {lower}")),
        "error" | "timeout" | "network_error" | "failed" | "cancelled" => {
            Finish::Failed(format!("finish reason {lower}: the provider behind it failed"))
        }
        _ => Finish::Stop,
    }
}

/// Whether the end shows that the model did something that is no text.
fn is_act(reason: &str) -> bool {
    let acts =
        ["tool_calls", "function_call", "tool_call", "tool_use", "pause_turn", "malformed_function_call", "no_image"];
    acts.iter().any(|act| reason.eq_ignore_ascii_case(act))
}

fn capped(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

fn append(kept: &mut String, text: &str) {
    let room = KEPT.saturating_sub(kept.len());
    kept.push_str(&text[..text.floor_char_boundary(room)]);
}
