//! What is known to be wrong with one key at one host, or with one model of it: over all rounds where a store keeps it.
//!
//! Decides: whether a question may be asked, and which one tries a key again after its rest.
//! Must not know: requests, other accounts, where this is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::pace::{Refusal, hashed, locked};
use crate::clock;
use crate::model::{ModelName, Outcome};
use crate::store::Rest;

/// So many questions in a row show a key as bad before it is left alone.
const BAD_ANSWERS: u32 = 2;
/// Stands for the list among those who said what is wrong with a key.
pub(super) const THE_LIST: u64 = 0;
/// So many questions may try a key after its rest before one says something of it: a model that is itself limited, gone
/// or silent shows nothing, and the key may well work.
const TRIALS: u32 = 3;
/// The same model says so twice only if that much lies between.
const ANOTHER_TIME: SignedDuration = SignedDuration::from_mins(1);

/// One key at one host; or a quota that all keys of a host share.
#[derive(Debug)]
pub(super) struct Account {
    /// Under which it is kept.
    pub(super) id: Arc<str>,
    key_rest: SignedDuration,
    state: Mutex<State>,
    /// Tells those that wait that the trial is over.
    tried: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The last answers in a row that showed the key as bad: what, by which model, when, how many.
    failed: Option<(Outcome, u64, Timestamp, u32)>,
    /// Why the whole account rests.
    rest: Option<Rest>,
    /// One question is under way to find out whether the key works again.
    trying: bool,
    /// The end of the rest that the question under way began, while it has shown nothing.
    begun: Option<Timestamp>,
    /// So many tried the key since its rest, and showed nothing of it.
    in_vain: u32,
    /// Models whose own quota is used up.
    models: HashMap<u64, Rest>,
}

/// How a question stands.
enum Stand {
    Open,
    Refused(Refusal),
    /// Another question is trying the key.
    Wait,
    /// The rest is over: this question may try.
    Try,
}

impl State {
    fn stand(&mut self, model: Option<&ModelName>, now: Timestamp) -> Stand {
        if let Some(rest) = &self.rest {
            let over = is_over(rest, now);
            match model {
                _ if over && rest.outcome == Outcome::Busy => self.rest = None,
                Some(_) if self.trying => return Stand::Wait,
                Some(_) if over => return Stand::Try,
                // A list never tries a key, as some are given to anybody; but where nothing else is asked, nobody would.
                None if over => return Stand::Open,
                Some(_) | None => return Stand::Refused(refusal(rest)),
            }
        }
        if let Some(model) = model.filter(|_| !self.models.is_empty()).map(hashed)
            && let Some(rest) = self.models.get(&model)
        {
            if !is_over(rest, now) {
                return Stand::Refused(refusal(rest));
            }
            self.models.remove(&model);
        }
        Stand::Open
    }
}

/// The right to try a key after its rest; those behind it wait until it is dropped.
#[derive(Debug)]
pub(super) struct Trial<'a>(&'a Account);

impl Trial<'_> {
    /// The question leaves: until it shows something better, the key rests anew.
    pub(super) fn begin(&self, now: Timestamp) {
        let mut state = locked(&self.0.state);
        let State { rest, begun, .. } = &mut *state;
        if let Some(rest) = rest {
            rest.until = later(now, self.0.key_rest);
            *begun = Some(rest.until);
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.0.state);
        state.trying = false;
        if state.begun.take().is_some() {
            state.in_vain = (state.in_vain + 1) % TRIALS;
            let another = state.in_vain > 0;
            if let Some(rest) = state.rest.as_mut().filter(|_| another) {
                rest.until = clock::now();
            }
        }
        drop(state);
        self.0.tried.notify_waiters();
    }
}

impl Account {
    /// One of which nothing is known.
    pub(super) fn new(id: Arc<str>, key_rest: Duration) -> Self {
        let key_rest = SignedDuration::try_from(key_rest).unwrap_or(SignedDuration::MAX);
        Self { id, key_rest, state: Mutex::default(), tried: Notify::new() }
    }

    /// Whether a question about `model` (none: for the list) may be asked at once.
    pub(super) fn is_open(&self, model: Option<&ModelName>) -> bool {
        matches!(locked(&self.state).stand(model, clock::now()), Stand::Open)
    }

