//! What one round learnt of one key: whether it is worth another question.
//!
//! Decides: when a key is asked no more in this round. Must not know: requests, pauses, other rounds.

use std::sync::Mutex;

use super::{Refusal, hashed, locked};
use crate::model::{ModelName, Outcome};

/// So many models in a row show a key as bad before it is left alone.
const BAD_MODELS: u32 = 2;
/// So many models in a row get no answer before the upstream is left alone.
pub(in crate::probe) const SILENT_MODELS: usize = 5;

/// Open once the key has failed, or the upstream is silent; stays so until the round is over.
#[derive(Debug, Default)]
pub(in crate::probe) struct Circuit(Mutex<Learnt>);

#[derive(Debug, Default)]
struct Learnt {
    /// The key's own failure, which model showed it last, and how many in a row.
    key_failure: Option<(Outcome, u64, u32)>,
    /// How many answers came.
    answers: u64,
    /// The models that got none since the last answer.
    silent: Vec<u64>,
}

impl Circuit {
    /// How many answers came up to now.
    ///
    /// # Errors
    /// Why no more is asked.
    pub(super) fn check(&self) -> Result<u64, Refusal> {
        let learnt = locked(&self.0);
        match learnt.key_failure {
            Some((outcome, _, BAD_MODELS..)) => Err(Refusal::BadKey(outcome)),
            Some(_) | None if learnt.silent.len() >= SILENT_MODELS => Err(Refusal::Silent),
            Some(_) | None => Ok(learnt.answers),
        }
    }

    /// An HTTP answer came, whatever it said: somebody is there.
    pub(in crate::probe) fn heard(&self) {
        let mut learnt = locked(&self.0);
        learnt.answers += 1;
        learnt.silent.clear();
    }

    /// A question that was sent when `answers` had come got none itself. It shows silence only if no other got one
    /// meanwhile: a model that hangs among answering siblings is its own trouble.
    pub(in crate::probe) fn unheard(&self, model: &ModelName, answers: u64) {
        let (mut learnt, model) = (locked(&self.0), hashed(model));
        if learnt.answers == answers && !learnt.silent.contains(&model) {
            learnt.silent.push(model);
        }
    }

    /// Counts what a sent question showed of the key itself.
    pub(in crate::probe) fn note(&self, model: &ModelName, outcome: Outcome) {
        let mut learnt = locked(&self.0);
        learnt.key_failure = match outcome {
            Outcome::KeyBad | Outcome::KeyBroke => match learnt.key_failure {
                Some((known, last, count)) if known == outcome => {
                    let other = last != hashed(model);
                    Some((outcome, hashed(model), if other { count + 1 } else { count }))
                }
                Some(_) | None => Some((outcome, hashed(model), 1)),
            },
            // No answer, a firewall or a refusal before the key was looked at says nothing of the key.
            Outcome::TimedOut | Outcome::Unreachable | Outcome::ChannelConfig | Outcome::Busy | Outcome::Suspect => {
                learnt.key_failure
            }
            Outcome::Works
            | Outcome::Filtered
            | Outcome::Gone
            | Outcome::NoAccess
            | Outcome::NoRoute
            | Outcome::Broken
            | Outcome::Empty
            | Outcome::Shape
            | Outcome::Unknown => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelName {
        ModelName::parse(name).unwrap()
    }

    #[test]
    fn a_key_that_two_models_show_as_bad_is_not_asked_again() {
        let circuit = Circuit::default();
        for (name, outcome) in
            [("a", Outcome::KeyBad), ("a", Outcome::KeyBad), ("b", Outcome::Works), ("c", Outcome::KeyBad)]
        {
            circuit.note(&model(name), outcome);
            assert!(circuit.check().is_ok(), "{name}");
        }
        circuit.note(&model("d"), Outcome::KeyBad);
        assert_eq!(circuit.check(), Err(Refusal::BadKey(Outcome::KeyBad)));
    }

    #[test]
    fn five_models_without_an_answer_are_silence_and_an_answer_between_them_ends_it() {
        let circuit = Circuit::default();
        for name in ["a", "b", "c", "d", "a", "d"] {
            circuit.unheard(&model(name), 0);
        }
        assert_eq!(circuit.check(), Ok(0));
        circuit.heard();
        for name in ["e", "f", "g", "h"] {
            circuit.unheard(&model(name), 1);
            assert_eq!(circuit.check(), Ok(1), "{name}");
        }
        circuit.unheard(&model("i"), 1);
        assert_eq!(circuit.check(), Err(Refusal::Silent));
    }

    #[test]
    fn questions_under_way_while_another_was_answered_show_no_silence() {
        let circuit = Circuit::default();
        let sent = circuit.check().unwrap();
        circuit.heard();
        for name in ["a", "b", "c", "d", "e", "f"] {
            circuit.unheard(&model(name), sent);
        }
        assert_eq!(circuit.check(), Ok(1));
    }
}
