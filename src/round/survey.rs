//! One channel's survey: what it offers, what its models answer, what to think of them. Kept in our store as it goes.

mod asking;
mod control;
mod foresee;
mod ignored;
mod judging;
mod keyless;
mod litellm;
mod offer;
mod questions;
mod served;
mod told;

use std::collections::HashMap;

use jiff::Timestamp;

use asking::ByKey;
use judging::Known;
use questions::{Questions, Rules, in_turn};
use served::{Answered, Served};
pub(super) use told::{Heard, Surveyed, is_of_the_key};
use told::{down, heard};

use super::Round;
use crate::clock;
use crate::gateway;
use crate::model::{Channel, ChannelRef, ModelName, Standing, Status, WorkingList};
use crate::plan::Survey;
use crate::store::StoreError;
use crate::upstream::Target;

/// Which channels and models a round looks at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only these channels, by id; empty: all.
    pub channels: Vec<i64>,
    /// Only these models (and one or two siblings, to compare with); empty: all.
    pub models: Vec<ModelName>,
    /// Only models that are due again, on the channels that have any.
    pub due: Option<Vec<i64>>,
    /// What works for the gateway's users is not asked: the loop's rounds. A person who asks wants it asked.
    pub trust_users: bool,
}

impl Scope {
    /// The channels that are looked at, by id; `None` for all.
    pub fn among(&self) -> Option<Vec<i64>> {
        let named = |id: &i64| self.channels.is_empty() || self.channels.contains(id);
        match &self.due {
            Some(due) => Some(due.iter().copied().filter(named).collect()),
            None => (!self.channels.is_empty()).then(|| self.channels.clone()),
        }
    }

    /// Whether every channel and model of the gateway is looked at.
    pub fn is_everything(&self) -> bool {
        self.channels.is_empty() && !self.is_partial()
    }

    /// Whether a person named channels or models.
    pub fn is_named(&self) -> bool {
        self.due.is_none() && !(self.channels.is_empty() && self.models.is_empty())
    }

    /// Whether only some of a channel's models are probed.
    pub fn is_partial(&self) -> bool {
        self.due.is_some() || !self.models.is_empty()
    }
}

impl Round {
    /// `read` is when the channel's row was read.
    pub(super) async fn survey(
        &self,
        round: i64,
        channel: &Channel,
        read: Timestamp,
        scope: &Scope,
    ) -> Result<Surveyed, StoreError> {
        let reference = ChannelRef { id: channel.id, created: channel.created, name: channel.name.clone() };
        let mut surveyed = Surveyed::of(channel, &reference, gateway::provider(self.gateway.kind(), channel));
        (surveyed.keys_in_all, surveyed.closed_keys) = (channel.keys_in_all(), channel.closed_keys.clone());
        let (advertised, targets) = match self.reach(channel) {
            Ok(reached) => reached,
            Err(why) => {
                surveyed.found = Err(why);
                return Ok(surveyed);
            }
        };
        let name = self.gateway.name();
        let known = self.known(&reference, &advertised, read).await?;
        let on_hold = self.store.held_models(name, channel.id).await?;
        let mut offer = self.offer(channel, &targets, scope, &mut surveyed).await?;
        let rules = Rules {
            models: &self.settings.models,
            manners: &self.settings.rules,
            kinds: &self.config.probe.kinds,
            policy: &self.config.verdict,
        };
        let mut questions = Questions::new(channel, &advertised, &offer, &known, rules, scope, clock::now());
        surveyed.unprobed = std::mem::take(&mut questions.unprobed);
        if self.settings.models.add && !ignored::are_readable(&channel.ignored_models) {
            surveyed.note(
                "a pattern among its ignored models cannot be read, so nothing new is added to it: mend it there",
            );
        }
        let mut served = self.served(channel, &reference, scope, &known, &mut questions).await?;
        let upstream = in_turn(round, std::mem::take(&mut questions.upstream));
        if scope.is_named() && !upstream.is_empty() {
            self.inquiry.try_again(&targets);
        }
        let ask = async |questions: &mut Questions, upstream| {
            Ok::<_, StoreError>(if targets.is_empty() {
                (self.ask_gateway(channel, &reference, questions, upstream).await?, ByKey::new())
            } else {
                self.ask(&reference, &targets, upstream).await
            })
        };
        let (mut answers, mut by_key) = Box::pin(ask(&mut questions, upstream)).await?;
        let compared = served::to_compare(&mut served, &answers);
        if !compared.is_empty() {
            let (more, of_more) = Box::pin(ask(&mut questions, in_turn(round, compared))).await?;
            answers.extend(more);
            by_key.extend(of_more);
            if !served::is_any_alive(&answers) {
                // Nothing answers any more, whatever users met before.
                served.clear();
            }
        }
        surveyed.served = served.len();
        answers.extend(served.into_iter().map(|(model, (_, seen))| (model, seen)));
        surveyed.down = down(&answers);
        surveyed.heard = heard(&answers, surveyed.down.as_ref().map(|(outcome, _)| *outcome));
        if surveyed.down.is_some() {
            // That nothing answered says it all.
            surveyed.notes.clear();
        }
        if !answers.is_empty() {
            surveyed.tell_keys(channel, self.inquiry.key_states(&targets));
        }
        let control = self.control(channel, &targets, &mut offer, &questions.candidates, &known, &answers).await;
        if control.proves_nothing() {
            surveyed.note(
                "its upstream answers to a name that nobody has: what works there proves nothing, and nothing is added",
            );
        }
        if let Some(listed) = offer.listed.as_ref().filter(|_| offer.fresh) {
            self.store.keep_listed(name, &reference, listed).await?;
        }
        let known = Known {
            standings: &known,
            answers: &answers,
            by_key: &by_key,
            channel,
            offer: &offer,
            control,
            on_hold: &on_hold,
            policy: &self.config.verdict,
            now: clock::now(),
        };
        let (judged, findings) = known.judge(questions.candidates);
        surveyed.tell(&findings, &advertised, channel.mapping.as_ref().ok(), &offer);
        self.store.remember(name, round, &reference, advertised.names(), &findings).await?;
        surveyed.found = Ok(Survey {
            channel: reference,
            before: channel.models.clone().unwrap_or_default(),
            fingerprint: channel.fingerprint.clone(),
            advertised,
            // Raw, as the gateways split it: an untrimmed group is a group of its own to them.
            groups: channel.group.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect(),
            enabled: channel.status == Status::Enabled,
            test_model: channel.test_model.clone(),
            probed: surveyed.asked,
            alive: surveyed.alive,
            judged,
            resting: questions.resting,
        });
        Ok(surveyed)
    }

