//! One round over one gateway: read → list → probe → judge → plan → apply → record.
//!
//! Decides: nothing but the order. The only file that knows every stage.
//! Must not know: how any stage does its work.

mod contested;
mod drift;
mod forecast;
mod network;
mod pending;
mod progress;
mod report;
mod survey;
mod waiting;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use drift::{DriftLine, Repair};
pub use forecast::{ChannelForecast, Forecast, Need};
pub use pending::{Pending, Written};
pub use progress::{Progress, Quiet};
pub use report::{
    ChangeLine, ClosedKeyLine, Doubt, Down, Expiring, KeyLine, Odd, Report, Skipped, SomeKeys, StillWithdrawn, Unprobed,
};
pub use survey::Scope;

use crate::apply::{self, ApplyError};
use crate::clock;
use crate::config::{Config, GatewayConfig, Mode};
use crate::gateway::{Gateway, GatewayError};
use crate::model::{Change, Guard, ModelName, Pricing};
use crate::plan::{self, Draft, Facts};
use crate::probe::Inquiry;
use crate::store::{Proposal, Store, StoreError, Turn};

use self::contested::Contested;
use self::waiting::Waiting;

/// What ends a round early. Nothing of it was written, or what was written is journaled.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The gateway's database.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Our own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// We were asked to stop.
    #[error("stopped before the end of the round; nothing was written")]
    Stopped,
}

impl From<ApplyError> for RoundError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => Self::Store(error),
            ApplyError::Gateway(error) => Self::Gateway(error),
        }
    }
}

/// Everything one round needs; shared by the tasks that survey channels.
pub struct Round {
    /// The gateway, open.
    pub gateway: Gateway,
    /// Its part of the configuration.
    pub settings: GatewayConfig,
    /// The whole configuration.
    pub config: Config,
    /// Our own store.
    pub store: Store,
    /// This round's questions. The prober behind them is one: its bounds hold over all rounds and gateways.
    pub inquiry: Inquiry,
    /// Who is told how far we are.
    pub progress: Arc<dyn Progress>,
    /// Set when we should stop.
    pub stop: CancellationToken,
    /// Questions whose turn is near: a few for each that may be under way, whatever the number of channels and models.
    pub desks: Semaphore,
}

