//! One round's questions, and what is learnt on the way: a key that does not work, an upstream that is silent.
//!
//! Decides: which shape is tried, and what an answer says of the key and the host. Must not know: other rounds.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::account::Account;
use super::classify::{self, Answer, Asked, Finding, classify};
use super::pace::{Lanes, Pass, SILENT_KEYS, Silence, hashed, locked};
use super::shape::Ladder;
use super::{Prober, unsent, unspoken, wait};
use crate::clock;
use crate::config::Manner;
use crate::model::{Kind, ModelName, Observation, Outcome, Secret, Shape};
use crate::store::Rest;
use crate::upstream::Target;
use crate::upstream::protocol::{Question, question_request};

/// The question where the operator has none.
const SUM: &str = "What is 2+2? Reply with the number only.";

/// One round's questions.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) prober: Arc<Prober>,
    lanes: Mutex<HashMap<u64, Arc<Lanes>>>,
    /// By host and proxy.
    hosts: Mutex<HashMap<u64, Arc<Silence>>>,
}

/// Why one of a channel's keys is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// Its place among the channel's keys, from 0.
    pub place: usize,
    /// A bad key, no credit, or (busy) a quota of the day that is used up.
    pub outcome: Outcome,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again.
    pub until: Timestamp,
    /// In the upstream's words, redacted.
    pub detail: String,
}

/// What is asked of one model, and how.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The upstream's name of the model.
    pub model: &'a ModelName,
    /// What it is for.
    pub kind: Kind,
    /// The name of the shape that worked last time.
    pub remembered: Option<&'a str>,
    /// On a connection of its own: a second opinion must not share the first one's.
    pub fresh: bool,
    /// What the operator wants sent.
    pub manner: &'a Manner,
}

impl<'a> Ask<'a> {
    /// A chat model, asked in the ordinary way.
    pub fn chat(model: &'a ModelName) -> Self {
        Self { model, kind: Kind::Chat, remembered: None, fresh: false, manner: Manner::plain() }
    }
}

/// One request's finding, and which shape may be tried next.
struct Told {
    observation: Observation,
    next_shape: Option<Shape>,
}

impl Inquiry {
    pub(super) fn new(prober: Arc<Prober>) -> Self {
        Self { prober, lanes: Mutex::default(), hosts: Mutex::default() }
    }

    /// The prober that asks.
    pub fn prober(&self) -> &Prober {
        &self.prober
    }

    /// Asks one model one small question, beginning with the shape that worked last time, each shape at most once.
    pub async fn ask(&self, target: &Target, ask: Ask<'_>) -> Observation {
        let lanes = self.lanes(target);
        let mut ladder = Ladder::new(target.knows_completion_limit());
        let mut shape = ladder.first(ask.kind, ask.remembered);
        loop {
            let asked = self.ask_once(target, &ask, shape, &lanes).await;
            let hint = asked.next_shape;
            let next = hint.filter(|_| asked.observation.outcome == Outcome::Shape).and_then(|hint| ladder.next(hint));
            match next {
                Some(other) => shape = other,
                None => return asked.observation,
            }
        }
    }

    /// What is wrong with a channel's keys: one entry for each that is not asked.
    pub fn key_states(&self, targets: &[Target]) -> Vec<KeyState> {
        let state = |(place, target)| {
            let Rest { outcome, since, until, detail } = self.lanes(target).account.rest(None)?;
            Some(KeyState { place, outcome, since, until, detail })
        };
        targets.iter().enumerate().filter_map(state).collect()
    }

