//! Changes that are wanted and not written.
//!
//! Decides: what is wanted, what waits for a person, what a guard holds; and by which mark one is told from another.
//! Must not know: how a person says yes.

use std::fmt::Write as _;

use super::{Event, Sight, event, named};
use crate::config::Mode;
use crate::model::{Cause, Guard, Held, ModelName};
use crate::store::Proposal;

/// Names that stand in the evidence; more are counted.
const NAMED: usize = 3;

/// The mark of what is wanted for a channel: see [`Proposal::mark`].
pub fn mark(gateway: &str, proposal: &Proposal) -> String {
    proposal.mark(gateway)
}

pub(super) fn events(sight: &Sight<'_>) -> Vec<Event> {
    sight.glance.proposals.iter().filter_map(|(gateway, proposal)| one(sight, gateway, proposal)).collect()
}

fn one(sight: &Sight<'_>, gateway: &str, proposal: &Proposal) -> Option<Event> {
    let (change, held) = (&proposal.change, &proposal.held);
    let stand = *sight.channels.get(&(gateway, change.channel.id))?;
    if !sight.watches(stand) || stand.seen.channel.created != change.channel.created {
        return None;
    }
    let waits = held.iter().any(|held| is_news(held.guard));
    let cause = match sight.config.gateways.get(gateway)?.mode_of(change.channel.id) {
        Mode::Observe => {
            let is_removal = |held: &Held| is_news(held.guard) && !held.removals.is_empty();
            (!change.removed.is_empty() || held.iter().any(is_removal)).then_some(Cause::Wanted)
        }
        Mode::Propose | Mode::Apply if !change.is_empty() => Some(Cause::Proposed),
        Mode::Propose | Mode::Apply => waits.then_some(Cause::Held),
    };
    let event = event(cause?, gateway, "", proposal.at, &evidence(proposal));
    Some(Event { channel: Some(named(&change.channel)), mark: mark(gateway, proposal), ..event })
}

/// Whether what it holds is told as held. What is held because nothing answers, our network is cut off, or a person said
/// stop is told as that, or known.
fn is_news(guard: Guard) -> bool {
    match guard {
        Guard::ChannelDown | Guard::OwnNetwork | Guard::OnHold => false,
        Guard::NeverEmpty
        | Guard::LastRoute
        | Guard::ChannelLimit
        | Guard::RoundLimit
        | Guard::ManyChannelsDown
        | Guard::Correlated
        | Guard::Unpriced => true,
    }
}

/// "2 to be taken off (gpt-4 gone 2× over 10m, gpt-3 …), 1 to be added (gpt-5); held by channel-limit: …".
fn evidence(proposal: &Proposal) -> String {
    let change = &proposal.change;
    let mut parts = vec![];
    let off = change.removed.iter().map(|removal| format!("{} {}", removal.model.as_str(), removal.reason.brief()));
    tell(&mut parts, "to be taken off", change.removed.len(), off);
    let plain = |name: &ModelName| name.as_str().to_owned();
    tell(&mut parts, "to be added", change.added.len(), change.added.iter().map(plain));
    tell(&mut parts, "to be put back", change.restored.len(), change.restored.iter().map(plain));
    let mut text = parts.join(", ");
    for held in proposal.held.iter().filter(|held| is_news(held.guard)) {
        let mut parts = vec![];
        let off = held.removals.iter().map(|removal| format!("{} {}", removal.model.as_str(), removal.reason.brief()));
        tell(&mut parts, "off", held.removals.len(), off);
        tell(&mut parts, "on", held.additions.len(), held.additions.iter().map(plain));
        let apart = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{apart}held by {}: {}; {}", held.guard, parts.join(", "), held.why);
    }
    text
}

fn tell(parts: &mut Vec<String>, what: &str, count: usize, names: impl Iterator<Item = String>) {
    if count > 0 {
        let more = if count > NAMED { ", …" } else { "" };
        parts.push(format!("{count} {what} ({}{more})", names.take(NAMED).collect::<Vec<_>>().join(", ")));
    }
}
