//! What the gateway's own users know already: a model that works for them is not asked.
//!
//! Decides: whose word counts, and when it is looked after. Must not know: logs, how anything is asked. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::questions::{CONTROLS, Candidate, Way};
use crate::gateway::logs::traffic_of;
use crate::model::{Channel, Evidence, GatewayKind, ModelName, Observation, Outcome, Shape, Standing, Traffic};

/// What users' requests answer, by the upstream's name, and how each would have been asked.
pub(super) type Answered = HashMap<ModelName, (Way, Observation)>;

/// What is known of a channel's traffic, and how long it counts.
pub(super) struct Served<'a> {
    pub(super) kind: GatewayKind,
    pub(super) channel: &'a Channel,
    pub(super) traffic: &'a HashMap<ModelName, Traffic>,
    pub(super) known: &'a HashMap<ModelName, Standing>,
    pub(super) fresh: Duration,
}

impl Served<'_> {
    /// Takes out of the questions what the users' requests answer, and gives that answer. A word older than the last finding
    /// against a model says nothing about it, and users cannot reach what is not on the list.
    pub(super) fn answer(
        &self,
        candidates: &[Candidate],
        questions: &mut BTreeMap<ModelName, Way>,
        now: Timestamp,
    ) -> Answered {
        let mut answers = HashMap::new();
        if self.traffic.is_empty() {
            return answers;
        }
        let listed = candidates.iter().filter(|candidate| !candidate.may_add);
        for Candidate { model, upstream, .. } in listed {
            let Some(worked) = self.worked(model, now) else { continue };
            if let Some(way) = questions.remove(upstream) {
                let answer =
                    Observation::bare(Outcome::Works, worked, Shape::MaxTokens, "the gateway's users are served");
                answers.insert(upstream.clone(), (way, answer));
            }
        }
        answers
    }

    /// When users were last served with a model, if that says that it works.
    fn worked(&self, model: &ModelName, now: Timestamp) -> Option<Timestamp> {
        let mapping = self.channel.mapping.as_ref().ok()?;
        let worked = traffic_of(self.kind, mapping, self.traffic, model)?.vouches(self.fresh, now)?;
        let Some(known) = self.known.get(model) else { return Some(worked) };
        let against = [known.denied, known.failing, known.unrouted].into_iter().flatten().map(|streak| streak.last);
        let is_newer = against.max().is_none_or(|last| last < worked);
        (is_newer && known.withdrawn.is_none() && !known.must_be_asked(now)).then_some(worked)
    }
}

/// Of what users were served with, what must be asked after all: all that was asked failed. They may have been served before
/// their whole channel went down, so a few show now whether the failures are the models' own; those served last.
pub(super) fn to_compare(served: &mut Answered, asked: &HashMap<ModelName, Observation>) -> BTreeMap<ModelName, Way> {
    let says_nothing = |evidence| matches!(evidence, Evidence::Alive | Evidence::Nothing);
    if is_any_alive(asked) || asked.values().all(|seen| says_nothing(seen.outcome.evidence())) {
        return BTreeMap::new();
    }
    let mut latest: Vec<_> = served.iter().map(|(model, (_, seen))| (Reverse(seen.at), model.clone())).collect();
    latest.sort_unstable();
    let chosen = latest.into_iter().take(CONTROLS);
    chosen.filter_map(|(_, model)| served.remove(&model).map(|(way, _)| (model, way))).collect()
}

/// Whether anything that was asked answered.
pub(super) fn is_any_alive(asked: &HashMap<ModelName, Observation>) -> bool {
    asked.values().any(|seen| seen.outcome.evidence() == Evidence::Alive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Mapping, Streak};

    const NOON: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(NOON + second).unwrap()
    }

    fn name(text: &str) -> ModelName {
        ModelName::parse(text).unwrap()
    }

    /// The names still asked, of `a` (an alias of `x`), `b` and the new `c`, when users were served with `logged`.
    fn asked(kind: GatewayKind, logged: &str, worked: i64, known: Option<Standing>) -> String {
        let mapping = Mapping([("a".to_owned(), "x".to_owned())].into());
        let channel = Channel { mapping: Ok(mapping), ..Channel::bare("c") };
        let traffic = [(name(logged), Traffic { worked: Some(at(worked)), failed: None })].into();
        let known = known.into_iter().map(|standing| (name("b"), standing)).collect();
        let served =
            Served { kind, channel: &channel, traffic: &traffic, known: &known, fresh: Duration::from_mins(10) };
        let candidate = |model: &str, upstream: &str, may_add| Candidate {
            model: name(model),
            upstream: name(upstream),
            kind: Kind::Chat,
            kept: false,
            may_add,
        };
        let candidates = [candidate("a", "x", false), candidate("b", "b", false), candidate("c", "c", true)];
        let way = || Way { kind: Kind::Chat, shape: None, fresh: false, looked: None, manner: None };
        let mut questions = ["x", "b", "c"].map(|model| (name(model), way())).into();
        let answers = served.answer(&candidates, &mut questions, at(600));
        assert!(answers.values().all(|(_, seen)| seen.outcome == Outcome::Works && !seen.was_sent()));
        assert_eq!(answers.len() + questions.len(), 3);
        questions.keys().map(ModelName::as_str).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn what_users_are_served_with_is_not_asked() {
        use GatewayKind::{NewApi, OneApi};
        assert_eq!(asked(NewApi, "a", 0, None), "b,c", "an alias, by the name it is asked for");
        assert_eq!(asked(OneApi, "x", 0, None), "b,c", "by the name it leads to");
        assert_eq!(asked(NewApi, "x", 0, None), "b,c,x");
        assert_eq!(asked(NewApi, "b", -1, None), "b,c,x", "too long ago");
        assert_eq!(asked(NewApi, "c", 0, None), "b,c,x", "nobody can reach what is not on the list");
    }

    #[test]
    fn a_finding_against_a_model_needs_a_newer_word() {
        let failing =
            |last| Standing { failing: Some(Streak { count: 1, since: at(0), last: at(last) }), ..Standing::default() };
        assert_eq!(asked(GatewayKind::NewApi, "b", 100, Some(failing(100))), "b,c,x");
        assert_eq!(asked(GatewayKind::NewApi, "b", 100, Some(failing(99))), "c,x");
    }

    #[test]
    fn users_vouch_for_a_day_at_most() {
        let served = |since| Some(Standing { served_since: Some(at(since)), ..Standing::default() });
        assert_eq!(asked(GatewayKind::NewApi, "b", 100, served(601 - 24 * 3600)), "c,x");
        assert_eq!(asked(GatewayKind::NewApi, "b", 100, served(600 - 24 * 3600)), "b,c,x");
    }
}
