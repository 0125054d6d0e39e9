//! What is wanted and held back, and what was written.
//!
//! Decides: what of a change is seen. Must not know: how one is undone.

use jiff::Timestamp;

use super::look::{ago, light, moment};
use super::overlay::Part;
use super::table::{Cell, Column, cell, figures, toned, words};
use super::{View, counted, field, listed, parts};
use crate::tui::seen::{Change, Held, Removal, Wanted};
use crate::tui::state::{Item, State};

const COLUMNS: [Column; 7] = [
    words("", 1, 1, 0),
    words("state", 9, 9, 0),
    figures("no", 6, 4),
    words("channel", 10, 28, 0),
    words("gateway", 8, 14, 3),
    words("when", 9, 9, 2),
    words("models", 12, usize::MAX, 1),
];

pub(super) const VIEW: View =
    View { columns: &COLUMNS, row, none: "nothing is held or proposed, and nothing was written yet" };

fn row(_: &State, item: Item<'_>, now: Timestamp) -> Vec<Cell> {
    let Some((state, number, channel, gateway, at, models)) = (match item {
        Item::Wanted(of) => {
            let state = if of.held.is_empty() { "proposed" } else { "held" };
            let channel = format!("#{} {}", of.channel, of.channel_name);
            Some((state, String::new(), channel, of.gateway.as_str(), of.at, wants(of)))
        }
        Item::Change(of) => {
            let state = if of.undone_by.is_some() { "undone" } else { of.state.as_str() };
            let channel = format!("#{} {}", of.channel, of.channel_name);
            Some((state, of.id.to_string(), channel, of.gateway.as_str(), of.opened, wrote(of)))
        }
        Item::Gateway(_)
        | Item::Alert(_)
        | Item::Action(_)
        | Item::Channel(_)
        | Item::Model(_)
        | Item::Check(..)
        | Item::Incident(..)
        | Item::Deployment(_)
        | Item::Process(_) => None,
    }) else {
        return vec![];
    };
    let (mark, tone) = if state == "undone" { light("withdrawn") } else { light(state) };
    vec![
        toned((mark, tone)),
        toned((state, tone)),
        cell(number),
        cell(channel),
        cell(gateway),
        cell(ago(at, now)),
        cell(models),
    ]
}

fn removed(of: &[Removal]) -> String {
    of.iter().map(|removal| removal.model.as_str()).collect::<Vec<_>>().join(" ")
}

/// `-a -b +c`, in words where a sign could be taken for a part of a name.
fn moved(off: &str, on: &[&[String]]) -> String {
    let on: Vec<_> = on.iter().flat_map(|names| names.iter()).map(String::as_str).collect();
    let off = (!off.is_empty()).then(|| format!("off: {off}"));
    let on = (!on.is_empty()).then(|| format!("on: {}", on.join(" ")));
    [off, on].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn wants(of: &Wanted) -> String {
    let held = of
        .held
        .iter()
        .map(|held| Some(format!("{} {}", held.guard, moved(&removed(&held.removals), &[&held.additions]))));
    let wanted = moved(&removed(&of.removed), &[&of.added, &of.restored]);
    let held = listed(held);
    [wanted, held].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · held by ")
}

fn wrote(of: &Change) -> String {
    let undoes = of.undoes.map(|id| format!("undoes {id}")).unwrap_or_default();
    let words = moved(&removed(&of.removed), &[&of.added, &of.restored]);
    [undoes, words].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A field for each model that goes, with its reason, and one for those that come.
fn models(off: &[Removal], added: &[String], restored: &[String]) -> Vec<Option<Part>> {
    let off = off.iter().map(|removal| field("off", format!("{}: {}", removal.model, removal.reason)));
    off.chain([field("new", added.join(", ")), field("back", restored.join(", "))]).collect()
}

pub(super) fn wanted(of: &Wanted, now: Timestamp) -> (String, Vec<Part>) {
    let mut fields = vec![
        field("gateway", of.gateway.as_str()),
        field("mode", of.mode.as_str()),
        field("round", format!("{}, {}", of.round, moment(of.at, now))),
    ];
    fields.extend(models(&of.removed, &of.added, &of.restored));
    for Held { guard, why, may_be_lifted, removals, additions } in &of.held {
        let lifted = if *may_be_lifted { "`a` lets it through" } else { "a fact: nobody lets it through" };
        fields.push(field("held", format!("{guard}: {why} ({lifted})")));
        fields.extend(models(removals, additions, &[]));
    }
    (format!("Wanted of #{} {}", of.channel, of.channel_name), parts(fields))
}

pub(super) fn change(of: &Change, now: Timestamp) -> (String, Vec<Part>) {
    let mut fields = vec![
        field("gateway", of.gateway.as_str()),
        field("channel", format!("#{} {}", of.channel, of.channel_name)),
        field("state", of.state.as_str()),
        field("written", moment(of.opened, now)),
        field("round", of.round.map_or_else(|| "none: a person's word".to_owned(), |round| round.to_string())),
        field("undoes", of.undoes.map(|id| format!("change {id}")).unwrap_or_default()),
        field("undone by", of.undone_by.map(|id| format!("change {id}")).unwrap_or_default()),
    ];
    fields.extend(models(&of.removed, &of.added, &of.restored));
    let live = if of.live.is_none() { String::new() } else { moment(of.live, now) };
    fields.extend([field("live", live), field("", of.live_note.as_str()), field("note", of.note.as_str())]);
    if of.undoable {
        fields.push(field("undo", "`u`, after a question"));
    }
    let sum =
        listed([counted(of.removed.len() as u64, "off"), counted((of.added.len() + of.restored.len()) as u64, "on")]);
    (format!("Change {}: {sum}", of.id), parts(fields))
}
