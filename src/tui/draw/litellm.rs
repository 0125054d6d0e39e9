//! `LiteLLM`: what lasts, its own checks, and its deployments.
//!
//! Decides: what of them is seen. Must not know: how a proxy is asked.

use jiff::Timestamp;

use super::look::{Tone, age, latency, light, moment, well};
use super::overlay::Part;
use super::table::{Cell, Column, cell, figures as numbers, toned, words};
use super::{View, counted, field, listed, parts};
use crate::tui::seen::{Check, Deployment, Incident};
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 7] = [
    words("", 1, 1, 0),
    words("what", 10, 10, 3),
    words("name", 14, 40, 0),
    words("gateway", 8, 14, 4),
    words("how", 8, 10, 1),
    numbers("since", 6, 2),
    words("detail", 16, usize::MAX, 5),
];

pub(super) const VIEW: View = View {
    columns: &COLUMNS,
    row,
    none: "no LiteLLM is looked at: a gateway of `kind: 'litellm'` in the configuration makes one",
};

fn row(_: &State, item: Item<'_>, now: Timestamp) -> Vec<Cell> {
    let Some((mark, what, name, gateway, how, at, detail)) = (match item {
        Item::Incident(gateway, of) => {
            let name = if of.subject.is_empty() { "the proxy" } else { &of.subject };
            Some((light("critical"), "incident", name, gateway, of.class.clone(), of.since, of.detail.clone()))
        }
        Item::Check(gateway, of) => {
            let how = if of.well.is_none() { "unknown".to_owned() } else { latency(of.latency_ms) };
            Some((well(of.well), "check", of.name.as_str(), gateway, how, of.since, of.detail.clone()))
        }
        Item::Deployment(of) => {
            let (mark, how) = stands(of);
            let said = if of.detail.is_empty() { String::new() } else { format!(": {}", of.detail) };
            let detail = format!("{}{said}", of.upstream);
            Some((mark, "deployment", of.name.as_str(), of.gateway.as_str(), how, of.at, detail))
        }
        Item::Gateway(_)
        | Item::Alert(_)
        | Item::Action(_)
        | Item::Channel(_)
        | Item::Model(_)
        | Item::Wanted(_)
        | Item::Change(_)
        | Item::Process(_) => None,
    }) else {
        return vec![];
    };
    let (sign, tone) = mark;
    vec![
        toned((sign, tone)),
        cell(what),
        cell(name),
        cell(gateway),
        toned((how, tone)),
        cell(age(at, now)),
        cell(detail),
    ]
}

/// Its sign, and how it is in a word.
fn stands(of: &Deployment) -> ((&'static str, Tone), String) {
    let word = if of.state.is_empty() { "unknown" } else { of.state.as_str() };
    let word = of.class.as_deref().filter(|_| word == "ill").unwrap_or(word);
    (light(&of.state), word.to_owned())
}

/// A line for each proxy: its deployments, and what its log told in a day.
pub(super) fn figures(state: &State) -> Vec<(String, Tone)> {
    let Some(status) = &state.status.value else { return vec![] };
    let lines = status.litellm.iter().map(|of| {
        let seen = &of.deployments;
        let counts = [(seen.well, "well"), (seen.ill, "ill"), (seen.unknown, "unknown"), (seen.blocked, "blocked")];
        let counts = listed(counts.map(|(count, what)| counted(count, what)));
        let failures = listed(of.failures_24h.iter().map(|(class, count)| counted(*count, class)));
        let failures = if failures.is_empty() { "none".to_owned() } else { failures };
        let text = format!("{}: {} deployments: {counts} · failures in 24 h: {failures}", of.gateway, seen.total);
        (text, if of.incidents.is_empty() { Tone::Plain } else { Tone::Bad })
    });
    let mut lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        lines.push((String::new(), Tone::Plain));
    }
    lines
}

pub(super) fn check(gateway: &str, of: &Check, now: Timestamp) -> (String, Vec<Part>) {
    let (sign, _) = well(of.well);
    let how = match of.well {
        Some(true) => "well",
        Some(false) => "not well",
        None => "not known",
    };
    let fields = [
        field("gateway", gateway),
        field("stands", format!("{sign} {how}")),
        field("took", latency(of.latency_ms)),
        field("looked", moment(of.at, now)),
        field("so since", moment(of.since, now)),
        field("seen", of.detail.as_str()),
    ];
    (format!("Check: {}", of.name), parts(fields))
}

pub(super) fn incident(gateway: &str, of: &Incident, now: Timestamp) -> (String, Vec<Part>) {
    let subject = if of.subject.is_empty() { "the proxy" } else { &of.subject };
    let fields = [
        field("gateway", gateway),
        field("model", of.subject.as_str()),
        field("deployment", of.deployment.as_str()),
        field("class", of.class.as_str()),
        field("since", moment(of.since, now)),
        field("latest sign", moment(of.last, now)),
        field("signs", of.times.to_string()),
        field("seen by", of.source.as_str()),
        field("seen", of.detail.as_str()),
    ];
    (format!("Incident: {subject}"), parts(fields))
}

pub(super) fn deployment(of: &Deployment, now: Timestamp) -> (String, Vec<Part>) {
    let fields = [
        field("stands", stands(of).1),
        field("gateway", of.gateway.as_str()),
        field("channel", format!("#{}", of.channel)),
        field("upstream", of.upstream.as_str()),
        field("address", of.api_base.as_str()),
        field("for", of.mode.as_str()),
        field("id", of.id.as_str()),
        field("kept in", if of.in_database { "LiteLLM's database" } else { "config.yaml: it cannot be blocked" }),
        field("HTTP", of.status.map(|status| status.to_string()).unwrap_or_default()),
        field("looked", moment(of.at, now)),
        field("seen", of.detail.as_str()),
    ];
    (of.name.clone(), parts(fields))
}
