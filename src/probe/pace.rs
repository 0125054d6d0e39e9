//! When a request may leave: bounds per key, per host and over everything, requests a second per key, and pauses that
//! an upstream asked for. These hold over all rounds; what a round learns of a key is its own.
//!
//! Decides: who waits, and who is not asked at all. Must not know: requests, answers' meaning beyond a key's own.

mod lane;
mod silence;
mod turns;
mod until;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use self::lane::{Lane, Slot};
pub(super) use self::silence::{SILENT_KEYS, SILENT_MODELS, Silence};
pub(super) use self::turns::Turns;
use super::account::{Account, Trial};
use crate::budget::{Shortage, is_free};
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

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The upstream asked to wait this much longer.
    Paused(Duration),
    /// The key does not work, or a quota of the day is used up (busy).
    Resting {
        /// What was shown.
        outcome: Outcome,
        /// Since when.
        since: Timestamp,
        /// Until when nothing is sent.
        until: Timestamp,
    },
    /// A limit of ours is used up for now.
    Budget(Shortage),
    /// It could not be counted for a limit of ours.
    Uncounted,
    /// [`SILENT_MODELS`] in a row got no answer.
    Silent,
    /// [`SILENT_KEYS`] of the host in a row fell silent.
    SilentHost,
}

/// A place in the key's and the host's lane, and what is known of them.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) key: Arc<Lane>,
    pub(super) host: Arc<Lane>,
    pub(super) account: Arc<Account>,
    /// The free quota that the host grants to all its keys together.
    pub(super) free: Option<Arc<Account>>,
    /// This round's.
    silence: Silence,
    host_silence: Arc<Silence>,
    number: u64,
}

/// How many answers a round had when a question left: from the key and from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    key: u64,
    host: u64,
}

/// The right to have one request under way; dropped when what its answer shows is noted.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// How many answers this round had here when it left.
    pub(super) answers: Answers,
    /// When it was given.
    pub(super) at: Instant,
    /// The key rested, and this question tries it again.
    pub(super) trial: Option<Trial<'a>>,
    _key: Slot<'a>,
    _host: Slot<'a>,
    _all: SemaphorePermit<'a>,
}

impl Lanes {
    /// The free quota that a question about `model` takes from.
    pub(super) fn free_for(&self, model: Option<&ModelName>) -> Option<&Arc<Account>> {
        self.free.as_ref().filter(|_| model.is_some_and(|model| is_free(model.as_str())))
    }

    /// Lets a question in where nothing is known to be wrong with its key, its model and its quota.
    async fn enter(&self, model: Option<&ModelName>) -> Result<Option<Trial<'_>>, Refusal> {
        if let Some(free) = self.free_for(model) {
            free.enter(None).await?;
        }
        self.account.enter(model).await
    }

    /// Whether a question would be let in at once.
    pub(super) fn is_open(&self, model: Option<&ModelName>) -> bool {
        self.account.is_open(model) && self.free_for(model).is_none_or(|free| free.is_open(None))
    }

    /// How many answers came up to now.
    ///
    /// # Errors
    /// Why no more is asked.
    fn answers(&self) -> Result<Answers, Refusal> {
        let key = self.silence.answers().ok_or(Refusal::Silent)?;
        let host = self.host_silence.answers().ok_or(Refusal::SilentHost)?;
        Ok(Answers { key, host })
    }

    /// An HTTP answer came.
    pub(super) fn heard(&self) {
        self.silence.heard();
        self.host_silence.heard();
    }

    /// A question got no answer.
    pub(super) fn unheard(&self, model: &ModelName, answers: Answers) {
        if self.silence.unheard(hashed(model), answers.key) {
            self.host_silence.unheard(self.number, answers.host);
        }
    }
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

    /// The lanes of this target, made where new, with nothing heard yet from this key.
    pub(super) fn lanes(
        &self,
        target: &Target,
        account: Arc<Account>,
        free: Option<Arc<Account>>,
        host_silence: Arc<Silence>,
    ) -> Lanes {
        // One model at a time is all that most machines hold in memory.
        let alone = target.type_name.eq_ignore_ascii_case("ollama");
        let most = |slots: usize| if alone { 1 } else { slots };
        let key = Arc::clone(
            locked(&self.keys)
                .entry(target.account)
                .or_insert_with(|| Arc::new(Lane::new(most(self.per_key), self.quota.map(RateLimiter::direct)))),
        );
        let host = Arc::clone(
            locked(&self.hosts)
                .entry(target.endpoints.host.clone())
                .or_insert_with(|| Arc::new(Lane::new(most(self.per_host), None))),
        );
        Lanes { key, host, account, free, silence: Silence::new(SILENT_MODELS), host_silence, number: target.account }
    }

    /// Waits for the right to ask about `model`, or (none) for the list. Waits with the key's slot first and takes the
    /// global one last, so that what waits for its own key or host never holds back another's.
    pub(super) async fn pass<'a>(&'a self, lanes: &'a Lanes, model: Option<&ModelName>) -> Result<Pass<'a>, Refusal> {
        loop {
            lanes.answers()?;
            let trial = lanes.enter(model).await?;
            let key = lanes.key.slot().await?;
            // What waited for a slot while the others failed does not wait for the rest.
            lanes.answers()?;
            if trial.is_none() && !lanes.is_open(model) {
                continue;
            }
            lanes.key.rated(&self.clock).await;
            let host = lanes.host.slot().await?;
            // A semaphore that is never closed always gives its permit.
            let Ok(all) = self.all.acquire().await else { return Err(Refusal::Paused(PATIENCE)) };
            let answers = lanes.answers()?;
            let open = trial.is_some() || lanes.is_open(model);
            if open && lanes.key.pause()?.is_none() && lanes.host.pause()?.is_none() {
                return Ok(Pass { answers, at: Instant::now(), trial, _key: key, _host: host, _all: all });
            }
        }
    }

    /// Forgets lanes that no round uses and nothing limits.
    pub(super) fn tidy(&self) {
        let keep = |lane: &Arc<Lane>| Arc::strong_count(lane) > 1 || lane.is_limited();
        locked(&self.keys).retain(|_, lane| keep(lane));
        locked(&self.hosts).retain(|_, lane| keep(lane));
    }
}

