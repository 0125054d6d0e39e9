//! What a model does when it is asked, in no protocol's form.
//!
//! Decides: answer, refusal or silence, by the model's [`Behaviour`]. Must not know: HTTP, forms.

use std::future::pending;

use tokio::time::sleep;

use super::call::{Call, Wants};
use super::refusal::Refusal;
use super::world::Behaviour;
use crate::model::Kind;

/// What a model says to one question.
pub(super) enum Said {
    Answer(Words),
    Refused(Refusal),
    Page,
    OddJson,
    Exactly(u16, String),
}

/// An answer, be it of words or of another kind.
pub(super) struct Words {
    pub(super) text: String,
    pub(super) end: End,
    pub(super) tokens: u32,
}

/// How an answer ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Stop,
    Filtered,
}

pub(super) async fn behave(call: &Call, behaviour: Behaviour, before: u64) -> Said {
    let wants = |kinds: &[Kind]| matches!(call.wants, Wants::Answer(kind) if kinds.contains(&kind));
    let refuse = Said::Refused;
    match behaviour {
        Behaviour::Slow(delay) => {
            sleep(delay).await;
            works(call)
        }
        Behaviour::WorksAfter(failures) if before < failures => refuse(Refusal::Broken),
        Behaviour::Flapping if before.is_multiple_of(2) => refuse(Refusal::Broken),
        Behaviour::NeedsCompletionLimit if call.body.get("max_tokens").is_some() => refuse(Refusal::LimitName),
        Behaviour::StreamOnly if !call.stream => refuse(Refusal::StreamOnly),
        Behaviour::ResponsesOnly if !wants(&[Kind::Responses]) => refuse(Refusal::ResponsesOnly),
        Behaviour::Only(kind) if !wants(&[kind]) => refuse(Refusal::OtherKind),
        Behaviour::Works
        | Behaviour::Unloaded
        | Behaviour::WorksAfter(_)
        | Behaviour::Flapping
        | Behaviour::NeedsCompletionLimit
        | Behaviour::StreamOnly
        | Behaviour::ResponsesOnly
        | Behaviour::Only(_) => works(call),
        Behaviour::Gone => refuse(Refusal::Gone),
        Behaviour::NoAccess | Behaviour::OnlyFor(_) => refuse(Refusal::NoAccess),
        Behaviour::NoRoute => refuse(Refusal::NoRoute),
        Behaviour::RateLimited(wait) => refuse(Refusal::RateLimited(wait)),
        Behaviour::NoCredit => refuse(Refusal::NoCredit),
        Behaviour::Broken => refuse(Refusal::Broken),
        Behaviour::Hangs => pending().await,
        Behaviour::Empty => nothing(End::Stop),
        Behaviour::Filtered => nothing(End::Filtered),
        Behaviour::Page => Said::Page,
        Behaviour::OddJson => Said::OddJson,
        Behaviour::Says(status, body) => Said::Exactly(status, body),
    }
}

fn works(call: &Call) -> Said {
    let text = sum(&call.prompt).unwrap_or(4).to_string();
    Said::Answer(Words { text, end: End::Stop, tokens: 1 })
}

fn nothing(end: End) -> Said {
    Said::Answer(Words { text: String::new(), end, tokens: 0 })
}

/// The first sum in the question, added up.
fn sum(prompt: &str) -> Option<u64> {
    let plus = prompt.find('+')?;
    let is_digit = |c: &char| c.is_ascii_digit();
    let left: String = prompt[..plus].chars().rev().take_while(is_digit).collect();
    let left: String = left.chars().rev().collect();
    let right: String = prompt[plus + 1..].chars().take_while(is_digit).collect();
    left.parse::<u64>().ok()?.checked_add(right.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_add() {
        assert_eq!(sum("What is 17+25? Reply with the number only."), Some(42));
        assert_eq!(sum("hi"), None);
        assert_eq!(sum("a+b"), None);
    }
}
