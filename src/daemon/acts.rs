//! Does what a person asks for, over HTTP or by a bot, one thing after the other.
//!
//! Decides: how an order becomes a round, a write, a hold, and what is answered. Must not know: HTTP, who may ask.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Scans, litellm};
use crate::apply::{self, Undo};
use crate::clock;
use crate::config::Config;
use crate::model::{ChannelRef, GatewayKind, Held};
use crate::notify::picture::proposals::mark;
use crate::probe::Prober;
use crate::round::{Pending, Round, Written};
use crate::serve::{Act, ActError, Done, DoneChannel, Ended, Event, Live, Order};
use crate::store::{HoldScope, Proposal, Store};

/// Why a model is on hold that a person did not want changed.
const REJECTED: &str = "the operator rejected the change";

/// Who acts.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The configuration.
    pub config: Config,
    /// Our own store.
    pub store: Store,
    /// The one prober; a write asks nothing of it.
    pub prober: Arc<Prober>,
    /// To tell those who look.
    pub live: Live,
    /// To have rounds run.
    pub scans: Scans,
    /// Set when we should stop: a write under way ends first.
    pub stop: CancellationToken,
    /// Set when another configuration takes our place.
    pub retire: CancellationToken,
}

impl Desk {
    /// Answers until there is nobody left who could ask, or one of the tokens is set.
    pub async fn attend(self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let order = tokio::select! {
                order = orders.recv() => order,
                () = self.stop.cancelled() => None,
                () = self.retire.cancelled() => None,
            };
            let Some(Order { act, reply }) = order else { return };
            // A mistake of ours in one order must not end the desk.
            let (this, wanted) = (self.clone(), act.clone());
            let done = tokio::spawn(async move { this.carry_out(wanted).await }).await;
            let done = done.unwrap_or_else(|panic| {
                tracing::error!("an order failed: {panic}");
                Err(ActError::Failed("a mistake of ours; the log has it".to_owned()))
            });
            if let Err(error) = &done {
                tracing::warn!(?act, "not done: {error}");
            } else {
                tracing::info!(?act, "done, as a person asked");
            }
            // Who asked may be gone.
            let _ = reply.send(done);
        }
    }

    async fn carry_out(&self, act: Act) -> Result<Done, ActError> {
        match act {
            Act::Scan { gateway } => self.scan(gateway.as_deref()),
            Act::Apply { gateway, channel, held, mark } => self.apply(&gateway, channel, held, mark.as_deref()).await,
            Act::Reject { gateway, channel, mark } => self.reject(&gateway, channel, mark.as_deref()).await,
            Act::Undo { change } => self.undo(change).await,
            Act::Hold { gateway, channel, model, reason } => {
                let scope = self.scope(gateway, channel, model)?;
                self.store.hold(&scope, &reason, clock::now()).await.map_err(failed)?;
                self.changed(scope.gateway.as_deref().unwrap_or_default());
                Ok(Done::default())
            }
            Act::Release { gateway, channel, model } => {
                let scope = self.scope(gateway, channel, model)?;
                if self.store.release(&scope).await.map_err(failed)? == 0 {
                    return Err(ActError::NotFound("there is no such hold".to_owned()));
                }
                self.changed(scope.gateway.as_deref().unwrap_or_default());
                Ok(Done::default())
            }
            Act::CheckLitellm { gateway } => self.check_litellm(gateway.as_deref()).await,
            Act::PostAgain { post } => {
                if self.store.post_again(post, clock::now()).await.map_err(failed)? == 0 {
                    return Err(ActError::NotFound("there is no such message that was given up".to_owned()));
                }
                self.live.tell(Event::Messages);
                Ok(Done::default())
            }
        }
    }

    /// Has full rounds begin; done when they are asked for.
    fn scan(&self, gateway: Option<&str>) -> Result<Done, ActError> {
        let names = match gateway {
            Some(name) => vec![self.known(name)?.to_owned()],
            None => self.config.gateways.keys().cloned().collect(),
        };
        let running = self.live.running();
        let is_full = |name: &&String| running.iter().any(|round| round.full && round.gateway == **name);
        if let Some(busy) = names.iter().find(is_full) {
            return Err(ActError::Busy(format!("a round of {busy} is running")));
        }
        let begun: Vec<_> = names.iter().filter(|name| self.scans.ask(name)).collect();
        if begun.is_empty() && !names.is_empty() {
            return Err(ActError::Busy("a round is about to begin".to_owned()));
        }
        Ok(Done::default())
    }

    /// Done when all have answered, or did not.
    async fn check_litellm(&self, gateway: Option<&str>) -> Result<Done, ActError> {
        let all = self.config.gateways.iter();
        let proxies =
            all.filter(|(_, gateway)| gateway.kind == Some(GatewayKind::LiteLlm)).map(|(name, _)| name.as_str());
        let names: Vec<&str> = match gateway {
            Some(name) => vec![self.known(name)?],
            None => proxies.collect(),
        };
        for name in names {
            litellm::check_now(name, &self.config, &self.store).await.map_err(ActError::Refused)?;
            self.changed(name);
        }
        Ok(Done::default())
    }

    async fn apply(
        &self,
        gateway: &str,
        channel: Option<i64>,
        lift: bool,
        shown: Option<&str>,
    ) -> Result<Done, ActError> {
        self.known(gateway)?;
        // What was decided anew since it was shown, nobody has approved.
        let is_meant = |proposal: &Proposal| {
            channel.is_none_or(|id| id == proposal.channel)
                && shown.is_none_or(|shown| mark(gateway, proposal) == shown)
        };
        let nothing = || ActError::NotFound("nothing is wanted there; a round may have decided anew".to_owned());
        if !self.store.proposals(gateway).await.map_err(failed)?.iter().any(is_meant) {
            return Err(nothing());
        }
        let round = self.open(gateway).await?;
        let turn = self.store.turn().await.map_err(failed)?;
        let mut done = Done {
            notes: apply::recover(&self.store, &round.gateway, &turn).await.map_err(failed)?,
            ..Done::default()
        };
        // Read under the turn: a round that just ended may have decided anew.
        for proposal in self.store.proposals(gateway).await.map_err(failed)?.into_iter().filter(is_meant) {
            let how = Pending { lift, rehearse: false };
            let written = round.write_pending(&proposal, how, &turn).await.map_err(failed)?;
            done.channels.push(line(gateway, &proposal.change.channel, written));
        }
        round.gateway.close().await;
        self.changed(gateway);
        if done.channels.is_empty() { Err(nothing()) } else { Ok(done) }
    }

    async fn reject(&self, gateway: &str, channel: i64, shown: Option<&str>) -> Result<Done, ActError> {
        self.known(gateway)?;
        let proposals = self.store.proposals(gateway).await.map_err(failed)?;
        let meant = proposals.into_iter().find(|proposal| is_meant(gateway, proposal, Some(channel), shown));
        let Some(proposal) = meant else {
            return Err(ActError::NotFound("nothing is wanted there; a round may have decided anew".to_owned()));
        };
        let Proposal { change, held, .. } = proposal;
        let removals = change.removed.iter().chain(held.iter().flat_map(|held| &held.removals));
        let additions = change.added.iter().chain(&change.restored).chain(held.iter().flat_map(|held| &held.additions));
        let models: std::collections::BTreeSet<_> =
            removals.map(|removal| &removal.model).chain(additions).map(|model| model.as_str().to_owned()).collect();
        for model in &models {
            let scope =
                HoldScope { gateway: Some(gateway.to_owned()), channel: Some(channel), model: Some(model.clone()) };
            self.store.hold(&scope, REJECTED, clock::now()).await.map_err(failed)?;
        }
        self.store.withdraw_proposal(gateway, channel).await.map_err(failed)?;
        self.changed(gateway);
        let why = format!("{} models are on hold on this channel", models.len());
        Ok(Done { channels: vec![said(gateway, &change.channel, Ended::Rejected, None, why)], notes: vec![] })
    }

    async fn undo(&self, id: i64) -> Result<Done, ActError> {
        let missing = || ActError::NotFound(format!("there is no change {id}"));
        let gateway = self.store.change(id).await.map_err(failed)?.ok_or_else(missing)?.intent.gateway;
        self.known(&gateway)?;
        let round = self.open(&gateway).await?;
        let turn = self.store.turn().await.map_err(failed)?;
        let notes = apply::recover(&self.store, &round.gateway, &turn).await.map_err(failed)?;
        // Read under the turn: recovery, or who had it before us, may have done it.
        let record = self.store.change(id).await.map_err(failed)?.ok_or_else(missing)?;
        let outcome = apply::undo(&self.store, &round.gateway, &record, Undo::Commit, &turn).await.map_err(failed)?;
        let unseen = apply::unseen(&self.store, &outcome).await.map_err(failed)?;
        round.gateway.close().await;
        self.changed(&gateway);
        let (outcome, change, why) = told(outcome, unseen);
        Ok(Done { channels: vec![said(&gateway, &record.intent.channel, outcome, change, why)], notes })
    }

    async fn open(&self, gateway: &str) -> Result<Round, ActError> {
        let round = super::open(gateway, &self.config, &self.store, &self.prober, &self.stop).await;
        round.map_err(|error| ActError::Failed(format!("{error:#}")))
    }

    fn known<'a>(&self, gateway: &'a str) -> Result<&'a str, ActError> {
        if self.config.gateways.contains_key(gateway) {
            return Ok(gateway);
        }
        let known: Vec<_> = self.config.gateways.keys().map(String::as_str).collect();
        Err(ActError::NotFound(format!("there is no such gateway; there are: {}", known.join(", "))))
    }

    /// A channel belongs to a gateway, and a model to a channel.
    fn scope(
        &self,
        gateway: Option<String>,
        channel: Option<i64>,
        model: Option<String>,
    ) -> Result<HoldScope, ActError> {
        if let Some(name) = &gateway {
            self.known(name)?;
        }
        if gateway.is_none() && channel.is_some() || channel.is_none() && model.is_some() {
            return Err(ActError::Refused("name the gateway of a channel, and the channel of a model".to_owned()));
        }
        Ok(HoldScope { gateway, channel, model })
    }

    fn changed(&self, gateway: &str) {
        self.live.tell(Event::Changes { gateway: gateway.to_owned() });
    }
}

