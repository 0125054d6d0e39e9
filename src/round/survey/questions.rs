//! Which models of a channel are asked, under which upstream name, and what is ours to do with each.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::{SignedDuration, Timestamp};

use super::ignored::Ignored;
use super::offer::{Listing, Offer};
use super::{Scope, is_due};
use crate::config::{Manner, ModelsConfig, Policy, ProbeRule, VerdictPolicy};
use crate::model::{Channel, Kind, Mapping, ModelName, Standing, Streak, WorkingList};
use crate::probe;
use crate::verdict::restore_gap;

/// Siblings that answered lately and are asked along with doubtful models, to tell a model's fault from its channel's.
pub(super) const CONTROLS: usize = 2;
/// The least time between two questions to a model of a dear kind; rounds wander a little.
const DEAR_GAP: SignedDuration = SignedDuration::from_hours(23);

/// A name in the gateway's list (or to come on it) and the upstream model behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The name in the gateway.
    pub(super) model: ModelName,
    /// The name sent upstream.
    pub(super) upstream: ModelName,
    /// What it is for.
    pub(super) kind: Kind,
    /// The operator keeps it on the list.
    pub(super) kept: bool,
    /// It may be put on the list when it works.
    pub(super) may_add: bool,
}

/// How one upstream model is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Way {
    /// What it is for.
    pub(super) kind: Kind,
    /// The request shape that worked last.
    pub(super) shape: Option<String>,
    /// Something stands against it: the second opinion needs a connection of its own.
    pub(super) fresh: bool,
    /// When it was last asked.
    pub(super) looked: Option<Timestamp>,
    /// What the operator's rules come to; `None`: there is none.
    pub(super) manner: Option<Box<Manner>>,
}

/// What is asked of one channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    /// Each name that is judged.
    pub(super) candidates: Vec<Candidate>,
    /// Each upstream model once.
    pub(super) upstream: BTreeMap<ModelName, Way>,
    /// Advertised names that are not asked, and why.
    pub(super) unprobed: Vec<(ModelName, String)>,
    /// Names that are asked once a day, and were.
    pub(super) resting: Vec<ModelName>,
}

/// What the operator wants of models.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// Which are ours to judge and to add.
    pub(super) models: &'a ModelsConfig,
    /// How single ones are probed.
    pub(super) manners: &'a [ProbeRule],
    /// The kinds that are asked at all.
    pub(super) kinds: &'a [Kind],
    /// How long what failed rests.
    pub(super) policy: &'a VerdictPolicy,
}

impl Questions {
    /// Collects the questions of one channel: everything advertised, everything withdrawn by us that is due, and what
    /// is offered and may be added; without excluded names, wildcards, mapping cycles, and kinds we cannot probe.
    pub(super) fn new(
        channel: &Channel,
        advertised: &WorkingList,
        offer: &Offer,
        known: &HashMap<ModelName, Standing>,
        rules: Rules<'_>,
        scope: &Scope,
        now: Timestamp,
    ) -> Self {
        let Rules { models, policy, .. } = rules;
        let listing = offer.listing();
        let nothing = Mapping::default();
        let mapping = channel.mapping.as_ref().unwrap_or(&nothing);
        let on_list: HashSet<&ModelName> = advertised.names().iter().collect();
        let anew = |model: &ModelName| mapping.resolve(model).is_some_and(|upstream| offer.anew.includes(&upstream));
        let withdrawn = known.iter().filter(|(model, standing)| {
            let wanted = || is_due(standing, now) || scope.names(model) || anew(model);
            standing.withdrawn.is_some() && !on_list.contains(*model) && wanted()
        });
        let withdrawn: BTreeSet<&ModelName> = withdrawn.map(|(model, _)| model).collect();
        let listed = advertised.names().iter().map(|model| (model, false));
        let back = withdrawn.into_iter().map(|model| (model, false));
        let resting = |model: &ModelName| known.get(model).is_some_and(|standing| is_resting(standing, policy, now));
        let new = new_names(channel, mapping, advertised, offer, models);
        let new = new.into_iter().filter(|model| !resting(model)).map(|model| (model, true));
        let mut questions = Self::default();
        let mut ways = HashMap::new();
        for (model, may_add) in listed.chain(back).chain(new) {
            let standing = known.get(model);
            let judgeable = judgeable(model, mapping, models).and_then(|upstream| {
                let way = way(channel, model, &upstream, standing, rules, &listing)?;
                let is_due = || scope.names(model) || !standing.is_some_and(|known| was_asked_today(known, now));
                if way.kind.is_dear() && !is_due() {
                    questions.resting.push(model.clone());
                    return Err(format!("{}: asked once a day", way.kind));
                }
                Ok((way, upstream))
            });
            let (way, upstream) = match judgeable {
                Ok(way) => way,
                Err(why) if on_list.contains(model) => {
                    questions.unprobed.push((model.clone(), why));
                    continue;
                }
                Err(_) => continue,
            };
            let (model, kept, kind) = (model.clone(), models.is_kept(model), way.kind);
            ways.entry(upstream.clone()).or_insert(way);
            questions.candidates.push(Candidate { model, upstream, kind, kept, may_add });
        }
        if scope.is_partial() {
            questions.narrow(known, scope, now);
        }
        for Candidate { model, upstream, .. } in &questions.candidates {
            if let Some(way) = ways.remove(upstream) {
                questions.upstream.insert(upstream.clone(), way);
            }
            let (Some(entry), Some(standing)) = (questions.upstream.get_mut(upstream), known.get(model)) else {
                continue;
            };
            entry.shape = entry.shape.take().or_else(|| standing.shape.clone());
            entry.fresh |= is_doubted(standing);
        }
        questions
    }