impl Round {
    /// Runs one round. `write` may be false (`sweep --dry-run`): then the gateway is only read, whatever its mode.
    pub async fn run(self: &Arc<Self>, scope: &Scope, write: bool) -> Result<Report, RoundError> {
        let name = self.gateway.name();
        let mut report = Report::new(name, self.settings.mode);
        report.whole = scope.is_everything();
        if let (Err(why), true) = (self.gateway.writable(), self.settings.mode != Mode::Observe) {
            report.notes.push(format!("only observed: {why}"));
        }
        if write {
            let turn = self.turn().await?.ok_or(RoundError::Stopped)?;
            report.notes.extend(apply::recover(&self.store, &self.gateway, &turn).await?);
            let live = Box::pin(apply::look_for_live(&self.store, &self.gateway, clock::now())).await?;
            report.notes.extend(live);
        }
        report.live = self.gateway.cache().to_string();
        let answered = self.inquiry.prober().answered();
        let started = clock::now();
        let round = self.store.begin_round(name, self.settings.mode.as_str(), started).await?;
        report.round = round;
        if let Some(litellm) = self.gateway.litellm() {
            self.store.keep_deployments(name, &litellm.known().await?).await?;
        }
        let mut facts = Facts::default();
        let mut drafts = self.survey_all(round, scope, &mut report, &mut facts).await?;
        if self.stop.is_cancelled() {
            return Err(RoundError::Stopped);
        }
        let answered = self.inquiry.prober().answered() > answered;
        if report.probed > 0 && !(drafts.is_empty() && answered) {
            facts.own_network = network::trouble(&self.config.network, answered).await;
        }
        report.sort();
        report.blackout = plan::blackout(&facts, &self.config.limits);
        if report.blackout.as_ref().is_some_and(|(guard, _)| *guard == Guard::OwnNetwork) {
            report.unhear();
        }
        if !drafts.is_empty() {
            let (every, now) = (self.config.probe.every, clock::now());
            facts.pairs = report.pairs.max(self.store.pairs_since(name, clock::before(now, every * 2)).await?);
            facts.withdrawn_lately = self.store.removed_since(name, clock::before(now, every.mul_f64(0.8))).await?;
            let models = named(&drafts, |change| change.removed.iter().map(|removal| &removal.model));
            let routes = if models.is_empty() { vec![] } else { self.gateway.routes(&models).await? };
            facts.pricing = Box::pin(self.pricing(&drafts, &mut report)).await;
            drafts.sort_by_key(|draft| draft.change.channel.id);
            plan::conclude(&mut drafts, &facts, &routes, &self.config.limits);
        }
        for draft in drafts {
            let channel = draft.change.channel.clone();
            report.notes.extend(facts.pricing.as_ref().and_then(|pricing| draft.price_note(pricing)));
            match self.carry_out(round, draft, write, &mut report).await {
                Ok(()) => {}
                // A channel that cannot be read, or that its gateway refuses to show, is that channel's own trouble.
                Err(RoundError::Gateway(error)) if error.is_of_one_channel() => {
                    report.errors.push(format!("channel {channel} is not written: {error}"));
                }
                Err(error) => {
                    // What was written before it is told and kept all the same.
                    report.errors.push(format!("no more is written in this round: {error}"));
                    break;
                }
            }
        }
        // After what this round wrote: a written list has its rows set right with it.
        if let Err(error) = self.agree(round, scope, write, &mut report).await {
            report.errors.push(format!("the routing rows are not looked through: {error}"));
        }
        self.store.keep_channels(name, report.seen.values(), &report.unheard, clock::now()).await?;
        // A gateway without any channel is more likely one that is being restored.
        if scope.is_everything() && !report.seen.is_empty() {
            let seen: Vec<_> = report.seen.values().map(|seen| (seen.channel.id, seen.channel.created)).collect();
            self.store.forget_others(name, &seen).await?;
        }
        if scope.is_everything() || scope.due.is_some() {
            self.store.looked(name, started).await?;
        }
        self.store.keep_samples(&self.inquiry.samples()).await?;
        self.inquiry.prober().flush().await?;
        self.store.end_round(round, &report, clock::now()).await?;
        if scope.is_everything() {
            self.store.prune(&self.config.store, clock::now()).await?;
        } else {
            // A look comes every few minutes or seconds; what nobody looked at gets older all the same.
            self.store.fade(clock::now()).await?;
        }
        Ok(report)
    }

    /// Reads the channels page by page and surveys them side by side; keeps only what is wanted and what is told.
    async fn survey_all(
        self: &Arc<Self>,
        round: i64,
        scope: &Scope,
        report: &mut Report,
        facts: &mut Facts,
    ) -> Result<Vec<Draft>, RoundError> {
        let mut drafts = vec![];
        let (waiting, contested) = (Waiting::read(self).await?, Contested::read(self).await?);
        let mut surveys = JoinSet::new();
        let mut pages = self.gateway.pages(scope.among())?;
        // Enough channels side by side to keep every probe slot busy, and no more in memory.
        let side_by_side = self.config.probe.concurrency.max(1);
        let (mut page, mut read) = (vec![].into_iter(), clock::now());
        let mut more = true;
        loop {
            while more && surveys.len() < side_by_side {
                let Some(channel) = page.next() else {
                    read = clock::now();
                    // By an admin API a page takes a while.
                    page = tokio::select! {
                        next = pages.next() => next?.into_iter(),
                        () = self.stop.cancelled() => return Err(RoundError::Stopped),
                    };
                    more = page.len() > 0;
                    continue;
                };
                match channel {
                    Ok(channel) => {
                        contested.look(self, &channel, report).await?;
                        let (this, scope) = (Arc::clone(self), scope.clone());
                        surveys.spawn(async move { this.survey(round, &channel, read, &scope).await });
                    }
                    Err(unreadable) => report.leave(unreadable.channel, unreadable.why),
                }
            }
            let done = tokio::select! {
                done = surveys.join_next() => done,
                // The probes under way are dropped with their tasks; nothing was written yet.
                () = self.stop.cancelled() => return Err(RoundError::Stopped),
            };
            match done {
                None => break,
                Some(Ok(surveyed)) => {
                    let surveyed = surveyed?;
                    let channel = surveyed.channel.id;
                    let survey = report.take(surveyed, facts);
                    match survey.and_then(|survey| waiting.draft(&survey, scope, &self.config.limits)) {
                        Some(draft) => drafts.push(draft),
                        None => waiting.drop(self, channel).await?,
                    }
                }
                // One bad channel never stops the others.
                Some(Err(panic)) => report.errors.push(format!("a channel's survey failed: {panic}")),
            }
        }
        Ok(drafts)
    }

