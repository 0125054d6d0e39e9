//! What is wrong with a gateway as such, or with us: it cannot be read, we are late, the budget is nearly used up, somebody
//! else writes, a receiver takes no messages.
//!
//! Decides: when each of these is so. Must not know: the store.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Event, Sight, event};
use crate::budget;
use crate::model::Cause;
use crate::store::ANOTHER_WRITER;

/// The share of a day's budget, in percent, from which on it is nearly used up.
const NEARLY: u64 = 80;

pub(super) fn events(sight: &Sight<'_>, started: Timestamp) -> Vec<Event> {
    let gateways = sight.config.gateways.keys().filter_map(|gateway| of_gateway(sight, gateway, started));
    gateways.chain(contested(sight)).chain(budget(sight)).chain(receivers(sight)).collect()
}

/// A gateway that cannot be read has no good rounds either: one trouble, told once.
fn of_gateway(sight: &Sight<'_>, gateway: &str, started: Timestamp) -> Option<Event> {
    if let Some((since, why)) = sight.glance.troubles.get(gateway) {
        return Some(event(Cause::GatewayUnreachable, gateway, "", *since, why));
    }
    let round = sight.glance.rounds.get(gateway);
    let good = round.and_then(|round| round.good);
    // What ran before us, or not, is not ours to answer for.
    let last = good.map_or(started, |good| good.max(started));
    if sight.now.duration_since(last) <= patience(sight) {
        return None;
    }
    let mut evidence =
        good.map_or_else(|| "no good round yet".to_owned(), |good| format!("the last good round: {good}"));
    if let Some(error) = round.and_then(|round| round.error.as_ref()) {
        evidence = format!("{evidence}; {error}");
    }
    Some(event(Cause::Stale, gateway, "", good.unwrap_or(started), &evidence))
}

/// The gateways whose lateness nobody can judge: they cannot be read, or their last good round is too long ago, but we
/// have not run for so long.
pub(super) fn unsure(sight: &Sight<'_>, started: Timestamp) -> BTreeSet<String> {
    let is_unsure = |gateway: &&String| {
        let good = sight.glance.rounds.get(*gateway).and_then(|round| round.good);
        let late = good.is_none_or(|good| sight.now.duration_since(good) > patience(sight));
        late && sight.now.duration_since(started) <= patience(sight) || sight.glance.troubles.contains_key(*gateway)
    };
    sight.config.gateways.keys().filter(is_unsure).cloned().collect()
}

fn patience(sight: &Sight<'_>) -> SignedDuration {
    SignedDuration::try_from(sight.config.stale_after()).unwrap_or(SignedDuration::MAX)
}

/// Channels that we put on hold ourselves.
fn contested(sight: &Sight<'_>) -> Vec<Event> {
    let ours = sight.glance.holds.iter().filter(|hold| hold.reason.starts_with(ANOTHER_WRITER));
    ours.filter_map(|hold| {
        let (gateway, id) = (hold.scope.gateway.as_deref()?, hold.scope.channel?);
        sight.config.gateways.get(gateway)?;
        let event = event(Cause::Contested, gateway, "", hold.at, &hold.reason);
        Some(Event { channel: Some(sight.name(gateway, id)), ..event })
    })
    .collect()
}

/// Receivers that we would tell, and that take nothing.
fn receivers(sight: &Sight<'_>) -> Vec<Event> {
    let settings = &sight.config.notify.receivers;
    let failing = sight.glance.failing.iter();
    let failing = failing.filter(|(name, _, _)| settings.get(name).is_some_and(|settings| settings.enabled));
    failing.map(|(name, since, note)| event(Cause::ReceiverDown, "", name.as_str(), *since, note)).collect()
}

fn budget(sight: &Sight<'_>) -> Vec<Event> {
    let (spent, limits) = (sight.glance.spent, &sight.config.budget);
    let day = budget::day(sight.now);
    let since = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(sight.now, |zoned| zoned.timestamp());
    [("requests", spent.requests, limits.requests), ("tokens", spent.tokens, limits.tokens)]
        .into_iter()
        .filter_map(|(what, used, most)| {
            let percent = u64::try_from(u128::from(used) * 100 / u128::from(most.max(1))).unwrap_or(u64::MAX);
            if most == 0 || percent < NEARLY {
                return None;
            }
            let event = event(Cause::Budget, "", what, since, &format!("{used} of {most} {what} on {day} (UTC)"));
            let mark = if percent < 100 { NEARLY } else { 100 };
            Some(Event { mark: mark.to_string(), ..event })
        })
        .collect()
}
