//! What a round has to tell: counts, what it changed, what it held back, what it left alone and why.

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::drift::DriftLine;
use super::survey::{Heard, Surveyed, is_of_the_key};
use crate::apply;
use crate::config::Mode;
use crate::gateway::Orphans;
use crate::model::{Change, ChannelRef, Guard, Held, ModelName, Outcome};
use crate::plan::{Facts, Survey};
use crate::store::ChannelSeen;
use crate::verdict::Verdict;

pub use self::lines::{
    ChangeLine, ClosedKeyLine, Doubt, Down, Expiring, KeyLine, Odd, Skipped, SomeKeys, StillWithdrawn, Unprobed,
};

/// Things of one sort named in a report; more are only counted, so that a report stays small.
pub(super) const NAMED: usize = 200;

/// The report of one round over one gateway.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The gateway's name in the configuration.
    pub gateway: String,
    /// The round's number in our store.
    pub round: i64,
    /// What we were allowed to do.
    pub mode: Mode,
    /// Whether everything was looked at, and not only what was named or due again.
    pub whole: bool,
    /// Channels looked at.
    pub channels: usize,
    /// Channels left alone, and why.
    pub skipped: Vec<Skipped>,
    /// How many of those there are, named or not.
    pub skipped_count: usize,
    /// Advertised models that are not probed, and why.
    pub unprobed: Vec<Unprobed>,
    /// How many of those there are, named or not.
    pub unprobed_count: usize,
    /// Channels on which nothing answered, and what they said.
    pub down: Vec<Down>,
    /// How many of those there are, named or not.
    pub down_count: usize,
    /// Keys that are not asked, and why: one line each, whatever the number of models behind them.
    pub keys: Vec<KeyLine>,
    /// Keys of multi-key channels that the gateway itself does not use.
    pub closed_keys: Vec<ClosedKeyLine>,
    /// Models that some of a multi-key channel's keys have not.
    pub some_keys: Vec<SomeKeys>,
    /// (channel, model) pairs advertised by the channels looked at.
    pub pairs: usize,
    /// (channel, model) pairs probed.
    pub probed: usize,
    /// (channel, model) pairs that there was a question for, sent or held back by a key, a budget or a silent upstream.
    pub wanted: usize,
    /// Pairs that were not asked because the gateway's users are served with them.
    pub served: usize,
    /// How many pairs showed which outcome.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// Models with a finding against them that is not confirmed yet.
    pub doubtful: Vec<Doubt>,
    /// How many of those there are, named or not.
    pub doubtful_count: usize,
    /// Models that we took off and that did not come back yet.
    pub still_withdrawn: Vec<StillWithdrawn>,
    /// Models that answer oddly: marked, not judged by it.
    pub odd: Vec<Odd>,
    /// Models that their provider will end.
    pub expiring: Vec<Expiring>,
    /// What was wanted, and what came of it.
    pub changes: Vec<ChangeLine>,
    /// What guards held back.
    pub held: Vec<Held>,
    /// Channels whose routing rows do not agree with their list, and what came of setting them right.
    pub drift: Vec<DriftLine>,
    /// How many of those there are, named or not.
    pub drift_count: usize,
    /// Routing rows whose channel is gone.
    pub orphans: Orphans,
    /// Why nothing at all was written in this round, whatever was wanted.
    pub blackout: Option<(Guard, String)>,
    /// When the gateway's users see what was written, in words.
    pub live: String,
    /// What else an operator should know.
    pub notes: Vec<String>,
    /// What failed without stopping the round.
    pub errors: Vec<String>,
    /// Offered names that did not work, and so did not come on the list: a few.
    #[serde(skip)]
    pub not_added: Vec<(i64, ModelName)>,
    /// The channels looked at, by id.
    #[serde(skip)]
    pub seen: BTreeMap<i64, ChannelSeen>,
    /// Those of them of which this round did not learn whether anything answers.
    #[serde(skip)]
    pub unheard: BTreeSet<i64>,
}

impl Report {
    pub(super) fn new(gateway: &str, mode: Mode) -> Self {
        Self {
            gateway: gateway.to_owned(),
            round: 0,
            mode,
            whole: true,
            channels: 0,
            skipped: vec![],
            skipped_count: 0,
            unprobed: vec![],
            unprobed_count: 0,
            down: vec![],
            down_count: 0,
            keys: vec![],
            closed_keys: vec![],
            some_keys: vec![],
            still_withdrawn: vec![],
            odd: vec![],
            expiring: vec![],
            not_added: vec![],
            seen: BTreeMap::new(),
            unheard: BTreeSet::new(),
            pairs: 0,
            probed: 0,
            wanted: 0,
            served: 0,
            outcomes: BTreeMap::new(),
            doubtful: vec![],
            doubtful_count: 0,
            changes: vec![],
            held: vec![],
            drift: vec![],
            drift_count: 0,
            orphans: Orphans::default(),
            blackout: None,
            live: String::new(),
            notes: vec![],
            errors: vec![],
        }
    }

