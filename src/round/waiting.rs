//! Proposals of earlier rounds: which of them this round has overtaken, and which still stand.
//!
//! A proposal must not outlive its reason: applied late, it would take off a model that works again. Nor may a look at
//! one doubtful model drop what waits for a person on the same channel.

use std::collections::HashMap;

use super::{Round, Scope};
use crate::config::Limits;
use crate::plan::{self, Draft, Survey};
use crate::store::{Proposal, StoreError};

/// What waits for a person, by channel.
pub(super) struct Waiting(HashMap<i64, Proposal>);

impl Waiting {
    pub(super) async fn read(round: &Round) -> Result<Self, StoreError> {
        let proposals = round.store.proposals(round.gateway.name()).await?;
        Ok(Self(proposals.into_iter().map(|proposal| (proposal.channel, proposal)).collect()))
    }

    /// What is wanted for a channel now: by this round, and by an earlier one of models that this round did not look
    /// at.
    pub(super) fn draft(&self, survey: &Survey, scope: &Scope, limits: &Limits) -> Option<Draft> {
        let draft = plan::draft(survey, limits);
        match self.0.get(&survey.channel.id) {
            Some(earlier) if scope.is_partial() => {
                let mut draft = draft.unwrap_or_else(|| Draft::nothing(survey));
                draft.join(&earlier.change, &earlier.held, survey);
                (!draft.is_nothing()).then_some(draft)
            }
            Some(_) | None => draft,
        }
    }

    /// A channel of which nothing is wanted any more: what waits for it is dropped.
    pub(super) async fn drop(&self, round: &Round, channel: i64) -> Result<(), StoreError> {
        if self.0.contains_key(&channel) {
            round.store.withdraw_proposal(round.gateway.name(), channel).await?;
        }
        Ok(())
    }
}