/// Whether it is this that a person means: of the channel, and as it was shown. What was decided anew since then, nobody
/// has seen.
fn is_meant(gateway: &str, proposal: &Proposal, channel: Option<i64>, shown: Option<&str>) -> bool {
    channel.is_none_or(|id| id == proposal.channel) && shown.is_none_or(|shown| mark(gateway, proposal) == shown)
}

/// Our errors say what, where and what to do, and no secret.
fn failed(error: impl std::fmt::Display) -> ActError {
    ActError::Failed(error.to_string())
}

fn line(gateway: &str, channel: &ChannelRef, written: Written) -> DoneChannel {
    match written {
        Written::Gone => said(gateway, channel, Ended::Gone, None, "the channel is not there any more".to_owned()),
        Written::Held(held) => said(gateway, channel, Ended::Held, None, held_by(&held)),
        Written::Observed(_) => {
            let why = format!("gateways.{gateway}.mode is observe; set it to propose or apply");
            said(gateway, channel, Ended::Refused, None, why)
        }
        Written::Tried { outcome, held, unseen, .. } => {
            let (outcome, change, why) = told(outcome, unseen);
            let mut words = vec![why];
            if !held.is_empty() {
                words.push(format!("still held: {}", held_by(&held)));
            }
            words.retain(|word| !word.is_empty());
            said(gateway, channel, outcome, change, words.join("; "))
        }
    }
}

fn held_by(held: &[Held]) -> String {
    held.iter().map(|held| format!("{} ({})", held.guard, held.why)).collect::<Vec<_>>().join("; ")
}

fn told(outcome: apply::Outcome, unseen: Option<String>) -> (Ended, Option<i64>, String) {
    match outcome {
        apply::Outcome::Applied(id) => (Ended::Applied, Some(id), unseen.unwrap_or_default()),
        apply::Outcome::Rehearsed => (Ended::Rehearsed, None, String::new()),
        apply::Outcome::Conflict(why) => (Ended::Conflict, None, why),
        apply::Outcome::OnHold(why) => (Ended::OnHold, None, why),
        apply::Outcome::Refused(why) => (Ended::Refused, None, why),
        apply::Outcome::Failed(why) => (Ended::Failed, None, why),
    }
}

fn said(gateway: &str, channel: &ChannelRef, outcome: Ended, change: Option<i64>, why: String) -> DoneChannel {
    DoneChannel {
        gateway: gateway.to_owned(),
        channel: channel.id,
        channel_name: channel.name.clone(),
        outcome,
        change,
        why,
    }
}