    /// Counts a channel in that could not even be read.
    pub(super) fn leave(&mut self, channel: ChannelRef, why: String) {
        self.channels += 1;
        let (provider, groups, status) = (String::new(), String::new(), "unreadable".to_owned());
        let seen = ChannelSeen { channel: channel.clone(), provider, status, groups, note: why.clone(), down: None };
        self.seen.insert(channel.id, seen);
        self.unheard.insert(channel.id);
        self.skip(channel, why);
    }

    /// Our own network did not answer: that nothing on a channel did says nothing of the channel.
    pub(super) fn unhear(&mut self) {
        let deaf = |seen: &&ChannelSeen| seen.down.is_some_and(|outcome| !is_of_the_key(outcome));
        self.unheard.extend(self.seen.values().filter(deaf).map(|seen| seen.channel.id));
    }

    fn skip(&mut self, channel: ChannelRef, why: String) {
        self.skipped_count += 1;
        if self.skipped.len() < NAMED {
            self.skipped.push(Skipped { channel, why });
        }
    }

    /// Counts one channel in, and hands its survey on to the plan.
    pub(super) fn take(&mut self, surveyed: Surveyed, facts: &mut Facts) -> Option<Survey> {
        self.channels += 1;
        let note = match (&surveyed.found, &surveyed.down) {
            (Err(why), _) => why.clone(),
            (Ok(_), Some((outcome, detail))) => format!("nothing answers: {outcome}: {detail}"),
            (Ok(_), None) => String::new(),
        };
        let down = match surveyed.heard {
            Heard::Something => None,
            Heard::Nothing(outcome) => Some(outcome),
            Heard::Unknown => {
                self.unheard.insert(surveyed.channel.id);
                None
            }
        };
        self.seen.insert(surveyed.channel.id, ChannelSeen { note, down, ..surveyed.seen });
        let room = NAMED.saturating_sub(self.notes.len());
        self.notes.extend(surveyed.notes.into_iter().take(room));
        let (of, channel) = (surveyed.keys_in_all, &surveyed.channel);
        let room = NAMED.saturating_sub(self.closed_keys.len());
        let closed = surveyed.closed_keys.into_iter().take(room);
        self.closed_keys.extend(closed.map(|key| ClosedKeyLine { channel: channel.clone(), of, key }));
        let survey = match surveyed.found {
            Ok(survey) => survey,
            Err(why) => {
                self.skip(surveyed.channel, why);
                return None;
            }
        };
        self.unprobed_count += surveyed.unprobed.len();
        for (model, why) in surveyed.unprobed {
            if self.unprobed.len() < NAMED {
                self.unprobed.push(Unprobed { channel: surveyed.channel.clone(), model, why });
            }
        }
        for (outcome, count) in surveyed.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.probed += survey.probed;
        self.served += surveyed.served;
        self.wanted += survey.judged.len();
        self.pairs += survey.advertised.names().len();
        if survey.probed > 0 {
            facts.channels_probed += 1;
            // A key that does not work is no sign that many upstreams, or we, are cut off.
            let of_the_key = surveyed.down.as_ref().is_some_and(|(outcome, _)| is_of_the_key(*outcome));
            facts.channels_down += usize::from(survey.alive == 0 && !of_the_key);
        }
        let room = NAMED.saturating_sub(self.keys.len());
        self.keys.extend(surveyed.keys.into_iter().take(room));
        let room = NAMED.saturating_sub(self.some_keys.len());
        self.some_keys.extend(surveyed.some_keys.into_iter().take(room));
        if let Some((outcome, detail)) = surveyed.down {
            self.down_count += 1;
            if self.down.len() < NAMED {
                self.down.push(Down { channel: survey.channel.clone(), outcome, detail });
            }
        }
        let room = NAMED.saturating_sub(self.odd.len());
        let odd = surveyed.odd.into_iter().take(room);
        self.odd.extend(odd.map(|(model, marks)| Odd { channel: survey.channel.clone(), model, marks }));
        let room = NAMED.saturating_sub(self.expiring.len());
        let expiring = surveyed.expiring.into_iter().take(room);
        self.expiring.extend(expiring.map(|(model, ends)| Expiring { channel: survey.channel.clone(), model, ends }));
        for judged in &survey.judged {
            let (channel, model) = (&survey.channel, &judged.model);
            if judged.may_add && judged.verdict == Verdict::Unknown && self.not_added.len() < NAMED {
                self.not_added.push((channel.id, model.clone()));
            }
            match judged.verdict {
                Verdict::Doubtful { outcome, count, times, next } => {
                    self.doubtful_count += 1;
                    if self.doubtful.len() < NAMED {
                        let (channel, model) = (channel.clone(), model.clone());
                        self.doubtful.push(Doubt { channel, model, outcome, count, times, next });
                    }
                }
                Verdict::StillWithdrawn { next } if self.still_withdrawn.len() < NAMED => {
                    let (channel, model) = (channel.clone(), model.clone());
                    self.still_withdrawn.push(StillWithdrawn { channel, model, next });
                }
                Verdict::StillWithdrawn { .. } | Verdict::Working | Verdict::Withdraw(_) | Verdict::Unknown => {}
            }
        }
        Some(survey)
    }

