//! One channel's survey: what it offers, what its models answer, what to think of them. Kept in our store as it goes.

mod questions;

use std::collections::{BTreeMap, HashMap};

use futures::StreamExt as _;
use jiff::Timestamp;

use questions::{Questions, Rules, in_turn};

use super::Round;
use crate::clock;
use crate::config::Source;
use crate::gateway;
use crate::model::{Channel, ChannelRef, Evidence, ModelName, Observation, Outcome, Standing, Status, WorkingList};
use crate::plan::{Judged, Survey, Word};
use crate::probe::Ask;
use crate::store::{Finding, StoreError};
use crate::upstream::{Listing, Target};
use crate::verdict::{self, Company, Verdict};

/// Which channels and models a round looks at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only these channels, by id; empty: all.
    pub channels: Vec<i64>,
    /// Only these models (and one or two siblings, to compare with); empty: all.
    pub models: Vec<ModelName>,
    /// Only models that are due again, on the channels that have any.
    pub due: Option<Vec<i64>>,
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

    /// Whether only some of a channel's models are probed.
    pub fn is_partial(&self) -> bool {
        self.due.is_some() || !self.models.is_empty()
    }
}

/// What came of one channel.
pub(super) struct Surveyed {
    pub(super) channel: ChannelRef,
    /// The survey, or why the channel is left alone.
    pub(super) found: Result<Survey, String>,
    pub(super) outcomes: BTreeMap<Outcome, usize>,
    /// What most models showed, and in one's words, when none answered.
    pub(super) down: Option<(Outcome, String)>,
    /// Advertised models that were not probed, and why.
    pub(super) unprobed: Vec<(ModelName, String)>,
    pub(super) notes: Vec<String>,
}

