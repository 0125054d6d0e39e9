//! The control question: what an upstream says to a name that nobody has.
//!
//! Decides: when that matters, and what it says of the denials and answers beside it. Must not know: lists, plans.

use std::collections::HashMap;

use super::offer::Offer;
use super::questions::Candidate;
use crate::clock;
use crate::model::{Channel, Evidence, ModelName, Observation, Outcome, Standing};
use crate::round::Round;
use crate::store::Listed;
use crate::upstream::Target;

/// What the upstream said to a name that nobody has; `None`: it was not asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control(pub(super) Option<Outcome>);

impl Control {
    /// The key, the credit or the rate is looked at before the model is: a denial then means nothing.
    pub(super) fn masks(self) -> bool {
        matches!(self.0, Some(Outcome::KeyBad | Outcome::KeyBroke | Outcome::Busy))
    }

    /// It answers to any name: what works there proves nothing.
    pub(super) fn proves_nothing(self) -> bool {
        self.0.is_some_and(|said| said.evidence() == Evidence::Alive)
    }
}

impl Round {
    /// What the upstream says to a name that nobody has, where that matters now: a denial is about to count a second
    /// time (or the first is enough), or a name is about to be added. Asked once a day at most.
    pub(super) async fn control(
        &self,
        channel: &Channel,
        targets: &[Target],
        offer: &mut Offer,
        candidates: &[Candidate],
        known: &HashMap<ModelName, Standing>,
        answers: &HashMap<ModelName, Observation>,
    ) -> Control {
        let matters = |candidate: &Candidate| {
            let evidence = answers.get(&candidate.upstream).map(|seen| seen.outcome.evidence());
            let at_once = self.config.verdict.denied.times == 1;
            let denied = || at_once || known.get(&candidate.model).is_some_and(|standing| standing.denied.is_some());
            match evidence {
                Some(Evidence::Denied) => denied(),
                Some(Evidence::Alive) => candidate.may_add,
                Some(Evidence::Unrouted | Evidence::Failing | Evidence::Nothing) | None => false,
            }
        };
        // Nobody but us may ask for such a name.
        if targets.is_empty() || !candidates.iter().any(matters) {
            return Control(None);
        }
        let now = clock::now();
        if let Some(said) = offer.control(now) {
            return Control(Some(said));
        }
        let Some(seen) = self.ask_for_nobody(channel.id, targets).await else { return Control(None) };
        let said = Control(Some(seen.outcome));
        if said.masks() {
            return said;
        }
        let keys = self.store.keys_hash(&channel.keys);
        let unknown = || Listed { at: now, keys, offered: vec![], control: None };
        let listed = offer.listed.get_or_insert_with(unknown);
        listed.control = Some((seen.outcome, now));
        offer.fresh = true;
        said
    }
}
