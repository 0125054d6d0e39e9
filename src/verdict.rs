//! What a row of outcomes says about a model: working, worth withdrawing, or unknown.
//!
//! Decides: how often and how long a finding must repeat, what silence means (nothing), when to look again.
//! Must not know: lists, plans, clocks, or where an outcome came from. Pure: values and `now` in, values out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::{Confirm, QualityAction, VerdictPolicy};
use crate::model::{Evidence, Mark, Observation, Outcome, Reason, Standing, Streak};

/// After a look at a doubtful model that told nothing (a rate limit, say).
const LOOK_AGAIN: Duration = Duration::from_mins(5);

/// A model is odd when so many of its last answers were: small models add up wrongly now and then.
const ODD_ANSWERS: u32 = 3;
const LAST_ANSWERS: u32 = 5;

/// What is to be thought of one model now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered in this round.
    Working,
    /// Confirmed: it should come off the list.
    Withdraw(Reason),
    /// Some finding stands against it, not yet confirmed: `count` of `times`, next look at `next`.
    Doubtful {
        /// The latest finding.
        outcome: Outcome,
        /// How often in a row.
        count: u32,
        /// How often is needed.
        times: u32,
        /// When it will be looked at again.
        next: Timestamp,
    },
    /// We took it off, and it did not come back yet: next look at `next`.
    StillWithdrawn {
        /// When it will be looked at again.
        next: Timestamp,
    },
    /// Nothing is known against it, and it was not seen to answer in this round.
    Unknown,
}

/// What this round showed about the channel as a whole, as far as it matters for one of its models.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    /// Another model of the channel answered in this round: then its failures are its own.
    pub siblings_alive: bool,
    /// Whether the upstream's own list names it.
    pub listed: Listed,
    /// A name that nobody has was answered as if the key, the credit or the rate were the trouble: then no denial in
    /// this round means the model.
    pub masked: bool,
}

impl Company {
    /// Whether an answer says anything of its model.
    pub fn learns(&self, seen: &Observation) -> bool {
        match seen.outcome.evidence() {
            Evidence::Nothing => false,
            Evidence::Denied => !self.masked,
            Evidence::Alive | Evidence::Unrouted | Evidence::Failing => true,
        }
    }
}

/// Whether the upstream's own list names a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// It does: what denies the model may be a ghost, or the list may be.
    Named,
    /// It does not.
    Absent,
    /// There is no list to believe.
    Unknown,
}

/// Judges one model: what is known about it after this observation, and what to think of it.
pub fn judge(
    before: &Standing,
    seen: &Observation,
    company: Company,
    policy: &VerdictPolicy,
    now: Timestamp,
) -> (Standing, Verdict) {
    let mut after = before.clone();
    if seen.was_sent() {
        after.last = Some((seen.outcome, seen.at));
        after.served_since = None;
    }
    let evidence = seen.outcome.evidence();
    let told = company.learns(seen);
    match evidence {
        Evidence::Alive => {
            after.denied = None;
            after.failing = None;
            after.unrouted = None;
            after.last_alive = Some(seen.at);
            // What the gateway's users were served with says that it works, and no more.
            if seen.was_sent() {
                after.shape = Some(seen.shape.as_str().to_owned());
                note_oddness(&mut after, &seen.marks);
            } else {
                after.served_since = before.served_since.or(Some(seen.at));
            }
        }
        Evidence::Denied if company.masked => {}
        Evidence::Denied => after.denied = Some(extend(before.denied, seen.at)),
        Evidence::Unrouted => after.unrouted = Some(extend(before.unrouted, seen.at)),
        Evidence::Failing if company.siblings_alive => after.failing = Some(extend(before.failing, seen.at)),
        Evidence::Failing | Evidence::Nothing => {}
    }
    let odd = if policy.quality == QualityAction::Withdraw { oddness(&after) } else { vec![] };
    if let Some(withdrawn) = &mut after.withdrawn {
        if evidence == Evidence::Alive && odd.is_empty() {
            after.next_probe = None;
            return (after, Verdict::Working);
        }
        let gap = match withdrawn.reason.outcome.evidence() {
            Evidence::Denied => restore_gap(withdrawn.attempts, policy),
            // What only failed heals by itself, and costs no more than when it was listed.
            Evidence::Alive | Evidence::Unrouted | Evidence::Failing | Evidence::Nothing => policy.restore_first,
        };
        let next = later(now, gap);
        // An answer that says nothing of the model, or none at all, was no attempt.
        withdrawn.attempts = withdrawn.attempts.saturating_add(u32::from(told));
        after.next_probe = Some(next);
        return (after, Verdict::StillWithdrawn { next });
    }
    after.next_probe = None;
    if !told && before.next_probe.is_some() {
        // Still doubtful, and this look told nothing: another one, but not at once.
        after.next_probe = Some(later(now, LOOK_AGAIN));
    }
    let verdict = match evidence {
        Evidence::Alive if odd.is_empty() => Verdict::Working,
        Evidence::Alive => Verdict::Withdraw(odd_reason(&odd, seen)),
        Evidence::Denied if company.masked => Verdict::Unknown,
        Evidence::Denied => {
            let confirm = match company.listed {
                Listed::Named => policy.denied_listed,
                Listed::Absent | Listed::Unknown => policy.denied,
            };
            weigh(after.denied, confirm, seen, now)
        }
        Evidence::Failing if company.siblings_alive => weigh(after.failing, policy.failing, seen, now),
        // Still in the upstream's list (or nobody knows): a reseller's channels come and go, the model is theirs to serve.
        Evidence::Unrouted if company.listed == Listed::Absent => weigh(after.unrouted, policy.unrouted, seen, now),
        Evidence::Unrouted | Evidence::Failing | Evidence::Nothing => Verdict::Unknown,
    };
    if let Verdict::Doubtful { next, .. } = &verdict {
        after.next_probe = Some(*next);
    }
    (after, verdict)
}

