//! What a round thinks of one channel's models, each judged in the company of the others.
//!
//! Decides: nothing but what is known of whom. Must not know: how anything was asked. Pure.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::asking::ByKey;
use super::control::Control;
use super::offer::{Anew, Offer};
use super::questions::Candidate;
use super::told::is_of_the_key;
use crate::config::VerdictPolicy;
use crate::cost;
use crate::model::{Channel, Evidence, ModelName, Observation, Standing};
use crate::plan::{Judged, Word};
use crate::store::Finding;
use crate::verdict::{self, Company, Verdict};

/// What is known when a channel's models are judged.
pub(super) struct Known<'a> {
    pub(super) standings: &'a HashMap<ModelName, Standing>,
    pub(super) answers: &'a HashMap<ModelName, Observation>,
    pub(super) by_key: &'a ByKey,
    pub(super) channel: &'a Channel,
    pub(super) offer: &'a Offer,
    pub(super) control: Control,
    pub(super) on_hold: &'a [ModelName],
    pub(super) policy: &'a VerdictPolicy,
    pub(super) now: Timestamp,
}

impl Known<'_> {
    /// Judges every candidate that was asked.
    pub(super) fn judge(&self, candidates: Vec<Candidate>) -> (Vec<Judged>, Vec<Finding>) {
        let listing = self.offer.listing();
        let is_alive = |seen: &Observation| seen.outcome.evidence() == Evidence::Alive;
        let alive = self.answers.values().filter(|seen| is_alive(seen)).count();
        let (mut judged, mut findings) = (vec![], vec![]);
        let mut woken = false;
        for Candidate { model, upstream, kind, kept, may_add } in candidates {
            let Some(seen) = self.answers.get(&upstream) else { continue };
            let mut before = self.standings.get(&model).cloned().unwrap_or_default();
            if let Some(withdrawn) = before.withdrawn.as_mut().filter(|_| self.offer.anew.includes(&upstream)) {
                withdrawn.attempts = 0;
            }
            let company = Company {
                siblings_alive: alive > usize::from(is_alive(seen)),
                listed: listing.names(&upstream),
                masked: self.control.masks(),
            };
            let (mut standing, mut verdict) = verdict::judge(&before, seen, company, self.policy, self.now);
            self.note_keys(&mut standing, &upstream);
            if may_add && matches!(verdict, Verdict::Doubtful { .. }) {
                // Not on the list, so there is nothing to confirm soon.
                (standing.next_probe, verdict) = (None, Verdict::Unknown);
            }
            if let Some(open) = self.opens(seen) {
                // What wants another look gets it when one is possible. And one model of a resting key has it tried as
                // soon as it may be, rather than in the round after that.
                let wakes = !woken && is_of_the_key(seen.outcome);
                standing.next_probe = match standing.next_probe {
                    Some(next) => Some(next.max(open)),
                    None => wakes.then_some(open),
                };
                woken |= wakes;
            }
            let word = match kept {
                _ if self.on_hold.contains(&model) => Word::Hold,
                true => Word::Keep,
                false => Word::Nothing,
            };
            judged.push(Judged {
                verdict,
                withdrawn: before.withdrawn.is_some(),
                word,
                may_add: may_add && !self.control.proves_nothing(),
                model: model.clone(),
                learnt: company.learns(seen),
            });
            let cost = seen.was_sent().then(|| cost::of(seen, kind, &upstream));
            findings.push(Finding { model, observation: seen.clone(), cost, standing });
        }
        (judged, findings)
    }

    /// Which keys have it not, as far as they were asked. The gateway picks any of a channel's keys: such a model fails for a
    /// part of its users.
    fn note_keys(&self, standing: &mut Standing, upstream: &ModelName) {
        if self.offer.anew == Anew::Everything {
            standing.denied_keys.clear();
        }
        for (place, outcome) in self.by_key.get(upstream).into_iter().flatten() {
            let number = self.channel.key_number(*place);
            match outcome.evidence() {
                Evidence::Alive => standing.denied_keys.remove(&number),
                Evidence::Denied | Evidence::Failing | Evidence::Unrouted | Evidence::Nothing => {
                    standing.denied_keys.insert(number, *outcome)
                }
            };
        }
    }

    /// When a model that was not asked may be: its key, or its quota, rests until then.
    fn opens(&self, seen: &Observation) -> Option<Timestamp> {
        let wait = seen.retry_after.filter(|_| !seen.was_sent())?;
        self.now.checked_add(SignedDuration::try_from(wait).ok()?).ok()
    }
}
