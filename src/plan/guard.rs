//! One function a safety rule: what it takes out of a plan, and the sentence that says why.

use std::collections::{HashMap, HashSet};

use super::{Draft, listed};
use jiff::{SignedDuration, Timestamp};

use crate::config::Limits;
use crate::model::{Guard, ModelName, Price, Pricing, Route};

/// What turns bad within this time turns bad together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(3);

/// What a round knows beyond single channels.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Channels of which at least one model was probed.
    pub channels_probed: usize,
    /// Those of them on which nothing answered.
    pub channels_down: usize,
    /// (channel, model) pairs that the gateway advertises, as far as they were looked at lately.
    pub pairs: usize,
    /// Pairs taken off since about a round's time ago: looks at doubtful models share one allowance with their round.
    pub withdrawn_lately: usize,
    /// Why our own network is not to be trusted, if so.
    pub own_network: Option<String>,
    /// What the gateway's prices say of the names to be added; `None`: nobody asked.
    pub pricing: Option<Pricing>,
}

/// Nothing on the channel answered: a fact about the channel, its key or its address, not about its models.
pub(super) fn channel_down(draft: &mut Draft, probed: usize, alive: usize) {
    if alive == 0 {
        draft.hold_removals(Guard::ChannelDown, |_| {
            format!("none of {probed} models answered: look at the channel's key, credit and base URL")
        });
    }
}

/// Many models turned bad within minutes of each other: more likely the upstream's bad hour than so many retirements.
pub(super) fn correlated(draft: &mut Draft, probed: usize, limits: &Limits) {
    let mut since: Vec<_> = draft.change.removed.iter().map(|removal| removal.reason.since).collect();
    since.sort_unstable();
    let together =
        |first: &Timestamp| since.iter().filter(|at| first <= *at && at.duration_since(*first) <= TOGETHER).count();
    let most = since.iter().map(together).max().unwrap_or(0);
    if most >= 3 && most >= share_of(probed, limits.correlated_share) {
        draft.hold_removals(Guard::Correlated, |_| {
            format!(
                "{most} of {probed} models turned bad within minutes of each other, as in an outage: \
                 `channelwarden apply --held` lets them through, limits.correlated_share changes it"
            )
        });
    }
}

/// Too large a part of the channel's list at once. All of it is held: a part each round would empty it as well.
pub(super) fn channel_limit(draft: &mut Draft, limits: &Limits) {
    let listed = draft.advertised.names().len();
    let allowed = part_of(listed, limits.channel_share).max(1).min(limits.channel_count);
    if draft.change.removed.len() > allowed {
        draft.hold_removals(Guard::ChannelLimit, |wanted| {
            format!(
                "{wanted} of {listed} models in one round, {allowed} allowed: \
                 `channelwarden apply --held` lets them through, limits.channel_share and channel_count change it"
            )
        });
    }
}

/// More new names than one round may add to a channel: the rest waits for the next round.
pub(super) fn additions(draft: &mut Draft, limits: &Limits) {
    let allowed = limits.channel_additions;
    if draft.change.added.len() > allowed {
        let wanted = draft.change.added.len();
        let rest = draft.change.added.split_off(allowed);
        let why = format!("{wanted} new models in one round, {allowed} allowed: the rest waits for the next round");
        draft.hold(Guard::ChannelLimit, why, vec![], rest);
    }
}

/// Names without a certain price, in a gateway that would not serve them. What was on the list before comes back whatever
/// its price.
pub(super) fn unpriced(draft: &mut Draft, pricing: &Pricing) {
    if !pricing.only_priced {
        return;
    }
    let (gateway, without) = (pricing.gateway, pricing.without());
    let added = std::mem::take(&mut draft.change.added);
    let (priced, others): (Vec<_>, Vec<_>) = added.into_iter().partition(|model| pricing.of(model) == Price::Priced);
    let (unpriced, unknown): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|model| pricing.of(model) == Price::Unpriced);
    draft.change.added = priced;
    for (names, found) in [
        (unpriced, format!("no price in {gateway}: {without}; set one there")),
        (
            unknown,
            format!("whether {gateway} has a price for it cannot be told, and without one {without}; set one there"),
        ),
    ] {
        if !names.is_empty() {
            let why = format!(
                "{found}. `channelwarden apply --held` adds it all the same, models.only_priced: false adds such names always"
            );
            draft.hold(Guard::Unpriced, why, vec![], names);
        }
    }
}