    /// Writes one channel's change, or keeps it for a person, as its mode says.
    async fn carry_out(&self, round: i64, draft: Draft, write: bool, report: &mut Report) -> Result<(), RoundError> {
        report.notes.extend(draft.test_note());
        let Draft { change, mut held, waiting, .. } = draft;
        let (name, id) = (self.gateway.name(), change.channel.id);
        let writable = self.gateway.writable().is_ok();
        let mode = if writable { self.settings.mode_of(id) } else { Mode::Observe };
        report.held.extend(held.iter().cloned());
        held.extend(waiting);
        let mut left = change.clone();
        let mut outcome = None;
        if !change.is_empty()
            && mode == Mode::Apply
            && write
            && let Some(turn) = self.turn().await?
        {
            let done = apply::apply(&self.store, &self.gateway, &change, Some(round), &turn).await?;
            if let (apply::Outcome::Applied(_), Some(now)) = (&done, self.gateway.channel(id).await?) {
                // What is held waits on the channel as it is now.
                left = Change { fingerprint: now.fingerprint, ..left.emptied() };
            }
            if let Some(why) = apply::unseen(&self.store, &done).await? {
                "not everything is live (see the notes)".clone_into(&mut report.live);
                report.notes.push(format!("channel {}: {why}", change.channel));
            }
            outcome = Some(done);
        }
        if left.is_empty() && held.is_empty() {
            self.store.withdraw_proposal(name, id).await?;
        } else {
            self.store.propose(name, &Proposal { channel: id, round, at: clock::now(), change: left, held }).await?;
        }
        if !change.is_empty() {
            report.changes.push(ChangeLine { change, outcome, mode });
        }
        Ok(())
    }

    /// What the gateway's prices say of the names to be added, if there are any and the operator has not said that it is
    /// all the same.
    async fn pricing(&self, drafts: &[Draft], report: &mut Report) -> Option<Pricing> {
        let models = named(drafts, |change| change.added.iter());
        let only_priced = self.settings.models.only_priced;
        if models.is_empty() || only_priced == Some(false) {
            return None;
        }
        let gateway = self.gateway.kind();
        let (says, notes) = self.gateway.prices(&models).await;
        report.notes.extend(notes);
        Some(Pricing { gateway, only_priced: only_priced.unwrap_or(gateway.needs_prices()), says })
    }

    /// Waits for the turn to write; `None` when we are to stop.
    async fn turn(&self) -> Result<Option<Turn>, StoreError> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Ok(None),
            turn = self.store.turn() => turn.map(Some),
        }
    }
}

/// Every model that some draft names there, once.
fn named<'a, I: Iterator<Item = &'a ModelName>>(
    drafts: &'a [Draft],
    there: impl Fn(&'a Change) -> I,
) -> Vec<ModelName> {
    let mut models: Vec<_> = drafts.iter().flat_map(|draft| there(&draft.change)).cloned().collect();
    models.sort_unstable();
    models.dedup();
    models
}
