//! OpenRouter as a source of free models: its catalogue read, what it measures looked at, doubtful models asked.
//!
//! Decides: what is asked of it, in which order, and what is kept. Must not know: gateways, verdicts, how many free
//! requests a day are left (that is the prober's: what it does not send is not asked).

mod catalogue;
mod health;
mod snapshot;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use catalogue::{Entry, Free, entries};
pub use health::{BAD, FIGURES_COUNT, GOOD, Health, Light, PROBE_COUNTS, light};
pub use snapshot::{Model, News, Probed, Snapshot};

use self::source::Source;
use crate::clock;
use crate::config::Config;
use crate::cost::Rates;
use crate::model::{Evidence, ModelName, Offered, Outcome};
use crate::probe::Prober;
use crate::store::{Store, StoreError};
use crate::upstream::Target;

/// The name of what is kept in our store.
const KEPT: &str = "openrouter";
/// Models looked at side by side.
const SIDE_BY_SIDE: usize = 8;
/// A list younger than this is offered to channels without being read anew.
const OFFERED_FOR: SignedDuration = SignedDuration::from_hours(6);
/// Free requests a day of an account that never bought ten credits, and of one that did (upstreams.md §5.4).
const FREE_TIER: u64 = 50;
const PAID_TIER: u64 = 1000;

/// OpenRouter, ready to be asked.
#[derive(Debug)]
pub struct OpenRouter {
    source: Source,
    free_requests: u64,
}

/// What a look does beside reading the list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Read what OpenRouter measures of each free model.
    pub endpoints: bool,
    /// Ask the models that are in doubt, as far as the budget goes.
    pub probe: bool,
    /// Measure also models that are free without `:free`, or do not answer in text.
    pub all: bool,
}

/// Whether it is OpenRouter that a channel's keys lead to.
pub fn serves(targets: &[Target]) -> bool {
    targets.iter().any(|target| target.type_name == "OpenRouter" || target.endpoints.host == "openrouter.ai:443")
}

/// Who is told how far a look is.
pub trait Watcher: Send + Sync {
    /// So many more requests are to come.
    fn expect(&self, requests: usize);
    /// One was answered, for this model.
    fn done(&self, model: &ModelName);
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn expect(&self, _requests: usize) {}
    fn done(&self, _model: &ModelName) {}
}

/// What came of a look.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// All that is known now.
    pub snapshot: Snapshot,
    /// What the list changed; `None` when there was none before, or the old one stays.
    pub news: Option<News>,
    /// Why the list was not taken, if it was not: the last good one stands.
    pub stale: Option<String>,
    /// What else a person should know.
    pub notes: Vec<String>,
    /// Free requests a day of the account, if there is a key that works.
    pub free_quota: Option<u64>,
}

impl OpenRouter {
    /// Puts together what the configuration and the environment say.
    ///
    /// # Errors
    /// Which of it cannot be used; never the key.
    pub fn new(config: &Config, prober: &Arc<Prober>) -> Result<Self, String> {
        let source = Source::new(&config.openrouter.access()?, prober)?;
        Ok(Self { source, free_requests: config.budget.free_requests })
    }

    /// Whether there is a key: without one there is only what everybody may read.
    pub fn has_key(&self) -> bool {
        self.source.keyed.is_some()
    }

    /// Reads the list and, as `look` wants it, what is measured and what a probe shows; keeps it all in `store`.
    ///
    /// # Errors
    /// Our own store failed.
    pub async fn look(&self, store: Option<&Store>, look: Look, watcher: &dyn Watcher) -> Result<Looked, StoreError> {
        let known = match store {
            Some(store) => stored(store).await?,
            None => None,
        };
        let mut looked = Looked::default();
        let key = self.sound_key(&mut looked).await;
        self.read_list(known, &mut looked).await;
        self.note_usable(key, &mut looked).await;
        if look.endpoints {
            self.measure(key, look.all, &mut looked, watcher).await;
        }
        if let Some(key) = key.filter(|_| look.probe) {
            self.probe(key, &mut looked, watcher).await;
        }
        if let Some(store) = store.filter(|_| !looked.snapshot.models.is_empty()) {
            keep(store, &looked.snapshot).await?;
        }
        self.source.inquiry.prober().flush().await?;
        Ok(looked)
    }

    /// The key, unless OpenRouter refuses it; and how many free requests a day it has. `GET /key` tells the tier, and
    /// nothing of what is left of it.
    async fn sound_key(&self, looked: &mut Looked) -> Option<&Target> {
        let key = self.source.keyed.as_ref()?;
        let tier = self.source.is_free_tier(key).await;
        let (sound, quota) = match &tier {
            Ok(true) => (true, FREE_TIER),
            Ok(false) => (true, PAID_TIER),
            Err(error) => (error.outcome != Outcome::KeyBad, FREE_TIER),
        };
        if let Err(error) = tier {
            let without = if sound { "" } else { "; going on without the key" };
            looked.notes.push(format!("the key cannot be looked up: {error}{without}"));
        }
        if sound {
            self.source.inquiry.prober().set_free_quota(&key.endpoints.host, quota);
        }
        looked.free_quota = sound.then_some(if self.free_requests > 0 { self.free_requests } else { quota });
        sound.then_some(key)
    }