/// The list would be empty.
pub(super) fn never_empty(draft: &mut Draft) {
    let change = &draft.change;
    if listed(&draft.advertised, &change.removed, &change.restored, &change.added).is_none() {
        draft.hold_removals(Guard::NeverEmpty, |wanted| {
            format!("taking off {wanted} models would leave an empty list: disable the channel in the gateway instead")
        });
    }
}

/// Why nothing at all may be written in this round, if so. Our own network does not answer: then nobody's silence
/// means anything. Or too many channels failed at once: more likely our side, or a shared upstream's bad hour.
pub fn blackout(facts: &Facts, limits: &Limits) -> Option<(Guard, String)> {
    if let Some(why) = &facts.own_network {
        return Some((Guard::OwnNetwork, format!("{why}: nothing is written this round")));
    }
    let Facts { channels_probed, channels_down, .. } = facts;
    let many = *channels_down >= 3 && *channels_down >= share_of(*channels_probed, limits.channels_down_share);
    let why =
        || format!("{channels_down} of {channels_probed} channels answered nothing: nothing is written this round");
    many.then(|| (Guard::ManyChannelsDown, why()))
}

/// Too much over all channels in one round. All removals are held, for a person to look at.
pub(super) fn round_limit(drafts: &mut [Draft], facts: &Facts, limits: &Limits) {
    let wanted: usize = drafts.iter().map(|draft| draft.change.removed.len()).sum();
    let allowed = part_of(facts.pairs, limits.round_share).max(3).min(limits.round_count);
    let lately = facts.withdrawn_lately;
    if wanted > 0 && wanted + lately > allowed {
        let why = format!(
            "{wanted} of {} models over all channels, and {lately} already since the last round; {allowed} allowed: \
             `channelwarden apply --held` lets them through, limits.round_share and round_count change it",
            facts.pairs
        );
        for draft in drafts {
            draft.hold_removals(Guard::RoundLimit, |_| why.clone());
        }
    }
}

/// The last enabled channel serving a model in a group keeps it. Removals planned before in this round count as done.
/// `seen` are those whose last route a person lets go.
pub(super) fn last_route(drafts: &mut [Draft], routes: &[Route], seen: &HashSet<ModelName>) {
    let mut serving: HashMap<(&str, &ModelName), Vec<i64>> = HashMap::new();
    for Route { group, model, channel } in routes {
        serving.entry((group, model)).or_default().push(*channel);
    }
    let mut gone: HashSet<(i64, ModelName)> = HashSet::new();
    for draft in drafts.iter_mut().filter(|draft| draft.enabled) {
        let id = draft.change.channel.id;
        let served_elsewhere = |group: &str, model: &ModelName| {
            let others = serving.get(&(group, model)).map_or(&[][..], Vec::as_slice);
            others.iter().any(|other| *other != id && !gone.contains(&(*other, model.clone())))
        };
        let (removed, last): (Vec<_>, Vec<_>) =
            std::mem::take(&mut draft.change.removed).into_iter().partition(|removal| {
                let model = &removal.model;
                seen.contains(model) || draft.groups.iter().all(|group| served_elsewhere(group, model))
            });
        gone.extend(removed.iter().map(|removal| (id, removal.model.clone())));
        draft.change.removed = removed;
        if !last.is_empty() {
            let why = "no other enabled channel serves it in every group of this one: \
                       `channelwarden apply --held` lets it through, limits.last_route changes it";
            draft.hold(Guard::LastRoute, why.to_owned(), last, vec![]);
        }
    }
}

/// The share of a whole, rounded down: what may go.
fn part_of(whole: usize, share: f64) -> usize {
    counted((exact(whole) * share).floor())
}

/// The share of a whole, rounded up: what must be reached.
fn share_of(whole: usize, share: f64) -> usize {
    counted((exact(whole) * share).ceil())
}

/// A count of models as a number to multiply; exact up to four thousand million.
fn exact(whole: usize) -> f64 {
    f64::from(u32::try_from(whole).unwrap_or(u32::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and shares lie in 0..=1")]
fn counted(number: f64) -> usize {
    number as usize
}
