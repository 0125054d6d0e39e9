//! OpenRouter's catalogue: what is in it, and which of it is free.
//!
//! Decides: what an entry of `GET /models` says; which of three sets of free models it belongs to.
//! Must not know: requests, what is kept, whether a model answers.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cost::{Price, Rate};
use crate::model::{Kind, ModelName, Offered};

/// More entries than this are cut off: OpenRouter has some hundred, and memory stays bounded.
pub(super) const ENTRIES_AT_MOST: usize = 10_000;
/// Modalities of one entry; there are eight.
const MODALITIES_AT_MOST: usize = 16;

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `author/slug`, with `:free` behind it for a free variant.
    pub id: ModelName,
    /// Whether it costs nothing, and how that shows.
    pub free: Free,
    /// What it charges, where that can be read.
    pub rate: Option<Rate>,
    /// Tokens of question and answer together.
    pub context: Option<u64>,
    /// The longest answer in tokens.
    pub max_answer: Option<u64>,
    /// What it takes: `text`, `image`, `file`, `audio`, `video`.
    pub takes: Vec<String>,
    /// What it gives: `text`, `image`, `embeddings`, `audio`, `video`, `rerank`, `speech`, `transcription`.
    pub gives: Vec<String>,
    /// Whether it thinks before it answers, if asked to or always.
    pub reasons: bool,
    /// The day on which OpenRouter will end it, if announced.
    pub ends: Option<Date>,
    /// When it came into the catalogue, unix seconds.
    pub created: Option<i64>,
}

/// Whether a model costs nothing, and how that shows: three sets that differ in their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Free {
    /// Its id ends in `:free`: OpenRouter's free requests a day count it.
    Suffix,
    /// Every price is zero: a promotion, or a cloaked model. Not text: it may be billed by picture or minute all the
    /// same.
    AllZero,
    /// A router (`openrouter/free`, `…/auto`, `~…`): another model answers each time.
    Router,
    /// It costs something, or what it costs cannot be read.
    No,
}

impl Free {
    /// The set's name, in tables and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suffix => "suffix",
            Self::AllZero => "all-zero",
            Self::Router => "router",
            Self::No => "no",
        }
    }
}

impl Entry {
    /// Whether it answers in text.
    pub fn gives_text(&self) -> bool {
        self.gives.iter().any(|one| one == "text")
    }

    /// Whether it looks at pictures.
    pub fn sees(&self) -> bool {
        self.takes.iter().any(|one| one == "image")
    }

    /// Whether it is one of those that this is about: free by its name, and answers in text.
    pub fn is_free_text(&self) -> bool {
        self.free == Free::Suffix && self.gives_text()
    }

    /// Whether its announced end is over; on the day itself it may still answer.
    pub fn has_ended(&self, today: Date) -> bool {
        self.ends.is_some_and(|ends| ends < today)
    }

    /// As a channel's list would offer it.
    pub fn offered(&self) -> Offered {
        let kind = self.gives_text().then_some(Kind::Chat);
        Offered { kind, ends: self.ends, ..Offered::named(self.id.clone()) }
    }
}

/// The entries of one page's `data`; broken ones left out. `None` when there is no such list.
pub fn entries(page: &Value) -> Option<Vec<Entry>> {
    let entries = page.get("data")?.as_array()?;
    let mut seen = HashSet::new();
    let read = entries.iter().take(ENTRIES_AT_MOST).filter_map(entry);
    Some(read.filter(|entry| seen.insert(entry.id.clone())).collect())
}

