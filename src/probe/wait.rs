//! How long an upstream asks us to wait.
//!
//! Decides: which header or body field says so. Must not know: who waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// No hint is taken for less or more than this.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);

/// The wait that a refusal's headers or body ask for, between 1 s and 24 h. A header wins over the body, except that a
/// used-up daily quota is not over in the seconds that stand beside it (Gemini).
pub(super) fn asked(headers: &HeaderMap, body: Option<&Value>, now: Timestamp) -> Option<Duration> {
    let wait = from_headers(|name| headers.get(name)?.to_str().ok().map(str::trim), now)
        .or_else(|| body.and_then(|body| from_body(body, now)))?;
    let daily = body.is_some_and(|body| {
        let quota = "/error/details";
        body.pointer(quota).is_some_and(|details| details.to_string().contains("PerDay"))
    });
    let wait = if daily { wait.max(Duration::from_hours(1)) } else { wait };
    Some(wait.clamp(SHORTEST, LONGEST))
}

/// When the upstream says that a spent budget is there again (OpenRouter: `resets_at`), if that lies ahead.
pub(super) fn reset(body: &Value, now: Timestamp) -> Option<Timestamp> {
    let error = body.get("error")?;
    let found = ["/resets_at", "/metadata/resets_at", "/availability/resets_at", "/details/resets_at"];
    let at = found.iter().find_map(|place| error.pointer(place))?;
    let text = at.as_str().map_or_else(|| at.to_string(), str::to_owned);
    let wait = until_reset(&text, now)?;
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

fn from_body(body: &Value, now: Timestamp) -> Option<Duration> {
    let error = body.get("error")?;
    if let Some(wait) = error.pointer("/availability/retry_after").and_then(Value::as_f64) {
        return Duration::try_from_secs_f64(wait).ok();
    }
    // OpenRouter repeats its headers in the body.
    if let Some(reset) = error.pointer("/metadata/headers/X-RateLimit-Reset") {
        let text = reset.as_str().map_or_else(|| reset.to_string(), str::to_owned);
        return until_reset(&text, now);
    }
    // Gemini: {"@type": "…RetryInfo", "retryDelay": "36s"}.
    let details = error.get("details")?.as_array()?;
    details.iter().find_map(|detail| until_reset(detail.get("retryDelay")?.as_str()?, now))
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
    humantime::parse_duration(text).ok().or_else(|| seconds(text.strip_suffix('s')?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wait(headers: &[(&'static str, &str)], body: Option<&Value>) -> Option<u64> {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        asked(&map, body, now).map(|wait| wait.as_secs())
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
            (&[("x-ratelimit-remaining-requests", "5"), ("x-ratelimit-reset-requests", "6m0s")], None),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795262430000")], Some(30)),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795262430")], Some(30)),
            (
                &[
                    ("anthropic-ratelimit-tokens-remaining", "0"),
                    ("anthropic-ratelimit-tokens-reset", "2026-11-21T12:00:10Z"),
                ],
                Some(10),
            ),
            (&[], None),
        ] {
            assert_eq!(wait(headers, None), want, "{headers:?}");
        }
    }

    #[test]
    fn a_body_may_say_it_too() {
        let gemini =
            |quota: &str| json!({"error": {"details": [{"violations": [{"quotaId": quota}]}, {"retryDelay": "36s"}]}});
        assert_eq!(wait(&[], Some(&gemini("RequestsPerMinute"))), Some(36));
        assert_eq!(wait(&[], Some(&gemini("GenerateRequestsPerDayPerProject-FreeTier"))), Some(3600));
        let availability = json!({"error": {"availability": {"retry_after": 12}}});
        assert_eq!(wait(&[], Some(&availability)), Some(12));
        assert_eq!(wait(&[("retry-after", "5")], Some(&availability)), Some(5));
        let openrouter = json!({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1795262430000"}}}});
        assert_eq!(wait(&[], Some(&openrouter)), Some(30));
    }
}