    /// Lets a question about `model` (none: for the list) in, behind the one that tries the key; it may be that one.
    pub(super) async fn enter(&self, model: Option<&ModelName>) -> Result<Option<Trial<'_>>, Refusal> {
        loop {
            let tried = {
                let mut state = locked(&self.state);
                match state.stand(model, clock::now()) {
                    Stand::Open => return Ok(None),
                    Stand::Refused(refusal) => return Err(refusal),
                    Stand::Try => {
                        state.trying = true;
                        return Ok(Some(Trial(self)));
                    }
                    // Made under the lock: a trial that ends now is not missed.
                    Stand::Wait => self.tried.notified(),
                }
            };
            tried.await;
        }
    }

    /// Counts what a sent question showed of the key itself. `until`: when the upstream said that it will work again.
    /// Gives back whether why it rests has changed.
    pub(super) fn note(
        &self,
        asked: u64,
        outcome: Outcome,
        detail: &str,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let mut state = locked(&self.state);
        if !matches!(outcome, Outcome::KeyBad | Outcome::KeyBroke) {
            state.failed = state.failed.filter(|(failed, ..)| !disproves(*failed, outcome));
            let well = state.rest.as_ref().is_some_and(|rest| disproves(rest.outcome, outcome));
            if well {
                (state.rest, state.begun, state.in_vain) = (None, None, 0);
            }
            return well;
        }
        let count = match state.failed {
            // Some keys may ask models and no list: it agrees with a model's word, and says nothing by itself.
            Some((failed, by, at, count)) if failed == outcome => {
                count + u32::from(by != asked || asked != THE_LIST && now.duration_since(at) >= ANOTHER_TIME)
            }
            Some(_) | None => 1,
        };
        state.failed = Some((outcome, asked, now, count));
        let known = state.rest.take_if(|rest| rest.outcome != Outcome::Busy);
        if known.is_some() && !state.trying {
            // It was under way when the others showed it.
            state.rest = known;
            return false;
        }
        if known.is_none() && until.is_none() && count < BAD_ANSWERS {
            return false;
        }
        (state.begun, state.in_vain) = (None, 0);
        let since = known.filter(|rest| rest.outcome == outcome).map_or(now, |rest| rest.since.min(now));
        let until = until.unwrap_or(now).max(later(now, self.key_rest));
        state.rest = Some(Rest { outcome, since, until, detail: detail.to_owned() });
        true
    }

    /// Has the account, or one model of it, rest.
    pub(super) fn suspend(&self, model: Option<&ModelName>, rest: Rest) {
        let mut state = locked(&self.state);
        match model {
            // What is wrong with the key itself weighs more than a quota.
            None if rest.outcome == Outcome::Busy && state.rest.is_some() => {}
            None => state.rest = Some(rest),
            Some(model) => {
                state.models.insert(hashed(model), rest);
            }
        }
    }

    /// Ends the rest of a key: the next question tries it. A quota's rest stays: nothing but time ends that.
    pub(super) fn wake(&self, now: Timestamp) {
        if let Some(rest) = locked(&self.state).rest.as_mut().filter(|rest| rest.outcome != Outcome::Busy) {
            rest.until = rest.until.min(now);
        }
    }

    /// Why the account, or one model of it, rests.
    pub(super) fn rest(&self, model: Option<&ModelName>) -> Option<Rest> {
        let state = locked(&self.state);
        model.map_or(state.rest.as_ref(), |model| state.models.get(&hashed(model))).cloned()
    }

    /// Whether anything is known of it that must not be forgotten.
    pub(super) fn is_resting(&self, now: Timestamp) -> bool {
        let mut state = locked(&self.state);
        state.models.retain(|_, rest| !is_over(rest, now));
        state.failed.is_some() || state.rest.is_some() || !state.models.is_empty()
    }
}

/// A rest that has not begun was noted by a clock that was wrong, and so was its end.
fn is_over(rest: &Rest, now: Timestamp) -> bool {
    now >= rest.until || rest.since.duration_since(now) > ANOTHER_TIME
}

fn refusal(rest: &Rest) -> Refusal {
    Refusal::Resting { outcome: rest.outcome, since: rest.since, until: rest.until }
}

/// Whether `outcome` shows that what `failed` said of the key is not so (any more).
fn disproves(failed: Outcome, outcome: Outcome) -> bool {
    match outcome {
        Outcome::Works | Outcome::Filtered | Outcome::Empty => true,
        // A key without credit may still be told that a model does not exist; a wrong one is told nothing.
        Outcome::Gone | Outcome::NoAccess | Outcome::NoRoute | Outcome::Broken | Outcome::Shape | Outcome::Unknown => {
            failed == Outcome::KeyBad
        }
        // No answer, a firewall or a refusal before the key was looked at says nothing of the key.
        Outcome::KeyBad
        | Outcome::KeyBroke
        | Outcome::TimedOut
        | Outcome::Unreachable
        | Outcome::ChannelConfig
        | Outcome::Busy
        | Outcome::Suspect => false,
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "account/tests.rs"]
mod tests;
