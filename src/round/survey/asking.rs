//! Asking a channel's upstream: its list, and each model by one key after the other.
//!
//! Decides: which key is asked next. Must not know: what is asked for, what an answer leads to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;

use super::questions::Way;
use crate::config::{Manner, Policy};
use crate::cost;
use crate::model::{ChannelRef, Evidence, Kind, ModelName, Observation, Outcome};
use crate::probe::Ask;
use crate::round::Round;
use crate::upstream::{Listing, Target};

/// What single keys said of models that some key of the channel has: by the upstream's name, each key's place among the
/// usable ones.
pub(super) type ByKey = HashMap<ModelName, Vec<(usize, Outcome)>>;

impl Round {
    /// Asks each upstream model once, whatever the number of names that lead to it; and what single keys said of
    /// it, where there are several.
    pub(super) async fn ask(
        &self,
        channel: &ChannelRef,
        targets: &[Target],
        upstream: Vec<(usize, ModelName, Way)>,
    ) -> (HashMap<ModelName, Observation>, ByKey) {
        self.progress.expect(upstream.len());
        let side_by_side = self.config.probe.per_key.max(1) * targets.len();
        let by_key = Mutex::new(ByKey::new());
        let heard = &by_key;
        let answers = futures::stream::iter(upstream)
            .map(|(place, model, way)| async move {
                // What waits here is small; a question's own state is made when its turn is near.
                let _near = self.desks.acquire().await.ok()?;
                let seen = Box::pin(self.ask_one(targets, place, &model, &way, heard)).await?;
                self.progress.probed(channel, seen.outcome);
                Some((model, seen))
            })
            .buffer_unordered(side_by_side)
            .filter_map(|answer| async move { answer })
            .collect()
            .await;
        (answers, by_key.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// The upstream's list, by the first key that is not the trouble itself.
    pub(super) async fn list(&self, targets: &[Target]) -> Listing {
        let mut listing = Listing::Unlisted;
        for target in targets {
            listing = self.inquiry.list(target).await;
            if !matches!(listing, Listing::Failed { outcome: Outcome::KeyBad | Outcome::KeyBroke, .. }) {
                break;
            }
        }
        listing
    }

    /// Asks for a name that nobody has, in the manner of its channel; `None` where the rules let no such question out.
    pub(super) async fn ask_for_nobody(&self, channel: i64, targets: &[Target]) -> Option<Observation> {
        let nobody = ModelName::parse(&format!("no-such-model-{:08x}", fastrand::u32(..)))?;
        let manner = Manner { kind: None, ..Manner::of(&self.settings.rules, channel, &nobody) };
        if manner.policy != Policy::Probe {
            return None;
        }
        let way = Way { kind: Kind::Chat, shape: None, fresh: false, looked: None, manner: Some(Box::new(manner)) };
        self.ask_one(targets, 0, &nobody, &way, &Mutex::default()).await
    }

    /// Asks one model with one key after the other, as long as the answer is about the key: a bad one, one without
    /// credit or with its quota or budget used up, one that has no access to the model. `None` when we are to stop.
    async fn ask_one(
        &self,
        targets: &[Target],
        place: usize,
        model: &ModelName,
        way: &Way,
        by_key: &Mutex<ByKey>,
    ) -> Option<Observation> {
        let manner = way.manner.as_deref().unwrap_or(Manner::plain());
        let ask = Ask { model, kind: way.kind, remembered: way.shape.as_deref(), fresh: way.fresh, manner };
        let mut answers = vec![];
        for turn in 0..targets.len() {
            if self.stop.is_cancelled() {
                return None;
            }
            let place = (place + turn) % targets.len();
            let target = targets.get(place)?;
            let answer = self.inquiry.ask(target, ask).await;
            if answer.was_sent() {
                self.inquiry.count_cost(target, cost::of(&answer, way.kind, model));
            }
            match answer.outcome {
                Outcome::Busy if !answer.was_sent() => answers.push((place, answer)),
                Outcome::KeyBad | Outcome::KeyBroke | Outcome::NoAccess | Outcome::Gone => {
                    answers.push((place, answer));
                }
                Outcome::Works
                | Outcome::Filtered
                | Outcome::NoRoute
                | Outcome::Broken
                | Outcome::TimedOut
                | Outcome::Empty
                | Outcome::Busy
                | Outcome::ChannelConfig
                | Outcome::Unreachable
                | Outcome::Shape
                | Outcome::Suspect
                | Outcome::Unknown => {
                    if targets.len() > 1 && answer.outcome.evidence() == Evidence::Alive {
                        let of_the_model =
                            |seen: &Observation| matches!(seen.outcome, Outcome::NoAccess | Outcome::Gone);
                        let denied = answers.iter().filter(|(_, seen)| of_the_model(seen));
                        let said = denied.map(|(place, seen)| (*place, seen.outcome)).chain([(place, answer.outcome)]);
                        by_key.lock().unwrap_or_else(PoisonError::into_inner).insert(model.clone(), said.collect());
                    }
                    return Some(answer);
                }
            }
        }
        // A key without credit, or that was not asked, may have the model; a bad key has none. So only the former keep us
        // from believing the others that deny it.
        let may_have_it = |outcome| matches!(outcome, Outcome::KeyBroke | Outcome::Busy);
        let rank = |answer: &Observation| (!may_have_it(answer.outcome), answer.outcome == Outcome::KeyBad);
        answers.into_iter().map(|(_, answer)| answer).min_by_key(rank)
    }
}
