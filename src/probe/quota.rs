//! Quotas that last until a day is over.
//!
//! Decides: whether a rate limit is one, of what, and until when. Must not know: I/O, keys, who waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::budget::day_end;

/// What a used-up quota is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One model with one key.
    Model,
    /// Everything with one key.
    Account,
    /// Every free model at a host, whatever the key.
    Free,
}

/// By host (empty: any) and words that stand in the refusal, in lower case; the first that matches.
const TABLE: [(&str, &[&str], Scope); 5] = [
    // 20 a day for each model of a project.
    ("generativelanguage.googleapis.com", &["perday"], Scope::Model),
    // The free neurons of a day, for all models together.
    ("api.cloudflare.com", &["3036", "daily free allocation"], Scope::Account),
    // The windows of a coding plan.
    ("bigmodel.cn", &["\"1308\"", "\"1310\""], Scope::Account),
    ("bigmodel.cn", &["\"1304\""], Scope::Model),
    // Groq's and SiliconFlow's requests and tokens a day, DashScope's free quota of one model, and whoever says so.
    ("", &["per day", "per-day", "(rpd)", "(tpd)", "freetieronly", "daily limit", "daily quota"], Scope::Model),
];

/// What is used up until when, by a refusal with a rate limit: its body in lower case, and the wait that it asks for.
/// `free`: the question was about a free model.
pub(super) fn used_up(
    host: &str,
    body: &str,
    free: bool,
    wait: Option<Duration>,
    now: Timestamp,
) -> Option<(Scope, Timestamp)> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if free {
        // A limit by the minute, or of the provider behind it, is not the account's day.
        let passing = ["per-min", "provider returned error", "rate-limited upstream"];
        return (!passing.iter().any(|words| body.contains(words))).then(|| (Scope::Free, day_end(now)));
    }
    let (at, _, scope) =
        TABLE.iter().find(|(at, words, _)| name.ends_with(at) && words.iter().any(|words| body.contains(words)))?;
    let until = match wait.and_then(|wait| SignedDuration::try_from(wait).ok()) {
        // Its hint is that of the limit by the minute, its day California's: midnight there is 7:00 or 8:00 UTC.
        _ if at.ends_with("googleapis.com") => pacific_midnight(now),
        Some(wait) => now.saturating_add(wait).unwrap_or(Timestamp::MAX),
        None => day_end(now),
    };
    Some((*scope, until))
}

fn pacific_midnight(now: Timestamp) -> Timestamp {
    const BEHIND: SignedDuration = SignedDuration::from_hours(8);
    let there = now.saturating_sub(BEHIND).unwrap_or(now);
    day_end(there).saturating_add(BEHIND).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_days_quota_is_told_from_a_minutes() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let second = Some(Duration::from_secs(36));
        let tomorrow = "2026-11-22T00:00:00Z";
        for (host, body, free, wait, want) in [
            (
                "openrouter.ai:443",
                "rate limit exceeded: free-models-per-day. add 10 credits",
                true,
                None,
                Some((Scope::Free, tomorrow)),
            ),
            ("openrouter.ai:443", "rate limit exceeded", true, second, Some((Scope::Free, tomorrow))),
            ("openrouter.ai:443", "rate limit exceeded: free-models-per-min", true, None, None),
            ("openrouter.ai:443", "provider returned error", true, None, None),
            ("openrouter.ai:443", "rate limit exceeded", false, None, None),
            (
                "generativelanguage.googleapis.com:443",
                "\"quotaid\":\"generaterequestsperdayperprojectpermodel-freetier\"",
                false,
                second,
                Some((Scope::Model, "2026-11-22T08:00:00Z")),
            ),
            ("generativelanguage.googleapis.com:443", "\"quotaid\":\"generaterequestsperminute\"", false, second, None),
            ("api.cloudflare.com:443", "{\"code\":3036}", false, None, Some((Scope::Account, tomorrow))),
            ("api.cloudflare.com:443", "{\"code\":3040}", false, None, None),
            (
                "api.groq.com:443",
                "rate limit reached for model `m` on requests per day (rpd): limit 1000, used 1000",
                false,
                second,
                Some((Scope::Model, "2026-11-21T12:00:36Z")),
            ),
            ("api.groq.com:443", "on tokens per minute (tpm): limit 6000", false, second, None),
            ("open.bigmodel.cn:443", "{\"error\":{\"code\":\"1308\"}}", false, None, Some((Scope::Account, tomorrow))),
            ("open.bigmodel.cn:443", "{\"error\":{\"code\":\"1302\"}}", false, None, None),
            ("dashscope.aliyuncs.com:443", "allocationquota.freetieronly", false, None, Some((Scope::Model, tomorrow))),
        ] {
            let want = want.map(|(scope, until)| (scope, until.parse().unwrap()));
            assert_eq!(used_up(host, body, free, wait, now), want, "{host} {body}");
        }
    }

    #[test]
    fn californias_day_ends_within_a_day() {
        for hour in 0..48 {
            let now = Timestamp::from_second(1_795_219_200 + hour * 3600).unwrap();
            let until = pacific_midnight(now);
            assert_eq!(until.as_second() % 86_400, 8 * 3600);
            assert!(until > now && until.duration_since(now) <= SignedDuration::from_hours(24));
        }
    }
}
