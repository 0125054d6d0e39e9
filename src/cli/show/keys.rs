//! What is wrong with channels' keys, a line each.

use std::collections::BTreeMap;

use super::{channel, local, words};
use crate::model::{Outcome, Status};
use crate::round::{KeyLine, Report};

/// Keys that are not asked, keys that the gateway does not use, and models that only some keys have.
pub(in crate::cli) fn keys(report: &Report) -> Vec<String> {
    let mut closed: BTreeMap<i64, (String, Vec<String>)> = BTreeMap::new();
    for line in &report.closed_keys {
        let by = match line.key.status {
            Status::ManuallyDisabled => "by hand",
            Status::AutoDisabled => "by itself",
            Status::Enabled | Status::Unknown(_) => "with a status we do not know",
        };
        let why = if line.key.reason.is_empty() { String::new() } else { format!(": {}", words(&line.key.reason)) };
        let at = closed.entry(line.channel.id).or_insert_with(|| {
            (format!("{}: of its {} keys the gateway does not use", channel(&line.channel), line.of), vec![])
        });
        at.1.push(format!("key {} ({by}{why})", line.key.number));
    }
    let closed = closed.into_values().map(|(head, keys)| format!("{head} {}", keys.join(", ")));
    let some = report.some_keys.iter().map(|line| {
        let keys: Vec<_> = line.keys.iter().map(|(number, outcome)| format!("{number} ({outcome})")).collect();
        let (s, have) = if keys.len() == 1 { ("", "has") } else { ("s", "have") };
        let (channel, model) = (channel(&line.channel), &line.model);
        format!(
            "{channel}: {model} stays, but key{s} {} of {} {have} it not: who gets such a key gets an error",
            keys.join(", "),
            line.of
        )
    });
    report.keys.iter().map(key).chain(closed).chain(some).collect()
}

/// A key that is not asked: the one line that stands for all models behind it.
fn key(line: &KeyLine) -> String {
    let is_alone = line.of <= 1;
    let which = if is_alone { "its key".to_owned() } else { format!("key {} of {}", line.key, line.of) };
    let then = if is_alone { "nothing withdrawn" } else { "no model is judged by it" };
    // Nothing but time brings a used up quota back.
    let now = if line.outcome == Outcome::Busy {
        String::new()
    } else {
        format!(" (`channelwarden sweep --channel {}` tries it now)", line.channel.id)
    };
    let (channel, why) = (channel(&line.channel), words(&line.detail));
    let (outcome, since, until) = (line.outcome, local(line.since), local(line.until));
    format!("{channel}: {which} is {outcome} since {since}, tried again after {until}{now}, {then}: {why}")
}
