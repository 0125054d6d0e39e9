//! One round's questions, and what it learnt on the way: a key that does not work, an upstream that is silent.
//!
//! Decides: which shape is tried, and what an answer says of the key and the host. Must not know: other rounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::classify::{Answer, Asked, Finding, Scope, classify};
use super::exchange::Heard;
use super::kind::first_shape;
use super::pace::{Lanes, locked};
use super::quality::{self, Sum};
use super::samples::Samples;
use super::shape::Ladder;
use super::{FEWEST_TOKENS, Prober, unsent, unspoken, wait};
use crate::clock;
use crate::config::Manner;
use crate::model::{Kind, ModelName, Observation, Outcome, Sample, Shape, Usage};
use crate::upstream::Target;
use crate::upstream::protocol::{Question, dress, question_request, speaks};

/// One round's questions. What it learns is forgotten with it, and no other round's business.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) prober: Arc<Prober>,
    lanes: Mutex<HashMap<u64, Arc<Lanes>>>,
    samples: Samples,
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
    /// The same may be asked for with the fewest tokens.
    fewer: bool,
}

impl Inquiry {
    pub(super) fn new(prober: Arc<Prober>) -> Self {
        Self { prober, lanes: Mutex::default(), samples: Samples::default() }
    }

    /// The prober that asks.
    pub fn prober(&self) -> &Prober {
        &self.prober
    }

    /// The refusals that no table knew so far, each sort once: for [`crate::store::Store::keep_samples`].
    pub fn samples(&self) -> Vec<Sample> {
        self.samples.collected()
    }

    /// Asks one model one small question, beginning with the shape that worked last time, each shape at most once.
    pub async fn ask(&self, target: &Target, ask: Ask<'_>) -> Observation {
        let lanes = self.lanes(target);
        let mut ladder = Ladder::new(|shape| speaks(target, shape));
        let streamed = ask.manner.stream.unwrap_or(self.prober.stream);
        let mut shape = ladder.first(first_shape(ask.kind, ask.model), ask.remembered, streamed);
        let (mut tokens, mut requests) = (self.prober.max_tokens, 0);
        loop {
            let mut asked = self.ask_once(target, &ask, shape, tokens, &lanes).await;
            requests += asked.observation.usage.requests;
            if asked.fewer {
                tokens = FEWEST_TOKENS;
                continue;
            }
            let Some(other) = ladder.next(asked.observation.outcome, asked.next_shape) else {
                asked.observation.usage.requests = requests;
                return asked.observation;
            };
            shape = other;
        }
    }

    /// The lanes of this target, as this round knows them.
    pub(super) fn lanes(&self, target: &Target) -> Arc<Lanes> {
        let mut lanes = locked(&self.lanes);
        Arc::clone(lanes.entry(target.account).or_insert_with(|| Arc::new(self.prober.pace.lanes(target))))
    }

    async fn ask_once(&self, target: &Target, ask: &Ask<'_>, shape: Shape, tokens: u32, lanes: &Lanes) -> Told {
        let own = ask.manner.prompt.as_deref().or(self.prober.prompt.as_deref());
        let sum = own.is_none().then(|| Sum::pick(&mut fastrand::Rng::new()));
        let prompt = sum.map(Sum::prompt).unwrap_or_default();
        let question = Question { model: ask.model, prompt: own.unwrap_or(&prompt), tokens, shape };
        let Some(mut request) = question_request(target, &question) else {
            return Told { observation: unspoken(shape), next_shape: None, fewer: false };
        };
        dress(&mut request, &ask.manner.headers, ask.manner.user_agent.as_deref());
        // Kept until the answer is noted: who waits for it knows of it then.
        let pass = match self.prober.pace.pass(lanes).await {
            Ok(pass) => pass,
            Err(refusal) => return Told { observation: unsent(refusal, shape), next_shape: None, fewer: false },
        };
        let asked = Asked::of(target, shape);
        let Heard { answer, timing, requests } = self.prober.exchange(target, request, asked, ask.fresh).await;
        let mut finding = classify(&asked, &answer);
        if let Ok(reply) = &answer {
            self.samples.note(target, ask, reply, &finding, clock::now());
        }
        quality::weigh(&mut finding, &asked, target.type_name, ask.model, sum);
        let Finding { mut outcome, next_shape, detail, said, marks, .. } = finding;
        let fewer = outcome != Outcome::Shape && next_shape.is_some() && tokens > FEWEST_TOKENS;
        if fewer {
            // Our own request was too large: nothing yet against the key.
            outcome = Outcome::Shape;
        }
        let at = clock::now();
        let retry_after = note(&asked, &answer, ask.model, outcome, lanes, pass.answers);
        drop(pass);
        let (status, latency) = match &answer {
            Ok(reply) => (Some(reply.status), reply.latency),
            Err(failure) => (None, failure.latency),
        };
        let (prompt_tokens, completion_tokens) =
            said.map_or((None, None), |said| (said.prompt_tokens, said.completion_tokens));
        let observation = Observation {
            status,
            latency_ms: u32::try_from(latency.as_millis()).unwrap_or(u32::MAX),
            timing,
            usage: Usage { requests, prompt_tokens, completion_tokens },
            marks,
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
        Told { observation, next_shape, fewer }
    }
}

/// Remembers what the answer says of the key and the host; gives back the wait it asks for. `answers` had come when
/// the question was sent.
fn note(
    asked: &Asked<'_>,
    answer: &Answer,
    model: &ModelName,
    outcome: Outcome,
    lanes: &Lanes,
    answers: u64,
) -> Option<Duration> {
    lanes.circuit.note(model, outcome);
    let Ok(reply) = answer else {
        if matches!(outcome, Outcome::TimedOut | Outcome::Unreachable) {
            lanes.circuit.unheard(model, answers);
        }
        return None;
    };
    lanes.circuit.heard();
    if !matches!(reply.status, 402 | 403 | 429 | 503 | 529) {
        return None;
    }
    let now = clock::now();
    let told = wait::asked(asked, reply, now)?;
    let wait = Duration::try_from(told.until.duration_since(now)).ok()?;
    match reply.status {
        // Whatever other models are told.
        429 if told.quota && told.scope == Scope::Model => {}
        429 => lanes.key.pause_for(model, wait),
        503 | 529 => lanes.host.pause_for(model, wait),
        _ => {}
    }
    Some(wait)
}
