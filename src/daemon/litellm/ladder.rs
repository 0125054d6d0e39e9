//! The check ladder: whether it is alive, whether it takes requests, whether it knows our key, what it serves. No step of
//! it asks an upstream.
//!
//! Decides: what each step's answer means, and that no step is asked whose answer is clear. Must not know: what it comes
//! to over time.

use jiff::Timestamp;
use serde_json::Value;

use crate::clock;
use crate::gateway::LiteLlm;
use crate::gateway::admin::{ApiError, Trouble};
use crate::gateway::litellm::Answer;
use crate::model::Check;

/// The steps, by their names.
pub(super) const LIVELINESS: &str = "liveliness";
pub(super) const READINESS: &str = "readiness";
pub(super) const KEY: &str = "key";
pub(super) const MODELS: &str = "models";

/// Asks each step.
pub(super) async fn ask(litellm: &LiteLlm) -> Vec<Check> {
    let alive = litellm.liveliness().await;
    let mut checks = vec![step(LIVELINESS, &alive, liveliness(&alive))];
    if alive.is_err() {
        checks
            .extend([READINESS, KEY, MODELS].map(|name| unknown(name, "not asked: it does not answer", clock::now())));
        return checks;
    }
    let ready = litellm.readiness().await;
    checks.push(step(READINESS, &ready, readiness(litellm, &ready)));
    let models = litellm.models().await;
    let key = key(litellm, &models);
    let count = if key.0 == Some(true) { count(&models) } else { (None, "not known without a key".to_owned()) };
    checks.push(step(KEY, &models, key));
    checks.push(step(MODELS, &models, count));
    checks
}

/// Nothing can be asked.
pub(super) fn unasked(why: &str, now: Timestamp) -> Vec<Check> {
    let rest = [LIVELINESS, READINESS, MODELS].map(|name| unknown(name, "not asked", now));
    let key = Check { well: Some(false), ..unknown(KEY, why, now) };
    rest.into_iter().chain([key]).collect()
}

/// Whether it is well, and in words.
type Meant = (Option<bool>, String);

type Heard = Result<Answer, ApiError>;

fn step(name: &str, heard: &Heard, (well, detail): Meant) -> Check {
    let latency = heard.as_ref().ok().map(|answer| u32::try_from(answer.latency.as_millis()).unwrap_or(u32::MAX));
    Check { name: name.to_owned(), well, detail, latency_ms: latency, at: clock::now() }
}

fn unknown(name: &str, why: &str, at: Timestamp) -> Check {
    Check { name: name.to_owned(), well: None, detail: why.to_owned(), latency_ms: None, at }
}

fn liveliness(heard: &Heard) -> Meant {
    match heard {
        Ok(answer) if answer.status == 200 && answer.body.starts_with(b"\"I'm alive!\"") => (Some(true), String::new()),
        Ok(answer) if answer.status == 200 => (None, "something answers, but not as LiteLLM does".to_owned()),
        Ok(answer) => (Some(false), format!("HTTP {}", answer.status)),
        Err(error) => (Some(false), error.trouble.to_string()),
    }
}

/// 503: its database is gone, or it shuts down. "Not connected" is no database at all, and well.
fn readiness(litellm: &LiteLlm, heard: &Heard) -> Meant {
    let answer = match heard {
        Ok(answer) => answer,
        Err(error) => return (Some(false), error.trouble.to_string()),
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = ["/db", "/status", "/detail/db", "/detail/status", "/detail"];
    let said = said.iter().find_map(|place| body.pointer(place)?.as_str());
    match (answer.status, body.get("status").and_then(Value::as_str)) {
        (200, Some(_)) => (Some(true), format!("database: {}", litellm.shown(said.unwrap_or("not told").trim()))),
        (200, None) => (None, "it says nothing of being ready".to_owned()),
        (status, _) => {
            let said = said.map(|said| format!(": {}", litellm.shown(said))).unwrap_or_default();
            (Some(false), format!("HTTP {status}{said}"))
        }
    }
}

/// That it does not know our key is clear; whether it does, only a list shows.
fn key(litellm: &LiteLlm, heard: &Heard) -> Meant {
    let answer = match heard {
        Ok(answer) => answer,
        Err(error) => return (None, error.trouble.to_string()),
    };
    match litellm.trouble(answer) {
        None => (Some(true), String::new()),
        Some(trouble @ (Trouble::WrongKey(_) | Trouble::WrongToken(_) | Trouble::NotAllowed(_))) => {
            (Some(false), trouble.to_string())
        }
        Some(
            trouble @ (Trouble::Silent(_)
            | Trouble::TooMany(_)
            | Trouble::Refused(_)
            | Trouble::NoSuchCall(_)
            | Trouble::Odd(_)),
        ) => (None, trouble.to_string()),
    }
}

fn count(heard: &Heard) -> Meant {
    let body = heard.as_ref().ok().and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
    let models = body.as_ref().and_then(|body| body.get("data")?.as_array());
    match models.map(Vec::len) {
        None => (None, "no list".to_owned()),
        Some(0) => (Some(false), "it serves no model".to_owned()),
        Some(count) => (Some(true), count.to_string()),
    }
}
