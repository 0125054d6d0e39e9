//! Which models of a channel are asked, under which upstream name, and what is ours to do with each.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::{SignedDuration, Timestamp};

use super::{Scope, is_due};
use crate::config::{ModelsConfig, VerdictPolicy};
use crate::model::{Channel, Kind, Mapping, ModelName, Standing, Streak, WorkingList};
use crate::probe;
use crate::verdict::restore_gap;

/// Siblings that answered lately and are asked along with doubtful models, to tell a model's fault from its channel's.
const CONTROLS: usize = 2;

/// A name in the gateway's list (or to come on it) and the upstream model behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The name in the gateway.
    pub(super) model: ModelName,
    /// The name sent upstream.
    pub(super) upstream: ModelName,
    /// The operator keeps it on the list.
    pub(super) kept: bool,
    /// It may be put on the list when it works.
    pub(super) may_add: bool,
}

/// What is asked of one channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    /// Each name that is judged.
    pub(super) candidates: Vec<Candidate>,
    /// Each upstream model once, with the request shape that worked last.
    pub(super) upstream: BTreeMap<ModelName, Option<String>>,
    /// Advertised names that are not asked, and why.
    pub(super) unprobed: Vec<(ModelName, String)>,
}

/// What the operator wants of models.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// Which are ours to judge and to add.
    pub(super) models: &'a ModelsConfig,
    /// How long what failed rests.
    pub(super) policy: &'a VerdictPolicy,
}

impl Questions {
    /// Collects the questions of one channel: everything advertised, everything withdrawn by us that is due, and what
    /// is offered and may be added; without excluded names, wildcards, mapping cycles, and kinds we cannot probe.
    pub(super) fn new(
        channel: &Channel,
        advertised: &WorkingList,
        offered: &[ModelName],
        known: &HashMap<ModelName, Standing>,
        rules: Rules<'_>,
        scope: &Scope,
        now: Timestamp,
    ) -> Self {
        let Rules { models, policy } = rules;
        let nothing = Mapping::default();
        let mapping = channel.mapping.as_ref().unwrap_or(&nothing);
        let on_list: HashSet<&ModelName> = advertised.names().iter().collect();
        let withdrawn = known.iter().filter(|(model, standing)| {
            standing.withdrawn.is_some() && !on_list.contains(*model) && (is_due(standing, now) || scope.names(model))
        });
        let withdrawn: BTreeSet<&ModelName> = withdrawn.map(|(model, _)| model).collect();
        let listed = advertised.names().iter().map(|model| (model, false));
        let back = withdrawn.into_iter().map(|model| (model, false));
        let resting = |model: &ModelName| known.get(model).is_some_and(|standing| is_resting(standing, policy, now));
        let new = new_names(channel, mapping, advertised, offered, models);
        let new = new.into_iter().filter(|model| !resting(model)).map(|model| (model, true));
        let mut questions = Self::default();
        for (model, may_add) in listed.chain(back).chain(new) {
            let upstream = match judgeable(model, mapping, models) {
                Ok(upstream) => upstream,
                Err(why) if on_list.contains(model) => {
                    questions.unprobed.push((model.clone(), why));
                    continue;
                }
                Err(_) => continue,
            };
            let (model, kept) = (model.clone(), models.is_kept(model));
            questions.candidates.push(Candidate { model, upstream, kept, may_add });
        }
        if scope.is_partial() {
            questions.narrow(known, scope, now);
        }
        for Candidate { model, upstream, .. } in &questions.candidates {
            let shape = known.get(model).and_then(|standing| standing.shape.clone());
            let entry = questions.upstream.entry(upstream.clone()).or_default();
            *entry = entry.take().or(shape);
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
    }
}

/// The upstream models of one channel, each with its place by name, which chooses the key. In another order each round:
/// a few neighbours that hang may end a channel's questions, and it must not be the same ones that are never asked.
pub(super) fn in_turn(
    round: i64,
    upstream: BTreeMap<ModelName, Option<String>>,
) -> Vec<(usize, ModelName, Option<String>)> {
    let places = upstream.into_iter().enumerate();
    let mut upstream: Vec<_> = places.map(|(place, (model, shape))| (place, model, shape)).collect();
    upstream.sort_by_cached_key(|(_, model, _)| {
        let mut hasher = DefaultHasher::new();
        (round, model).hash(&mut hasher);
        hasher.finish()
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
    let upstream = mapping.resolve(model).ok_or("its model_mapping goes in a circle")?;
    let kind = probe::by_name(&upstream);
    if kind == Kind::Chat { Ok(upstream) } else { Err(format!("{kind}: not probed by this version")) }
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
    offered: &'a [ModelName],
    models: &ModelsConfig,
) -> Vec<&'a ModelName> {
    // An ignore rule that is a pattern is not ours to read: nothing is added past it.
    if !models.add || channel.ignored_models.iter().any(|rule| rule.starts_with("regex:")) {
        return vec![];
    }
    let folded: HashSet<String> = advertised.names().iter().map(|model| model.as_str().to_lowercase()).collect();
    let targets: HashSet<&str> = mapping.0.values().map(String::as_str).collect();
    let ignored: HashSet<&str> = channel.ignored_models.iter().map(String::as_str).collect();
    let taken = |model: &ModelName| {
        folded.contains(&model.as_str().to_lowercase())
            || targets.contains(model.as_str())
            || ignored.contains(model.as_str())
    };
    offered.iter().filter(|model| !taken(model)).collect()
}

#[cfg(test)]
#[path = "questions/tests.rs"]
mod tests;
