//! Prices of families of models, by a part of the name.
//!
//! Decides: what a model charges when nobody tells. Must not know: anything but its kind and name.
//! As of November 2025 (`LiteLLM`'s price list and the providers' pages; upstreams.md §2 and §7): good for an order of
//! magnitude, to be looked through once a year.

use super::{Price, Rate};
use crate::model::Kind;

/// A part of the name (lower case), and US cents for a million tokens of question and of answer. The first row whose
/// part stands in the name counts, so the narrower name stands before the wider one.
const FAMILIES: &[(&str, u64, u64)] = &[
    ("o1-pro", 15_000, 60_000),
    ("o3-pro", 2_000, 8_000),
    ("deep-research", 1_000, 4_000),
    ("computer-use", 300, 1_200),
    ("gpt-5-nano", 5, 40),
    ("gpt-5-mini", 25, 200),
    ("gpt-4.1-nano", 10, 40),
    ("gpt-4.1-mini", 40, 160),
    ("gpt-4.1", 200, 800),
    ("gpt-4o-mini", 15, 60),
    ("gpt-4o", 250, 1_000),
    ("gpt-oss", 10, 40),
    ("gpt-4-turbo", 1_000, 3_000),
    ("gpt-4", 3_000, 6_000),
    ("gpt-3.5", 50, 150),
    ("o1-mini", 110, 440),
    ("o3-mini", 110, 440),
    ("o4-mini", 110, 440),
    ("o1", 1_500, 6_000),
    ("o3", 200, 800),
    ("opus", 500, 2_500),
    ("sonnet", 300, 1_500),
    ("haiku", 100, 500),
    ("flash-lite", 10, 40),
    ("gemini-3", 200, 1_200),
    ("flash", 30, 250),
    ("gemini", 125, 1_000),
    ("gemma", 10, 20),
    ("deepseek", 56, 168),
    ("qwen3-max", 160, 640),
    ("qwen-max", 160, 640),
    ("qwen", 30, 120),
    ("kimi", 60, 250),
    ("moonshot", 60, 250),
    ("glm", 60, 220),
    ("minimax", 30, 120),
    ("doubao", 30, 100),
    ("hunyuan", 30, 100),
    ("ernie", 50, 200),
    ("llama", 30, 60),
    ("mistral-large", 200, 600),
    ("mistral", 30, 90),
    ("grok-4-fast", 20, 50),
    ("grok-3-mini", 30, 50),
    ("grok", 300, 1_500),
    ("command", 250, 1_000),
    ("gpt-5", 125, 1_000),
];

/// A chat model that nobody knows: the middle of the field.
const OTHER_CHAT: (u64, u64) = (100, 400);

/// Chat models that charge a search for each request.
const SEARCHING: [&str; 2] = ["sonar", "search-preview"];
/// What such a search costs at least.
const SEARCH: Price = Price::micros(5_000);

pub(super) fn rate(kind: Kind, name: &str) -> Rate {
    let name = name.to_ascii_lowercase();
    // OpenRouter's free variants: whatever the model costs elsewhere.
    if name.ends_with(":free") {
        return Rate::FREE;
    }
    let request = |micros| Rate { request: Price::micros(micros), ..Rate::FREE };
    match kind {
        Kind::Chat | Kind::Responses | Kind::Expensive | Kind::Completion => words(kind, &name),
        Kind::Embedding => Rate { prompt: Price::cents_a_million(10), ..Rate::FREE },
        Kind::Moderation => Rate::FREE,
        Kind::Rerank | Kind::Ocr => request(2_000),
        Kind::Speech => request(30),
        // Groq bills ten seconds of speech at least; a session is opened and closed.
        Kind::Transcription | Kind::Realtime => request(1_000),
        Kind::Image => request(40_000),
        Kind::Video => request(4_000_000),
        Kind::Music => request(100_000),
    }
}

fn words(kind: Kind, name: &str) -> Rate {
    let family = FAMILIES.iter().find(|(part, ..)| name.contains(part)).map(|(_, prompt, answer)| (*prompt, *answer));
    let (prompt, answer) = family.unwrap_or(OTHER_CHAT);
    // OpenAI's newer `-pro` models: twelve times their family's price.
    let times = if kind == Kind::Expensive && name.contains("gpt-5") { 12 } else { 1 };
    let search = SEARCHING.iter().any(|part| name.contains(part));
    Rate {
        prompt: Price::cents_a_million(prompt * times),
        answer: Price::cents_a_million(answer * times),
        request: if search { SEARCH } else { Price::ZERO },
    }
}