    /// Keeps what is due or named, and a few siblings that answered lately.
    fn narrow(&mut self, known: &HashMap<ModelName, Standing>, scope: &Scope, now: Timestamp) {
        let standing = |candidate: &Candidate| known.get(&candidate.model);
        let wanted = |candidate: &Candidate| {
            let due = |standing: &Standing| standing.next_probe.is_some_and(|next| next <= now);
            scope.names(&candidate.model) || (scope.models.is_empty() && standing(candidate).is_some_and(due))
        };
        let (asked, others): (Vec<_>, Vec<_>) = self.candidates.iter().partition(|candidate| wanted(candidate));
        let mut controls: Vec<_> =
            others.into_iter().filter_map(|other| Some((standing(other)?.last_alive?, &other.model))).collect();
        controls.sort_by_key(|(alive, _)| std::cmp::Reverse(*alive));
        controls.truncate(if asked.is_empty() { 0 } else { CONTROLS });
        let controls = controls.into_iter().map(|(_, model)| model);
        let chosen: HashSet<ModelName> =
            asked.iter().map(|candidate| &candidate.model).chain(controls).cloned().collect();
        // In the order of the list, whoever answered last.
        self.candidates.retain(|candidate| chosen.contains(&candidate.model));
        self.unprobed.retain(|(model, _)| scope.names(model));
    }
}

/// The upstream models of one channel, each with its place by name, which chooses the key: another one each round, so that
/// in time every key is asked for every model. Those first that were not
/// asked for longest (a budget may let only some of them through), otherwise in another order each round: a few
/// neighbours that hang may end a channel's questions, and it must not be the same ones that are never asked.
pub(super) fn in_turn(round: i64, upstream: BTreeMap<ModelName, Way>) -> Vec<(usize, ModelName, Way)> {
    let turn = usize::try_from(round).unwrap_or_default();
    let places = upstream.into_iter().enumerate().map(|(place, entry)| (place.wrapping_add(turn), entry));
    let mut upstream: Vec<_> = places.map(|(place, (model, way))| (place, model, way)).collect();
    upstream.sort_by_cached_key(|(_, model, way)| {
        let mut hasher = DefaultHasher::new();
        (round, model).hash(&mut hasher);
        // Models of one round were asked within minutes of each other.
        (way.looked.map(|looked| looked.as_second() / 3600), hasher.finish())
    });
    upstream
}

/// The upstream name behind a name, or why it is not ours to judge.
fn judgeable(model: &ModelName, mapping: &Mapping, models: &ModelsConfig) -> Result<ModelName, String> {
    if models.is_excluded(model) {
        return Err("excluded by the configuration".to_owned());
    }
    if model.as_str().contains('*') {
        return Err("a wildcard".to_owned());
    }
    mapping.resolve(model).ok_or_else(|| "its model_mapping goes in a circle".to_owned())
}