/// What the upstream offers, as far as it is known.
struct Offer {
    names: Vec<ModelName>,
    /// The upstream's own list was read in this round.
    from_upstream: bool,
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
        let mut surveyed = Surveyed {
            channel: reference.clone(),
            found: Err(String::new()),
            outcomes: BTreeMap::new(),
            down: None,
            unprobed: vec![],
            notes: vec![],
        };
        let (advertised, targets) = match self.reach(channel) {
            Ok(reached) => reached,
            Err(why) => {
                surveyed.found = Err(why);
                return Ok(surveyed);
            }
        };
        let name = self.gateway.name();
        let mut known = self.store.standings(name, &reference).await?;
        for model in advertised.names() {
            // On the list although we took it off before the row was read: somebody put it back by hand, and it is
            // judged anew, as any other.
            let Some(standing) = known.get_mut(model) else { continue };
            if let Some(withdrawn) = standing.withdrawn.take_if(|withdrawn| withdrawn.at < read) {
                self.store.put_back(name, &reference, model, &withdrawn).await?;
                *standing = Standing::default();
            }
        }
        let on_hold = self.store.held_models(name, channel.id).await?;
        let offer = self.offer(channel, &targets, scope, &mut surveyed.notes).await;
        let rules = Rules { models: &self.settings.models, policy: &self.config.verdict };
        let mut questions = Questions::new(channel, &advertised, &offer.names, &known, rules, scope, clock::now());
        surveyed.unprobed = std::mem::take(&mut questions.unprobed);
        let upstream = in_turn(round, std::mem::take(&mut questions.upstream));
        let answers = self.ask(&reference, &targets, upstream).await;
        let now = clock::now();
        surveyed.down = down(&answers);
        if surveyed.down.is_some() {
            // That nothing answered says it all.
            surveyed.notes.clear();
        }
        let alive = answers.values().filter(|seen| seen.outcome.evidence() == Evidence::Alive).count();
        let (mut judged, mut findings) = (vec![], vec![]);
        for candidate in questions.candidates {
            let before = known.get(&candidate.model).cloned().unwrap_or_default();
            let Some(seen) = answers.get(&candidate.upstream) else { continue };
            *surveyed.outcomes.entry(seen.outcome).or_default() += 1;
            let itself = usize::from(seen.outcome.evidence() == Evidence::Alive);
            let listed = !offer.from_upstream || offer.names.contains(&candidate.upstream);
            let company = Company { siblings_alive: alive > itself, listed };
            let (mut standing, mut verdict) = verdict::judge(&before, seen, company, &self.config.verdict, now);
            if candidate.may_add && matches!(verdict, Verdict::Doubtful { .. }) {
                // Not on the list, so there is nothing to confirm soon.
                (standing.next_probe, verdict) = (None, Verdict::Unknown);
            }
            let word = match candidate.kept {
                _ if on_hold.contains(&candidate.model) => Word::Hold,
                true => Word::Keep,
                false => Word::Nothing,
            };
            judged.push(Judged {
                verdict,
                withdrawn: before.withdrawn.is_some(),
                word,
                may_add: candidate.may_add,
                model: candidate.model.clone(),
            });
            findings.push(Finding { model: candidate.model, observation: seen.clone(), standing });
        }
        self.store.remember(name, round, &reference, &findings).await?;
        surveyed.found = Ok(Survey {
            channel: reference,
            before: channel.models.clone().unwrap_or_default(),
            fingerprint: channel.fingerprint.clone(),
            advertised,
            // Raw, as the gateways split it: an untrimmed group is a group of its own to them.
            groups: channel.group.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect(),
            enabled: channel.status == Status::Enabled,
            test_model: channel.test_model.clone(),
            probed: judged.len(),
            alive: judged_alive(&findings),
            judged,
        });
        Ok(surveyed)
    }

    /// What the channel advertises and how to reach its upstream, one target a key; or why it is left alone.
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
        let access = gateway::access(self.gateway.schema().kind, channel)?;
        if channel.keys.is_empty() {
            return Err("it has no usable key".to_owned());
        }
        let targets: Result<Vec<_>, String> =
            channel.keys.iter().map(|key| Target::new(&access, channel, key)).collect();
        Ok((advertised, targets?))
    }

    /// The names from the first source that answers. A list that fails or is empty says nothing.
    async fn offer(&self, channel: &Channel, targets: &[Target], scope: &Scope, notes: &mut Vec<String>) -> Offer {
        let nothing = Offer { names: vec![], from_upstream: false };
        if scope.is_partial() {
            return nothing;
        }
        for source in &self.settings.models.sources {
            match source {
                // Its names are read with the upstream's list, once that is taken from the catalogue.
                Source::Channel | Source::OpenrouterFree => return nothing,
                Source::List => {
                    let names = self.settings.models.list.iter().filter_map(|name| ModelName::parse(name)).collect();
                    return Offer { names, from_upstream: false };
                }
                Source::Upstream => {
                    let why = match self.list(targets).await {
                        Listing::Offered(offered) => {
                            let names = offered.into_iter().map(|offered| offered.name).collect();
                            return Offer { names, from_upstream: true };
                        }
                        Listing::Empty => "it is empty".to_owned(),
                        Listing::Failed { why, .. } => why,
                        Listing::Unlisted => continue,
                    };
                    notes.push(format!("#{} {}: no use of its upstream's list: {why}", channel.id, channel.name));
                }
            }
        }
        nothing
    }

    /// Asks each upstream model once, whatever the number of names that lead to it.
    async fn ask(
        &self,
        channel: &ChannelRef,
        targets: &[Target],
        upstream: Vec<(usize, ModelName, Option<String>)>,
    ) -> HashMap<ModelName, Observation> {
        self.progress.expect(upstream.len());
        let side_by_side = self.config.probe.per_key.max(1) * targets.len();
        futures::stream::iter(upstream)
            .map(|(place, model, shape)| async move {
                // What waits here is small; a question's own state is made when its turn is near.
                let _near = self.desks.acquire().await.ok()?;
                let seen = Box::pin(self.ask_one(targets, place, &model, shape.as_deref())).await?;
                self.progress.probed(channel, seen.outcome);
                Some((model, seen))
            })
            .buffer_unordered(side_by_side)
            .filter_map(|answer| async move { answer })
            .collect()
            .await
    }

    /// The upstream's list, by the first key that is not the trouble itself.
    async fn list(&self, targets: &[Target]) -> Listing {
        let mut listing = Listing::Unlisted;
        for target in targets {
            listing = self.inquiry.list(target).await;
            if !matches!(listing, Listing::Failed { outcome: Outcome::KeyBad | Outcome::KeyBroke, .. }) {
                break;
            }
        }
        listing
    }

    /// Asks one model with one key after the other, as long as the answer is about the key: a bad one, one without
    /// credit, one that has no access to the model. `None` when we are to stop.
    async fn ask_one(
        &self,
        targets: &[Target],
        place: usize,
        model: &ModelName,
        shape: Option<&str>,
    ) -> Option<Observation> {
        let mut answers = vec![];
        for turn in 0..targets.len() {
            if self.stop.is_cancelled() {
                return None;
            }
            let target = targets.get((place + turn) % targets.len())?;
            let ask = Ask { remembered: shape, ..Ask::chat(model) };
            let answer = self.inquiry.ask(target, ask).await;
            match answer.outcome {
                Outcome::KeyBad | Outcome::KeyBroke | Outcome::NoAccess | Outcome::Gone => answers.push(answer),
                Outcome::Works
                | Outcome::Filtered
                | Outcome::NoRoute
                | Outcome::Broken
                | Outcome::TimedOut
                | Outcome::Empty
                | Outcome::Busy
                | Outcome::ChannelConfig
                | Outcome::Unreachable
                | Outcome::Shape
                | Outcome::Suspect
                | Outcome::Unknown => return Some(answer),
            }
        }
        // A key without credit may have the model; a bad key has none. So only the former keeps us from believing the
        // others that deny it.
        let rank = |answer: &Observation| (answer.outcome != Outcome::KeyBroke, answer.outcome == Outcome::KeyBad);
        answers.into_iter().min_by_key(rank)
    }
}

/// What most models showed, and in one's words; `None` when one answered or none was asked.
fn down(answers: &HashMap<ModelName, Observation>) -> Option<(Outcome, String)> {
    let mut counts: BTreeMap<Outcome, (usize, &str)> = BTreeMap::new();
    // By name, so that the one that is quoted is the same every time.
    for (_, seen) in answers.iter().collect::<BTreeMap<_, _>>() {
        if seen.outcome.evidence() == Evidence::Alive {
            return None;
        }
        counts.entry(seen.outcome).or_insert((0, &seen.detail)).0 += 1;
    }
    let (outcome, (_, detail)) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
    Some((outcome, detail.to_owned()))
}

fn judged_alive(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.observation.outcome.evidence() == Evidence::Alive).count()
}

/// Whether a withdrawn or doubtful model is to be looked at at `now`.
fn is_due(standing: &Standing, now: Timestamp) -> bool {
    standing.next_probe.is_none_or(|next| next <= now)
}
