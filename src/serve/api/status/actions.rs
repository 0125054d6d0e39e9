//! What a person would do next, as commands that work as they stand.
//!
//! Decides: which command belongs to what, the most pressing first. Must not know: what commands do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Cause, Severity};
use crate::serve::api::AlertRow;
use crate::serve::api::holds::HoldRow;

/// More are not told: the first ones are what matters.
const MOST: usize = 12;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ActionRow {
    /// Why, in a few words; no text from outside is in it.
    pub(super) why: String,
    /// The command.
    pub(super) command: String,
}

/// What speaks for doing something.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// What is wrong, the worst first.
    pub(super) alerts: &'a [AlertRow],
    /// Gateways that cannot be read.
    pub(super) unread: Vec<&'a str>,
    /// Gateways whose own endpoints do not answer as they should.
    pub(super) ailing: Vec<&'a str>,
    /// Gateways behind which something lasts.
    pub(super) troubled: Vec<&'a str>,
    /// Gateways that were never looked at.
    pub(super) unseen: Vec<&'a str>,
    /// Gateways where we may write, and of how many channels a change waits for a word.
    pub(super) proposed: Vec<(&'a str, u64)>,
    /// The same of gateways that are only watched.
    pub(super) wanted: Vec<(&'a str, u64)>,
    /// Channels of which a limit holds something back that a person may let through: gateway and id.
    pub(super) liftable: Vec<(&'a str, i64)>,
    /// What stops writes.
    pub(super) holds: &'a [HoldRow],
    /// Messages that were given up.
    pub(super) dead: u64,
}

impl Facts<'_> {
    /// Whether the gateways' users are served, as far as is known.
    pub(super) fn nothing_is_critical(&self) -> bool {
        let is_calm = self.alerts.iter().all(|row| row.severity != Severity::Critical.as_str());
        is_calm && self.unread.is_empty() && self.ailing.is_empty() && self.troubled.is_empty()
    }
}

/// What to do next; each command once.
pub(super) fn actions(facts: &Facts<'_>) -> Vec<ActionRow> {
    let mut told: Vec<ActionRow> = vec![];
    let mut say = |why: String, command: String| {
        if told.len() < MOST && told.iter().all(|action| action.command != command) {
            told.push(ActionRow { why, command });
        }
    };
    for name in &facts.unread {
        say(format!("{name} cannot be read"), "channelwarden doctor".to_owned());
    }
    for name in &facts.ailing {
        say(format!("{name} does not answer as it should"), "channelwarden doctor".to_owned());
    }
    for row in facts.alerts.iter().filter(|row| row.severity == Severity::Critical.as_str()) {
        if let Some((why, command)) = remedy(row) {
            say(why, command);
        }
    }
    for name in &facts.troubled {
        say(
            format!("once mended behind {name}: look whether it works again"),
            format!("channelwarden sweep --gateway {name}"),
        );
    }
    for hold in facts.holds {
        if let Some((why, command)) = released(hold) {
            say(why, command);
        }
    }
    for (name, channels) in &facts.proposed {
        say(format!("{} of {name} to approve", changes(*channels)), format!("channelwarden plan --gateway {name}"));
    }
    for (name, channel) in &facts.liftable {
        say(
            format!("a limit holds a change of {name} #{channel} back; let it through"),
            format!("channelwarden apply --gateway {name} --channel {channel} --held"),
        );
    }
    for (name, channels) in &facts.wanted {
        say(
            format!("{} of {name} wanted; it is only watched", changes(*channels)),
            format!("channelwarden plan --gateway {name}"),
        );
    }
    for name in &facts.unseen {
        say(format!("{name} was never looked at"), format!("channelwarden sweep --gateway {name} --dry-run"));
    }
    if facts.dead > 0 {
        let messages =
            if facts.dead == 1 { "1 message was".to_owned() } else { format!("{} messages were", facts.dead) };
        say(format!("{messages} given up; see why"), "channelwarden notify outbox --dead".to_owned());
        say("once mended: send them again".to_owned(), "channelwarden notify retry".to_owned());
    }
    told
}

fn changes(channels: u64) -> String {
    if channels == 1 { "1 change".to_owned() } else { format!("{channels} changes") }
}

/// What mends it, or shows more of it.
fn remedy(row: &AlertRow) -> Option<(String, String)> {
    let cause = Cause::ALL.into_iter().find(|cause| cause.as_str() == row.cause)?;
    let gateway = if row.gateway.is_empty() { String::new() } else { format!(" --gateway {}", row.gateway) };
    let channel = row.channel.map(|id| format!(" --channel {id}")).unwrap_or_default();
    let place = match row.channel {
        Some(id) => format!("{} #{id}", row.gateway),
        None => row.gateway.clone(),
    };
    let sweep = format!("channelwarden sweep{gateway}{channel}");
    let doctor = "channelwarden doctor".to_owned();
    match cause {
        Cause::KeyBad => Some((format!("once the key of {place} is right: look again"), sweep)),
        Cause::NoCredit => Some((format!("once {place} has credit: look again"), sweep)),
        Cause::Unreachable | Cause::Silent => Some((format!("{place} does not answer: look again"), sweep)),
        Cause::LitellmCredits | Cause::LitellmAuth => {
            Some((format!("once mended behind {place}: look whether it works again"), sweep))
        }
        Cause::LitellmServer => Some((format!("{place} does not answer as it should"), doctor)),
        Cause::GatewayUnreachable => Some((format!("{place} cannot be read"), doctor)),
        Cause::StoreUnreachable => Some(("our own store fails".to_owned(), doctor)),
        Cause::Stale => Some(("no good round for too long".to_owned(), "channelwarden healthcheck".to_owned())),
        // None of these is critical, or what stands in the plan, the holds and the outbox says more.
        Cause::Withdrawn
        | Cause::Restored
        | Cause::New
        | Cause::Expiring
        | Cause::Substituted
        | Cause::Degraded
        | Cause::Failing
        | Cause::Wanted
        | Cause::Proposed
        | Cause::Held
        | Cause::Contested
        | Cause::Budget
        | Cause::ReceiverDown => None,
    }
}

/// How a hold is lifted; a model's own is what somebody decided about that model, and may stay for good.
fn released(hold: &HoldRow) -> Option<(String, String)> {
    match (&hold.gateway, hold.channel, &hold.model) {
        (_, _, Some(_)) => None,
        (None, _, None) if hold.id.is_none() => Some((
            "everything is on hold, by the file beside our store".to_owned(),
            "channelwarden hold --list".to_owned(),
        )),
        (None, _, None) => Some(("everything is on hold".to_owned(), "channelwarden release".to_owned())),
        (Some(name), None, None) => {
            Some((format!("{name} is on hold"), format!("channelwarden release --gateway {name}")))
        }
        (Some(name), Some(id), None) => {
            Some((format!("{name} #{id} is on hold"), format!("channelwarden release --gateway {name} --channel {id}")))
        }
    }
}

#[cfg(test)]
mod tests;
