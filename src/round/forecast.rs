//! What probing a gateway would take, before anything is asked.
//!
//! Decides: how questions add up to a day's requests, tokens and dollars, and what the budget leaves of them.
//! Must not know: how questions come about.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

use serde::Serialize;

use super::report::Skipped;
use crate::config::BudgetConfig;
use crate::cost::Cost;
use crate::model::{ChannelRef, Kind};

/// Free requests a day that every account has; more only once credits were bought, and told by OpenRouter.
const FREE_REQUESTS: u64 = 50;
const DAY: Duration = Duration::from_hours(24);

/// What some probes take: at most, for what fails or answers from gateway traffic is asked less often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Requests.
    pub requests: u64,
    /// Tokens of questions and answers.
    pub tokens: u64,
    /// Estimated dollars.
    pub dollars: Cost,
}

impl AddAssign for Need {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.tokens += other.tokens;
        self.dollars += other.dollars;
    }
}

/// One model that would be asked.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) kind: Kind,
    /// What one question takes.
    pub(super) need: Need,
    /// It counts against the free requests of its host.
    pub(super) is_free: bool,
}

/// What one channel's models take.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelForecast {
    /// Which channel.
    pub channel: ChannelRef,
    /// Models that are asked, by kind.
    pub models: BTreeMap<Kind, usize>,
    /// Models that are not asked: excluded, of a kind that is not probed, aliases that lead nowhere.
    pub unprobed: usize,
    /// One round.
    pub round: Need,
    /// One day.
    pub day: Need,
}

/// What a gateway's models take.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Forecast {
    /// The gateway.
    pub gateway: String,
    /// Rounds a day, by `probe.every`.
    pub rounds_a_day: f64,
    /// Channel by channel.
    pub channels: Vec<ChannelForecast>,
    /// Channels that are left alone.
    pub skipped: Vec<Skipped>,
    /// One round over all of them.
    pub round: Need,
    /// One day over all of them.
    pub day: Need,
    /// Requests a day that the budget lets out of these.
    pub allowed: u64,
    /// Where it lets out fewer than wanted: which limit, and how many of how many.
    pub limits: Vec<String>,
    #[serde(skip)]
    tally: Tally,
}

/// A day's requests and tokens by whom they count against.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// One key at one host.
    accounts: BTreeMap<u64, Need>,
    /// Free requests by host: they are the host's to count, whatever the key.
    free: BTreeMap<String, u64>,
}

impl Forecast {
    pub(super) fn new(gateway: &str, every: Duration) -> Self {
        let rounds_a_day = DAY.as_secs_f64() / every.as_secs_f64().max(1.0);
        Self { gateway: gateway.to_owned(), rounds_a_day, ..Self::default() }
    }

    /// A channel that is left alone.
    pub(super) fn leave(&mut self, channel: ChannelRef, why: String) {
        self.skipped.push(Skipped { channel, why });
    }

    /// A channel whose models are asked, with these accounts at this host in turn.
    pub(super) fn add(&mut self, channel: ChannelRef, probes: &[Probe], unprobed: usize, accounts: &[u64], host: &str) {
        let (mut round, mut day) = (Need::default(), Need::default());
        let mut models = BTreeMap::new();
        for (place, Probe { kind, need, is_free }) in probes.iter().enumerate() {
            *models.entry(*kind).or_default() += 1;
            round += *need;
            // Dear ones once a day, however many rounds.
            let times = if kind.is_dear() { self.rounds_a_day.min(1.0) } else { self.rounds_a_day };
            let a_day = need.times(times);
            day += a_day;
            if *is_free {
                *self.tally.free.entry(host.to_owned()).or_default() += a_day.requests;
            } else if let Some(account) = accounts.get(place % accounts.len().max(1)) {
                *self.tally.accounts.entry(*account).or_default() += a_day;
            }
        }
        self.round += round;
        self.day += day;
        self.channels.push(ChannelForecast { channel, models, unprobed, round, day });
    }

