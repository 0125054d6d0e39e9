//! What an answer says beyond its model: of the key, the host, a quota; and what it used up.
//!
//! Decides: what rests, waits or is counted after an answer. Must not know: other rounds, how answers are classified.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::Inquiry;
use crate::budget::day_end;
use crate::clock;
use crate::http::Reply;
use crate::model::{ModelName, Observation, Outcome};
use crate::probe::classify::{self, Answer, Asked, Scope};
use crate::probe::pace::{Lanes, Pass, hashed};
use crate::probe::purse::{Claim, Scopes};
use crate::probe::wait::{self, Wait};
use crate::store::Rest;
use crate::upstream::Target;

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

/// What an answer showed of which model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) asked: Asked<'a>,
    pub(super) lanes: &'a Lanes,
    pub(super) model: &'a ModelName,
    pub(super) outcome: Outcome,
    /// Redacted.
    pub(super) detail: &'a str,
}

impl Inquiry {
    /// What is wrong with a channel's keys: one entry for each that is not asked.
    pub fn key_states(&self, targets: &[Target]) -> Vec<KeyState> {
        let state = |(place, target)| {
            let Rest { outcome, since, until, detail } = self.lanes(target).account.rest(None)?;
            Some(KeyState { place, outcome, since, until, detail })
        };
        targets.iter().enumerate().filter_map(state).collect()
    }

    /// Has resting keys tried with the next question, whatever rest is left: a person wants to know now.
    pub fn try_again(&self, targets: &[Target]) {
        for target in targets {
            self.lanes(target).account.wake(clock::now());
        }
    }

    /// Counts what a question used up, as the upstream says; a refusal uses up nothing.
    pub(super) async fn settle(&self, claim: &Claim, seen: &Observation) {
        let Some(books) = &self.prober.books else { return };
        let said = match (seen.usage.prompt_tokens, seen.usage.completion_tokens) {
            (None, None) => seen.status.is_some_and(|status| status >= 300).then_some(0),
            (prompt, completion) => Some(u64::from(prompt.unwrap_or(0)) + u64::from(completion.unwrap_or(0))),
        };
        books.purse.settle(claim, said).await;
    }

    /// Adds what a question to this target cost, in millionths of a US dollar, to what the day's probes cost.
    pub fn count_cost(&self, target: &Target, cost: u64) {
        if let Some(books) = &self.prober.books {
            let account = Arc::clone(&self.lanes(target).account.id);
            books.purse.cost(&Scopes { account, free: None }, cost);
        }
    }

    /// Remembers what the answer says of the key and the host; gives back the wait it asks for.
    pub(super) async fn note(&self, answer: &Answer, shown: Shown<'_>, pass: &Pass<'_>) -> Option<Duration> {
        let Shown { asked, lanes, model, outcome, detail } = shown;
        let Ok(reply) = answer else {
            if matches!(outcome, Outcome::TimedOut | Outcome::Unreachable) {
                lanes.unheard(model, pass.answers);
            }
            return None;
        };
        lanes.heard();
        let now = clock::now();
        let waits = matches!(reply.status, 402 | 403 | 429 | 503 | 529);
        let body = if waits { classify::parse(&asked, reply) } else { None };
        let told = if waits { wait::asked(asked.host, reply, body.as_ref(), now) } else { None };
        let until = body.as_ref().and_then(|body| wait::reset(body, now));
        if lanes.account.note(hashed(model), outcome, detail, until, now) {
            self.keep(lanes).await;
        }
        let wait = told.and_then(|told| Duration::try_from(told.until.duration_since(now)).ok());
        if self.used_up(reply, body.as_ref(), shown, told).await {
            return wait;
        }
        match (reply.status, outcome) {
            (429, Outcome::Busy) => {
                lanes.key.narrow(pass.at);
                lanes.host.narrow(pass.at);
                if let Some(wait) = wait {
                    lanes.key.pause_for(model, wait);
                }
            }
            // A reseller without a route to one model has them to others.
            (503 | 529, Outcome::Busy | Outcome::Broken) => {
                if let Some(wait) = wait {
                    lanes.host.pause_for(model, wait);
                }
            }
            _ => {}
        }
        wait
    }

    /// Has rest what has a quota that is used up for the day; gives back whether there is such a thing.
    async fn used_up(&self, reply: &Reply, body: Option<&Value>, shown: Shown<'_>, told: Option<Wait>) -> bool {
        let Shown { asked, lanes, model, outcome, detail } = shown;
        if outcome != Outcome::Busy || !matches!(reply.status, 403 | 429) {
            return false;
        }
        let (now, free) = (clock::now(), lanes.free_for(Some(model)));
        let limit = || classify::quota(asked.host, reply.status, body?);
        let (scope, until) = match (told, free) {
            (Some(Wait { until, scope, quota: true }), _) => (scope, until),
            // A free model was refused, and not for its own sake: the account's free day is used up.
            (_, Some(_)) if reply.status == 429 && limit().is_none() => (Scope::FreeModels, day_end(now)),
            (Some(_) | None, _) => return false,
        };
        let (account, model) = match scope {
            Scope::Model | Scope::Unsaid => (&lanes.account, Some(model)),
            Scope::Account => (&lanes.account, None),
            Scope::FreeModels => (free.unwrap_or(&lanes.account), None),
        };
        account.suspend(model, Rest { outcome, since: now, until, detail: detail.to_owned() });
        if let Some(books) = &self.prober.books {
            books.keep(account, model).await;
        }
        true
    }

    /// Keeps what is now known of an account.
    pub(in crate::probe) async fn keep(&self, lanes: &Lanes) {
        if let Some(books) = &self.prober.books {
            books.keep(&lanes.account, None).await;
        }
    }
}
