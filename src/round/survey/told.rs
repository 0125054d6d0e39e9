//! What a survey has to tell of its channel, beside what is planned for it.
//!
//! Decides: what is one line instead of sixty: a key, a budget, a silent upstream. Must not know: plans. Pure.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::offer::Offer;
use crate::model::{
    Channel, ChannelRef, ClosedKey, Evidence, Mapping, Mark, ModelName, Observation, Outcome, WorkingList,
};
use crate::plan::Survey;
use crate::probe::KeyState;
use crate::round::{KeyLine, SomeKeys};
use crate::store::{ChannelSeen, Finding};
use crate::verdict;

/// Whether anything on a channel answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::round) enum Heard {
    /// Something does.
    Something,
    /// Nothing does; most models showed this.
    Nothing(Outcome),
    /// Nobody knows: it is as it was.
    Unknown,
}

/// What came of one channel.
pub(in crate::round) struct Surveyed {
    pub(in crate::round) channel: ChannelRef,
    /// The channel for whoever reads our store only.
    pub(in crate::round) seen: ChannelSeen,
    /// The survey, or why the channel is left alone.
    pub(in crate::round) found: Result<Survey, String>,
    /// How often which outcome was shown; what was not asked shows nothing.
    pub(in crate::round) outcomes: BTreeMap<Outcome, usize>,
    /// How many of its models were not asked because the gateway's users are served with them.
    pub(in crate::round) served: usize,
    /// How many of its models were asked.
    pub(super) asked: usize,
    /// How many of them answered.
    pub(super) alive: usize,
    /// What most models showed, and in one's words, when none answered.
    pub(in crate::round) down: Option<(Outcome, String)>,
    /// Whether anything on it answers, if that is known now; a channel that is left alone is not down.
    pub(in crate::round) heard: Heard,
    /// What is wrong with single keys.
    pub(in crate::round) keys: Vec<KeyLine>,
    /// How many keys it has.
    pub(in crate::round) keys_in_all: usize,
    /// Keys that the gateway does not use.
    pub(in crate::round) closed_keys: Vec<ClosedKey>,
    /// Models that some of the keys have not.
    pub(in crate::round) some_keys: Vec<SomeKeys>,
    /// Advertised models that were not probed, and why.
    pub(in crate::round) unprobed: Vec<(ModelName, String)>,
    /// Models that answer oddly, and how.
    pub(in crate::round) odd: Vec<(ModelName, Vec<Mark>)>,
    /// Advertised models that their provider will end, and when.
    pub(in crate::round) expiring: Vec<(ModelName, Date)>,
    pub(in crate::round) notes: Vec<String>,
}

impl Surveyed {
    /// Nothing is known yet.
    pub(super) fn of(channel: &Channel, reference: &ChannelRef, provider: String) -> Self {
        let seen = ChannelSeen {
            channel: reference.clone(),
            provider,
            status: channel.status.as_str().to_owned(),
            groups: channel.group.clone().unwrap_or_default(),
            note: String::new(),
            down: None,
        };
        Self {
            channel: reference.clone(),
            seen,
            found: Err(String::new()),
            outcomes: BTreeMap::new(),
            served: 0,
            asked: 0,
            alive: 0,
            down: None,
            heard: Heard::Something,
            keys: vec![],
            keys_in_all: 0,
            closed_keys: vec![],
            some_keys: vec![],
            unprobed: vec![],
            odd: vec![],
            expiring: vec![],
            notes: vec![],
        }
    }

    /// Says something about the channel.
    pub(super) fn note(&mut self, what: &str) {
        self.notes.push(format!("#{} {}: {what}", self.channel.id, self.channel.name));
    }

    /// Takes in what is wrong with the channel's keys, each by the number that the gateway gives it.
    pub(super) fn tell_keys(&mut self, channel: &Channel, states: Vec<KeyState>) {
        let of = self.keys_in_all;
        self.keys.extend(states.into_iter().map(|state| {
            let KeyState { place, outcome, since, until, detail } = state;
            KeyLine { channel: self.channel.clone(), key: channel.key_number(place), of, outcome, since, until, detail }
        }));
    }

    /// Takes in what is to be told of single models, and in one line of those that were not asked.
    pub(super) fn tell(
        &mut self,
        findings: &[Finding],
        advertised: &WorkingList,
        mapping: Option<&Mapping>,
        offer: &Offer,
    ) {
        let mut unasked: BTreeMap<Outcome, (usize, &str)> = BTreeMap::new();
        for Finding { model, observation: seen, standing, .. } in findings {
            let odd = verdict::oddness(standing);
            if !odd.is_empty() {
                self.odd.push((model.clone(), odd));
            }
            if !standing.denied_keys.is_empty() && seen.outcome.evidence() == Evidence::Alive {
                let (channel, model, of) = (self.channel.clone(), model.clone(), self.keys_in_all);
                self.some_keys.push(SomeKeys { channel, model, keys: standing.denied_keys.clone(), of });
            }
            if seen.was_sent() {
                self.asked += 1;
                *self.outcomes.entry(seen.outcome).or_default() += 1;
                self.alive += usize::from(seen.outcome.evidence() == Evidence::Alive);
            } else if seen.outcome.evidence() == Evidence::Alive {
                self.alive += 1;
            } else if seen.outcome == Outcome::Shape {
                self.unprobed.push((model.clone(), seen.detail.clone()));
            } else {
                unasked.entry(seen.outcome).or_insert((0, &seen.detail)).0 += 1;
            }
        }
        for (outcome, (count, detail)) in unasked {
            // Of a key there is a line already.
            if !is_of_the_key(outcome) && self.down.is_none() {
                let s = if count == 1 { "" } else { "s" };
                self.note(&format!("{count} model{s} {detail}"));
            }
        }
        let listing = offer.listing();
        for model in advertised.names() {
            let upstream = mapping.and_then(|mapping| mapping.resolve(model));
            if let Some(ends) = listing.ends(upstream.as_ref().unwrap_or(model)) {
                self.expiring.push((model.clone(), ends));
            }
        }
    }
}