    /// What the budget leaves of a day, and which limits hold.
    pub(super) fn weigh(&mut self, budget: &BudgetConfig) {
        let quota = if budget.free_requests > 0 { budget.free_requests } else { FREE_REQUESTS };
        let free = share(quota, budget.free_share);
        let mut allowed = 0;
        for (host, wanted) in &self.tally.free {
            allowed += free.min(*wanted);
            self.limits.extend(limit("budget.free_share", free, *wanted, &format!("free requests at {host}")));
        }
        let (mut fewer, mut starved) = (0, 0);
        for need in self.tally.accounts.values() {
            let by_tokens = within(need.requests, need.tokens, budget.account_tokens);
            let let_out = or_all(budget.account_requests, need.requests).min(by_tokens);
            allowed += let_out;
            starved += u64::from(let_out < need.requests);
            fewer += need.requests - let_out;
        }
        if starved > 0 {
            self.limits.push(format!(
                "budget.account_requests and account_tokens hold {fewer} requests a day back, of {starved} accounts"
            ));
        }
        let Need { requests, tokens, .. } = self.day;
        self.limits.extend(limit("budget.requests", or_all(budget.requests, requests), requests, "requests"));
        self.limits.extend(limit("budget.tokens", or_all(budget.tokens, tokens), tokens, "tokens"));
        let by_tokens = within(requests, tokens, budget.tokens);
        self.allowed = allowed.min(or_all(budget.requests, requests)).min(by_tokens);
    }
}

impl Need {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "rounds")]
    fn times(self, times: f64) -> Self {
        let scaled = |n: u64| (n as f64 * times).ceil() as u64;
        Self { requests: scaled(self.requests), tokens: scaled(self.tokens), dollars: self.dollars.scaled(times) }
    }
}

/// The part of a quota that is for probes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small part"
)]
fn share(quota: u64, part: f64) -> u64 {
    (quota as f64 * part.clamp(0.0, 1.0)) as u64
}

/// A limit of the configuration, where 0 is none.
fn or_all(limit: u64, wanted: u64) -> u64 {
    if limit == 0 { wanted } else { limit.min(wanted) }
}

/// How many of these requests a limit of tokens leaves.
fn within(requests: u64, tokens: u64, limit: u64) -> u64 {
    if limit == 0 || tokens <= limit { requests } else { requests * limit / tokens }
}

fn limit(key: &str, let_out: u64, wanted: u64, what: &str) -> Option<String> {
    (let_out < wanted).then(|| format!("{key} lets {let_out} of {wanted} {what} a day out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: i64) -> ChannelRef {
        ChannelRef { id, created: 0, name: format!("c{id}") }
    }

    fn probe(kind: Kind, is_free: bool) -> Probe {
        Probe { kind, need: Need { requests: 1, tokens: 36, dollars: Cost::micros(10) }, is_free }
    }

    fn forecast(budget: &BudgetConfig) -> Forecast {
        let mut forecast = Forecast::new("main", Duration::from_hours(1));
        let mut first = vec![probe(Kind::Chat, false); 10];
        first.push(probe(Kind::Image, false));
        forecast.add(channel(1), &first, 2, &[7, 8], "a.test:443");
        forecast.add(channel(2), &vec![probe(Kind::Chat, true); 50], 0, &[9], "openrouter.ai:443");
        forecast.weigh(budget);
        forecast
    }

    #[test]
    fn a_day_is_its_rounds_and_dear_models_once() {
        let forecast = forecast(&BudgetConfig { free_share: 1.0, free_requests: 5000, ..BudgetConfig::default() });
        let first = &forecast.channels[0];
        assert_eq!(first.models, BTreeMap::from([(Kind::Chat, 10), (Kind::Image, 1)]));
        assert_eq!((first.round.requests, first.day.requests), (11, 241));
        assert_eq!((first.round.tokens, first.day.tokens), (396, 241 * 36));
        assert_eq!(first.day.dollars, Cost::micros(2410));
        assert_eq!((forecast.day.requests, forecast.allowed), (241 + 1200, 241 + 1200));
        assert_eq!(forecast.limits, Vec::<String>::new());
    }

    #[test]
    fn fifty_free_models_get_ten_of_twelve_hundred() {
        let forecast = forecast(&BudgetConfig::default());
        assert_eq!(forecast.allowed, 241 + 10);
        assert_eq!(forecast.limits, ["budget.free_share lets 10 of 1200 free requests at openrouter.ai:443 a day out"]);
    }

    #[test]
    fn every_limit_that_holds_something_back_is_told() {
        let budget = BudgetConfig { account_requests: 100, requests: 150, ..BudgetConfig::default() };
        let forecast = forecast(&budget);
        assert_eq!(forecast.allowed, 150);
        assert_eq!(forecast.limits.len(), 3, "{:?}", forecast.limits);
        let budget =
            BudgetConfig { tokens: 1441 * 18, free_share: 1.0, free_requests: 1200, ..BudgetConfig::default() };
        assert_eq!(self::forecast(&budget).allowed, 720, "half of 1441");
    }
}
