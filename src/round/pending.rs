//! What an earlier round wants, written now, because a person says so.
//!
//! Decides: nothing but the order: asked again what may be old, written, and what is held kept to be seen.
//! Must not know: who asks, and how it is told.

use std::collections::HashSet;

use super::Round;
use crate::apply::{self, ApplyError};
use crate::clock;
use crate::config::{Manner, Mode, Policy};
use crate::model::{Change, Guard, Held, ModelName, Status};
use crate::plan;
use crate::store::{Proposal, StoreError, Turn};

/// How a proposal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Also what limits held back; never what a fact held.
    pub lift: bool,
    /// Run the same statements and roll them back.
    pub rehearse: bool,
}

/// What came of a proposal.
#[derive(Clone, Debug)]
pub enum Written {
    /// The channel is not there any more.
    Gone,
    /// Nothing is left to write; what holds it.
    Held(Vec<Held>),
    /// The gateway's mode, or the channel's, is observe; what is held.
    Observed(Vec<Held>),
    /// It was tried.
    Tried {
        /// What was to be written.
        change: Box<Change>,
        /// What came of it.
        outcome: apply::Outcome,
        /// What stays held.
        held: Vec<Held>,
        /// Why its users do not see it yet, where they do not.
        unseen: Option<String>,
    },
}

impl Round {
    /// Writes a proposal, the caller having the turn and open intents being settled.
    ///
    /// # Errors
    /// Our own store, or the gateway: then nothing of it was written, or what was is journaled.
    pub async fn write_pending(&self, proposal: &Proposal, how: Pending, turn: &Turn) -> Result<Written, ApplyError> {
        let (name, id) = (self.gateway.name(), proposal.change.channel.id);
        let Some((change, new)) = self.still_wanted(proposal, how.lift).await? else { return Ok(Written::Gone) };
        let is_lifted = |held: &&Held| how.lift && held.guard.may_be_lifted();
        let held: Vec<_> = proposal.held.iter().filter(|held| !is_lifted(held)).cloned().chain(new).collect();
        if change.is_empty() {
            return Ok(Written::Held(held));
        }
        if self.settings.mode_of(id) == Mode::Observe && !how.rehearse {
            return Ok(Written::Observed(held));
        }
        let outcome = if how.rehearse {
            apply::rehearse(&self.gateway, &change).await?
        } else {
            apply::apply(&self.store, &self.gateway, &change, Some(proposal.round), turn).await?
        };
        let unseen = apply::unseen(&self.store, &outcome).await?;
        // A change that can never be written as it was decided is no proposal any more.
        match outcome {
            apply::Outcome::Applied(_) if how.lift => self.store.withdraw_proposal(name, id).await?,
            apply::Outcome::Applied(_) => self.keep_held(proposal).await?,
            apply::Outcome::Conflict(_) => self.store.withdraw_proposal(name, id).await?,
            apply::Outcome::Rehearsed
            | apply::Outcome::OnHold(_)
            | apply::Outcome::Refused(_)
            | apply::Outcome::Failed(_) => {}
        }
        Ok(Written::Tried { change: Box::new(change), outcome, held, unseen })
    }

    /// A proposal as it may be written now: its guards that look beyond the channel, and the operator's rules, are asked
    /// again, for it may be old. `None` when the channel is gone.
    async fn still_wanted(&self, proposal: &Proposal, lift: bool) -> Result<Option<(Change, Vec<Held>)>, ApplyError> {
        let id = proposal.change.channel.id;
        let Some(channel) = self.gateway.channel(id).await? else { return Ok(None) };
        let mut last_route_seen = HashSet::new();
        let mut change = proposal.change.clone();
        if lift && let Some(lifted) = plan::lift(&proposal.change, &proposal.held) {
            change = lifted;
            let last = proposal.held.iter().filter(|held| held.guard == Guard::LastRoute);
            last_route_seen.extend(last.flat_map(|held| &held.removals).map(|removal| removal.model.clone()));
        }
        let removed: Vec<_> = change.removed.iter().map(|removal| removal.model.clone()).collect();
        let mut untouchable: HashSet<_> = self.store.held_models(self.gateway.name(), id).await?.into_iter().collect();
        let (channels, models) = (&self.settings.channels, &self.settings.models);
        let excluded = channels.excludes(id);
        let named = removed.iter().chain(&change.added).chain(&change.restored);
        let rules = &self.settings.rules;
        let left_alone = |model: &ModelName| {
            excluded || models.is_excluded(model) || Manner::of(rules, id, model).policy != Policy::Probe
        };
        untouchable.extend(named.filter(|model| left_alone(model)).cloned());
        let kept = |model: &&ModelName| models.is_kept(model) || channel.fixed.contains(*model);
        untouchable.extend(removed.iter().filter(kept).cloned());
        if self.config.limits.last_route {
            last_route_seen.extend(removed.iter().cloned());
        }
        let routes = self.gateway.routes(&removed).await?;
        let groups = channel.group.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect();
        let enabled = channel.status == Status::Enabled;
        Ok(plan::reconsider(change, plan::Now { routes: &routes, groups, enabled, untouchable, last_route_seen }))
    }

    /// After a write, what was held stays to be seen. It cannot be applied as it is (the list has changed since), so the
    /// next round decides it anew.
    async fn keep_held(&self, proposal: &Proposal) -> Result<(), StoreError> {
        let name = self.gateway.name();
        if proposal.held.is_empty() {
            return self.store.withdraw_proposal(name, proposal.channel).await;
        }
        let change = proposal.change.clone().emptied();
        self.store.propose(name, &Proposal { change, at: clock::now(), ..proposal.clone() }).await
    }
}
