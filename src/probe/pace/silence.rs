//! What one round heard of an upstream: whether it is worth another question.
//!
//! Decides: when an upstream is asked no more in this round. Must not know: requests, pauses, other rounds.

use std::sync::Mutex;

use super::locked;

/// So many models in a row get no answer before their key is left alone.
pub(in crate::probe) const SILENT_MODELS: usize = 5;
/// So many keys in a row fall silent before their host is left alone: another key may well be served.
pub(in crate::probe) const SILENT_KEYS: usize = 3;

/// A row of questions without an answer; once it is long enough it stays so until the round is over.
#[derive(Debug)]
pub(in crate::probe) struct Silence {
    most: usize,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// How many answers came.
    answers: u64,
    /// Who got none since the last one.
    silent: Vec<u64>,
}

impl Silence {
    /// One of so many in a row.
    pub(in crate::probe) fn new(most: usize) -> Self {
        Self { most, heard: Mutex::default() }
    }

    /// How many answers came up to now; `None` when no more is asked.
    pub(super) fn answers(&self) -> Option<u64> {
        let heard = locked(&self.heard);
        (heard.silent.len() < self.most).then_some(heard.answers)
    }

    /// An HTTP answer came, whatever it said: somebody is there.
    pub(super) fn heard(&self) {
        let mut heard = locked(&self.heard);
        heard.answers += 1;
        heard.silent.clear();
    }

    /// A question that was sent when `answers` had come got none itself. It shows silence only if no other got one
    /// meanwhile: a model that hangs among answering siblings is its own trouble. Gives back whether this made the
    /// row long enough.
    pub(super) fn unheard(&self, who: u64, answers: u64) -> bool {
        let mut heard = locked(&self.heard);
        if heard.answers != answers || heard.silent.contains(&who) {
            return false;
        }
        heard.silent.push(who);
        heard.silent.len() == self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_models_without_an_answer_are_silence_and_an_answer_between_them_ends_it() {
        let silence = Silence::new(5);
        for model in [1, 2, 3, 4, 1, 4] {
            assert!(!silence.unheard(model, 0));
        }
        assert_eq!(silence.answers(), Some(0));
        silence.heard();
        for model in [5, 6, 7, 8] {
            assert!(!silence.unheard(model, 1));
            assert_eq!(silence.answers(), Some(1), "{model}");
        }
        assert!(silence.unheard(9, 1));
        assert_eq!(silence.answers(), None);
        assert!(!silence.unheard(10, 1), "said once");
    }

    #[test]
    fn questions_under_way_while_another_was_answered_show_no_silence() {
        let silence = Silence::new(5);
        let sent = silence.answers().unwrap();
        silence.heard();
        for model in 1..=6 {
            silence.unheard(model, sent);
        }
        assert_eq!(silence.answers(), Some(1));
    }
}
