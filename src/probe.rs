//! One small real request for one (channel, key, model), and what its answer shows.
//!
//! Decides: which shape is sent, when, and what the answer means. Must not know: gateways, verdicts, what is written.

pub mod classify;
mod kind;
mod list;
mod pace;
mod shape;
mod wait;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Request;

pub use classify::{Answer, Finding, classify};
pub use kind::Kind;
pub use shape::Shape;

use self::classify::stream::FirstTokens;
use self::pace::{Lanes, Pace, Refusal};
use self::shape::Ladder;
use crate::clock;
use crate::config::ProbeConfig;
use crate::model::{ModelName, Observation, Outcome};
use crate::upstream::protocol::{Question, question_request};
use crate::upstream::{Http, Target, TransportKind};

/// The most that is read of a whole answer.
const ANSWER_CAP: usize = 64 << 10;
/// The most that is read of a stream before its first tokens.
const STREAM_CAP: usize = 256 << 10;
/// Several providers refuse a smaller output limit.
const FEWEST_TOKENS: u32 = 16;

/// Asks models, at the pace that the configuration and the upstreams allow. One for a process: its bounds hold over
/// everything that it is asked to do.
#[derive(Debug)]
pub struct Prober {
    http: Http,
    pace: Pace,
    prompt: String,
    max_tokens: u32,
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
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        })
    }

    /// Forgets the last round's bad keys, and lanes that are no longer used. Pauses that an upstream asked for stay.
    pub fn new_round(&self) {
        self.pace.new_round();
    }

    /// How many requests were sent, lists and retries included.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many HTTP answers came, whatever they said: the proof that our own network works.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Asks one model one small question, beginning with the shape that worked last time, each shape at most once.
    pub async fn ask(&self, target: &Target, model: &ModelName, remembered: Option<&str>) -> Observation {
        let lanes = self.pace.lanes(target);
        let mut ladder = Ladder::new(target.knows_completion_limit());
        let mut shape = ladder.first(remembered);
        loop {
            let asked = self.ask_once(target, model, shape, &lanes).await;
            let hint = asked.next_shape;
            let next = hint.filter(|_| asked.observation.outcome == Outcome::Shape).and_then(|hint| ladder.next(hint));
            match next {
                Some(other) => shape = other,
                None => return asked.observation,
            }
        }
    }

    async fn ask_once(&self, target: &Target, model: &ModelName, shape: Shape, lanes: &Lanes) -> Asked {
        let question = Question {
            model,
            prompt: &self.prompt,
            limit: shape.limit(self.max_tokens),
            stream: shape == Shape::Stream,
        };
        let answer = match self.send(target, || question_request(target, &question), lanes, shape).await {
            Ok(answer) => answer,
            Err(refusal) => return Asked { observation: unsent(refusal, shape), next_shape: None },
        };
        let Finding { outcome, next_shape, detail, .. } = classify(&target.endpoints.host, &answer);
        let at = clock::now();
        let retry_after = self.note(&answer, model, outcome, lanes);
        let (status, latency) = match &answer {
            Ok(reply) => (Some(reply.status), reply.latency),
            Err(failure) => (None, failure.latency),
        };
        let observation = Observation {
            outcome,
            at,
            status,
            latency_ms: u32::try_from(latency.as_millis()).unwrap_or(u32::MAX),
            shape: shape.as_str(),
            detail: if detail.is_empty() { detail } else { target.redact(&detail) },
            retry_after,
        };
        Asked { observation, next_shape }
    }

    /// Sends when the pace allows; once more on a fresh connection when the first was closed under us.
    async fn send(
        &self,
        target: &Target,
        request: impl Fn() -> Request,
        lanes: &Lanes,
        shape: Shape,
    ) -> Result<Answer, Refusal> {
        let _pass = self.pace.pass(lanes).await?;
        let mut again = true;
        loop {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let answer = if shape == Shape::Stream {
                let mut first = FirstTokens::default();
                let enough = move |body: &[u8]| first.reached(body);
                self.http.send_until(request(), target.proxy.as_ref(), STREAM_CAP, enough).await
            } else {
                self.http.send(request(), target.proxy.as_ref(), ANSWER_CAP).await
            };
            match &answer {
                Err(failure) if failure.kind == TransportKind::Reset && again => again = false,
                Err(_) => return Ok(answer),
                Ok(_) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return Ok(answer);
                }
            }
        }
    }

    /// Remembers what the answer says of the key and the host; gives back the wait it asks for.
    fn note(&self, answer: &Answer, model: &ModelName, outcome: Outcome, lanes: &Lanes) -> Option<Duration> {
        lanes.note(model, outcome);
        let Ok(reply) = answer else { return None };
        if !matches!(reply.status, 402 | 429 | 503 | 529) {
            return None;
        }
        let wait = wait::asked(&reply.headers, classify::parse(reply).as_ref(), clock::now())?;
        match reply.status {
            429 => lanes.pause_key(model, wait),
            503 | 529 => lanes.pause_host(model, wait),
            _ => {}
        }
        Some(wait)
    }
}

/// One request's finding, and which shape may be tried next.
struct Asked {
    observation: Observation,
    next_shape: Option<Shape>,
}

fn unsent(refusal: Refusal, shape: Shape) -> Observation {
    let at = clock::now();
    let (outcome, detail, retry_after) = match refusal {
        Refusal::Paused(wait) => {
            let until = SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(at);
            let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
            (Outcome::Busy, format!("not sent: the upstream asked to wait until {until}"), Some(wait))
        }
        Refusal::Circuit(outcome) => {
            (outcome, format!("not sent: two models in a row showed this key as {outcome}"), None)
        }
    };
    Observation { outcome, at, status: None, latency_ms: 0, shape: shape.as_str(), detail, retry_after }
}