/// Whether an outcome is a fact about a key, and so neither about models nor about the upstream.
pub(in crate::round) fn is_of_the_key(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::KeyBad | Outcome::KeyBroke)
}

/// What most models showed, and in one's words; `None` when one answered or nothing was shown. What was not asked says
/// something only where nothing was: that the key is known to be bad, or the upstream to be silent.
pub(super) fn down(answers: &HashMap<ModelName, Observation>) -> Option<(Outcome, String)> {
    let any = answers.values().any(Observation::was_sent);
    let mut counts: BTreeMap<Outcome, (usize, &str)> = BTreeMap::new();
    // By name, so that the one that is quoted is the same every time.
    for (_, seen) in answers.iter().collect::<BTreeMap<_, _>>() {
        if seen.outcome.evidence() == Evidence::Alive {
            return None;
        }
        let says = if any { seen.was_sent() } else { !matches!(seen.outcome, Outcome::Busy | Outcome::Shape) };
        if says {
            counts.entry(seen.outcome).or_insert((0, &seen.detail)).0 += 1;
        }
    }
    let (outcome, (_, detail)) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
    Some((outcome, detail.to_owned()))
}

/// Whether that is enough to say of the channel as such, which people are told of. A key, an address are a fact with one
/// answer. That models fail is one of the channel only if no question was held back: one model that fails, while a budget
/// or a limit kept the others from being asked, may be that model's own trouble. Who is limited, or refuses our form, is
/// there. So a look at a few (what is due, and those that answered last) says neither too much nor too little.
pub(super) fn heard(answers: &HashMap<ModelName, Observation>, down: Option<Outcome>) -> Heard {
    let held_back = || answers.values().any(|seen| !seen.was_sent() && seen.outcome == Outcome::Busy);
    match down {
        None if answers.values().any(|seen| seen.outcome.evidence() == Evidence::Alive) => Heard::Something,
        None | Some(Outcome::Busy | Outcome::Shape) => Heard::Unknown,
        Some(outcome @ (Outcome::KeyBad | Outcome::KeyBroke | Outcome::ChannelConfig | Outcome::Unreachable)) => {
            Heard::Nothing(outcome)
        }
        Some(_) if held_back() => Heard::Unknown,
        Some(outcome) => Heard::Nothing(outcome),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Shape, Usage};

    fn answers(of: &[(&str, Outcome, bool)]) -> HashMap<ModelName, Observation> {
        let answer = |(model, outcome, sent): &(&str, Outcome, bool)| {
            let usage = Usage { requests: u32::from(*sent), ..Usage::default() };
            let seen = Observation::bare(*outcome, Timestamp::UNIX_EPOCH, Shape::MaxTokens, format!("{model} says"));
            (ModelName::parse(model).unwrap(), Observation { usage, ..seen })
        };
        of.iter().map(answer).collect()
    }

    #[test]
    fn a_channel_is_down_by_what_was_shown_and_not_by_what_was_not_asked() {
        use Outcome::{Broken, Busy, KeyBroke, TimedOut, Unreachable, Works};
        for (seen, expected) in [
            (&[("a", Broken, true), ("b", Works, true)][..], None),
            (
                &[("a", TimedOut, true), ("b", Unreachable, false), ("c", Unreachable, false)],
                Some((TimedOut, "a says")),
            ),
            (&[("a", KeyBroke, false), ("b", KeyBroke, false)], Some((KeyBroke, "a says"))),
            // A budget that is used up is nobody's failure.
            (&[("a", Busy, false), ("b", Busy, false)], None),
            (&[("a", Busy, true)], Some((Busy, "a says"))),
            (&[], None),
        ] {
            let expected = expected.map(|(outcome, detail)| (outcome, detail.to_owned()));
            assert_eq!(down(&answers(seen)), expected, "{seen:?}");
        }
    }

    #[test]
    fn what_one_model_shows_is_the_channels_only_if_none_was_held_back() {
        use Outcome::{Broken, Busy, Gone, KeyBad, Shape, Unreachable, Works};
        for (seen, expected) in [
            (&[("a", Broken, true), ("b", Works, true)][..], Heard::Something),
            (&[("a", Broken, true), ("b", Works, false)], Heard::Something),
            (&[("a", Gone, true), ("b", Broken, true), ("c", Broken, true)], Heard::Nothing(Broken)),
            (&[("a", Gone, true), ("b", Busy, false)], Heard::Unknown),
            (&[("a", KeyBad, true), ("b", Busy, false)], Heard::Nothing(KeyBad)),
            (&[("a", KeyBad, false)], Heard::Nothing(KeyBad)),
            (&[("a", Unreachable, true), ("b", Busy, false)], Heard::Nothing(Unreachable)),
            (&[("a", Busy, true)], Heard::Unknown),
            (&[("a", Shape, true)], Heard::Unknown),
            (&[("a", Busy, false)], Heard::Unknown),
            (&[], Heard::Unknown),
        ] {
            let answers = answers(seen);
            assert_eq!(heard(&answers, down(&answers).map(|(outcome, _)| outcome)), expected, "{seen:?}");
        }
    }
}
