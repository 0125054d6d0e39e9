//! One small real request for one (channel, key, model), and what its answer shows.
//!
//! Decides: which shape is sent, when, and what the answer means. Must not know: gateways, verdicts, what is written.

mod account;
mod books;
pub mod classify;
mod exchange;
mod fetch;
#[cfg(test)]
mod fuzz;
mod inquiry;
mod kind;
mod list;
mod memory;
mod pace;
mod purse;
mod quality;
mod samples;
mod shape;
mod through;
mod wait;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use classify::{
    Answer, Asked, Finding, Finish, LitellmAnswer, Said, classify, gateway_test, litellm, litellm_answer, litellm_line,
};
pub use fetch::Unread;
pub use inquiry::{Ask, Inquiry, KeyState};
pub use kind::{by_name, kind_of};

use self::books::Books;
use self::pace::{Lanes, Pace, Pass, Refusal, SILENT_KEYS, SILENT_MODELS};
use self::purse::{Claim, Scopes};
use crate::budget::Shortage;
use crate::clock;
use crate::config::{Config, ProbeConfig};
use crate::http::Http;
use crate::model::{ModelName, Observation, Outcome, Shape};
use crate::store::{Store, StoreError};
use crate::upstream::Target;

/// Several providers refuse a smaller output limit.
const FEWEST_TOKENS: u32 = 16;

/// The pages of a list may take so many times as long as one answer.
const LIST_PATIENCE: u32 = 3;

/// Asks models, at the pace that the configuration and the upstreams allow. One for a process: its bounds hold over
/// everything that it is asked to do.
#[derive(Debug)]
pub struct Prober {
    http: Http,
    pace: Pace,
    books: Option<Books>,
    key_rest: Duration,
    prompt: Option<String>,
    max_tokens: u32,
    stream: bool,
    load_models: bool,
    /// How long the answers to one list's pages may take together.
    list_patience: Duration,
    sent: AtomicU64,
    answered: AtomicU64,
}

impl Prober {
    /// Reads the certificates and builds the clients. Without a store: what is learnt of a key ends with the round, and there is
    /// no budget.
    ///
    /// # Errors
    /// Which setting under `probe` cannot be used, and why.
    pub fn new(config: &ProbeConfig) -> Result<Self, String> {
        Ok(Self {
            http: Http::new(config)?,
            pace: Pace::new(config),
            books: None,
            key_rest: config.key_rest,
            prompt: config.prompt.clone(),
            max_tokens: config.max_tokens.max(FEWEST_TOKENS),
            stream: config.stream,
            load_models: config.load_models,
            list_patience: config.timeout.saturating_mul(LIST_PATIENCE),
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        })
    }

    /// One that remembers in `store` what is wrong with accounts and what they spent, and keeps to the budget.
    ///
    /// # Errors
    /// Which setting under `probe` cannot be used, or that the store cannot be read.
    pub async fn with_accounts(config: &Config, store: &Store) -> Result<Arc<Self>, String> {
        let books = Books::open(config, store).await.map_err(|error| error.to_string())?;
        Ok(Arc::new(Self { books: Some(books), ..Self::new(&config.probe)? }))
    }

    /// Begins one round's questions: who was silent in another round is asked anew. Bounds, rates, pauses that an
    /// upstream asked for and, with a store, what is wrong with a key hold over all rounds.
    pub fn inquiry(self: &Arc<Self>) -> Inquiry {
        self.pace.tidy();
        if let Some(books) = &self.books {
            books.tidy();
        }
        Inquiry::new(Arc::clone(self))
    }

    /// Says how many free requests a day an account has at a host (`name:port`): probes take `budget.free_share` of
    /// them, unless `budget.free_requests` says another number. OpenRouter's own host needs no such word.
    pub fn set_free_quota(&self, host: &str, requests: u64) {
        if let Some(books) = &self.books {
            books.purse.set_quota(host, requests);
        }
    }

    /// How many of a target's free models may be asked now; `None` where it has no free quota. The rest is told "not
    /// sent", so who asks chooses those that were not looked at for longest.
    ///
    /// # Errors
    /// Our own store failed.
    pub async fn free_allowance(&self, target: &Target) -> Result<Option<usize>, StoreError> {
        let Some(books) = &self.books else { return Ok(None) };
        let Some(free) = books.free(&target.endpoints.host) else { return Ok(None) };
        if !free.is_open(None) {
            return Ok(Some(0));
        }
        Ok(usize::try_from(books.purse.allowance(&free.id).await?).ok())
    }

