//! The plan: what a round wants to change, what guards held back, and the reason for each.
//!
//! Decides: the list a channel should have, and what may not happen although a verdict asks for it.
//! Must not know: databases, upstreams, clocks. Pure: surveys, limits and routes in, changes and held ones out.

mod guard;
mod reconsider;

use std::collections::HashSet;

pub use guard::{Facts, blackout};
pub use reconsider::{Now, reconsider};

use crate::config::Limits;
use crate::model::{
    Change, ChannelRef, Fingerprint, Guard, Held, Kind, ModelName, Price, Pricing, Removal, Route, WorkingList,
};
use crate::probe::kind_of;
use crate::verdict::Verdict;

/// What a round found out about one channel.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Which channel.
    pub channel: ChannelRef,
    /// `channels.models` byte for byte.
    pub before: String,
    /// The row the findings belong to.
    pub fingerprint: Fingerprint,
    /// The names of `before`.
    pub advertised: WorkingList,
    /// `channels.group`, split raw as the gateways split it.
    pub groups: Vec<String>,
    /// Whether the gateway routes to it now.
    pub enabled: bool,
    /// `channels.test_model`.
    pub test_model: Option<String>,
    /// What to think of each model looked at.
    pub judged: Vec<Judged>,
    /// Models that are asked once a day, and were before this round.
    pub resting: Vec<ModelName>,
    /// How many models were probed in this round.
    pub probed: usize,
    /// How many of them answered.
    pub alive: usize,
}

/// One model's verdict, and what is ours to do with it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its name in the gateway's list.
    pub model: ModelName,
    /// What to think of it.
    pub verdict: Verdict,
    /// We took it off this channel before.
    pub withdrawn: bool,
    /// What the operator said of it.
    pub word: Word,
    /// It may be put on the list when it works.
    pub may_add: bool,
    /// This round learnt something of it: it was asked, and the answer was not about a key, a limit or a network.
    pub learnt: bool,
}

/// What the operator said of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing: it is ours to judge.
    Nothing,
    /// Never to be taken off.
    Keep,
    /// Neither to be taken off nor put on.
    Hold,
}

/// What is wanted for one channel.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What is left after the guards.
    pub change: Change,
    /// What they held back.
    pub held: Vec<Held>,
    /// What an earlier round held back of models of which this one learnt nothing.
    pub waiting: Vec<Held>,
    groups: Vec<String>,
    enabled: bool,
    test_model: Option<String>,
    advertised: WorkingList,
}

impl Draft {
    /// A draft that wants nothing.
    pub fn nothing(survey: &Survey) -> Self {
        let change = Change {
            channel: survey.channel.clone(),
            before: survey.before.clone(),
            fingerprint: survey.fingerprint.clone(),
            after: survey.advertised.clone(),
            removed: vec![],
            added: vec![],
            restored: vec![],
        };
        Self {
            change,
            held: vec![],
            waiting: vec![],
            groups: survey.groups.clone(),
            enabled: survey.enabled,
            test_model: survey.test_model.clone(),
            advertised: survey.advertised.clone(),
        }
    }

    /// Whether nothing is wanted, held or waiting.
    pub fn is_nothing(&self) -> bool {
        self.change.is_empty() && self.held.is_empty() && self.waiting.is_empty()
    }

    /// Takes over what an earlier round wanted of models that are `open`, if the channel is as it was.
    pub fn join(&mut self, earlier: &Change, held: &[Held], open: impl Fn(&ModelName) -> bool) {
        let as_it_was = earlier.before == self.change.before && earlier.fingerprint == self.change.fingerprint;
        if !as_it_was {
            return;
        }
        let still =
            |models: &[ModelName]| -> Vec<ModelName> { models.iter().filter(|model| open(model)).cloned().collect() };
        let removals_still = |removals: &[Removal]| -> Vec<Removal> {
            removals.iter().filter(|removal| open(&removal.model)).cloned().collect()
        };
        self.change.removed.extend(removals_still(&earlier.removed));
        self.change.added.extend(still(&earlier.added));
        self.change.restored.extend(still(&earlier.restored));
        self.waiting.extend(held.iter().filter_map(|held| {
            let (removals, additions) = (removals_still(&held.removals), still(&held.additions));
            let left = !(removals.is_empty() && additions.is_empty());
            left.then(|| Held { removals, additions, ..held.clone() })
        }));
        self.relist();
    }

    /// What the gateway's own channel test would notice: New API and Veloera test `test_model`, all of them else the
    /// first of the list.
    pub fn test_note(&self) -> Option<String> {
        let Change { channel, removed, after, .. } = &self.change;
        let (first, then) = (self.advertised.names().first()?, after.names().first()?);
        match self.test_model.as_deref().filter(|model| !model.is_empty()) {
            Some(model) => removed.iter().any(|removal| removal.model.as_str() == model).then(|| {
                format!("channel {channel}: its test_model {model} comes off the list: name another in the gateway")
            }),
            None => (first != then).then(|| {
                format!("channel {channel}: the gateway's own test will use {then}, which is now the first of its list")
            }),
        }
    }

    /// What the gateway will ask for names that are put on although they may have no price in it.
    pub fn price_note(&self, pricing: &Pricing) -> Option<String> {
        let Change { channel, added, .. } = &self.change;
        let open = added.iter().filter(|model| pricing.of(model) != Price::Priced);
        let (unpriced, unknown): (Vec<_>, Vec<_>) = open.partition(|model| pricing.of(model) == Price::Unpriced);
        let (names, sure) = if unpriced.is_empty() { (unknown, false) } else { (unpriced, true) };
        let (first, more) = (names.first()?, names.len() - 1);
        let and = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (gateway, without) = (pricing.gateway, pricing.without());
        Some(if sure {
            format!("channel {channel}: no price in {gateway} for {first}{and}: {without}; set one there")
        } else {
            format!("channel {channel}: look for a price in {gateway} for {first}{and}: without one {without}")
        })
    }

