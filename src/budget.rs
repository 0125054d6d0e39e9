//! What probing may use up a day (UTC), and how much of that by a given time of it.
//!
//! Decides: the limit of each scope, its spreading over the day, and when one more may go.
//! Must not know: time of its own, the store, requests.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::config::BudgetConfig;

/// Free requests a day of an OpenRouter account that never bought ten credits.
pub const FREE_REQUESTS: u64 = 50;

/// What `:free` models end with on OpenRouter.
const FREE: &str = ":free";

/// What was used up on one day in one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spent {
    /// Requests sent, answered or not.
    pub requests: u64,
    /// Tokens, of questions and answers.
    pub tokens: u64,
    /// Millionths of a US dollar, estimated.
    #[serde(rename = "cost_microdollars")]
    pub cost: u64,
}

/// So much a day, used as evenly as the day goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The key of the configuration that says so.
    pub key: &'static str,
    /// The most of a whole day.
    pub most: u64,
    /// How much may be used ahead of an even pace.
    pub ahead: u64,
}

impl Limit {
    /// A limit against cost. A quarter may be used at once, for a round is no even thing.
    fn new(key: &'static str, most: u64) -> Option<Self> {
        (most > 0).then_some(Self { key, most, ahead: (most / 4).max(1) })
    }

    /// A share of a free quota: one at a time, so that ten a day are 2.4 hours apart.
    fn free(share: f64, quota: u64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a small number, floored"
        )]
        let most = (share.clamp(0.0, 1.0) * quota as f64) as u64;
        Self { key: "budget.free_share", most, ahead: 1 }
    }

    /// How much may be used up by `now`.
    pub fn by(&self, now: Timestamp) -> u64 {
        let even = u128::from(self.most) * u128::from(gone(now)) / u128::from(DAY);
        u64::try_from(even).unwrap_or(self.most).saturating_add(self.ahead).min(self.most)
    }

    /// When, on this day or at its end, the use may come to `wanted`.
    pub fn reaches(&self, wanted: u64, now: Timestamp) -> Timestamp {
        if wanted > self.most {
            return day_end(now);
        }
        let even = u128::from(wanted.saturating_sub(self.ahead)) * u128::from(DAY);
        let gone = i64::try_from(even.div_ceil(u128::from(self.most.max(1)))).unwrap_or(i64::MAX);
        day_start(now).saturating_add(SignedDuration::from_millis(gone)).unwrap_or(Timestamp::MAX).max(now)
    }
}

/// The limits of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of requests.
    pub requests: Option<Limit>,
    /// Of tokens.
    pub tokens: Option<Limit>,
}

/// A limit that lets no more through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which.
    pub limit: Limit,
    /// Until when.
    pub until: Timestamp,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        self.requests.is_none() && self.tokens.is_none()
    }

    /// What keeps one more request, of so many tokens, from being sent after what was spent on this day.
    pub fn shortage(&self, spent: Spent, tokens: u64, now: Timestamp) -> Option<Shortage> {
        let short = |limit: Option<Limit>, wanted: u64| {
            let limit = limit.filter(|limit| wanted > limit.by(now))?;
            Some(Shortage { limit, until: limit.reaches(wanted, now) })
        };
        let requests = short(self.requests, spent.requests.saturating_add(1));
        requests.into_iter().chain(short(self.tokens, spent.tokens.saturating_add(tokens))).max_by_key(|one| one.until)
    }
}

/// The operator's limits.
#[derive(Clone, Debug)]
pub struct Budget {
    config: BudgetConfig,
}

impl Budget {
    /// As configured.
    pub fn new(config: &BudgetConfig) -> Self {
        Self { config: config.clone() }
    }

    /// Of everything together.
    pub fn total(&self) -> Limits {
        Limits {
            requests: Limit::new("budget.requests", self.config.requests),
            tokens: Limit::new("budget.tokens", self.config.tokens),
        }
    }

    /// Of each account.
    pub fn account(&self) -> Limits {
        Limits {
            requests: Limit::new("budget.account_requests", self.config.account_requests),
            tokens: Limit::new("budget.account_tokens", self.config.account_tokens),
        }
    }

    /// Of a free quota, where the upstream said how large it is: the operator's word counts more.
    pub fn free(&self, told: Option<u64>) -> Limits {
        let own = Some(self.config.free_requests).filter(|own| *own > 0);
        let quota = own.or(told).unwrap_or(FREE_REQUESTS);
        Limits { requests: Some(Limit::free(self.config.free_share, quota)), tokens: None }
    }
}

/// Whether OpenRouter bills a model of this name to the free quota.
pub fn is_free(model: &str) -> bool {
    model.ends_with(FREE)
}

