//! The gateways' processes.
//!
//! Decides: what of a process is seen. Must not know: how one is found.

use jiff::{SignedDuration, Timestamp};

use super::look::{Tone, ago, bytes, moment, span, sparkline, well};
use super::overlay::Part;
use super::table::{Cell, Column, cell, figures as numbers, toned, words};
use super::{View, field, parts};
use crate::tui::seen::Process;
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 11] = [
    words("", 1, 1, 0),
    words("gateway", 10, 20, 0),
    words("process", 8, 16, 3),
    numbers("pid", 7, 6),
    numbers("count", 5, 8),
    numbers("CPU", 6, 1),
    words("", 8, 20, 7),
    numbers("memory", 8, 1),
    numbers("files", 6, 5),
    numbers("up", 6, 2),
    numbers("restarts", 8, 4),
];

pub(super) const VIEW: View = View {
    columns: &COLUMNS,
    row,
    none: "no gateway's process is looked at: a gateway with `process` in the configuration has one",
};

fn row(_: &State, item: Item<'_>, _: Timestamp) -> Vec<Cell> {
    let Item::Process(of) = item else { return vec![] };
    let known = |text: Option<String>| cell(text.unwrap_or_default());
    vec![
        toned(well(of.found)),
        cell(of.gateway.as_str()),
        cell(if of.found == Some(false) { "not found" } else { &of.name }),
        known(of.pid.map(|pid| pid.to_string())),
        cell(if of.found == Some(false) { String::new() } else { of.processes.to_string() }),
        known(of.cpu_percent.map(|percent| format!("{percent:.0} %"))),
        cell(of.cpu_percent.map(gauge).unwrap_or_default()),
        known(of.memory_bytes.map(bytes)),
        known(of.open_files.map(|files| files.to_string())),
        known(uptime(of)),
        toned((if of.restarts == 0 { String::new() } else { of.restarts.to_string() }, Tone::Doubtful)),
    ]
}

fn uptime(of: &Process) -> Option<String> {
    let seconds = of.uptime_s.and_then(|seconds| i64::try_from(seconds).ok())?;
    Some(span(SignedDuration::from_secs(seconds)))
}

/// Of one core, in eight signs.
fn gauge(percent: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 8")]
    let full = (percent / 12.5).round().clamp(0.0, 8.0) as usize;
    format!("{}{}", "#".repeat(full), ".".repeat(8 - full))
}

/// The memory of each process over the latest looks, as wide as the screen.
pub(super) fn figures(state: &State, room: usize, _: Timestamp) -> Vec<(String, Tone)> {
    let Some(status) = &state.status.value else { return vec![] };
    let found = status.processes.iter().filter_map(|process| Some((process, state.past(&process.gateway)?)));
    let lines = found.filter(|(_, past)| past.memory.len() > 1).map(|(process, past)| {
        let head = format!("{} memory ", process.gateway);
        let kept = past.memory.len().min(room.saturating_sub(super::width(&head)));
        (head + &sparkline(&past.memory[past.memory.len() - kept..]), Tone::Faint)
    });
    let mut lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        lines.push((String::new(), Tone::Plain));
    }
    lines
}

pub(super) fn detail(state: &State, of: &Process, now: Timestamp) -> (String, Vec<Part>) {
    let past = state.past(&of.gateway).cloned().unwrap_or_default();
    let found = match of.found {
        Some(true) => "yes",
        Some(false) => "no: not on this machine, or we may not see it",
        None => "not looked yet",
    };
    let fields = [
        field("found", found),
        field("process", of.name.as_str()),
        field("pid", of.pid.map(|pid| pid.to_string()).unwrap_or_default()),
        field("processes", of.processes.to_string()),
        field("started", moment(of.started, now)),
        field("restarts", format!("{} since we look", of.restarts)),
        field("CPU", of.cpu_percent.map(|percent| format!("{percent:.1} % of a core")).unwrap_or_default()),
        field("", sparkline(&past.cpu)),
        field("memory", of.memory_bytes.map(bytes).unwrap_or_default()),
        field("", sparkline(&past.memory)),
        field(
            "open files",
            of.open_files.map_or_else(|| "not known: we may not look".to_owned(), |files| files.to_string()),
        ),
        field("looked", ago(of.at, now)),
    ];
    (of.gateway.clone(), parts(fields))
}
