//! Proposals of earlier rounds: which of them this round has overtaken, and which still stand.
//!
//! A proposal must not outlive its reason: applied late, it would take off a model that works again. Nor may a look at
//! one doubtful model drop what waits for a person on the same channel, or a round in which a budget, a key or a rate
//! limit kept its model from being asked.

use std::collections::{HashMap, HashSet};

use super::{Round, Scope};
use crate::config::Limits;
use crate::model::ModelName;
use crate::plan::{self, Draft, Judged, Survey};
use crate::store::{Proposal, StoreError};

/// What waits for a person, by channel.
pub(super) struct Waiting(HashMap<i64, Proposal>);

impl Waiting {
    pub(super) async fn read(round: &Round) -> Result<Self, StoreError> {
        let proposals = round.store.proposals(round.gateway.name()).await?;
        Ok(Self(proposals.into_iter().map(|proposal| (proposal.channel, proposal)).collect()))
    }

    /// What is wanted for a channel now: by this round, and by an earlier one of models that this round learnt nothing
    /// of.
    pub(super) fn draft<'a>(&self, survey: &'a Survey, scope: &Scope, limits: &Limits) -> Option<Draft> {
        let draft = plan::draft(survey, limits);
        let Some(earlier) = self.0.get(&survey.channel.id) else { return draft };
        let mut draft = draft.unwrap_or_else(|| Draft::nothing(survey));
        let (learnt, unlearnt): (Vec<_>, Vec<_>) = survey.judged.iter().partition(|judged| judged.learnt);
        let names =
            |judged: Vec<&'a Judged>| -> HashSet<&'a ModelName> { judged.into_iter().map(|one| &one.model).collect() };
        if scope.is_partial() {
            let learnt = names(learnt);
            draft.join(&earlier.change, &earlier.held, |model| !learnt.contains(model));
        } else {
            // What is nobody's question any more (excluded, not offered) waits no longer; nor does what a fact of its
            // own round held.
            let mut open = names(unlearnt);
            open.extend(&survey.resting);
            let held: Vec<_> = earlier.held.iter().filter(|held| held.guard.may_be_lifted()).cloned().collect();
            draft.join(&earlier.change, &held, |model| open.contains(model));
        }
        (!draft.is_nothing()).then_some(draft)
    }

    /// A channel of which nothing is wanted any more: what waits for it is dropped.
    pub(super) async fn drop(&self, round: &Round, channel: i64) -> Result<(), StoreError> {
        if self.0.contains_key(&channel) {
            round.store.withdraw_proposal(round.gateway.name(), channel).await?;
        }
        Ok(())
    }
}