    /// Channels are surveyed side by side and come in any order; a report has them in the gateway's.
    pub(super) fn sort(&mut self) {
        self.skipped.sort_by_key(|skipped| skipped.channel.id);
        self.unprobed.sort_by_key(|unprobed| unprobed.channel.id);
        self.down.sort_by_key(|down| down.channel.id);
        self.keys.sort_by_key(|key| (key.channel.id, key.key));
        self.closed_keys.sort_by_key(|line| (line.channel.id, line.key.number));
        self.some_keys.sort_by_key(|line| line.channel.id);
        self.doubtful.sort_by_key(|doubt| doubt.channel.id);
        self.still_withdrawn.sort_by_key(|off| off.channel.id);
        self.odd.sort_by_key(|odd| odd.channel.id);
        self.expiring.sort_by_key(|expiring| (expiring.ends, expiring.channel.id));
    }

    /// Models taken off in this round, in the gateway.
    pub fn withdrawn(&self) -> usize {
        self.applied().map(|change| change.removed.len()).sum()
    }

    /// Models put back in this round, in the gateway.
    pub fn restored(&self) -> usize {
        self.applied().map(|change| change.restored.len()).sum()
    }

    /// New models put on in this round, in the gateway.
    pub fn added(&self) -> usize {
        self.applied().map(|change| change.added.len()).sum()
    }

    /// Channels whose routing rows were set right in this round.
    pub fn repaired(&self) -> usize {
        self.drift.iter().filter(|line| matches!(line.outcome, Some(apply::Outcome::Applied(_)))).count()
    }

    fn applied(&self) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(|line| matches!(line.outcome, Some(apply::Outcome::Applied(_))))
            .map(|line| &line.change)
    }

    /// Changes that wait for a person, or that this mode only shows.
    pub fn pending(&self) -> usize {
        self.changes.iter().filter(|line| line.outcome.is_none()).count()
    }

    /// Models that guards held back.
    pub fn held_models(&self) -> usize {
        self.held.iter().map(|held| held.removals.len() + held.additions.len()).sum()
    }

    /// The round in one line: "45 checked, 1 gone, 2 held".
    pub fn summary(&self) -> String {
        let mut parts = vec![format!("{} checked", self.probed)];
        let mut count = |number: usize, what: &str| {
            if number > 0 {
                parts.push(format!("{number} {what}"));
            }
        };
        count(self.served, "served to users");
        count(self.withdrawn(), "withdrawn");
        count(self.restored(), "restored");
        count(self.added(), "added");
        count(self.pending_models(), "pending");
        count(self.unwritten_models(), "not written");
        count(self.held_models(), "held");
        count(self.doubtful_count, "doubtful");
        count(self.unprobed_count, "not probed");
        let s = |number: usize| if number == 1 { "" } else { "s" };
        count(self.down_count, &format!("channel{} down", s(self.down_count)));
        count(self.skipped_count, &format!("channel{} left alone", s(self.skipped_count)));
        count(self.drift_count - self.repaired(), &format!("channel{} drifted", s(self.drift_count - self.repaired())));
        count(self.repaired(), &format!("channel{} repaired", s(self.repaired())));
        count(self.errors.len(), &format!("error{}", s(self.errors.len())));
        parts.join(", ")
    }

    fn pending_models(&self) -> usize {
        self.models_of(Option::is_none)
    }

    /// Models of changes that a conflict, a hold or an error kept from being written.
    fn unwritten_models(&self) -> usize {
        self.models_of(|outcome| matches!(outcome, Some(outcome) if !matches!(outcome, apply::Outcome::Applied(_))))
    }

    fn models_of(&self, ended: impl Fn(&Option<apply::Outcome>) -> bool) -> usize {
        let changes = self.changes.iter().filter(|line| ended(&line.outcome)).map(|line| &line.change);
        changes.map(|change| change.removed.len() + change.added.len() + change.restored.len()).sum()
    }

    /// The exit code of a command that ran this round: 1 error, 4 conflict, 3 held, 2 pending, 0 done.
    pub fn exit_code(&self) -> u8 {
        let written = self.changes.iter().filter_map(|line| line.outcome.as_ref());
        let outcomes: Vec<_> = written.chain(self.drift.iter().filter_map(|line| line.outcome.as_ref())).collect();
        let any = |test: fn(&apply::Outcome) -> bool| outcomes.iter().any(|outcome| test(outcome));
        if !self.errors.is_empty() || any(|o| matches!(o, apply::Outcome::Failed(_) | apply::Outcome::Refused(_))) {
            1
        } else if any(|o| matches!(o, apply::Outcome::Conflict(_))) {
            4
        } else if self.blackout.is_some() || !self.held.is_empty() || any(|o| matches!(o, apply::Outcome::OnHold(_))) {
            3
        } else if self.pending() > 0 {
            2
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_could_not_be_read_is_neither_down_nor_up() {
        let mut report = Report::new("g", Mode::Observe);
        report.leave(ChannelRef { id: 3, created: 1, name: "c".to_owned() }, "bad row".to_owned());
        assert!(report.unheard.contains(&3), "it stays as it was");
    }
}
