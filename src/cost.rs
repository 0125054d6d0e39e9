//! What a probe costs: prices of families of models, and estimates from them.
//!
//! Decides: how many millionths of a dollar one probe of a model costs, and cost. Orders of magnitude, not a bill.
//! Must not know: budgets, requests, answers' meaning.

mod price;
mod table;

use std::collections::HashMap;
use std::fmt;
use std::ops::{Add, AddAssign, Mul};

use serde::{Deserialize, Serialize, Serializer};

pub use price::Price;

use crate::model::{Evidence, Kind, ModelName, Observation, Outcome};

/// Tokens of a probe's question: a sum of two numbers.
pub const PROMPT_TOKENS: u64 = 20;
/// Tokens of a probe's answer: the smallest limit that every provider takes.
pub const ANSWER_TOKENS: u64 = 16;

/// An amount of money, in US dollars; kept in millionths of a millionth, for one embedding costs 2e-8 dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u64);

impl Cost {
    /// So many millionths of a dollar.
    pub const fn micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000_000))
    }

    /// In millionths of a dollar, rounded up: what costs anything is never counted as nothing.
    pub fn as_micros(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }

    /// So many times as much; a fraction may be among the times.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate"
    )]
    pub fn scaled(self, times: f64) -> Self {
        Self((self.0 as f64 * times).round() as u64)
    }

    /// In dollars, to show it.
    #[expect(clippy::cast_precision_loss, reason = "to be shown with two digits")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Cost {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl fmt::Display for Cost {
    /// `$12.30`, `$0.0042`, `$0.0000012`: at least two digits that say something.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.dollars();
        let digits = match dollars {
            _ if self.0 == 0 || dollars >= 1.0 => 2,
            _ if dollars >= 0.01 => 3,
            _ if dollars >= 0.0001 => 5,
            _ => 8,
        };
        f.pad(&format!("${dollars:.digits$}"))
    }
}

impl Serialize for Cost {
    /// As a number of dollars.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

/// What one model charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// For a token of the question.
    pub prompt: Price,
    /// For a token of the answer, hidden reasoning included.
    pub answer: Price,
    /// For a request, a search, a picture.
    pub request: Price,
}

impl Rate {
    /// Nothing is charged.
    pub const FREE: Self = Self { prompt: Price::ZERO, answer: Price::ZERO, request: Price::ZERO };

    /// What a model of that kind and name charges, as far as its name tells.
    pub fn guess(kind: Kind, model: &ModelName) -> Self {
        table::rate(kind, model.as_str())
    }

    /// What so many requests with so many tokens cost together.
    pub fn of(&self, requests: u64, prompt: u64, answer: u64) -> Cost {
        let part = |price: Price, times: u64| Cost(price.picos()) * times;
        part(self.request, requests) + part(self.prompt, prompt) + part(self.answer, answer)
    }

    /// What one probe costs.
    pub fn probe(&self) -> Cost {
        self.of(1, PROMPT_TOKENS, ANSWER_TOKENS)
    }

    /// What a probe cost, by what it used up. Refused requests are nowhere billed; where an answer came (or may have
    /// been under way) and tells no tokens, a probe's usual ones are taken.
    pub fn spent(&self, seen: &Observation) -> Cost {
        let requests = u64::from(seen.usage.requests);
        if requests == 0 {
            return Cost::default();
        }
        let told = |tokens: Option<u32>| tokens.map(u64::from);
        let billed = seen.outcome.evidence() == Evidence::Alive
            || matches!(seen.outcome, Outcome::TimedOut | Outcome::Empty | Outcome::Suspect);
        match (told(seen.usage.prompt_tokens), told(seen.usage.completion_tokens)) {
            (None, None) if billed => self.probe(),
            (None, None) => Cost::default(),
            (prompt, answer) => self.of(1, prompt.unwrap_or(PROMPT_TOKENS), answer.unwrap_or(0)),
        }
    }
}

/// Tokens of one probe's question and answer, when the answer's limit is `limit`.
pub fn tokens(kind: Kind, limit: u64) -> (u64, u64) {
    match kind {
        Kind::Chat | Kind::Responses | Kind::Expensive | Kind::Completion => (PROMPT_TOKENS, limit),
        Kind::Embedding | Kind::Rerank | Kind::Moderation | Kind::Speech => (PROMPT_TOKENS, 0),
        Kind::Transcription | Kind::Image | Kind::Video | Kind::Realtime | Kind::Ocr | Kind::Music => (0, 0),
    }
}

