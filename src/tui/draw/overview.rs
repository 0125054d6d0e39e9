//! The overview: gateways, what is wrong, and what to do about it.
//!
//! Decides: what of a gateway, an alert and an action is seen. Must not know: other tabs.

use jiff::Timestamp;

use super::look::{Tone, ago, light, moment, span};
use super::overlay::Part;
use super::table::{Cell, Column, cell, toned, words};
use super::{View, counted, field, listed, parts};
use crate::tui::seen::{Action, Alert, Gateway};
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 3] = [words("", 1, 1, 0), words("what", 10, 22, 0), words("how it stands", 24, usize::MAX, 0)];

pub(super) const VIEW: View = View {
    columns: &COLUMNS,
    row,
    none: "no gateway is configured: `channelwarden config check` says where the configuration is looked for",
};

fn row(_: &State, item: Item<'_>, now: Timestamp) -> Vec<Cell> {
    let Some((mark, what, words)) = (match item {
        Item::Gateway(of) => Some((state_of(of), of.name.clone(), in_words(of, now))),
        Item::Alert(of) => Some((light(&of.severity), of.cause.clone(), wrong(of, now))),
        Item::Action(of) => Some((light("proposed"), "do".to_owned(), format!("{}: {}", of.command, of.why))),
        Item::Channel(_)
        | Item::Model(_)
        | Item::Wanted(_)
        | Item::Change(_)
        | Item::Check(..)
        | Item::Incident(..)
        | Item::Deployment(_)
        | Item::Process(_) => None,
    }) else {
        return vec![];
    };
    vec![toned(mark), toned((what, mark.1)), cell(words)]
}

fn state_of(of: &Gateway) -> (&'static str, Tone) {
    light(match () {
        () if of.trouble.is_some() => "down",
        () if of.counts.down > 0 || of.counts.degraded > 0 || of.held > 0 => "degraded",
        () if of.last_round.is_none() => "unknown",
        () => "up",
    })
}

fn in_words(of: &Gateway, now: Timestamp) -> String {
    let counts = lights([of.counts.up, of.counts.degraded, of.counts.down, of.counts.unknown, of.counts.withdrawn]);
    let round = of.last_round.as_ref().map_or_else(
        || "no round yet".to_owned(),
        |round| match round.ended {
            Some(ended) => format!("round {} {}", round.id, ago(Some(ended), now)),
            None => format!("round {} runs", round.id),
        },
    );
    let waiting = listed([counted(of.held, "held"), counted(of.proposed, "proposed"), counted(of.holds.0, "on hold")]);
    let trouble = of.trouble.clone().unwrap_or_default();
    let words = [trouble, counts, waiting, of.mode.clone(), round];
    words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Models in words, as far as there are any.
fn lights([up, degraded, down, unknown, withdrawn]: [u64; 5]) -> String {
    let counts = [(up, "up"), (degraded, "degraded"), (down, "down"), (unknown, "unknown"), (withdrawn, "withdrawn")];
    listed(counts.map(|(count, what)| counted(count, what)))
}

fn wrong(of: &Alert, now: Timestamp) -> String {
    let channel = of.channel.map(|id| format!("#{id} {}", of.channel_name)).unwrap_or_default();
    let place = [of.gateway.as_str(), &channel, &of.subject];
    let place = place.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{place}: {} ({})", of.evidence, ago(of.since, now))
}

/// All models in a line, and their shares as a bar of signs.
pub(super) fn figures(state: &State, room: usize) -> Vec<(String, Tone)> {
    let Some(status) = &state.status.value else { return vec![] };
    let totals = &status.totals;
    let known = [totals.working, totals.degraded, totals.down, totals.withdrawn];
    let unknown = known.iter().fold(totals.models, |left, count| left.saturating_sub(*count));
    let counts = lights([totals.working, totals.degraded, totals.down, unknown, totals.withdrawn]);
    let channels = listed([counted(totals.channels, "channels"), counted(totals.channels_down, "of them down")]);
    let well = match status.well {
        Some(true) => ("all is well", Tone::Good),
        Some(false) => ("something is wrong", Tone::Bad),
        None => ("", Tone::Plain),
    };
    let words = [well.0.to_owned(), format!("{} models: {counts}", totals.models), channels];
    let words = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ");
    let parts =
        [(totals.working, '+'), (totals.degraded, '~'), (totals.down, 'x'), (unknown, '?'), (totals.withdrawn, '-')];
    vec![(words, well.1), (bar(&parts, room), Tone::Faint), (String::new(), Tone::Plain)]
}

/// Shares of a whole as a line of signs; whatever there is has one sign at least, as far as there is room.
fn bar(parts: &[(u64, char)], room: usize) -> String {
    let whole: u128 = parts.iter().map(|(count, _)| u128::from(*count)).sum();
    if whole == 0 {
        return String::new();
    }
    let share = |count: u64| usize::try_from(u128::from(count) * room as u128 / whole).unwrap_or_default();
    let mut widths: Vec<_> = parts.iter().map(|(count, _)| share(*count).max(usize::from(*count > 0))).collect();
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest = widest.saturating_sub(1);
    }
    parts.iter().zip(widths).flat_map(|((_, sign), width)| std::iter::repeat_n(*sign, width)).collect()
}