pub(super) fn hashed(model: &ModelName) -> u64 {
    hash(model)
}

pub(super) fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    fn model(name: &str) -> ModelName {
        ModelName::parse(name).unwrap()
    }

    fn lanes() -> Lanes {
        let lane = || Arc::new(Lane::new(1, None));
        Lanes {
            key: lane(),
            host: lane(),
            account: Arc::new(Account::new(Arc::from("test"), Duration::from_hours(1))),
            free: None,
            silence: Silence::new(SILENT_MODELS),
            host_silence: Arc::new(Silence::new(SILENT_KEYS)),
            number: 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_for_and_a_long_one_reported() {
        let pace = Pace::new(&ProbeConfig::default());
        let lanes = lanes();
        let start = Instant::now();
        lanes.key.pause_for(&model("a"), Duration::from_secs(5));
        pace.pass(&lanes, None).await.unwrap();
        assert!(start.elapsed() >= Duration::from_secs(5));
        lanes.key.pause_for(&model("a"), Duration::from_mins(1));
        pace.pass(&lanes, None).await.unwrap();
        lanes.key.pause_for(&model("b"), Duration::from_mins(1));
        assert!(matches!(pace.pass(&lanes, None).await, Err(Refusal::Paused(wait)) if wait > Duration::from_secs(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_that_is_over_does_not_make_the_next_models_the_keys_own() {
        let (pace, lanes) = (Pace::new(&ProbeConfig::default()), lanes());
        lanes.key.pause_for(&model("a"), Duration::from_mins(1));
        tokio::time::advance(Duration::from_mins(2)).await;
        lanes.key.pause_for(&model("b"), Duration::from_mins(1));
        pace.pass(&lanes, None).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_a_slot_is_refused_when_the_upstream_falls_silent() {
        let (pace, lanes) = (Pace::new(&ProbeConfig::default()), lanes());
        let pass = pace.pass(&lanes, None).await.unwrap();
        let waiting = pace.pass(&lanes, None);
        let falls_silent = async {
            for name in ["a", "b", "c", "d", "e"] {
                lanes.unheard(&model(name), pass.answers);
            }
            // Refused at once, not after a wait for the slot.
            let refused = timeout(Duration::from_secs(1), pace.pass(&lanes, None)).await.unwrap();
            assert_eq!(refused.unwrap_err(), Refusal::Silent);
            drop(pass);
        };
        let (waited, ()) = tokio::join!(waiting, falls_silent);
        assert_eq!(waited.unwrap_err(), Refusal::Silent);
    }

    #[test]
    fn a_rate_of_nothing_is_no_limit() {
        let quota = |rate| Pace::new(&ProbeConfig { requests_per_second: rate, ..ProbeConfig::default() }).quota;
        assert!(quota(1000.0).is_some());
        assert!(quota(0.0).is_none() && quota(f64::NAN).is_none());
    }
}
