//! Which failures of the gateway's users are worth an immediate question, and how the loop hears of them.
//!
//! Decides: how often one model and one channel may ask for it: a model that fails now and then, or a dead key, must not
//! have everything probed again and again. Must not know: where failures come from, or what is asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::model::{ChannelRef, ModelName, Traffic, Witnessed};

/// An older failure wakes nobody: what was probed since has seen it.
const LATELY: SignedDuration = SignedDuration::from_mins(10);
/// The least time between two alarms of one model; doubled with each that follows soon, for a model may fail now and then.
const GAP: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_GAP: SignedDuration = SignedDuration::from_hours(1);
/// After so many gaps without an alarm a model's gap is the least again.
const FORGOTTEN: i32 = 4;
/// Models of one channel within a minute. When more of them fail it is the key or the server, and these show it.
const OF_A_CHANNEL: usize = 3;
/// Models within a minute, over all channels. When more fail, it is everything; the round sees to the rest.
const OF_ALL: usize = 30;

/// A model that fails for its users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failing {
    /// The channel's id.
    pub channel: i64,
    /// When a request last failed.
    pub at: Timestamp,
    /// The name as logged.
    pub model: ModelName,
}

/// What one look at a log said, model by model.
#[derive(Debug, Default)]
pub struct Recent(HashMap<(i64, ModelName), Traffic>);

impl Recent {
    /// One request more.
    pub fn take(&mut self, one: Witnessed) {
        self.0.entry((one.channel, one.model)).or_default().take(&one.came);
    }

    /// The models whose last request failed, lately.
    pub fn failing(self, now: Timestamp) -> Vec<Failing> {
        let of = |((channel, model), traffic): ((i64, ModelName), Traffic)| {
            let at = traffic.fails()?.at;
            (now.duration_since(at) <= LATELY).then_some(Failing { channel, at, model })
        };
        self.0.into_iter().filter_map(of).collect()
    }
}

/// Who asked for a question lately.
#[derive(Debug, Default)]
pub struct Alarms {
    models: HashMap<(i64, ModelName), Raised>,
    channels: HashMap<i64, Vec<Timestamp>>,
}

#[derive(Clone, Copy, Debug)]
struct Raised {
    at: Timestamp,
    gap: SignedDuration,
}

impl Alarms {
    /// Those of the models that may wake the loop now, the channels one after the other.
    pub fn choose(&mut self, mut failing: Vec<Failing>, now: Timestamp) -> Vec<Failing> {
        self.models.retain(|_, raised| now.duration_since(raised.at) < raised.gap * FORGOTTEN);
        self.channels.retain(|_, raised| {
            raised.retain(|at| now.duration_since(*at) < GAP);
            !raised.is_empty()
        });
        let lately: usize = self.channels.values().map(Vec::len).sum();
        failing.sort_unstable();
        let mut chosen = vec![];
        for one in failing {
            if lately + chosen.len() >= OF_ALL {
                break;
            }
            let key = (one.channel, one.model.clone());
            let gap = match self.models.get(&key) {
                Some(raised) if now.duration_since(raised.at) < raised.gap => continue,
                Some(raised) => (raised.gap * 2).min(LONGEST_GAP),
                None => GAP,
            };
            let of_channel = self.channels.entry(one.channel).or_default();
            if of_channel.len() < OF_A_CHANNEL {
                of_channel.push(now);
                self.models.insert(key, Raised { at: now, gap });
                chosen.push(one);
            }
        }
        chosen
    }
}

/// A model to be asked at once.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct Alarm {
    pub(in crate::daemon) channel: ChannelRef,
    pub(in crate::daemon) model: ModelName,
    /// When it last failed.
    pub(in crate::daemon) failed: Timestamp,
}

/// By which the watch over the traffic wakes the loop. What rings during a round is heard at its end.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Bell {
    rung: Notify,
    waiting: Mutex<Vec<Alarm>>,
}