/// How to ask for an upstream model, or why it is not asked. What it is for, by the strongest evidence: the operator's
/// rule, the gateway's own word, the upstream's list, the call that worked last (the shape remembers it), the name; in doubt, chat.
fn way(
    channel: &Channel,
    model: &ModelName,
    upstream: &ModelName,
    known: Option<&Standing>,
    rules: Rules<'_>,
    listing: &Listing<'_>,
) -> Result<Way, String> {
    let manner = (!rules.manners.is_empty()).then(|| Box::new(Manner::of(rules.manners, channel.id, model)));
    match manner.as_ref().map(|manner| manner.policy).unwrap_or_default() {
        Policy::Probe => {}
        Policy::Off => return Err("the configuration says not to ask it".to_owned()),
        Policy::List => {
            return Err(format!("the configuration says so; its upstream's list {}", listing.says_of(upstream)));
        }
        Policy::Passive => return Err("left to the gateway's own traffic".to_owned()),
    }
    let said = manner.as_ref().and_then(|manner| manner.kind);
    let kind = said.or_else(|| channel.kinds.get(model).copied());
    let kind = kind.unwrap_or_else(|| probe::kind_of(upstream, listing.kind(upstream)));
    if !kind.has_a_probe() {
        return Err(format!("{kind}: never asked, it would cost too much or take a socket"));
    }
    if !rules.kinds.contains(&kind) {
        return Err(format!("{kind}: asked only when it stands in probe.kinds"));
    }
    let fresh = known.is_some_and(is_doubted);
    let looked = known.and_then(|known| known.last).map(|(_, at)| at);
    Ok(Way { kind, shape: known.and_then(|known| known.shape.clone()), fresh, looked, manner })
}

/// Whether a dear model has been asked within the day and nothing is to be confirmed.
fn was_asked_today(known: &Standing, now: Timestamp) -> bool {
    let lately = known.last.is_some_and(|(_, at)| now.duration_since(at) < DEAR_GAP);
    lately && known.next_probe.is_none_or(|next| next > now)
}

fn is_doubted(known: &Standing) -> bool {
    known.denied.is_some() || known.failing.is_some() || known.unrouted.is_some()
}

impl Scope {
    fn names(&self, model: &ModelName) -> bool {
        self.models.contains(model)
    }
}

/// Whether an offered name is left alone for now: we withdrew it, or it never worked here and is asked with growing
/// gaps (upstreams list many names that they do not serve).
fn is_resting(standing: &Standing, policy: &VerdictPolicy, now: Timestamp) -> bool {
    let failed = standing.denied.or(standing.unrouted).or(standing.failing);
    let until = |streak: Streak| {
        let gap = restore_gap(streak.count.saturating_sub(1), policy);
        SignedDuration::try_from(gap).ok().and_then(|gap| streak.last.checked_add(gap).ok())
    };
    standing.withdrawn.is_some() || failed.is_some_and(|streak| until(streak).is_none_or(|until| now < until))
}

/// Offered names that may come on the list. Left out: what is advertised already, be it in another case (upstreams
/// drift: New API #6345); what a mapping leads to, for its alias stands for it; what the operator told New API to
/// ignore.
fn new_names<'a>(
    channel: &Channel,
    mapping: &Mapping,
    advertised: &WorkingList,
    offer: &'a Offer,
    models: &ModelsConfig,
) -> Vec<&'a ModelName> {
    let Some(ignored) = Ignored::read(&channel.ignored_models).filter(|_| models.add) else { return vec![] };
    let folded: HashSet<String> = advertised.names().iter().map(|model| model.as_str().to_lowercase()).collect();
    let targets: HashSet<&str> = mapping.0.values().map(String::as_str).collect();
    let taken = |model: &ModelName| {
        folded.contains(&model.as_str().to_lowercase()) || targets.contains(model.as_str()) || ignored.includes(model)
    };
    offer.names().filter(|model| !taken(model)).collect()
}

#[cfg(test)]
#[path = "questions/tests.rs"]
mod tests;