/// Whether a host (`name:port`) is OpenRouter itself.
pub fn is_openrouter(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.strip_suffix("openrouter.ai").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A day in milliseconds.
const DAY: u64 = 86_400_000;

/// The UTC day of `now`.
pub fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// When the UTC day of `now` is over.
pub fn day_end(now: Timestamp) -> Timestamp {
    day_start(now).saturating_add(24.hours()).unwrap_or(Timestamp::MAX)
}

/// To the nanosecond: whoever asks on the same day is told the same.
fn day_start(now: Timestamp) -> Timestamp {
    let millis = now.as_millisecond() - i64::try_from(gone(now)).unwrap_or(0);
    Timestamp::from_millisecond(millis).unwrap_or(now)
}

/// How many milliseconds of the day are gone.
fn gone(now: Timestamp) -> u64 {
    now.as_millisecond().rem_euclid(86_400_000).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ends_at_midnight_whenever_one_asks() {
        for now in ["2026-11-21T00:00:00Z", "2026-11-21T12:00:00.000999999Z", "2026-11-21T23:59:59.999999999Z"] {
            assert_eq!(day_end(at(now)), at("2026-11-22T00:00:00Z"), "{now}");
        }
    }

    #[test]
    fn ten_a_day_are_two_hours_and_a_half_apart() {
        let limits = Budget::new(&BudgetConfig::default()).free(None);
        let limit = limits.requests.unwrap();
        assert_eq!((limit.most, limit.by(at("2026-11-21T00:00:00Z"))), (10, 1));
        assert_eq!(limit.by(at("2026-11-21T02:23:59Z")), 1);
        assert_eq!(limit.by(at("2026-11-21T02:24:00Z")), 2);
        assert_eq!(limit.by(at("2026-11-21T23:59:59Z")), 10);
        let used = |requests| Spent { requests, ..Spent::default() };
        let short = limits.shortage(used(2), 0, at("2026-11-21T02:24:00Z")).unwrap();
        assert_eq!(short.until, at("2026-11-21T04:48:00Z"));
        assert_eq!(limits.shortage(used(2), 0, short.until), None);
        assert_eq!(limits.shortage(used(10), 0, short.until).unwrap().until, at("2026-11-22T00:00:00Z"));
    }

    #[test]
    fn the_free_share_is_of_what_openrouter_or_else_the_operator_says() {
        for (own, share, told, most) in [
            (0, 0.2, None, 10),
            (0, 0.2, Some(1000), 200),
            (100, 0.2, Some(1000), 20),
            (0, 0.999, None, 49),
            (0, 0.0, None, 0),
            (0, 1.0, None, 50),
        ] {
            let config = BudgetConfig { free_requests: own, free_share: share, ..BudgetConfig::default() };
            let limits = Budget::new(&config).free(told);
            assert_eq!(limits.requests.unwrap().most, most);
            let short = limits.shortage(Spent::default(), 0, at("2026-11-21T12:00:00Z"));
            assert_eq!(short.map(|short| short.until), (most == 0).then(|| at("2026-11-22T00:00:00Z")));
        }
    }

    #[test]
    fn nothing_is_limited_unless_it_is_said() {
        let budget = Budget::new(&BudgetConfig::default());
        assert!(budget.total().is_none() && budget.account().is_none());
        let config = BudgetConfig { tokens: 1000, account_requests: 3, ..BudgetConfig::default() };
        let (total, account) = (Budget::new(&config).total(), Budget::new(&config).account());
        let spent = Spent { requests: 900, tokens: 240, cost: 0 };
        let (night, noon) = (at("2026-11-21T00:00:00Z"), at("2026-11-21T12:00:00Z"));
        assert_eq!(total.shortage(spent, 10, night), None);
        assert_eq!(total.shortage(spent, 11, night).unwrap().limit.key, "budget.tokens");
        assert_eq!(total.shortage(spent, 11, noon), None);
        assert_eq!(account.shortage(spent, 11, noon).unwrap().limit.key, "budget.account_requests");
    }

    #[test]
    fn a_hosts_name_is_not_only_its_end() {
        for (host, is) in [
            ("openrouter.ai:443", true),
            ("eu.openrouter.ai:443", true),
            ("notopenrouter.ai:443", false),
            ("openrouter.ai.example:443", false),
        ] {
            assert_eq!(is_openrouter(host), is, "{host}");
        }
    }

    proptest! {
        #[test]
        fn whoever_is_told_to_wait_may_go_then_and_not_before(
            most in 1_u64..5000, ahead in 1_u64..50, used in 0_u64..6000, second in 0_i64..86_400 * 3,
        ) {
            let limit = Limit { key: "test", most, ahead };
            let now = Timestamp::from_second(1_795_219_200 + second).unwrap();
            prop_assert!(limit.by(now) <= most);
            let limits = Limits { requests: Some(limit), tokens: None };
            let spent = Spent { requests: used, ..Spent::default() };
            match limits.shortage(spent, 0, now) {
                None => prop_assert!(used < limit.by(now)),
                Some(short) => {
                    prop_assert!(short.until > now && short.until <= day_end(now));
                    if short.until < day_end(now) {
                        prop_assert_eq!(limits.shortage(spent, 0, short.until), None);
                    }
                    let before = short.until - SignedDuration::from_millis(1);
                    prop_assert!(before < now || limits.shortage(spent, 0, before).is_some());
                }
            }
        }
    }
}