/// In which ways a model's last answers were odd often enough to say so.
pub fn oddness(standing: &Standing) -> Vec<Mark> {
    standing.odd.iter().filter(|(_, answers)| answers.count_ones() >= ODD_ANSWERS).map(|(mark, _)| *mark).collect()
}

fn note_oddness(standing: &mut Standing, marks: &[Mark]) {
    for mark in marks {
        standing.odd.entry(*mark).or_default();
    }
    for (mark, answers) in &mut standing.odd {
        *answers = (*answers << 1 | u8::from(marks.contains(mark))) & ((1 << LAST_ANSWERS) - 1);
    }
    standing.odd.retain(|_, answers| *answers != 0);
}

fn odd_reason(odd: &[Mark], seen: &Observation) -> Reason {
    let marks: Vec<&str> = odd.iter().map(|mark| mark.as_str()).collect();
    let detail = format!("{}: {ODD_ANSWERS} of its last {LAST_ANSWERS} answers", marks.join(", "));
    Reason { outcome: seen.outcome, count: ODD_ANSWERS, since: seen.at, over_s: 0, detail }
}

/// The gap before a withdrawn model is probed again: doubled with each attempt, up to the largest.
pub fn restore_gap(attempts: u32, policy: &VerdictPolicy) -> Duration {
    let doubled = 2_u32.checked_pow(attempts).and_then(|factor| policy.restore_first.checked_mul(factor));
    doubled.unwrap_or(policy.restore_max).min(policy.restore_max)
}

/// One finding more in a row. A clock that went backwards starts the row anew: too long is safer than too short.
fn extend(streak: Option<Streak>, at: Timestamp) -> Streak {
    match streak {
        Some(Streak { count, since, last }) if last <= at => Streak { count: count.saturating_add(1), since, last: at },
        Some(_) | None => Streak { count: 1, since: at, last: at },
    }
}

fn weigh(streak: Option<Streak>, confirm: Confirm, seen: &Observation, now: Timestamp) -> Verdict {
    let Some(streak) = streak else { return Verdict::Unknown };
    let lasted = streak.last.duration_since(streak.since);
    let needed = signed(confirm.over);
    if streak.count >= confirm.times && lasted >= needed {
        return Verdict::Withdraw(Reason {
            outcome: seen.outcome,
            count: streak.count,
            since: streak.since,
            over_s: lasted.as_secs(),
            detail: seen.detail.clone(),
        });
    }
    // As soon as it could be confirmed, the findings still needed spread over the time still needed.
    let missing = confirm.times.saturating_sub(streak.count).max(1);
    let rest = (needed - lasted).max(SignedDuration::ZERO) / i32::try_from(missing).unwrap_or(i32::MAX);
    let next = now.saturating_add(rest.max(SignedDuration::from_secs(1))).unwrap_or(Timestamp::MAX);
    Verdict::Doubtful { outcome: seen.outcome, count: streak.count, times: confirm.times, next }
}

fn later(now: Timestamp, gap: Duration) -> Timestamp {
    now.saturating_add(signed(gap)).unwrap_or(Timestamp::MAX)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
#[path = "verdict/tests.rs"]
mod tests;