pub(super) fn gateway(of: &Gateway, now: Timestamp) -> (String, Vec<Part>) {
    let counts = &of.counts;
    let round = of
        .last_round
        .as_ref()
        .map(|round| format!("{}: {} probed, {} applied, {} held", round.id, round.probed, round.applied, round.held));
    let next = of.next_round.map(|at| format!("in {}", span(at.duration_since(now))));
    let fields = [
        field("program", of.kind.clone().unwrap_or_else(|| "told from the gateway itself".to_owned())),
        field("mode", of.mode.as_str()),
        field("trouble", of.trouble.clone().unwrap_or_default()),
        of.trouble_since.and_then(|since| field("since", moment(Some(since), now))),
        field("models", lights([counts.up, counts.degraded, counts.down, counts.unknown, counts.withdrawn])),
        field("latest round", round.unwrap_or_else(|| "none yet".to_owned())),
        of.last_round.as_ref().and_then(|round| field("began", moment(round.started, now))),
        of.last_round.as_ref().and_then(|round| field("ended", moment(round.ended, now))),
        field("next round", next.unwrap_or_default()),
        field("held", counted(of.held, "channels: see changes").unwrap_or_default()),
        field("proposed", counted(of.proposed, "channels: see changes").unwrap_or_default()),
        field("holds", counted(of.holds.0, "stop writes here").unwrap_or_default()),
    ];
    (of.name.clone(), parts(fields))
}

pub(super) fn alert(of: &Alert, now: Timestamp) -> (String, Vec<Part>) {
    let fields = [
        field("severity", of.severity.as_str()),
        field("gateway", of.gateway.as_str()),
        of.channel.and_then(|id| field("channel", format!("#{id} {}", of.channel_name))),
        field("subject", of.subject.as_str()),
        field("since", moment(of.since, now)),
        field("seen", of.evidence.as_str()),
    ];
    (of.cause.clone(), parts(fields))
}

pub(super) fn action(of: &Action) -> (String, Vec<Part>) {
    ("What to do".to_owned(), parts([field("why", of.why.as_str()), field("command", of.command.as_str())]))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn the_bar_shows_shares_and_hides_nobody() {
        assert_eq!(bar(&[(98, '+'), (1, '~'), (1, 'x')], 10), "++++++++~x");
        assert_eq!(bar(&[(1, '+'), (1, 'x')], 10), "+++++xxxxx");
        assert_eq!(bar(&[(5, '+'), (1, 'x'), (1, '?')], 2).len(), 2);
        assert_eq!(bar(&[(0, '+')], 10), "");
    }
}