    /// The lanes of this target, as this round knows them.
    pub(super) fn lanes(&self, target: &Target) -> Arc<Lanes> {
        let mut lanes = locked(&self.lanes);
        Arc::clone(lanes.entry(target.account).or_insert_with(|| {
            let mut way = DefaultHasher::new();
            (&target.endpoints.host, target.proxy.as_ref().map(Secret::expose)).hash(&mut way);
            let silence = Arc::clone(
                locked(&self.hosts).entry(way.finish()).or_insert_with(|| Arc::new(Silence::new(SILENT_KEYS))),
            );
            let account = match &self.prober.books {
                Some(books) => books.account(target),
                None => Arc::new(Account::new(Arc::from(""), self.prober.key_rest)),
            };
            Arc::new(self.prober.pace.lanes(target, account, silence))
        }))
    }

    async fn ask_once(&self, target: &Target, ask: &Ask<'_>, shape: Shape, lanes: &Lanes) -> Told {
        let question = Question {
            model: ask.model,
            prompt: ask.manner.prompt.as_deref().or(self.prober.prompt.as_deref()).unwrap_or(SUM),
            tokens: self.prober.max_tokens,
            shape,
        };
        let Some(request) = question_request(target, &question) else {
            return Told { observation: unspoken(shape), next_shape: Some(shape) };
        };
        // Kept until the answer is noted: who waits for it knows of it then.
        let pass = match self.prober.pace.pass(lanes, Some(ask.model)).await {
            Ok(pass) => pass,
            Err(refusal) => return Told { observation: unsent(refusal, shape), next_shape: None },
        };
        self.begin(lanes, &pass).await;
        let answer = self.prober.send(target, request, shape).await;
        let Finding { outcome, next_shape, detail, .. } = classify(&Asked::of(target, shape), &answer);
        let detail = if detail.is_empty() { detail } else { target.redact(&detail) };
        let at = clock::now();
        let retry_after = self.note(&answer, ask.model, (outcome, &detail), lanes, &pass).await;
        drop(pass);
        let (status, latency) = match &answer {
            Ok(reply) => (Some(reply.status), reply.latency),
            Err(failure) => (None, failure.latency),
        };
        let observation = Observation {
            status,
            latency_ms: u32::try_from(latency.as_millis()).unwrap_or(u32::MAX),
            retry_after,
            ..Observation::bare(outcome, at, shape, detail)
        };
        Told { observation, next_shape }
    }

    /// A question that tries a key leaves: written down first, so that a restart does not try it once more.
    async fn begin(&self, lanes: &Lanes, pass: &Pass<'_>) {
        if let Some(trial) = &pass.trial {
            trial.begin(clock::now());
            self.keep(lanes).await;
        }
    }

    /// Remembers what the answer says of the key and the host; gives back the wait it asks for.
    async fn note(
        &self,
        answer: &Answer,
        model: &ModelName,
        (outcome, detail): (Outcome, &str),
        lanes: &Lanes,
        pass: &Pass<'_>,
    ) -> Option<Duration> {
        let Ok(reply) = answer else {
            if matches!(outcome, Outcome::TimedOut | Outcome::Unreachable) {
                lanes.unheard(model, pass.answers);
            }
            return None;
        };
        lanes.heard();
        let now = clock::now();
        let waits = matches!(reply.status, 402 | 403 | 429 | 503 | 529);
        let body = if waits { classify::parse(reply) } else { None };
        let wait = if waits { wait::asked(&reply.headers, body.as_ref(), now) } else { None };
        let until = body.as_ref().and_then(|body| wait::reset(body, now));
        if lanes.account.note(hashed(model), outcome, detail, until, now) {
            self.keep(lanes).await;
        }
        match (reply.status, outcome) {
            (429, Outcome::Busy) => {
                lanes.key.narrow(pass.at);
                lanes.host.narrow(pass.at);
                if let Some(wait) = wait {
                    lanes.key.pause_for(model, wait);
                }
            }
            (503 | 529, _) => wait.into_iter().for_each(|wait| lanes.host.pause_for(model, wait)),
            _ => {}
        }
        wait
    }

    /// Keeps what is now known of an account.
    pub(super) async fn keep(&self, lanes: &Lanes) {
        if let Some(books) = &self.prober.books {
            books.keep(&lanes.account, None).await;
        }
    }
}