fn entry(value: &Value) -> Option<Entry> {
    let id = ModelName::parse(value.get("id")?.as_str()?)?;
    let pricing = value.get("pricing").and_then(Value::as_object);
    let number = |at: &str| value.pointer(at).and_then(Value::as_u64);
    let modalities = |at: &str| {
        let given = value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let words = given.iter().filter_map(Value::as_str).filter(|word| is_word(word));
        words.take(MODALITIES_AT_MOST).map(str::to_owned).collect::<Vec<_>>()
    };
    let parameters = value.get("supported_parameters").and_then(Value::as_array);
    let takes_reasoning = parameters.is_some_and(|all| all.iter().any(|one| one == "reasoning"));
    let ends = value.get("expiration_date").and_then(Value::as_str);
    Some(Entry {
        free: free(&id, pricing),
        rate: rate(pricing),
        context: number("/context_length"),
        max_answer: number("/top_provider/max_completion_tokens"),
        takes: modalities("/architecture/input_modalities"),
        gives: modalities("/architecture/output_modalities"),
        reasons: takes_reasoning || value.get("reasoning").is_some_and(Value::is_object),
        // A time may follow the day.
        ends: ends.and_then(|text| text.get(..10)?.parse().ok()),
        created: value.get("created").and_then(Value::as_i64),
        id,
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 30 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Routers that no price tells.
const ROUTERS: [&str; 2] = ["openrouter/free", "openrouter/auto"];

fn free(id: &ModelName, pricing: Option<&Map<String, Value>>) -> Free {
    let id = id.as_str();
    let negative = pricing.is_some_and(|all| all.values().filter_map(price).any(Price::is_negative));
    if ROUTERS.contains(&id) || id.starts_with('~') || negative {
        Free::Router
    } else if id.ends_with(":free") {
        Free::Suffix
    } else if pricing.is_some_and(is_all_zero) {
        Free::AllZero
    } else {
        Free::No
    }
}

/// Fields of `pricing` that are prices. Others may be (OpenRouter adds some), and count when they can be read as one.
const PRICES: [&str; 13] = [
    "prompt",
    "completion",
    "request",
    "image",
    "image_token",
    "image_output",
    "audio",
    "audio_output",
    "input_audio_cache",
    "input_cache_read",
    "input_cache_write",
    "web_search",
    "internal_reasoning",
];

/// Whether a `pricing` object charges nothing for anything: both main prices are there, and every price is zero, in
/// `overrides` (by time or length) too. What cannot be read is no zero.
pub(super) fn is_all_zero(pricing: &Map<String, Value>) -> bool {
    let main = ["prompt", "completion"].iter().all(|field| pricing.contains_key(*field));
    main && pricing.iter().all(|(field, value)| match (field.as_str(), value) {
        // A share of the price, not a price.
        ("discount", _) | (_, Value::Null) => true,
        ("overrides", overrides) => overrides.as_array().is_some_and(|all| {
            all.iter()
                .all(|one| one.as_object().is_some_and(|fields| fields.iter().all(|(f, v)| charges_nothing(f, v))))
        }),
        (field, value) => charges_nothing(field, value),
    })
}

fn charges_nothing(field: &str, value: &Value) -> bool {
    match price(value) {
        Some(price) if PRICES.contains(&field) || value.is_string() => price.is_zero(),
        // A condition: from how many tokens on, from which hour.
        Some(_) => true,
        None => value.is_null() || !PRICES.contains(&field),
    }
}

/// A price as it stands in JSON: a decimal text, rarely a number.
fn price(value: &Value) -> Option<Price> {
    match value {
        Value::String(text) => Price::parse(text),
        Value::Number(number) => Price::parse(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn rate(pricing: Option<&Map<String, Value>>) -> Option<Rate> {
    let of = |field: &str| pricing.and_then(|all| price(all.get(field)?));
    Some(Rate { prompt: of("prompt")?, answer: of("completion")?, request: of("request").unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(value: &Value) -> Entry {
        entries(&json!({ "data": [value] })).unwrap().remove(0)
    }

    fn set(id: &str, pricing: &Value) -> Free {
        one(&json!({ "id": id, "pricing": pricing })).free
    }

    #[test]
    fn three_sets_of_free_models_are_told_apart() {
        let zero = || json!({ "prompt": "0", "completion": "0" });
        for (id, pricing, want) in [
            ("a/b:free", zero(), Free::Suffix),
            ("a/b:free", json!({ "prompt": "0.1", "completion": "0" }), Free::Suffix),
            ("a/b:free", Value::Null, Free::Suffix),
            ("a/b", zero(), Free::AllZero),
            ("openrouter/cloaked-alpha", zero(), Free::AllZero),
            (
                "a/b",
                json!({ "prompt": "0.0", "completion": "-0", "request": "0", "image": "0", "discount": 1 }),
                Free::AllZero,
            ),
            ("a/b", json!({ "prompt": 0, "completion": 0.0, "web_search": null }), Free::AllZero),
            ("openrouter/free", zero(), Free::Router),
            ("openrouter/auto", json!({ "prompt": "-1", "completion": "-1" }), Free::Router),
            ("a/other-router", json!({ "prompt": "-1", "completion": "-1" }), Free::Router),
            ("~a/latest", zero(), Free::Router),
            // An f64 takes the first for 0 and never sees the second.
            ("a/b", json!({ "prompt": "1e-400", "completion": "0" }), Free::No),
            ("a/b", json!({ "prompt": "0", "completion": "0.00000000000000000001" }), Free::No),
            ("a/b", json!({ "prompt": "0", "completion": "0", "request": "0.01" }), Free::No),
            ("a/b", json!({ "prompt": "0", "completion": "0", "image": "0.04" }), Free::No),
            ("a/b", json!({ "prompt": "0", "completion": "0", "some_new_thing": "0.5" }), Free::No),
            ("a/b", json!({ "prompt": "0", "completion": "call us" }), Free::No),
            ("a/b", json!({ "prompt": "0" }), Free::No),
            ("a/b", json!({}), Free::No),
            ("a/b", Value::Null, Free::No),
            ("a/b:freedom", json!({ "prompt": "1", "completion": "1" }), Free::No),
        ] {
            assert_eq!(set(id, &pricing), want, "{id} {pricing}");
        }
    }

    #[test]
    fn an_override_that_costs_makes_a_model_no_free_one() {
        let with = |overrides: Value| set("a/b", &json!({ "prompt": "0", "completion": "0", "overrides": overrides }));
        assert_eq!(with(json!([])), Free::AllZero);
        assert_eq!(with(json!([{ "min_prompt_tokens": 200_000, "prompt": "0", "completion": "0" }])), Free::AllZero);
        assert_eq!(with(json!([{ "from": "2026-12-01T00:00:00Z", "prompt": "0" }])), Free::AllZero);
        assert_eq!(with(json!([{ "min_prompt_tokens": 200_000, "prompt": "0.000001" }])), Free::No);
        assert_eq!(with(json!([{ "prompt": {} }])), Free::No);
        assert_eq!(with(json!("later")), Free::No);
    }

    #[test]
    fn an_entry_tells_what_it_can_do() {
        let entry = one(&json!({
            "id": "acme/eye-1:free", "created": 1_790_000_000, "context_length": 131_072,
            "architecture": { "input_modalities": ["text", "image", "x".repeat(99), 7], "output_modalities": ["text"] },
            "pricing": { "prompt": "0.0000002", "completion": "0.0000008" },
            "top_provider": { "max_completion_tokens": 8192 },
            "supported_parameters": ["max_tokens", "reasoning"], "expiration_date": "2026-12-31",
        }));
        assert!(entry.gives_text() && entry.sees() && entry.reasons && entry.is_free_text());
        assert_eq!((entry.context, entry.max_answer, entry.created), (Some(131_072), Some(8192), Some(1_790_000_000)));
        assert_eq!(entry.takes, ["text", "image"]);
        let last = jiff::civil::date(2026, 12, 31);
        assert!(!entry.has_ended(last) && entry.has_ended(last.tomorrow().unwrap()));
        assert_eq!((entry.offered().kind, entry.offered().ends), (Some(Kind::Chat), Some(last)));
        assert_eq!(entry.rate.unwrap().of(0, 1_000_000, 1_000_000).to_string(), "$1.00");
    }

    #[test]
    fn broken_entries_hide_no_others() {
        let page = json!({ "data": [
            null, 7, {}, { "id": "" }, { "id": 5 }, { "id": "evil,name" }, { "id": "a\u{1b}[2J" }, { "id": "good/one" },
            { "id": "good/one" },
            { "id": "odd/two", "architecture": 4, "pricing": [], "created": "yesterday", "expiration_date": "soon" },
        ] });
        let ids: Vec<_> = entries(&page).unwrap().into_iter().map(|entry| String::from(entry.id)).collect();
        assert_eq!(ids, ["good/one", "odd/two"]);
        assert_eq!(entries(&json!({ "error": { "message": "no" } })), None);
        let many: Vec<_> = (0..ENTRIES_AT_MOST + 5).map(|n| json!({ "id": format!("a/{n}") })).collect();
        assert_eq!(entries(&json!({ "data": many })).unwrap().len(), ENTRIES_AT_MOST);
    }

    #[test]
    fn an_entry_is_kept_as_it_was_read() {
        let entry = one(&json!({
            "id": "a/b", "pricing": { "prompt": "0.00000015", "completion": "-1" }, "expiration_date": "2026-12-31",
        }));
        let kept = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&kept).unwrap(), entry);
    }
}
