//! Channels on which nothing answers, and single keys that do not work.
//!
//! Decides: which outcome is which cause. Must not know: the store.

use super::{Event, Sight, event, named};
use crate::model::{Cause, Outcome};
use crate::store::{ChannelStand, KeyTold};

/// How a channel's note begins when nothing on it answers; the outcome and an upstream's words follow.
const NOTHING_ANSWERS: &str = "nothing answers: ";

/// Why a channel is down, if it is. One whose upstream limits us, or that we cannot ask, is not.
pub(super) fn cause(stand: &ChannelStand) -> Option<Cause> {
    match stand.seen.down? {
        Outcome::KeyBad => Some(Cause::KeyBad),
        Outcome::KeyBroke => Some(Cause::NoCredit),
        Outcome::Unreachable | Outcome::ChannelConfig => Some(Cause::Unreachable),
        Outcome::Gone
        | Outcome::NoAccess
        | Outcome::NoRoute
        | Outcome::Broken
        | Outcome::TimedOut
        | Outcome::Empty
        | Outcome::Suspect
        | Outcome::Unknown => Some(Cause::Silent),
        Outcome::Works | Outcome::Filtered | Outcome::Busy | Outcome::Shape => None,
    }
}

pub(super) fn events(sight: &Sight<'_>) -> Vec<Event> {
    let watched = sight.glance.channels.iter().filter(|stand| sight.watches(stand));
    let down = watched.filter_map(|stand| {
        let note = stand.seen.note.strip_prefix(NOTHING_ANSWERS);
        let evidence = note.or_else(|| stand.seen.down.map(Outcome::as_str)).unwrap_or_default();
        let since = stand.down_since.unwrap_or(sight.now);
        let event = event(cause(stand)?, &stand.gateway, "", since, evidence);
        Some(Event { channel: Some(named(&stand.seen.channel)), ..event })
    });
    down.chain(keys(sight)).collect()
}

/// Single keys of channels on which others answer.
fn keys(sight: &Sight<'_>) -> Vec<Event> {
    let rounds = sight.glance.rounds.iter();
    let keys = rounds.flat_map(|(gateway, round)| round.whole.keys.iter().map(move |key| (gateway, key)));
    keys.filter_map(|(gateway, key)| one_key(sight, gateway, key)).collect()
}

fn one_key(sight: &Sight<'_>, gateway: &str, told: &KeyTold) -> Option<Event> {
    let stand = sight.answering(gateway, told.channel.id, told.channel.created).filter(|_| told.of > 1)?;
    let causes = [(Outcome::KeyBad, Cause::KeyBad), (Outcome::KeyBroke, Cause::NoCredit)];
    // Otherwise its quota of the day is used up: tomorrow it has another.
    let (_, cause) = causes.into_iter().find(|(outcome, _)| outcome.as_str() == told.outcome)?;
    let event = event(cause, gateway, format!("{} of {}", told.key, told.of), told.since, &told.detail);
    Some(Event { channel: Some(named(&stand.seen.channel)), ..event })
}
