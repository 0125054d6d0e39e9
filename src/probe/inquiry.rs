//! One round's questions.
//!
//! Decides: which shape is tried, and when a question leaves that nothing else holds back. Must not know: other rounds.

mod learnt;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use self::learnt::KeyState;
use self::learnt::Shown;
use super::account::Account;
use super::classify::{Asked, Finding, classify};
use super::exchange::Heard;
use super::kind::first_shape;
use super::memory::Asleep;
use super::pace::{Lanes, SILENT_KEYS, Silence, Turns, hash, locked};
use super::quality::{self, Sum};
use super::samples::Samples;
use super::shape::Ladder;
use super::{FEWEST_TOKENS, Prober, not_woken, unsent, unspoken};
use crate::clock;
use crate::config::Manner;
use crate::model::{Kind, ModelName, Observation, Outcome, Sample, Secret, Shape, Usage};
use crate::upstream::Target;
use crate::upstream::protocol::{Question, dress, question_request, speaks};

/// What a question's frame takes up, beside its words: an estimate.
const PROMPT_TOKENS: u64 = 16;

/// One round's questions.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) prober: Arc<Prober>,
    /// By account and proxy.
    lanes: Mutex<HashMap<u64, Arc<Lanes>>>,
    /// By host and proxy.
    hosts: Mutex<HashMap<u64, Arc<Silence>>>,
    turns: Turns,
    pub(super) asleep: Asleep,
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
        Self {
            prober,
            lanes: Mutex::default(),
            hosts: Mutex::default(),
            turns: Turns::default(),
            asleep: Asleep::default(),
            samples: Samples::default(),
        }
    }

    /// The prober that asks.
    pub fn prober(&self) -> &Arc<Prober> {
        &self.prober
    }

    /// From now on, questions leave one after the other, as far apart as so many are over that time: no burst.
    pub fn spread(&self, questions: usize, over: Duration) {
        let questions = u32::try_from(questions).unwrap_or(u32::MAX).max(1);
        self.turns.keep_apart(over / questions);
    }

    /// Ends the spreading, also for questions that wait.
    pub fn hurry(&self) {
        self.turns.hurry();
    }

    /// Waits for a question's turn.
    pub(super) async fn turn(&self) {
        self.turns.turn().await;
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
        if speaks(target, shape) && self.must_not_wake(target, ask.model).await {
            return not_woken(shape);
        }
        // Nothing of a free quota is asked twice.
        let once = lanes.free_for(Some(ask.model)).is_some();
        let (mut tokens, mut requests) = (self.prober.max_tokens, 0);
        // What would not be sent anyway takes nobody's turn.
        if lanes.is_open(Some(ask.model)) {
            self.turns.turn().await;
        }
        loop {
            let mut asked = self.ask_once(target, &ask, shape, tokens, &lanes).await;
            requests += asked.observation.usage.requests;
            if asked.fewer && !once {
                tokens = FEWEST_TOKENS;
                continue;
            }
            let next = if once { None } else { ladder.next(asked.observation.outcome, asked.next_shape) };
            let Some(other) = next else {
                asked.observation.usage.requests = requests;
                return asked.observation;
            };
            shape = other;
        }
    }

    /// The lanes of this target, as this round knows them: by another proxy, the same key may well be served.
    pub(super) fn lanes(&self, target: &Target) -> Arc<Lanes> {
        let proxy = target.proxy.as_ref().map(Secret::expose);
        let mut lanes = locked(&self.lanes);
        Arc::clone(lanes.entry(hash(&(target.account, proxy))).or_insert_with(|| {
            let way = hash(&(&target.endpoints.host, proxy));
            let silence =
                Arc::clone(locked(&self.hosts).entry(way).or_insert_with(|| Arc::new(Silence::new(SILENT_KEYS))));
            let (account, free) = match &self.prober.books {
                Some(books) => (books.account(target), books.free(&target.endpoints.host)),
                None => (Arc::new(Account::new(Arc::from(""), self.prober.key_rest)), None),
            };
            Arc::new(self.prober.pace.lanes(target, account, free, silence))
        }))
    }

    async fn ask_once(&self, target: &Target, ask: &Ask<'_>, shape: Shape, tokens: u32, lanes: &Lanes) -> Told {
        let own = ask.manner.prompt.as_deref().or(self.prober.prompt.as_deref());
        let sum = own.is_none().then(|| Sum::pick(&mut fastrand::Rng::new()));
        let prompt = sum.map(Sum::prompt).unwrap_or_default();
        let question = Question { model: ask.model, prompt: own.unwrap_or(&prompt), tokens, shape };
        let build = || {
            let mut request = question_request(target, &question)?;
            dress(&mut request, &ask.manner.headers, ask.manner.user_agent.as_deref());
            Some(request)
        };
        let Some(request) = build() else {
            return Told { observation: unspoken(shape), next_shape: None, fewer: false };
        };
        // Kept until the answer is noted: who waits for it knows of it then.
        let most = u64::from(tokens) + PROMPT_TOKENS + question.prompt.len() as u64 / 3;
        let (pass, mut claim) = match self.prober.leave(lanes, Some(ask.model), most).await {
            Ok(left) => left,
            Err(refusal) => return Told { observation: unsent(refusal, shape), next_shape: None, fewer: false },
        };
        let asked = Asked::of(target, shape);
        let Heard { answer, timing } = self.prober.exchange(target, request, build, asked, ask.fresh, &mut claim).await;
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
        let detail = if detail.is_empty() {
            detail
        } else {
            target.redact_with(&detail, ask.manner.headers.values().map(String::as_str))
        };
        let at = clock::now();
        let shown = Shown { asked, lanes, model: ask.model, outcome, detail: &detail };
        let retry_after = self.note(&answer, shown, &pass).await;
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
            usage: Usage { requests: claim.requests, prompt_tokens, completion_tokens },
            marks,
            retry_after,
            ..Observation::bare(outcome, at, shape, detail)
        };
        self.settle(&claim, &observation).await;
        Told { observation, next_shape, fewer }
    }
}
