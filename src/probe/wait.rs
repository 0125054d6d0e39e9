//! How long an upstream asks us to wait, and for what.
//!
//! Decides: which header or body field says so. Must not know: who waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::classify::{Quota, Reset, Scope, quota};
use crate::budget::day_end;
use crate::http::Reply;

/// No hint is taken for less or more than this.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);
/// West of Greenwich, in winter: in summer the day ends an hour sooner, and too late is safer than too soon.
const PACIFIC: SignedDuration = SignedDuration::from_hours(-8);

/// A wait that a refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// Until when: 1 s to 24 h ahead.
    pub(super) until: Timestamp,
    /// For what.
    pub(super) scope: Scope,
    /// Whether a quota is used up until then, rather than a rate exceeded for a moment.
    pub(super) quota: bool,
}

/// The wait that a refusal of `host` asks for in its headers or else its `body`. A used-up daily quota is not over in the
/// seconds that stand beside it.
pub(super) fn asked(host: &str, reply: &Reply, body: Option<&Value>, now: Timestamp) -> Option<Wait> {
    let quota = body.and_then(|body| quota(host, reply.status, body));
    let told = from_headers(|name| reply.headers.get(name)?.to_str().ok().map(str::trim), now)
        .or_else(|| body.and_then(|body| from_body(body, now)));
    let Quota { scope, reset } = quota.unwrap_or(Quota { scope: Scope::Unsaid, reset: None });
    let wait = match reset {
        None => told?,
        Some(Reset::Told) => told.unwrap_or_else(|| end_of_day(now, SignedDuration::ZERO)),
        Some(Reset::Utc) => end_of_day(now, SignedDuration::ZERO).max(told.unwrap_or_default()),
        Some(Reset::Pacific) => end_of_day(now, PACIFIC).max(told.unwrap_or_default()),
    };
    let wait = SignedDuration::try_from(wait.clamp(SHORTEST, LONGEST)).ok()?;
    Some(Wait { until: now.checked_add(wait).ok()?, scope, quota: reset.is_some() })
}

/// From now to midnight so many hours `east` of Greenwich.
fn end_of_day(now: Timestamp, east: SignedDuration) -> Duration {
    let there = now.saturating_add(east).unwrap_or(now);
    Duration::try_from(day_end(there).duration_since(there)).unwrap_or_default()
}

/// When the upstream says that a spent budget is there again (OpenRouter: `resets_at`), if that lies ahead: a day at
/// most, for a budget may also be raised.
pub(super) fn reset(body: &Value, now: Timestamp) -> Option<Timestamp> {
    let error = body.get("error")?;
    let found = ["/resets_at", "/metadata/resets_at", "/availability/resets_at", "/details/resets_at"];
    let at = found.iter().find_map(|place| error.pointer(place))?;
    let text = at.as_str().map_or_else(|| at.to_string(), str::to_owned);
    let wait = until_reset(&text, now)?.min(LONGEST);
    now.checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

fn from_headers<'a>(get: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Option<Duration> {
    if let Some(millis) = get("retry-after-ms").and_then(seconds) {
        return Some(millis / 1000);
    }
    if let Some(text) = get("retry-after") {
        return seconds(text).or_else(|| until_date(text, now));
    }
    for scope in ["-requests", "-tokens", ""] {
        let left = get(&format!("x-ratelimit-remaining{scope}"));
        let reset = get(&format!("x-ratelimit-reset{scope}"));
        if let (Some("0"), Some(reset)) = (left, reset) {
            return until_reset(reset, now);
        }
    }
    for scope in ["requests", "tokens", "input-tokens", "output-tokens"] {
        let left = get(&format!("anthropic-ratelimit-{scope}-remaining"));
        let reset = get(&format!("anthropic-ratelimit-{scope}-reset"));
        if let (Some("0"), Some(reset)) = (left, reset) {
            return until_reset(reset, now);
        }
    }
    None
}

