//! Proposals of earlier rounds, and which of them this round has overtaken.
//!
//! A proposal must not outlive its reason: applied late, it would take off a model that works again.

use std::collections::{HashMap, HashSet};

use super::{Round, Scope};
use crate::model::ModelName;
use crate::plan::Survey;
use crate::store::{Proposal, StoreError};

/// The models that wait for a person, by channel.
pub(super) struct Waiting(HashMap<i64, HashSet<ModelName>>);

impl Waiting {
    pub(super) async fn read(round: &Round) -> Result<Self, StoreError> {
        let proposals = round.store.proposals(round.gateway.name()).await?;
        Ok(Self(proposals.into_iter().map(|proposal| (proposal.channel, models(proposal))).collect()))
    }

    /// A channel of which this round wants nothing, surveyed or left alone: what waits for it is dropped, unless this
    /// round did not look at those models.
    pub(super) async fn nothing_wanted(
        &self,
        round: &Round,
        scope: &Scope,
        channel: i64,
        survey: Option<&Survey>,
    ) -> Result<(), StoreError> {
        let Some(waiting) = self.0.get(&channel) else { return Ok(()) };
        let looked_at = |survey: &Survey| survey.judged.iter().any(|judged| waiting.contains(&judged.model));
        if !scope.is_partial() || survey.is_none_or(looked_at) {
            round.store.withdraw_proposal(round.gateway.name(), channel).await?;
        }
        Ok(())
    }
}

fn models(proposal: Proposal) -> HashSet<ModelName> {
    let Proposal { change, held, .. } = proposal;
    let held = held.into_iter().flat_map(|held| {
        held.removals.into_iter().map(|removal| removal.model).chain(held.additions).collect::<Vec<_>>()
    });
    let removed = change.removed.into_iter().map(|removal| removal.model);
    removed.chain(change.added).chain(change.restored).chain(held).collect()
}
