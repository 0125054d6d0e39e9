//! One round's questions, and what it learnt on the way: a key that does not work, an upstream that is silent.
//!
//! Decides: which shape is tried, and what an answer says of the key and the host. Must not know: other rounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::classify::{self, Answer, Asked, Finding, classify};
use super::kind::first_shape;
use super::pace::{Lanes, locked};
use super::shape::Ladder;
use super::{Prober, unsent, unspoken, wait};
use crate::clock;
use crate::config::Manner;
use crate::model::{Kind, ModelName, Observation, Outcome, Shape};
use crate::upstream::Target;
use crate::upstream::protocol::{Question, dress, question_request, speaks};

/// The question where the operator has none.
const SUM: &str = "What is 2+2? Reply with the number only.";

/// One round's questions. What it learns is forgotten with it, and no other round's business.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) prober: Arc<Prober>,
    lanes: Mutex<HashMap<u64, Arc<Lanes>>>,
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
        Self { prober, lanes: Mutex::default() }
    }

    /// The prober that asks.
    pub fn prober(&self) -> &Prober {
        &self.prober
    }

    /// Asks one model one small question, beginning with the shape that worked last time, each shape at most once.
    pub async fn ask(&self, target: &Target, ask: Ask<'_>) -> Observation {
        let lanes = self.lanes(target);
        let mut ladder = Ladder::new(|shape| speaks(target, shape));
        let streamed = ask.manner.stream.unwrap_or(self.prober.stream);
        let mut shape = ladder.first(first_shape(ask.kind, ask.model), ask.remembered, streamed);
        loop {
            let asked = self.ask_once(target, &ask, shape, &lanes).await;
            match ladder.next(asked.observation.outcome, asked.next_shape) {
                Some(other) => shape = other,
                None => return asked.observation,
            }
        }
    }

    /// The lanes of this target, as this round knows them.
    pub(super) fn lanes(&self, target: &Target) -> Arc<Lanes> {
        let mut lanes = locked(&self.lanes);
        Arc::clone(lanes.entry(target.account).or_insert_with(|| Arc::new(self.prober.pace.lanes(target))))
    }

    async fn ask_once(&self, target: &Target, ask: &Ask<'_>, shape: Shape, lanes: &Lanes) -> Told {
        let question = Question {
            model: ask.model,
            prompt: ask.manner.prompt.as_deref().or(self.prober.prompt.as_deref()).unwrap_or(SUM),
            tokens: self.prober.max_tokens,
            shape,
        };
        let Some(mut request) = question_request(target, &question) else {
            return Told { observation: unspoken(shape), next_shape: None };
        };
        dress(&mut request, &ask.manner.headers, ask.manner.user_agent.as_deref());
        // Kept until the answer is noted: who waits for it knows of it then.
        let pass = match self.prober.pace.pass(lanes).await {
            Ok(pass) => pass,
            Err(refusal) => return Told { observation: unsent(refusal, shape), next_shape: None },
        };
        let answer = self.prober.send(target, request, shape).await;
        let Finding { outcome, next_shape, detail, .. } = classify(&Asked::of(target, shape), &answer);
        let at = clock::now();
        let retry_after = note(&answer, ask.model, outcome, lanes, pass.answers);
        drop(pass);
        let (status, latency) = match &answer {
            Ok(reply) => (Some(reply.status), reply.latency),
            Err(failure) => (None, failure.latency),
        };
        let observation = Observation {
            status,
            latency_ms: u32::try_from(latency.as_millis()).unwrap_or(u32::MAX),
            retry_after,
            ..Observation::bare(
                outcome,
                at,
                shape,
                if detail.is_empty() {
                    detail
                } else {
                    target.redact_with(&detail, ask.manner.headers.values().map(String::as_str))
                },
            )
        };
        Told { observation, next_shape }
    }
}

/// Remembers what the answer says of the key and the host; gives back the wait it asks for. `answers` had come when
/// the question was sent.
fn note(answer: &Answer, model: &ModelName, outcome: Outcome, lanes: &Lanes, answers: u64) -> Option<Duration> {
    lanes.circuit.note(model, outcome);
    let Ok(reply) = answer else {
        if matches!(outcome, Outcome::TimedOut | Outcome::Unreachable) {
            lanes.circuit.unheard(model, answers);
        }
        return None;
    };
    lanes.circuit.heard();
    if !matches!(reply.status, 402 | 429 | 503 | 529) {
        return None;
    }
    let wait = wait::asked(&reply.headers, classify::parse(reply).as_ref(), clock::now())?;
    match reply.status {
        429 => lanes.key.pause_for(model, wait),
        503 | 529 => lanes.host.pause_for(model, wait),
        _ => {}
    }
    Some(wait)
}