/// OpenRouter: `availability.retry_after`, a budget's `resets_at`, its headers once more; Gemini: `retryDelay`; OpenAI
/// and its like: "try again in 6m0.5s".
fn from_body(body: &Value, now: Timestamp) -> Option<Duration> {
    const FIELDS: [&str; 7] = [
        "/availability/retry_after",
        "/metadata/retry_after",
        "/metadata/resets_at",
        "/resets_at",
        "/metadata/headers/Retry-After",
        "/metadata/headers/X-RateLimit-Reset",
        "/metadata/headers/x-ratelimit-reset",
    ];
    let error = body.get("error")?;
    let field = FIELDS.iter().find_map(|field| match error.pointer(field)? {
        Value::String(text) => until_reset(text, now),
        Value::Number(number) => until_reset(&number.to_string(), now),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let delay = || {
        let details = error.get("details")?.as_array()?;
        details.iter().find_map(|detail| until_reset(detail.get("retryDelay")?.as_str()?, now))
    };
    let in_words = || {
        let (_, rest) = error.get("message")?.as_str()?.split_once("try again in ")?;
        parts(rest.split_whitespace().next()?.trim_end_matches(['.', ',']))
    };
    field.or_else(delay).or_else(in_words)
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// An HTTP date, as long as it lies ahead.
fn until_date(text: &str, now: Timestamp) -> Option<Duration> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text).ok()?;
    Duration::try_from(zoned.timestamp().duration_since(now)).ok()
}

/// A reset: `6m0s`, seconds from now, unix seconds or milliseconds, or RFC 3339.
fn until_reset(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        let (this_second, this_milli) = (now.as_second(), now.as_millisecond());
        #[expect(clippy::cast_precision_loss, reason = "a wait needs no microseconds")]
        let ahead = if number >= 1e11 {
            (number - this_milli as f64) / 1000.0
        } else if number >= 1e9 {
            number - this_second as f64
        } else {
            number
        };
        return Duration::try_from_secs_f64(ahead).ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Duration::try_from(at.duration_since(now)).ok();
    }
    parts(text)
}