    /// Writes down what was used up; what has a limit is written down already.
    ///
    /// # Errors
    /// Our own store failed; what was counted is kept for the next time.
    pub async fn flush(&self) -> Result<(), StoreError> {
        match &self.books {
            Some(books) => books.purse.flush().await,
            None => Ok(()),
        }
    }

    /// Waits for the right to ask about `model`, or (none) for the list, and counts the request.
    async fn leave<'a>(
        &'a self,
        lanes: &'a Lanes,
        model: Option<&ModelName>,
        tokens: u64,
    ) -> Result<(Pass<'a>, Claim), Refusal> {
        let Some(books) = &self.books else {
            return Ok((self.pace.pass(lanes, model).await?, Claim::uncounted()));
        };
        let scopes = Scopes {
            account: Arc::clone(&lanes.account.id),
            free: lanes.free_for(model).map(|free| Arc::clone(&free.id)),
        };
        // What cannot be sent anyway waits for nothing.
        books.purse.check(&scopes, clock::now())?;
        let pass = self.pace.pass(lanes, model).await?;
        let claim = books.purse.claim(scopes, tokens).await?;
        if let Some(trial) = &pass.trial {
            // Written down first, so that a restart does not try the key once more.
            trial.begin(clock::now());
            books.keep(&lanes.account, None).await;
        }
        Ok((pass, claim))
    }

    /// Whether a request may be sent once more; then it is counted.
    async fn again(&self, claim: &mut Claim) -> bool {
        let Some(books) = &self.books else {
            claim.requests += 1;
            return true;
        };
        books.purse.again(claim).await
    }

    /// How many requests were sent, lists and retries included.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many HTTP answers came, whatever they said: the proof that our own network works.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

fn unsent(refusal: Refusal, shape: Shape) -> Observation {
    let at = clock::now();
    let left = |until: Timestamp| Duration::try_from(until.duration_since(at)).unwrap_or(Duration::ZERO);
    let (outcome, why, retry_after) = match refusal {
        Refusal::Paused(wait) => {
            let until = SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(at);
            (Outcome::Busy, format!("the upstream asked to wait until {}", utc(until)), Some(wait))
        }
        Refusal::Resting { outcome: outcome @ Outcome::Busy, until, .. } => {
            let why = format!("the upstream's quota for the day is used up until {}", utc(until));
            (outcome, why, Some(left(until)))
        }
        Refusal::Resting { outcome, since, until } => {
            let why = format!("this key is {outcome} since {}, and is tried again after {}", utc(since), utc(until));
            (outcome, why, Some(left(until)))
        }
        Refusal::Budget(Shortage { limit, until }) => {
            let why =
                format!("{} lets no more through than {} a day; the next after {}", limit.key, limit.most, utc(until));
            (Outcome::Busy, why, None)
        }
        Refusal::Uncounted => {
            let why = "the budget cannot be counted: our own store failed (see the log)".to_owned();
            (Outcome::Busy, why, None)
        }
        Refusal::Silent => (Outcome::Unreachable, format!("the last {SILENT_MODELS} models got no answer"), None),
        Refusal::SilentHost => {
            (Outcome::Unreachable, format!("the last {SILENT_KEYS} keys of this host got no answer"), None)
        }
    };
    Observation { retry_after, ..Observation::bare(outcome, at, shape, format!("not sent: {why}")) }
}

fn utc(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M:%S UTC")
}

/// The upstream has the model, but not in memory.
fn not_woken(shape: Shape) -> Observation {
    let detail = "not sent: it would be loaded into the upstream's memory (see probe.load_models)";
    Observation::bare(Outcome::Shape, clock::now(), shape, detail)
}

/// The protocol has no such call: the model cannot be probed in this shape.
fn unspoken(shape: Shape) -> Observation {
    let detail = format!("not sent: the protocol has no {} call", shape.as_str());
    Observation::bare(Outcome::Shape, clock::now(), shape, detail)
}