    /// Takes all removals out of the change and hands them over.
    fn hold_removals(&mut self, guard: Guard, why: impl FnOnce(usize) -> String) {
        let removals = std::mem::take(&mut self.change.removed);
        if removals.is_empty() {
            return;
        }
        let why = why(removals.len());
        self.hold(guard, why, removals, vec![]);
    }

    /// Takes everything out of the change.
    fn hold_all(&mut self, guard: Guard, why: &str) {
        let removals = std::mem::take(&mut self.change.removed);
        let mut additions = std::mem::take(&mut self.change.restored);
        additions.append(&mut self.change.added);
        if !(removals.is_empty() && additions.is_empty()) {
            self.hold(guard, why.to_owned(), removals, additions);
        }
    }

    fn hold(&mut self, guard: Guard, why: String, removals: Vec<Removal>, additions: Vec<ModelName>) {
        self.held.push(Held { channel: self.change.channel.clone(), removals, additions, guard, why });
        self.relist();
    }

    /// Makes the list anew from what is left. A list that would be empty stays as it is: the guard for that has
    /// already taken the removals out, and the type cannot say "empty".
    fn relist(&mut self) {
        let change = &mut self.change;
        if let Some(after) = listed(&self.advertised, &change.removed, &change.restored, &change.added) {
            change.after = after;
        }
    }
}

/// What is wanted for one channel, its own guards asked. `None`: nothing.
pub fn draft(survey: &Survey, limits: &Limits) -> Option<Draft> {
    let on_list: HashSet<&ModelName> = survey.advertised.names().iter().collect();
    let (mut removed, mut added, mut restored) = (vec![], vec![], vec![]);
    for Judged { model, verdict, withdrawn, word, may_add, .. } in &survey.judged {
        match verdict {
            _ if *word == Word::Hold => {}
            Verdict::Withdraw(reason) if *word == Word::Nothing && on_list.contains(model) => {
                removed.push(Removal { model: model.clone(), reason: reason.clone() });
            }
            Verdict::Working if !on_list.contains(model) => match (withdrawn, may_add) {
                (true, _) => restored.push(model.clone()),
                (false, true) => added.push(model.clone()),
                (false, false) => {}
            },
            Verdict::Withdraw(_)
            | Verdict::Working
            | Verdict::Doubtful { .. }
            | Verdict::StillWithdrawn { .. }
            | Verdict::Unknown => {}
        }
    }
    if removed.is_empty() && added.is_empty() && restored.is_empty() {
        return None;
    }
    let mut draft = Draft::nothing(survey);
    draft.change = Change { removed, added, restored, ..draft.change };
    guard::channel_down(&mut draft, survey.probed, survey.alive);
    guard::channel_limit(&mut draft, limits);
    guard::correlated(&mut draft, survey.probed, limits);
    guard::never_empty(&mut draft);
    draft.relist();
    Some(draft)
}

/// Asks the guards that need to see all channels at once: what is left in the drafts is the plan.
pub fn conclude(drafts: &mut [Draft], facts: &Facts, routes: &[Route], limits: &Limits) {
    if let Some((guard, why)) = blackout(facts, limits) {
        for draft in &mut *drafts {
            draft.hold_all(guard, &why);
        }
    }
    for draft in &mut *drafts {
        if let Some(pricing) = &facts.pricing {
            guard::unpriced(draft, pricing);
        }
        guard::additions(draft, limits);
        // What would have taken the place of all that goes may have been held just now.
        guard::never_empty(draft);
    }
    guard::round_limit(drafts, facts, limits);
    if !limits.last_route {
        guard::last_route(drafts, routes, &HashSet::new());
    }
}

/// The change with those held removals and additions put back in that a person may let through.
/// `None` when that would leave an empty list.
pub fn lift(change: &Change, held: &[Held]) -> Option<Change> {
    let advertised = WorkingList::split(&change.before)?;
    let mut lifted = change.clone();
    for held in held.iter().filter(|held| held.guard.may_be_lifted()) {
        lifted.removed.extend(held.removals.iter().cloned());
        lifted.added.extend(held.additions.iter().cloned());
    }
    lifted.after = listed(&advertised, &lifted.removed, &lifted.restored, &lifted.added)?;
    Some(lifted)
}

/// The list: what is advertised in its order without what is taken off, then what is put back, then what is new.
fn listed(
    advertised: &WorkingList,
    removed: &[Removal],
    restored: &[ModelName],
    added: &[ModelName],
) -> Option<WorkingList> {
    let off: HashSet<&ModelName> = removed.iter().map(|removal| &removal.model).collect();
    let stay = advertised.names().iter().filter(|name| !off.contains(name));
    let mut list: Vec<&ModelName> = stay.chain(restored).chain(added).collect();
    let chats = |model: &ModelName| kind_of(model, None) == Kind::Chat;
    // The gateways' own channel test takes the first of the list where no other is named, and fails on what does not
    // chat: that switches channels off (one-api #1090). A list that began with a chat model still does.
    if advertised.names().first().is_some_and(|first| off.contains(first) && chats(first))
        && let Some(chat) = list.iter().position(|model| chats(model))
    {
        list[..=chat].rotate_right(1);
    }
    WorkingList::new(list.into_iter().cloned())
}

#[cfg(test)]
#[path = "plan/tests.rs"]
mod tests;