/// `1h2m3.5s`, `12ms`.
fn parts(mut text: &str) -> Option<Duration> {
    let mut whole = (!text.is_empty()).then_some(0.0)?;
    while !text.is_empty() {
        let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, rest) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        let seconds = match unit {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        whole += number.parse::<f64>().ok()? * seconds;
        text = rest;
    }
    Duration::try_from_secs_f64(whole).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::probe::classify::{Asked, parse};

    const NOON: &str = "2026-11-21T12:00:00Z";

    fn reply(headers: &[(&'static str, &str)], body: &Value) -> Reply {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let body = body.to_string().into_bytes();
        Reply { status: 429, headers, body, truncated: false, latency: Duration::ZERO }
    }

    /// Seconds, scope, whether a quota.
    fn at(host: &str, now: &str, headers: &[(&'static str, &str)], body: &Value) -> Option<(i64, Scope, bool)> {
        let now: Timestamp = now.parse().unwrap();
        let reply = reply(headers, body);
        let body = parse(&Asked::chat(host), &reply);
        asked(host, &reply, body.as_ref(), now)
            .map(|wait| (wait.until.duration_since(now).as_secs(), wait.scope, wait.quota))
    }

    #[test]
    fn every_form_of_a_wait_is_read() {
        for (headers, want) in [
            (&[("retry-after", "7")][..], Some(7)),
            (&[("retry-after", "0.2")], Some(1)),
            (&[("retry-after", "9999999")], Some(86_400)),
            (&[("retry-after", "Sat, 21 Nov 2026 12:01:00 GMT")], Some(60)),
            (&[("retry-after", "Sat, 21 Nov 2026 11:00:00 GMT")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after-ms", "2500"), ("retry-after", "9")], Some(2)),
            (&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s")], Some(360)),
            (&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "2m59.56s")], Some(179)),
            (&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "12ms")], Some(1)),
            (&[("x-ratelimit-remaining-requests", "5"), ("x-ratelimit-reset-requests", "6m0s")], None),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795262430000")], Some(30)),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795262430")], Some(30)),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "6x")], None),
            (
                &[
                    ("anthropic-ratelimit-tokens-remaining", "0"),
                    ("anthropic-ratelimit-tokens-reset", "2026-11-21T12:00:10Z"),
                ],
                Some(10),
            ),
            (&[], None),
        ] {
            let got = at("api.example.test:443", NOON, headers, &Value::Null);
            assert_eq!(got, want.map(|seconds| (seconds, Scope::Unsaid, false)), "{headers:?}");
        }
    }

    #[test]
    fn a_body_may_say_it_too_and_a_header_wins() {
        let openrouter = |more: Value| json!({"error": {"code": 429, "message": "Provider returned error", "availability": more["availability"], "metadata": more["metadata"]}});
        for (headers, body, want) in [
            (&[][..], openrouter(json!({"availability": {"code": "capacity_exhausted", "retry_after": 12}})), 12),
            (&[("retry-after", "5")], openrouter(json!({"availability": {"retry_after": 12}})), 5),
            (&[], openrouter(json!({"metadata": {"headers": {"X-RateLimit-Reset": "1795262430000"}}})), 30),
            (&[], openrouter(json!({"metadata": {"resets_at": "2026-11-21T18:00:00Z"}})), 6 * 3600),
        ] {
            assert_eq!(at("openrouter.ai:443", NOON, headers, &body), Some((want, Scope::Model, false)), "{body}");
        }
        let words = json!({"error": {"message": "Rate limit reached on requests per min (RPM): Limit 3, Used 3. Please try again in 1m20.5s. Visit"}});
        assert_eq!(at("api.openai.com:443", NOON, &[], &words), Some((80, Scope::Unsaid, false)));
    }

    #[test]
    fn a_budget_that_is_there_again_in_years_is_asked_for_tomorrow() {
        let now: Timestamp = NOON.parse().unwrap();
        for (at, want) in [
            (json!("2026-11-21T17:00:00Z"), Some(5 * 3600)),
            (json!("2031-01-01T00:00:00Z"), Some(24 * 3600)),
            (json!(999_999_999), Some(24 * 3600)),
            (json!("2026-11-01T00:00:00Z"), None),
        ] {
            let until = reset(&json!({"error": {"metadata": {"resets_at": at}}}), now);
            assert_eq!(until.map(|until| until.duration_since(now).as_secs()), want, "{at}");
        }
    }

    #[test]
    fn a_used_up_quota_rests_its_own_scope_until_its_day_ends() {
        let says = |message: &str| json!({"error": {"message": message, "code": 429}});
        let coded = |code: &str| json!({"error": {"message": "no", "code": code}});
        let gemini = |quota: &str| json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "InputTokensPerMinute"}, {"quotaId": quota}]}, {"retryDelay": "36s"}]}}]);
        let (day, none) = (12 * 3600, &[][..]);
        for (host, headers, body, want) in [
            (
                "openrouter.ai",
                none,
                says("Rate limit exceeded: free-models-per-day. Add 10 credits"),
                (day, Scope::FreeModels, true),
            ),
            // The few seconds that stand beside it are another limit's.
            (
                "openrouter.ai",
                &[("retry-after", "3")],
                says("Rate limit exceeded: free-models-per-day-high-balance"),
                (day, Scope::FreeModels, true),
            ),
            (
                "openrouter.ai",
                &[("retry-after", "3")],
                says("Rate limit exceeded: free-models-per-min"),
                (3, Scope::FreeModels, false),
            ),
            ("openrouter.ai", &[("retry-after", "3")], says("Provider returned error"), (3, Scope::Model, false)),
            // Midnight in California is at 08:00 UTC.
            (
                "generativelanguage.googleapis.com",
                none,
                gemini("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
                (20 * 3600, Scope::Model, true),
            ),
            (
                "generativelanguage.googleapis.com",
                none,
                gemini("GenerateRequestsPerMinutePerProjectPerModel"),
                (36, Scope::Model, false),
            ),
            (
                "api.cloudflare.com",
                none,
                json!({"success": false, "errors": [{"code": 3036, "message": "used up"}]}),
                (day, Scope::Account, true),
            ),
            (
                "api.groq.com",
                &[("retry-after", "600")],
                says("on requests per day (RPD): Limit 1000, Used 1000"),
                (600, Scope::Model, true),
            ),
            ("open.bigmodel.cn", none, coded("1304"), (day, Scope::Account, true)),
            ("dashscope.aliyuncs.com", none, coded("AllocationQuota.FreeTierOnly"), (day, Scope::Model, true)),
        ] {
            assert_eq!(at(host, NOON, headers, &body), Some(want), "{host}: {body}");
        }
        // The same words elsewhere are no quota, and a second before midnight is a second.
        assert_eq!(at("reseller.test", NOON, &[], &says("free-models-per-day")), None);
        let late = at("openrouter.ai", "2026-11-21T23:59:59.5Z", &[], &says("free-models-per-day"));
        assert_eq!(late, Some((1, Scope::FreeModels, true)));
    }
}