    /// What is known of the channel's models.
    async fn known(
        &self,
        channel: &ChannelRef,
        advertised: &WorkingList,
        read: Timestamp,
    ) -> Result<HashMap<ModelName, Standing>, StoreError> {
        let mut known = self.store.standings(self.gateway.name(), channel).await?;
        let read = clock::before(read, self.gateway.shows_late());
        for model in advertised.names() {
            // On the list although we took it off before the row was read: somebody put it back by hand, and it is
            // judged anew, as any other.
            let Some(standing) = known.get_mut(model) else { continue };
            if let Some(withdrawn) = standing.withdrawn.take_if(|withdrawn| withdrawn.at < read) {
                self.store.put_back(self.gateway.name(), channel, model, &withdrawn).await?;
                *standing = Standing::default();
            }
        }
        Ok(known)
    }

    /// What the gateway's users know already; it is no question any more.
    async fn served(
        &self,
        channel: &Channel,
        reference: &ChannelRef,
        scope: &Scope,
        known: &HashMap<ModelName, Standing>,
        questions: &mut Questions,
    ) -> Result<Answered, StoreError> {
        if !(scope.trust_users && self.settings.logs.read) {
            return Ok(HashMap::new());
        }
        let traffic = self.store.traffic(self.gateway.name(), reference).await?;
        let (kind, fresh) = (self.gateway.kind(), self.settings.logs.fresh);
        let served = Served { kind, channel, traffic: &traffic, known, fresh };
        Ok(served.answer(&questions.candidates, &mut questions.upstream, clock::now()))
    }

    /// What the channel advertises and how to reach its upstream, one target a key (none: by the gateway alone); or why
    /// it is left alone.
    fn reach(&self, channel: &Channel) -> Result<(WorkingList, Vec<Target>), String> {
        let settings = &self.settings.channels;
        if settings.excludes(channel.id) {
            return Err("excluded by the configuration".to_owned());
        }
        match channel.status {
            Status::Enabled => {}
            Status::AutoDisabled if settings.auto_disabled => {}
            Status::AutoDisabled => return Err("switched off by the gateway itself".to_owned()),
            Status::ManuallyDisabled => return Err("disabled by hand".to_owned()),
            Status::Unknown(status) => return Err(format!("its status {status} is none we know")),
        }
        if channel.auto_sync {
            return Err("New API keeps its list itself (upstream auto-sync is on)".to_owned());
        }
        if let Err(why) = &channel.mapping {
            return Err(format!("{why}: mend it first"));
        }
        if let Some(name) = channel.unwritable_name() {
            let start: String = name.chars().take(60).collect();
            return Err(format!("its list holds a name that cannot be written back: {start:?}"));
        }
        let advertised = channel.advertised().ok_or("it advertises no model; give it one by hand first")?;
        if self.gateway.litellm().is_some() {
            return self.may_ask_gateway(channel).map(|()| (advertised, vec![]));
        }
        let access = gateway::access(self.gateway.kind(), channel)?;
        if channel.keys.is_empty() {
            match channel.closed_keys.len() {
                0 => self.may_ask_gateway(channel)?,
                all => return Err(format!("all its {all} keys are switched off in the gateway")),
            }
        }
        let targets: Result<Vec<_>, String> =
            channel.keys.iter().map(|key| Target::new(&access, channel, key)).collect();
        Ok((advertised, targets?))
    }
}

/// Whether a withdrawn or doubtful model is to be looked at at `now`.
fn is_due(standing: &Standing, now: Timestamp) -> bool {
    standing.next_probe.is_none_or(|next| next <= now)
}
