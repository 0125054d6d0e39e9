//! The channels.
//!
//! Decides: what of a channel is seen. Must not know: other tabs.

use jiff::Timestamp;

use super::look::{Tone, light, percent};
use super::overlay::Part;
use super::table::{Cell, Column, cell, figures, toned, words};
use super::{View, field, parts};
use crate::tui::seen::Channel;
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 12] = [
    words("", 1, 1, 0),
    words("channel", 12, 40, 0),
    figures("id", 6, 3),
    words("gateway", 8, 16, 5),
    words("provider", 8, 16, 8),
    words("status", 9, 13, 7),
    figures("models", 6, 2),
    figures("up", 5, 4),
    figures("down", 5, 1),
    figures("off", 5, 6),
    figures("24 h", 8, 9),
    words("note", 10, usize::MAX, 10),
];

pub(super) const VIEW: View = View { columns: &COLUMNS, row, none: "no round has seen a channel yet" };

fn row(_: &State, item: Item<'_>, _: Timestamp) -> Vec<Cell> {
    let Item::Channel(of) = item else { return vec![] };
    let note = of.hold.as_ref().map_or_else(|| of.note.clone(), |why| format!("on hold: {why}"));
    let bad = |count: u64, tone| toned((count.to_string(), if count > 0 { tone } else { Tone::Plain }));
    vec![
        toned(light_of(of)),
        cell(of.name.as_str()),
        cell(format!("#{}", of.id)),
        cell(of.gateway.as_str()),
        cell(of.provider.as_str()),
        cell(of.status.as_str()),
        cell(of.models.to_string()),
        cell(of.up.to_string()),
        bad(of.down, Tone::Bad),
        bad(of.withdrawn, Tone::Doubtful),
        cell(percent(of.uptime_24h)),
        cell(note),
    ]
}

/// All of its models together.
fn light_of(of: &Channel) -> (&'static str, Tone) {
    light(match () {
        () if of.status.contains("disabled") => "disabled",
        () if of.models == 0 || [of.up, of.degraded, of.down] == [0; 3] => "unknown",
        () if [of.up, of.degraded] == [0; 2] => "down",
        () if of.down > 0 || of.degraded > 0 => "degraded",
        () => "up",
    })
}

pub(super) fn detail(of: &Channel) -> (String, Vec<Part>) {
    let models = [(of.up, "up"), (of.degraded, "degraded"), (of.down, "down"), (of.unknown, "unknown")];
    let models = super::listed(models.map(|(count, what)| super::counted(count, what)));
    let fields = [
        field("gateway", of.gateway.as_str()),
        field("id", format!("#{}", of.id)),
        field("provider", of.provider.as_str()),
        field("status", of.status.as_str()),
        field("groups", of.groups.as_str()),
        field("models", format!("{}: {models}", of.models)),
        field("withdrawn", of.withdrawn.to_string()),
        field("up in 24 h", percent(of.uptime_24h)),
        field("on hold", of.hold.clone().unwrap_or_default()),
        field("note", of.note.as_str()),
    ];
    (of.name.clone(), parts(fields))
}