    /// The catalogue; the last good one where the fresh one is none.
    async fn read_list(&self, known: Option<Snapshot>, looked: &mut Looked) {
        let now = clock::now();
        let known = known.unwrap_or_default();
        let fresh = self.source.catalogue().await.map_err(|error| error.to_string());
        let fresh = fresh.and_then(|fresh| known.refuses(&fresh, now).map_or(Ok(fresh), Err));
        match fresh {
            Ok(fresh) => {
                let is_first = known.models.is_empty();
                let (snapshot, news) = known.replaced(fresh, now);
                looked.news = (!is_first).then_some(news);
                looked.snapshot = snapshot;
            }
            Err(why) => (looked.stale, looked.snapshot) = (Some(why), known),
        }
    }

    async fn note_usable(&self, key: Option<&Target>, looked: &mut Looked) {
        let usable = match key {
            Some(key) => self.source.usable(key).await,
            None => Ok(vec![]),
        };
        match usable {
            // Where one list is half of one, so may the other be.
            Ok(_) if looked.stale.is_some() => {}
            Ok(usable) => looked.snapshot.note_usable(&usable),
            // What is known of it stands.
            Err(error) => looked.notes.push(format!("which models the account may use cannot be read: {error}")),
        }
    }

    /// Reads what OpenRouter measured of each free model.
    async fn measure(&self, key: Option<&Target>, all: bool, looked: &mut Looked, watcher: &dyn Watcher) {
        let wanted = |entry: &Entry| entry.is_free_text() || all && matches!(entry.free, Free::Suffix | Free::AllZero);
        let models = looked.snapshot.models.iter().map(|model| &model.entry).filter(|entry| wanted(entry));
        let asked: Vec<_> = models.map(|entry| (entry.id.clone(), entry.free)).collect();
        watcher.expect(asked.len());
        let answers: BTreeMap<_, _> = futures::stream::iter(asked)
            .map(|(id, free)| async move {
                let read = self.source.endpoints(key, &id, free).await;
                watcher.done(&id);
                (id, read)
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut failed = answers.values().filter_map(|read| read.as_ref().err());
        if let Some(first) = failed.next() {
            let (failed, all) = (failed.count() + 1, answers.len());
            looked.notes.push(format!("the figures of {failed} of {all} models cannot be read: {first}"));
        }
        for (id, read) in answers {
            if let Some(model) = looked.snapshot.model_mut(&id) {
                // Figures of an earlier look say nothing about now.
                model.health = read.ok();
            }
        }
    }

    /// Asks the models in doubt, the longest waiting first. What the budget does not let out leaves no trace but a note;
    /// a key that does not work ends it.
    async fn probe(&self, key: &Target, looked: &mut Looked, watcher: &dyn Watcher) {
        let doubtful = looked.snapshot.doubtful(clock::now());
        let all = doubtful.len();
        watcher.expect(all);
        let mut unsent: Option<(usize, String)> = None;
        for id in doubtful {
            let seen = self.source.ask(key, &id).await;
            watcher.done(&id);
            if matches!(seen.outcome, Outcome::KeyBad | Outcome::KeyBroke) {
                looked.notes.push(format!("no more models were asked: {}: {}", seen.outcome, seen.detail));
                break;
            }
            if seen.status.is_none() && seen.outcome.evidence() == Evidence::Nothing {
                unsent.get_or_insert((0, seen.detail)).0 += 1;
            } else if let Some(model) = looked.snapshot.model_mut(&id) {
                let (at, outcome, latency_ms, detail) = (seen.at, seen.outcome, seen.latency_ms, seen.detail);
                model.probe = Some(Probed { at, outcome, latency_ms, detail });
            }
        }
        looked
            .notes
            .extend(unsent.map(|(unsent, why)| format!("{unsent} of {all} doubtful models got no question: {why}")));
    }
}

/// OpenRouter's free models for a channel of it: from what is kept while that is younger than six hours, else read anew
/// (and kept).
///
/// # Errors
/// Why there is no list to offer, in one line; never a secret.
pub async fn free_names(config: &Config, store: &Store, prober: &Arc<Prober>) -> Result<Vec<Offered>, String> {
    let kept = stored(store).await.map_err(|error| error.to_string())?;
    if let Some(kept) = kept.filter(|kept| kept.is_fresh(clock::now(), OFFERED_FOR)) {
        return Ok(kept.offered(today(clock::now())));
    }
    let looked = OpenRouter::new(config, prober)?.look(Some(store), Look::default(), &Unwatched).await;
    let looked = looked.map_err(|error| error.to_string())?;
    match looked.stale {
        Some(why) => Err(format!("OpenRouter's free models are not known: {why}")),
        None => Ok(looked.snapshot.offered(today(clock::now()))),
    }
}

/// Keeps what was read, in place of what was read before.
pub(crate) async fn keep(store: &Store, snapshot: &Snapshot) -> Result<(), StoreError> {
    store.keep_snapshot(KEPT, snapshot).await
}

/// What was kept by the last look.
///
/// # Errors
/// Our own store failed.
pub async fn stored(store: &Store) -> Result<Option<Snapshot>, StoreError> {
    store.snapshot(KEPT).await
}

/// The exact prices of OpenRouter's models, as far as they were ever read.
///
/// # Errors
/// Our own store failed.
pub async fn rates(store: &Store) -> Result<Rates, StoreError> {
    Ok(stored(store).await?.map(|kept| kept.rates()).unwrap_or_default())
}

/// The day by which announced ends are counted, in UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
