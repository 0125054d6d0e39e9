//! Models that stand on a list and do not work, or not as they should.
//!
//! Decides: one cause for each. Must not know: the store.

use std::fmt::Write as _;

use super::{Event, Sight, event, named};
use crate::model::{Cause, Mark};
use crate::store::{ChannelStand, EndTold, Light, OddTold, RoundStand, Troubled};

pub(super) fn events(sight: &Sight<'_>) -> Vec<Event> {
    let troubled = sight.glance.models.iter().filter_map(|model| {
        let stand = sight.answering(&model.gateway, model.channel, model.created)?;
        Some(of_channel(stand, standing(model)))
    });
    let told = sight.glance.rounds.iter().flat_map(|(gateway, round)| {
        let odd = round.whole.odd.iter().filter_map(move |odd| {
            let stand = sight.answering(gateway, odd.channel.id, odd.channel.created)?;
            Some(of_channel(stand, substituted(gateway, round, odd)?))
        });
        // That its provider ends it holds whether it answers now or not.
        let ends = round.whole.expiring.iter().filter_map(move |end| {
            let stand = sight.channels.get(&(gateway.as_str(), end.channel.id)).filter(|stand| sight.watches(stand))?;
            (stand.seen.channel.created == end.channel.created)
                .then(|| of_channel(stand, expiring(gateway, round, end)))
        });
        odd.chain(ends)
    });
    troubled.chain(told).collect()
}

fn of_channel(stand: &ChannelStand, event: Event) -> Event {
    Event { channel: Some(named(&stand.seen.channel)), ..event }
}

/// Red and still failing: it fails. Red or yellow otherwise: it works at times, be it again since a minute ago.
fn standing(model: &Troubled) -> Event {
    let cause = if model.light == Light::Down && !model.up { Cause::Failing } else { Cause::Degraded };
    let mut evidence = if model.up { "works now".to_owned() } else { model.outcome.to_string() };
    if let Some(status) = model.status.filter(|_| !model.up) {
        let _ = write!(evidence, " (HTTP {status})");
    }
    if let Some(uptime) = model.uptime_24h.filter(|_| cause == Cause::Degraded) {
        let _ = write!(evidence, ", up {uptime:.0} % of 24 h");
    }
    if !model.up && !model.detail.is_empty() {
        let _ = write!(evidence, ": {}", model.detail);
    }
    event(cause, &model.gateway, model.model.as_str(), model.since, &evidence)
}

/// A stream that ends too soon is no sign of another model.
fn substituted(gateway: &str, round: &RoundStand, odd: &OddTold) -> Option<Event> {
    let signs =
        |mark: &&String| [Mark::Substituted, Mark::WrongAnswer].iter().any(|sign| sign.as_str() == mark.as_str());
    let marks: Vec<&str> = odd.marks.iter().filter(signs).map(String::as_str).collect();
    (!marks.is_empty()).then(|| event(Cause::Substituted, gateway, odd.model.as_str(), round.at, &marks.join(", ")))
}

fn expiring(gateway: &str, round: &RoundStand, end: &EndTold) -> Event {
    let event = event(Cause::Expiring, gateway, end.model.as_str(), round.at, &format!("ends on {}", end.ends));
    Event { mark: end.ends.to_string(), ..event }
}
