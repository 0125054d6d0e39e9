//! A `LiteLLM`'s channel: its own checks say how each deployment is.
//!
//! Decides: how well a public name is on a channel by its deployments there, and what is kept of each. Must not know: how
//! `LiteLLM` is asked.

use std::collections::HashMap;

use jiff::Timestamp;

use super::questions::Way;
use crate::clock;
use crate::config::HealthBy;
use crate::gateway::LiteLlm;
use crate::gateway::litellm::{Checked, Found, RawHealth};
use crate::model::{ChannelRef, Deployment, Evidence, Health, ModelName, Observation, Outcome, Shape, Usage, redact};
use crate::probe;
use crate::round::Round;
use crate::store::StoreError;

impl Round {
    /// Asks for each name's health, once for all channels that have it, and keeps what is told of each deployment.
    pub(super) async fn ask_litellm(
        &self,
        litellm: &LiteLlm,
        channel: &ChannelRef,
        upstream: Vec<(usize, ModelName, Way)>,
    ) -> Result<HashMap<ModelName, Observation>, StoreError> {
        let mut answers = HashMap::new();
        self.progress.expect(upstream.len());
        // Read when the channels were; what cannot be read again is told of each model.
        let known = litellm.known().await.unwrap_or_default();
        for (_, model, _) in upstream {
            if self.stop.is_cancelled() {
                break;
            }
            let (name, of_all) = (model.as_str(), self.settings.litellm.health == HealthBy::Background);
            let cell = litellm.once(if of_all { "" } else { name });
            let check = || self.check(litellm, channel, (!of_all).then_some(name), &known);
            let checked = cell.get_or_try_init(check).await?;
            let here = known.iter().filter(|(id, one)| *id == channel.id && one.name == name).map(|(_, one)| one);
            let seen = pair(&here.collect::<Vec<_>>(), checked);
            self.progress.probed(channel, seen.outcome);
            answers.insert(model, seen);
        }
        Ok(answers)
    }

    /// One question: for a name, or (none) for what background checks found.
    async fn check(
        &self,
        litellm: &LiteLlm,
        channel: &ChannelRef,
        name: Option<&str>,
        known: &[(i64, Deployment)],
    ) -> Result<Checked, StoreError> {
        let mut told = None;
        let mut ask = async |found: Found| match found {
            Ok(health) => {
                told = Some(health);
                sent()
            }
            Err(error) => unasked(&error.to_string()),
        };
        let asked = match (litellm.silence(), name) {
            (Some(error), _) => unasked(&error.to_string()),
            // Nobody is asked for it.
            (None, None) => {
                let asked = ask(litellm.background().await).await;
                if asked.was_sent() {
                    self.inquiry.heard();
                }
                let (prompt_tokens, completion_tokens) = (Some(0), Some(0));
                Observation { usage: Usage { prompt_tokens, completion_tokens, ..asked.usage }, ..asked }
            }
            (None, Some(name)) => {
                let account = format!("{}#{}", self.gateway.name(), channel.id);
                let question = async { ask(litellm.health(name).await).await };
                let behind = known.iter().filter(|(_, one)| one.name == name).count();
                let behind = u32::try_from(behind).unwrap_or(u32::MAX);
                self.inquiry.ask_through(&account, behind, question).await
            }
        };
        let Some(health) = told else { return Ok(Checked { asked, health: vec![] }) };
        let by_id: HashMap<&str, &RawHealth> = health.iter().map(|(id, health)| (id.as_str(), health)).collect();
        let was_meant = |one: &Deployment| name.is_none_or(|name| one.name == name);
        let looked = known.iter().map(|(_, one)| one).filter(|one| was_meant(one) || by_id.contains_key(&*one.id));
        let found: Vec<_> = looked.map(|one| (one.id.clone(), kept(by_id.get(&*one.id).copied(), asked.at))).collect();
        self.store.keep_health(self.gateway.name(), &found).await?;
        Ok(Checked { asked, health })
    }
}

fn sent() -> Observation {
    let usage = Usage { requests: 1, ..Usage::default() };
    Observation { usage, ..Observation::bare(Outcome::Works, clock::now(), Shape::MaxTokens, "") }
}

fn unasked(why: &str) -> Observation {
    Observation::bare(Outcome::Busy, clock::now(), Shape::MaxTokens, format!("not asked: {why}"))
}

/// What the store keeps of one look at a deployment; `None`: nothing was told of it.
fn kept(seen: Option<&RawHealth>, at: Timestamp) -> Health {
    let Some(RawHealth { well, status, text, .. }) = seen else {
        return Health { well: None, status: None, class: None, detail: String::new(), at };
    };
    let class = if *well { None } else { probe::litellm(*status, text).1 };
    Health { well: Some(*well), status: *status, class, detail: redact(text, &[]), at }
}

/// How well a name is on a channel: as well as the best of its deployments `here`. Blocked ones count where all are, for
/// nobody reaches them beside another. While none is well and one is unknown, nothing is known.
fn pair(here: &[&Deployment], checked: &Checked) -> Observation {
    let Checked { asked, health } = checked;
    if !asked.was_sent() {
        return asked.clone();
    }
    let open: Vec<_> = here.iter().filter(|one| !one.blocked).collect();
    let counted = if open.is_empty() { here.iter().collect() } else { open };
    let of = |id: &str| health.iter().find(|(told, _)| told == id).map(|(_, health)| health);
    let told: Vec<_> = counted.iter().filter_map(|one| of(&one.id)).collect();
    let outcome = |seen: &RawHealth| {
        if seen.well { Outcome::Works } else { probe::litellm(seen.status, &seen.text).0 }
    };
    let best = told.iter().map(|seen| (outcome(seen), seen)).min_by_key(|(outcome, _)| rank(outcome.evidence()));
    match best {
        Some((outcome, seen)) if outcome.evidence() == Evidence::Alive || told.len() == counted.len() => Observation {
            outcome,
            status: seen.status.or_else(|| seen.well.then_some(200)),
            latency_ms: seen.latency_ms,
            detail: redact(&seen.text, &[]),
            ..asked.clone()
        },
        Some(_) | None => {
            let why = "not asked: LiteLLM says nothing of their health (no check of them yet, or they are left out)";
            Observation::bare(Outcome::Busy, asked.at, Shape::MaxTokens, why)
        }
    }
}

/// The less that speaks against it, the better it is.
fn rank(evidence: Evidence) -> u8 {
    match evidence {
        Evidence::Alive => 0,
        Evidence::Nothing => 1,
        Evidence::Failing => 2,
        Evidence::Unrouted => 3,
        Evidence::Denied => 4,
    }
}
