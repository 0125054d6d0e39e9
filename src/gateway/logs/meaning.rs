//! What a row of a gateway's log says of a channel's model. Pure.
//!
//! Must not know: how rows are read. Only what surely worked or surely failed says anything; the rest is silence.

use std::collections::HashMap;
use std::hash::BuildHasher;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::model::{Came, GatewayKind, Mapping, ModelName, Traffic, TrafficFailure, Witnessed, redact};

/// A row of `logs`, as far as it matters. A column that a gateway does not have is 0 or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// `id`.
    pub id: i64,
    /// `created_at`, unix seconds: when the request was over.
    pub created: i64,
    /// `type`: 2 is a request that was paid; 5 is something else in every gateway.
    pub type_number: i64,
    /// `channel_id`; 0 where no channel was asked.
    pub channel: i64,
    /// `model_name`.
    pub model: String,
    /// `token_name`.
    pub token: String,
    /// `content`, its beginning.
    pub content: String,
    /// `quota`: what was paid.
    pub quota: i64,
    /// `prompt_tokens`.
    pub prompt_tokens: i64,
    /// `completion_tokens`.
    pub completion_tokens: i64,
    /// New API's and Veloera's `other`, JSON.
    pub other: String,
}

/// A success that a clock further ahead of ours tells of is of an unknown time: read again after a pause, one of an hour ago
/// would be of now.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

const CONSUMED: i64 = 2;
/// In New API since 2025-04; a check-in in Veloera, a test in One API.
const ERROR: i64 = 5;

/// The name and the text of New API's and Veloera's own channel tests: one admin's click is no traffic.
const OWN_TEST: &str = "模型测试";
/// New API says so where it billed what it counted itself: nothing came back.
const NOTHING_CAME: [&str; 2] = ["上游没有返回计费信息", "可能是上游超时"];

/// New API's own words for what went wrong before, or beside, the upstream: it logs them as 500.
const NOT_THE_UPSTREAM: [&str; 18] = [
    "invalid_request",
    "sensitive_words_detected",
    "prompt_blocked",
    "count_token_failed",
    "model_price_error",
    "invalid_api_type",
    "json_marshal_failed",
    "gen_relay_info_failed",
    "get_channel_failed",
    "read_request_body_failed",
    "convert_request_failed",
    "access_denied",
    "query_data_error",
    "update_data_error",
    "insufficient_user_quota",
    "pre_consume_token_quota_failed",
    "content_filter",
    "context_length_exceeded",
];
/// The same for a whole group: a channel's settings, and fees for what users may not ask.
const NOT_THE_MODEL: [&str; 3] = ["channel:", "violation_fee", "content_policy"];

/// What the row says of one of its channel's models, if it surely says anything. A clock a little ahead of ours counts
/// no further than `now`.
pub fn witness(kind: GatewayKind, row: &LogRow, now: Timestamp) -> Option<Witnessed> {
    let model = ModelName::parse(&row.model)?;
    if row.channel <= 0 || row.token == OWN_TEST || row.content == OWN_TEST {
        return None;
    }
    let created = Timestamp::from_second(row.created).ok()?;
    let at = created.min(now);
    let came = match row.type_number {
        CONSUMED if created.duration_since(now) > AHEAD => return None,
        CONSUMED => worked(row).then_some(Came::Worked(at))?,
        ERROR => Came::Failed(failed(kind, row, at)?),
        _ => return None,
    };
    Some(Witnessed { channel: row.channel, model, came })
}

/// Whether a paid request was surely answered.
fn worked(row: &LogRow) -> bool {
    // Without an answer's tokens it is proof only where answers have none: gateways count a question's tokens
    // themselves.
    let answered = row.completion_tokens > 0 || (row.prompt_tokens > 0 && answers_without_tokens(&row.model));
    if !answered || NOTHING_CAME.iter().any(|words| row.content.contains(words)) {
        return false;
    }
    if row.other.is_empty() {
        return true;
    }
    let Ok(other) = serde_json::from_str::<Value>(&row.other) else { return false };
    other["stream_status"]["status"] != "error" && other["violation_fee"] != true
}

/// Embeddings and rankings, told by the names that New API tells them by.
fn answers_without_tokens(model: &str) -> bool {
    let model = model.to_lowercase();
    ["embed", "rerank", "bge-"].iter().any(|part| model.contains(part)) || model.starts_with("m3e")
}

/// Why a logged error counts against its model, if it does.
fn failed(kind: GatewayKind, row: &LogRow, at: Timestamp) -> Option<TrafficFailure> {
    match kind {
        GatewayKind::NewApi => {}
        GatewayKind::OneApi
        | GatewayKind::Veloera
        | GatewayKind::OneHub
        | GatewayKind::DoneHub
        | GatewayKind::LiteLlm => return None,
    }
    let other: Value = serde_json::from_str(&row.other).ok()?;
    let status = other["status_code"].as_u64().and_then(|status| u16::try_from(status).ok());
    let code = other["error_code"].as_str().unwrap_or_default();
    counts(status, code).then(|| TrafficFailure { at, status, detail: redact(&row.content, &[]) })
}

/// Whether it may be the model's fault: the key's, the name's or the server's, but not the user's, and no limit.
fn counts(status: Option<u16>, code: &str) -> bool {
    if NOT_THE_UPSTREAM.contains(&code) || NOT_THE_MODEL.iter().any(|group| code.starts_with(group)) {
        return false;
    }
    match status {
        // 529 is an overload.
        Some(401 | 403 | 404 | 410 | 500..=528 | 530..=599) => true,
        // Some say so with 400.
        Some(400) | None => ["model_not_found", "model_decommissioned", "model_not_available"].contains(&code),
        Some(_) => false,
    }
}

/// What the users met of one of a channel's models. One API and the hubs log the name that the mapping leads to, the hubs
/// the requested one where the mapping says so with a `+`.
pub fn traffic_of<'a, S: BuildHasher>(
    kind: GatewayKind,
    mapping: &Mapping,
    traffic: &'a HashMap<ModelName, Traffic, S>,
    model: &ModelName,
) -> Option<&'a Traffic> {
    let mapped = || traffic.get(&mapping.resolve(model)?);
    match kind {
        GatewayKind::NewApi | GatewayKind::Veloera | GatewayKind::LiteLlm => traffic.get(model),
        GatewayKind::OneApi => mapped(),
        GatewayKind::OneHub | GatewayKind::DoneHub => traffic.get(model).or_else(mapped),
    }
}

#[cfg(test)]
#[path = "meaning/tests.rs"]
mod tests;
