//! The world that both ways of probing live in: who is asked for how often, and when a model stops working.

use channelwarden::config::VerdictPolicy;
use channelwarden::model::{ModelName, Observation, Outcome, Shape, Standing, Usage};
use channelwarden::verdict::{Company, Listed, Verdict, judge};
use jiff::{SignedDuration, Timestamp};

/// (channel, model) pairs: channels of 20 models each.
pub(crate) const PAIRS: usize = 2000;
const OF_A_CHANNEL: usize = 20;
/// Days that count; one more goes before them, so that the log is known when they begin.
pub(crate) const DAYS: u64 = 7;
pub(crate) const DAY: i64 = 86_400_000;
/// 1 % of the pairs fail each day.
const FAILURES_A_DAY: usize = PAIRS / 100;
/// A look at what is due asks so many siblings along (`round/survey/questions.rs`), in both worlds.
pub(crate) const CONTROLS: u64 = 2;
/// The upstream's list goes on naming no model that is gone.
const COMPANY: Company = Company { siblings_alive: true, listed: Listed::Absent, masked: false };

pub(crate) struct World {
    /// Requests a day, over all pairs.
    pub(crate) requests: u64,
    /// Zipf's law, summed up: the share of all requests that goes to the pair of that rank or a more wanted one.
    shares: Vec<f64>,
    /// Which pair fails from when on, in milliseconds; none twice, and in no order of rank.
    pub(crate) failures: Vec<(usize, i64)>,
    pub(crate) policy: VerdictPolicy,
}

impl World {
    pub(crate) fn new(requests: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(20_261_121);
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (1..=PAIRS)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        let failing = random.choose_multiple(0..PAIRS, FAILURES_A_DAY * usize::try_from(DAYS).unwrap());
        let onset = |(number, pair)| {
            let day = 1 + i64::try_from(number / FAILURES_A_DAY).unwrap();
            (pair, day * DAY + random.i64(0..DAY))
        };
        let failures = failing.into_iter().enumerate().map(onset).collect();
        Self { requests, shares, failures, policy: VerdictPolicy::default() }
    }

    /// The part of all requests that ask for a pair.
    pub(crate) fn share(&self, pair: usize) -> f64 {
        self.shares[pair] - pair.checked_sub(1).map_or(0.0, |before| self.shares[before])
    }

    /// The pair that a request asks for.
    pub(crate) fn asked(&self, random: &mut fastrand::Rng) -> usize {
        let at = random.f64();
        self.shares.partition_point(|share| *share < at).min(PAIRS - 1)
    }

    /// Asks a model, and judges it by the answer; whether it comes off the list.
    pub(crate) fn look(&self, standing: &mut Standing, works: bool, now: i64) -> bool {
        let outcome = if works { Outcome::Works } else { Outcome::Gone };
        let usage = Usage { requests: 1, ..Usage::default() };
        let seen = Observation { usage, ..Observation::bare(outcome, at(now), Shape::MaxTokens, "") };
        let (after, verdict) = judge(standing, &seen, COMPANY, &self.policy, at(now));
        *standing = after;
        matches!(verdict, Verdict::Withdraw(_))
    }
}

/// A moment of the simulated time.
pub(crate) fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_millis(millisecond)
}

pub(crate) fn channel(pair: usize) -> i64 {
    i64::try_from(pair / OF_A_CHANNEL).unwrap() + 1
}

pub(crate) fn name(pair: usize) -> ModelName {
    ModelName::parse(&format!("model-{:02}", pair % OF_A_CHANNEL)).unwrap()
}
