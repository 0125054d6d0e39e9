//! The models.
//!
//! Decides: what of a model is seen. Must not know: other tabs.

use jiff::Timestamp;

use super::look::{Tone, age, latency, light, moment, percent, sparkline};
use super::overlay::Part;
use super::table::{Cell, Column, cell, figures, toned, words};
use super::{View, field, parts};
use crate::tui::seen::Model;
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 12] = [
    words("", 1, 1, 0),
    words("model", 16, 48, 0),
    words("status", 8, 10, 1),
    words("channel", 10, 24, 3),
    words("gateway", 8, 14, 7),
    figures("24 h", 8, 4),
    figures("p50", 7, 2),
    figures("p95", 7, 6),
    figures("fails", 5, 5),
    figures("looked", 6, 8),
    words("latency, 24 h", 24, 24, 9),
    words("why", 16, usize::MAX, 10),
];

pub(super) const VIEW: View = View { columns: &COLUMNS, row, none: "no round has seen a model yet" };

fn row(_: &State, item: Item<'_>, now: Timestamp) -> Vec<Cell> {
    let Item::Model(of) = item else { return vec![] };
    let fails = of.consecutive_failures;
    vec![
        toned(light(if of.withdrawn.is_some() { "withdrawn" } else { &of.light })),
        cell(of.name.as_str()),
        cell(of.latest_status.as_str()),
        cell(format!("#{} {}", of.channel, of.channel_name)),
        cell(of.gateway.as_str()),
        cell(percent(of.uptime_24h)),
        cell(latency(of.p50_ms)),
        cell(latency(of.p95_ms)),
        toned((if fails == 0 { String::new() } else { fails.to_string() }, Tone::Doubtful)),
        cell(age(of.last_seen, now)),
        cell(sparkline(&of.sparkline_data)),
        toned((of.detail.as_str(), Tone::Faint)),
    ]
}

pub(super) fn detail(of: &Model, now: Timestamp) -> (String, Vec<Part>) {
    let withdrawn =
        of.withdrawn.as_ref().map(|off| format!("{}, after {} times {}", moment(off.at, now), off.times, off.outcome));
    let fields = [
        field("light", of.light.as_str()),
        field("gateway", of.gateway.as_str()),
        field("channel", format!("#{} {}", of.channel, of.channel_name)),
        field("listed", if of.listed.unwrap_or(true) { "yes" } else { "no" }),
        field("withdrawn", withdrawn.unwrap_or_default()),
        field("latest", format!("{} {}", of.latest_status, of.outcome)),
        field("why", of.detail.as_str()),
        field("looked at", moment(of.last_seen, now)),
        of.since.and_then(|since| field("so since", moment(Some(since), now))),
        of.next_probe.and_then(|next| field("again", next.strftime("%F %T UTC").to_string())),
        field("failures", format!("{} in a row", of.consecutive_failures)),
        field("up in 24 h", percent(of.uptime_24h)),
        field("by the hour", sparkline(&of.uptime_hours)),
        field("median answer", latency(of.p50_ms)),
        field("95 of 100", latency(of.p95_ms)),
        field("first token", latency(of.ttft_p50_ms)),
        field("by the hour", sparkline(&of.sparkline_data)),
    ];
    (of.name.clone(), parts(fields))
}
