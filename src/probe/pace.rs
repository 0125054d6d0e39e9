//! When a request may leave: bounds per key, per host and over everything, requests a second per key, and pauses that
//! an upstream asked for.
//!
//! Decides: who waits, and who is not asked at all. Must not know: requests, answers' meaning beyond a key's own.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Jitter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until};

use crate::config::ProbeConfig;
use crate::model::{ModelName, Outcome};
use crate::upstream::Target;

/// A pause up to this long is waited for; a longer one is reported instead.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bounds of one prober.
#[derive(Debug)]
pub(super) struct Pace {
    all: Semaphore,
    per_key: usize,
    per_host: usize,
    quota: Option<Quota>,
    clock: DefaultClock,
    keys: Mutex<HashMap<u64, Arc<Lane>>>,
    hosts: Mutex<HashMap<String, Arc<Lane>>>,
}

/// What is shared by all requests with one key, or to one host.
#[derive(Debug)]
struct Lane {
    slots: Semaphore,
    rate: Option<DefaultDirectRateLimiter>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    paused_until: Option<Instant>,
    /// Which model was last told to wait for long: a second one makes it the lane's own pause.
    told_to_wait: Option<u64>,
    /// The key's own failure, and how many models in a row showed it.
    key_failure: Option<(Outcome, u64, u32)>,
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The upstream asked to wait this much longer.
    Paused(Duration),
    /// Two models in a row showed that the key does not work.
    Circuit(Outcome),
}

/// A place in the key's and the host's lane.
#[derive(Debug)]
pub(super) struct Lanes {
    key: Arc<Lane>,
    host: Arc<Lane>,
}

/// The right to have one request under way; dropped with its answer.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    _key: SemaphorePermit<'a>,
    _host: SemaphorePermit<'a>,
    _all: SemaphorePermit<'a>,
}

impl Pace {
    pub(super) fn new(config: &ProbeConfig) -> Self {
        // Half a second's worth may leave at once: a low rate is spread, a high one costs no timers.
        let quota = (config.requests_per_second > 0.0)
            .then(|| Duration::try_from_secs_f64(1.0 / config.requests_per_second).ok())
            .flatten()
            .and_then(Quota::with_period);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number, floored")]
        let burst = NonZeroU32::new((config.requests_per_second / 2.0).clamp(1.0, 1e6) as u32);
        let most = |n: usize| n.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            all: Semaphore::new(most(config.concurrency)),
            per_key: most(config.per_key),
            per_host: most(config.per_host),
            quota: quota.map(|quota| burst.map_or(quota, |burst| quota.allow_burst(burst))),
            clock: DefaultClock::default(),
            keys: Mutex::default(),
            hosts: Mutex::default(),
        }
    }

    /// The lanes of this target, made where new.
    pub(super) fn lanes(&self, target: &Target) -> Lanes {
        let key = Arc::clone(
            locked(&self.keys)
                .entry(target.account)
                .or_insert_with(|| Arc::new(Lane::new(self.per_key, self.quota.map(RateLimiter::direct)))),
        );
        let mut hosts = locked(&self.hosts);
        let host = if let Some(lane) = hosts.get(&target.endpoints.host) {
            Arc::clone(lane)
        } else {
            let lane = Arc::new(Lane::new(self.per_host, None));
            hosts.insert(target.endpoints.host.clone(), Arc::clone(&lane));
            lane
        };
        Lanes { key, host }
    }

    /// Waits for the right to send. Waits with the key's slot first and takes the global one last, so that what waits
    /// for its own key or host never holds back another's.
    pub(super) async fn pass<'a>(&'a self, lanes: &'a Lanes) -> Result<Pass<'a>, Refusal> {
        loop {
            let key = lanes.key.slot().await?;
            lanes.key.rated(&self.clock).await;
            let host = lanes.host.slot().await?;
            // A semaphore that is never closed always gives its permit.
            let Ok(all) = self.all.acquire().await else { return Err(Refusal::Paused(PATIENCE)) };
            if lanes.key.pause()?.is_none() && lanes.host.pause()?.is_none() {
                return Ok(Pass { _key: key, _host: host, _all: all });
            }
        }
    }

    /// Forgets what the last round learnt of keys, and lanes that nobody uses and nobody asked to pause.
    pub(super) fn new_round(&self) {
        let now = Instant::now();
        let keep = |lane: &Arc<Lane>| {
            let mut state = locked(&lane.state);
            (state.key_failure, state.told_to_wait) = (None, None);
            Arc::strong_count(lane) > 1 || state.paused_until.is_some_and(|until| until > now)
        };
        locked(&self.keys).retain(|_, lane| keep(lane));
        locked(&self.hosts).retain(|_, lane| keep(lane));
    }
}

impl Lanes {
    /// The key was told to wait (429).
    pub(super) fn pause_key(&self, model: &ModelName, wait: Duration) {
        self.key.pause_for(model, wait);
    }

    /// The host was told to wait (503, 529).
    pub(super) fn pause_host(&self, model: &ModelName, wait: Duration) {
        self.host.pause_for(model, wait);
    }

