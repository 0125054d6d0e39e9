//! What the log says of a round.
//!
//! Decides: which things are a line of their own. Must not know: when a round runs.

use crate::round::Report;

/// One line a round in the log, and one a change, a held change and an error.
pub(super) fn tell(report: &Report) {
    let gateway = report.gateway.as_str();
    for error in &report.errors {
        tracing::error!(gateway, "{error}");
    }
    if let Some((guard, why)) = &report.blackout {
        tracing::warn!(gateway, guard = guard.as_str(), "held: {why}");
    }
    for note in &report.notes {
        tracing::warn!(gateway, "{note}");
    }
    for key in &report.keys {
        let (channel, outcome) = (key.channel.to_string(), key.outcome.as_str());
        tracing::warn!(gateway, channel, key = key.key, outcome, until = %key.until, "a key rests: {}", key.detail);
    }
    for line in &report.some_keys {
        let (channel, model) = (line.channel.to_string(), line.model.as_str());
        tracing::warn!(gateway, channel, model, without = ?line.keys, of = line.of, "only some keys have it");
    }
    for held in &report.held {
        let (channel, guard) = (held.channel.to_string(), held.guard.as_str());
        tracing::warn!(
            gateway,
            channel,
            guard,
            models = held.removals.len() + held.additions.len(),
            "held: {}",
            held.why
        );
    }
    for line in &report.changes {
        for removal in &line.change.removed {
            let (channel, model) = (line.change.channel.to_string(), removal.model.as_str());
            tracing::info!(gateway, channel, model, outcome = ?line.outcome, "off the list: {}", removal.reason);
        }
        for model in line.change.restored.iter().chain(&line.change.added) {
            let (channel, model) = (line.change.channel.to_string(), model.as_str());
            tracing::info!(gateway, channel, model, outcome = ?line.outcome, "on the list");
        }
    }
    for line in &report.drift {
        let (channel, rows, crashes) = (line.channel.to_string(), line.rows.to_string(), &line.crashes);
        let (outcome, why) = (&line.outcome, line.why.as_deref().unwrap_or_default());
        tracing::warn!(gateway, channel, rows, ?crashes, ?outcome, why, "routing rows do not agree with the list");
    }
    if report.orphans.rows > 0 {
        let (rows, channels) = (report.orphans.rows, &report.orphans.channels);
        tracing::warn!(gateway, rows, ?channels, "routing rows are of channels that are gone");
    }
    tracing::info!(gateway, round = report.round, "{}", report.summary());
}
