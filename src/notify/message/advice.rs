//! What to do about a thing, and how to take it back: our words with commands that work as they stand.
//!
//! Decides: which command belongs to what. Must not know: what commands do. Pure.

use std::collections::BTreeSet;

use super::shown::{LONGEST_NAME, shown};
use crate::model::Cause;
use crate::notify::words::Words;
use crate::notify::{Event, What};

/// The gateway's name under which OpenRouter's own free models are told.
pub(super) const OPENROUTER: &str = "openrouter";
/// More changes are not named one by one.
const NUMBERS: usize = 12;

/// Whether a model is one of OpenRouter's free ones, and on nobody's list.
pub(super) fn is_free_model(event: &Event) -> bool {
    event.gateway == OPENROUTER && event.channel.is_none()
}

/// Under which name the words of a thing stand: a model behind `LiteLLM` that fails is not `LiteLLM` itself.
pub(super) fn word_of(event: &Event) -> &'static str {
    if event.cause == Cause::LitellmServer && !event.subject.is_empty() {
        "litellm-upstream"
    } else {
        event.cause.as_str()
    }
}

/// What to do about it; nothing about what is over.
pub(super) fn hint(what: What, event: &Event, words: &Words) -> Option<String> {
    match what {
        What::First | What::Already | What::Changed | What::Reminder => {}
        What::Resolved | What::Passed => return None,
    }
    let key = if event.cause == Cause::New && is_free_model(event) {
        "new-free-hint".to_owned()
    } else {
        format!("{}-hint", word_of(event))
    };
    let gateway = gateway(event);
    let channel = event.channel.as_ref().map(|channel| format!(" --channel {}", channel.id)).unwrap_or_default();
    let scope = format!("{gateway}{channel}");
    Some(words.say(&key, &[("gateway", gateway.into()), ("scope", scope.into())]))
}

/// How to take changes back, where there are any.
pub(super) fn undo(event: &Event, changes: &BTreeSet<i64>, words: &Words) -> Option<String> {
    match changes.len() {
        0 => None,
        1..=NUMBERS => {
            let numbers: Vec<_> = changes.iter().map(i64::to_string).collect();
            Some(words.say("undo", &[("numbers", numbers.join(" ").into())]))
        }
        _ => Some(words.say("undo-many", &[("gateway", gateway(event).into())])),
    }
}

/// ` --gateway main`, or nothing.
fn gateway(event: &Event) -> String {
    if event.gateway.is_empty() { String::new() } else { format!(" --gateway {}", word(&event.gateway)) }
}

/// A name as one word of a shell's command line, which stands in backticks itself.
fn word(name: &str) -> String {
    let name = shown(name, LONGEST_NAME).replace('`', "\u{fffd}");
    if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        name
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_a_command() {
        for (name, expected) in [
            ("main", "main"),
            ("my gateway", "'my gateway'"),
            ("a;rm -rf ~", "'a;rm -rf ~'"),
            ("it's $(x)", r"'it'\''s $(x)'"),
            ("a`b`", "'a\u{fffd}b\u{fffd}'"),
            ("", "''"),
        ] {
            assert_eq!(word(name), expected);
        }
    }
}