/// What one probe of a model of that kind and name costs, in millionths of a dollar, rounded up.
pub fn estimate(kind: Kind, model: &ModelName) -> u64 {
    Rate::guess(kind, model).probe().as_micros()
}

/// What a probe cost, in millionths of a dollar, rounded up: estimated, from the tokens that the upstream counted.
pub fn of(seen: &Observation, kind: Kind, model: &ModelName) -> u64 {
    Rate::guess(kind, model).spent(seen).as_micros()
}

/// Exact rates by a model's name, where one upstream tells them; for all others the table's.
#[derive(Clone, Debug, Default)]
pub struct Rates(pub HashMap<ModelName, Rate>);

impl Rates {
    /// The rate of a model.
    pub fn rate(&self, kind: Kind, model: &ModelName) -> Rate {
        self.0.get(model).copied().unwrap_or_else(|| Rate::guess(kind, model))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Shape, Usage};

    fn name(text: &str) -> ModelName {
        ModelName::parse(text).unwrap()
    }

    fn seen(outcome: Outcome, requests: u32, tokens: Option<(u32, u32)>) -> Observation {
        let usage = Usage {
            requests,
            prompt_tokens: tokens.map(|(prompt, _)| prompt),
            completion_tokens: tokens.map(|(_, answer)| answer),
        };
        Observation { usage, ..Observation::bare(outcome, Timestamp::UNIX_EPOCH, Shape::MaxTokens, "") }
    }

    #[test]
    fn a_probe_costs_about_what_the_facts_say() {
        // upstreams.md §7 and §2, in millionths of a dollar; within a factor of two.
        for (kind, model, micros) in [
            (Kind::Chat, "gpt-4o-mini", 12),
            (Kind::Chat, "gpt-5", 185),
            (Kind::Chat, "claude-opus-4-5", 500),
            (Kind::Expensive, "o1-pro", 13_000),
            (Kind::Expensive, "gpt-5-pro", 2_500),
            (Kind::Chat, "sonar-pro", 5_000),
            (Kind::Rerank, "rerank-v3.5", 2_000),
            (Kind::Image, "dall-e-3", 40_000),
            (Kind::Speech, "tts-1", 30),
            (Kind::Moderation, "omni-moderation-latest", 0),
            (Kind::Chat, "meta-llama/llama-3.3-70b-instruct:free", 0),
        ] {
            let got = estimate(kind, &name(model));
            assert!(got >= micros / 2 && got <= micros * 2, "{model}: {got}, about {micros} expected");
        }
        let embedding = Rate::guess(Kind::Embedding, &name("text-embedding-3-small")).probe();
        assert!(embedding > Cost::default() && embedding < Cost::micros(3), "{embedding:?}");
    }

    #[test]
    fn what_was_spent_follows_the_tokens_told_and_refusals_are_free() {
        let gpt = name("gpt-5");
        assert_eq!(of(&seen(Outcome::Works, 1, Some((20, 16))), Kind::Chat, &gpt), 185);
        assert_eq!(of(&seen(Outcome::Works, 1, None), Kind::Chat, &gpt), 185);
        assert_eq!(of(&seen(Outcome::Works, 1, Some((0, 1000))), Kind::Chat, &gpt), 10_000);
        assert_eq!(of(&seen(Outcome::TimedOut, 1, None), Kind::Chat, &gpt), 185);
        for free in [Outcome::Gone, Outcome::Busy, Outcome::KeyBroke, Outcome::Shape, Outcome::Unreachable] {
            assert_eq!(of(&seen(free, 1, None), Kind::Chat, &gpt), 0);
        }
        assert_eq!(of(&seen(Outcome::Works, 0, None), Kind::Chat, &gpt), 0, "nothing was sent");
    }

    #[test]
    fn an_exact_rate_is_stronger_than_the_table() {
        let mut rates = Rates::default();
        rates.0.insert(name("gpt-5"), Rate::FREE);
        assert_eq!(rates.rate(Kind::Chat, &name("gpt-5")), Rate::FREE);
        assert_eq!(rates.rate(Kind::Chat, &name("gpt-4o")), Rate::guess(Kind::Chat, &name("gpt-4o")));
    }

    #[test]
    fn money_is_shown_with_digits_that_say_something() {
        for (micros, shown) in
            [(0, "$0.00"), (12_300_000, "$12.30"), (42_000, "$0.042"), (186, "$0.00019"), (1, "$0.00000100")]
        {
            assert_eq!(Cost::micros(micros).to_string(), shown);
        }
        assert_eq!(Cost(1).as_micros(), 1);
    }
}