    /// Counts what a sent request showed of the key itself.
    pub(super) fn note(&self, model: &ModelName, outcome: Outcome) {
        let mut state = locked(&self.key.state);
        state.key_failure = match outcome {
            Outcome::KeyBad | Outcome::KeyBroke => match state.key_failure {
                Some((known, last, count)) if known == outcome => {
                    let other = last != hashed(model);
                    Some((outcome, hashed(model), if other { count + 1 } else { count }))
                }
                Some(_) | None => Some((outcome, hashed(model), 1)),
            },
            // No answer, a firewall or a refusal before the key was looked at says nothing of the key.
            Outcome::TimedOut | Outcome::Unreachable | Outcome::ChannelConfig | Outcome::Busy | Outcome::Suspect => {
                state.key_failure
            }
            Outcome::Works
            | Outcome::Filtered
            | Outcome::Gone
            | Outcome::NoAccess
            | Outcome::NoRoute
            | Outcome::Broken
            | Outcome::Empty
            | Outcome::Shape
            | Outcome::Unknown => None,
        };
    }
}

impl Lane {
    fn new(slots: usize, rate: Option<DefaultDirectRateLimiter>) -> Self {
        Self { slots: Semaphore::new(slots), rate, state: Mutex::default() }
    }

    /// A slot, once nothing pauses the lane.
    async fn slot(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        loop {
            self.pause()?;
            let Ok(slot) = self.slots.acquire().await else { return Err(Refusal::Paused(PATIENCE)) };
            match self.pause()? {
                None => return Ok(slot),
                Some(until) => {
                    drop(slot);
                    // All waiters would leave together otherwise.
                    sleep_until(until).await;
                    sleep(Jitter::up_to(Duration::from_millis(200)) + Duration::ZERO).await;
                }
            }
        }
    }

    async fn rated(&self, clock: &DefaultClock) {
        let Some(rate) = &self.rate else { return };
        while let Err(not_until) = rate.check() {
            let wait = not_until.wait_time_from(clock.now());
            sleep(Jitter::up_to(wait / 10) + wait).await;
        }
    }

    /// Until when the lane is paused, if it is and that is soon.
    fn pause(&self) -> Result<Option<Instant>, Refusal> {
        let state = locked(&self.state);
        if let Some((outcome, _, 2..)) = state.key_failure {
            return Err(Refusal::Circuit(outcome));
        }
        let now = Instant::now();
        match state.paused_until.filter(|until| *until > now) {
            None => Ok(None),
            Some(until) if until - now <= PATIENCE => Ok(Some(until)),
            Some(until) => Err(Refusal::Paused(until - now)),
        }
    }

    /// Providers limit per model as often as per key, and do not say which. A short wait is kept for the whole lane at
    /// once; a long one when a second model is told so: until then it is the one model's own.
    fn pause_for(&self, model: &ModelName, wait: Duration) {
        let mut state = locked(&self.state);
        let shared = state.told_to_wait.is_some_and(|last| last != hashed(model));
        if wait > PATIENCE && !shared {
            state.told_to_wait = Some(hashed(model));
            return;
        }
        let until = Instant::now() + wait;
        state.paused_until = Some(state.paused_until.map_or(until, |known| known.max(until)));
    }
}

fn hashed(model: &ModelName) -> u64 {
    let mut hasher = DefaultHasher::new();
    model.hash(&mut hasher);
    hasher.finish()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelName {
        ModelName::parse(name).unwrap()
    }

    fn lanes() -> Lanes {
        let lane = || Arc::new(Lane::new(1, None));
        Lanes { key: lane(), host: lane() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_for_and_a_long_one_reported() {
        let pace = Pace::new(&ProbeConfig::default());
        let lanes = lanes();
        let start = Instant::now();
        lanes.pause_key(&model("a"), Duration::from_secs(5));
        pace.pass(&lanes).await.unwrap();
        assert!(start.elapsed() >= Duration::from_secs(5));
        lanes.pause_key(&model("a"), Duration::from_secs(60));
        pace.pass(&lanes).await.unwrap();
        lanes.pause_key(&model("b"), Duration::from_secs(60));
        assert!(matches!(pace.pass(&lanes).await, Err(Refusal::Paused(wait)) if wait > Duration::from_secs(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_two_models_show_as_bad_is_not_asked_again() {
        let pace = Pace::new(&ProbeConfig::default());
        let lanes = lanes();
        for (name, outcome) in
            [("a", Outcome::KeyBad), ("a", Outcome::KeyBad), ("b", Outcome::Works), ("c", Outcome::KeyBad)]
        {
            lanes.note(&model(name), outcome);
            assert!(pace.pass(&lanes).await.is_ok(), "{name}");
        }
        lanes.note(&model("d"), Outcome::KeyBad);
        assert_eq!(pace.pass(&lanes).await.unwrap_err(), Refusal::Circuit(Outcome::KeyBad));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_one_key_are_spread() {
        let pace = Pace::new(&ProbeConfig { requests_per_second: 1000.0, ..ProbeConfig::default() });
        assert!(pace.quota.is_some());
        assert!(Pace::new(&ProbeConfig { requests_per_second: 0.0, ..ProbeConfig::default() }).quota.is_none());
        assert!(Pace::new(&ProbeConfig { requests_per_second: f64::NAN, ..ProbeConfig::default() }).quota.is_none());
    }
}