impl Bell {
    pub(in crate::daemon) fn ring(&self, alarm: Alarm) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |one: &Alarm| (one.channel.id, &one.model) == (alarm.channel.id, &alarm.model);
        waiting.retain(|one| !known(one));
        waiting.push(alarm);
        self.rung.notify_one();
    }

    /// Waits for an alarm, or returns at once when one has come since.
    pub(in crate::daemon) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// What is to be asked.
    pub(in crate::daemon) fn take(&self) -> Vec<Alarm> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Came, TrafficFailure};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(100_000 + second).unwrap()
    }

    fn name(number: usize) -> ModelName {
        ModelName::parse(&format!("m{number}")).unwrap()
    }

    fn one(channel: i64, model: usize, second: i64) -> Failing {
        Failing { channel, at: at(second), model: name(model) }
    }

    #[test]
    fn only_what_failed_last_and_lately_fails() {
        let failed = |second| Came::Failed(TrafficFailure { at: at(second), status: None, detail: String::new() });
        let mut recent = Recent::default();
        for (model, came) in
            [(1, failed(50)), (1, Came::Worked(at(51))), (2, Came::Worked(at(50))), (2, failed(51)), (3, failed(-550))]
        {
            recent.take(Witnessed { channel: 7, model: name(model), came });
        }
        assert_eq!(recent.failing(at(60)), [one(7, 2, 51)]);
    }

    #[test]
    fn a_model_that_fails_now_and_then_wakes_the_loop_less_and_less_often() {
        let mut alarms = Alarms::default();
        let day = 24 * 3600;
        let raised: Vec<i64> = (0..day)
            .step_by(5)
            .filter(|second| !alarms.choose(vec![one(1, 1, *second)], at(*second)).is_empty())
            .collect();
        assert_eq!(raised[..6], [0, 60, 180, 420, 900, 1860]);
        assert!(raised.windows(2).all(|pair| pair[1] - pair[0] <= 3600) && raised.len() < 32, "{raised:?}");
        // Quiet for long: as if it had never failed.
        let later = 2 * day;
        assert_eq!(alarms.choose(vec![one(1, 1, later)], at(later)).len(), 1);
        assert_eq!(alarms.choose(vec![one(1, 1, later)], at(later + 59)).len(), 0);
        assert_eq!(alarms.choose(vec![one(1, 1, later)], at(later + 60)).len(), 1);
    }

    #[test]
    fn a_dead_key_and_a_dead_network_have_a_few_models_asked_not_all() {
        let mut alarms = Alarms::default();
        let storm = |channels: std::ops::Range<i64>, second| -> Vec<Failing> {
            channels.flat_map(|channel| (0..100).map(move |model| one(channel, model, second))).collect()
        };
        let asked: usize = (0..60).step_by(5).map(|second| alarms.choose(storm(1..2, second), at(second)).len()).sum();
        assert_eq!(asked, OF_A_CHANNEL, "within a minute");
        let asked: usize =
            (60..120).step_by(5).map(|second| alarms.choose(storm(2..500, second), at(second)).len()).sum();
        assert_eq!(asked, OF_ALL, "within a minute, over all channels");
        let after = alarms.choose(storm(1..2, 120), at(120));
        assert!(after.len() == OF_A_CHANNEL && after.iter().all(|one| one.channel == 1), "{after:?}");
    }

    #[tokio::test]
    async fn what_rings_while_nobody_waits_is_heard_once() {
        let bell = Bell::default();
        let alarm = |model, second| Alarm {
            channel: ChannelRef { id: 1, created: 0, name: String::new() },
            model: name(model),
            failed: at(second),
        };
        for (model, second) in [(1, 0), (2, 1), (1, 2)] {
            bell.ring(alarm(model, second));
        }
        bell.rung().await;
        let heard: Vec<_> = bell.take().into_iter().map(|alarm| (alarm.model, alarm.failed)).collect();
        assert_eq!(heard, [(name(2), at(1)), (name(1), at(2))]);
        assert!(bell.take().is_empty());
    }
}
