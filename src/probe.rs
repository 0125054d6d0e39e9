//! One small real request for one (channel, key, model), and what its answer shows.
//!
//! Decides: which shape is sent, when, and what the answer means. Must not know: gateways, verdicts, what is written.

pub mod classify;
mod exchange;
mod inquiry;
mod kind;
mod list;
mod pace;
mod quality;
mod samples;
mod shape;
mod wait;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::SignedDuration;

pub use classify::{Answer, Asked, Finding, Finish, Said, classify};
pub use inquiry::{Ask, Inquiry};
pub use kind::{by_name, kind_of};

use self::pace::{Pace, Refusal, SILENT_MODELS};
use crate::clock;
use crate::config::ProbeConfig;
use crate::model::{Observation, Outcome, Shape};
use crate::upstream::Http;

/// Several providers refuse a smaller output limit.
const FEWEST_TOKENS: u32 = 16;

/// Asks models, at the pace that the configuration and the upstreams allow. One for a process: its bounds hold over
/// everything that it is asked to do.
#[derive(Debug)]
pub struct Prober {
    http: Http,
    pace: Pace,
    prompt: Option<String>,
    max_tokens: u32,
    stream: bool,
    sent: AtomicU64,
    answered: AtomicU64,
}

impl Prober {
    /// Reads the certificates and builds the clients.
    ///
    /// # Errors
    /// Which setting under `probe` cannot be used, and why.
    pub fn new(config: &ProbeConfig) -> Result<Self, String> {
        Ok(Self {
            http: Http::new(config)?,
            pace: Pace::new(config),
            prompt: config.prompt.clone(),
            max_tokens: config.max_tokens.max(FEWEST_TOKENS),
            stream: config.stream,
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        })
    }

    /// Begins one round's questions: nothing of what an earlier or another round learnt of keys and upstreams counts.
    /// Bounds, rates and pauses that an upstream asked for hold over all rounds.
    pub fn inquiry(self: &Arc<Self>) -> Inquiry {
        self.pace.tidy();
        Inquiry::new(Arc::clone(self))
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
    let (outcome, detail, retry_after) = match refusal {
        Refusal::Paused(wait) => {
            let until = SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(at);
            let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
            (Outcome::Busy, format!("not sent: the upstream asked to wait until {until}"), Some(wait))
        }
        Refusal::BadKey(outcome) => {
            (outcome, format!("not sent: two models in a row showed this key as {outcome}"), None)
        }
        Refusal::Silent => {
            (Outcome::Unreachable, format!("not sent: the last {SILENT_MODELS} models got no answer"), None)
        }
    };
    Observation { retry_after, ..Observation::bare(outcome, at, shape, detail) }
}

/// The protocol has no such call: the model cannot be probed in this shape.
fn unspoken(shape: Shape) -> Observation {
    let detail = format!("not sent: the protocol has no {} call", shape.as_str());
    Observation::bare(Outcome::Shape, clock::now(), shape, detail)
}
