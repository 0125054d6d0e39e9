//! Numbers instead of words: embeddings, reranking, moderation.
//!
//! Decides: whether there is a vector or a score. Must not know: whether it is a good one.

use serde_json::Value;

use super::Said;

/// Where providers keep the first vector: OpenAI, Cohere v2, Gemini (batch, single), Ollama (new, old), DashScope.
const VECTORS: [&str; 7] = [
    "/data/0/embedding",
    "/embeddings/float/0",
    "/embeddings/0/values",
    "/embedding/values",
    "/embeddings/0",
    "/embedding",
    "/output/embeddings/0/embedding",
];

/// A vector of numbers, not all 0; an empty one says nothing, and anything else is no vector.
pub(super) fn embedding(said: &mut Said, value: &Value) -> bool {
    count(said, value);
    match VECTORS.iter().find_map(|path| value.pointer(path)) {
        Some(Value::Array(numbers)) => {
            let finite = numbers.iter().all(Value::is_number);
            let flat = numbers.iter().all(|number| number.as_f64() == Some(0.0));
            said.made |= !numbers.is_empty();
            finite && (numbers.is_empty() || !flat)
        }
        // Asked for or not: a vector in base64.
        Some(Value::String(packed)) => {
            said.made |= !packed.is_empty();
            true
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => false,
        None => ["data", "embeddings"].iter().any(|field| is_empty_list(value.get(*field))),
    }
}

/// Documents with their places and scores.
pub(super) fn rerank(said: &mut Said, value: &Value) -> bool {
    count(said, value);
    let results = ["/results", "/data", "/output/results", ""].iter().find_map(|path| match value.pointer(path) {
        Some(Value::Array(results)) => Some(results.as_slice()),
        // A bare list of one was taken out of its list.
        Some(one @ Value::Object(_)) if path.is_empty() => Some(std::slice::from_ref(one)),
        Some(_) | None => None,
    });
    let Some(results) = results else { return false };
    let scored = |one: &Value| {
        let score = ["relevance_score", "score"].iter().find_map(|field| one.get(*field));
        one.get("index").is_some_and(Value::is_u64) && score.is_some_and(Value::is_number)
    };
    said.made |= results.iter().any(scored);
    results.iter().all(scored)
}

/// A verdict for each text.
pub(super) fn moderation(said: &mut Said, value: &Value) -> bool {
    count(said, value);
    let Some(results) = value.get("results").and_then(Value::as_array) else { return false };
    let judged =
        |one: &Value| ["flagged", "categories", "category_scores"].iter().any(|field| one.get(*field).is_some());
    said.made |= results.iter().any(judged);
    results.iter().all(judged)
}

/// Only the question has tokens here.
fn count(said: &mut Said, value: &Value) {
    said.named(value, "model");
    let paths = [
        "/usage/prompt_tokens",
        "/usage/input_tokens",
        "/usage/total_tokens",
        "/meta/billed_units/input_tokens",
        "/prompt_eval_count",
    ];
    said.count(value, &paths, &[]);
}

fn is_empty_list(value: Option<&Value>) -> bool {
    value.and_then(Value::as_array).is_some_and(Vec::is_empty)
}
