//! What a row of outcomes says about a model: working, worth withdrawing, or unknown.
//!
//! Decides: how often and how long a finding must repeat, what silence means (nothing), when to look again.
//! Must not know: lists, plans, clocks, or where an outcome came from. Pure: values and `now` in, values out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::{Confirm, VerdictPolicy};
use crate::model::{Evidence, Observation, Outcome, Reason, Standing, Streak};

/// After a look at a doubtful model that told nothing (a rate limit, say).
const LOOK_AGAIN: Duration = Duration::from_mins(5);

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
    /// The upstream's list names the model now.
    pub listed: bool,
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
    after.last = Some((seen.outcome, seen.at));
    let evidence = seen.outcome.evidence();
    match evidence {
        Evidence::Alive => {
            after.denied = None;
            after.failing = None;
            after.unrouted = None;
            after.last_alive = Some(seen.at);
            after.shape = Some(seen.shape.as_str().to_owned());
        }
        Evidence::Denied => after.denied = Some(extend(before.denied, seen.at)),
        Evidence::Unrouted => after.unrouted = Some(extend(before.unrouted, seen.at)),
        Evidence::Failing if company.siblings_alive => after.failing = Some(extend(before.failing, seen.at)),
        Evidence::Failing | Evidence::Nothing => {}
    }
    if let Some(withdrawn) = &mut after.withdrawn {
        if evidence == Evidence::Alive {
            after.next_probe = None;
            return (after, Verdict::Working);
        }
        let next = later(now, restore_gap(withdrawn.attempts, policy));
        // An answer that says nothing of the model, or none at all, was no attempt.
        withdrawn.attempts = withdrawn.attempts.saturating_add(u32::from(evidence != Evidence::Nothing));
        after.next_probe = Some(next);
        return (after, Verdict::StillWithdrawn { next });
    }
    after.next_probe = None;
    if evidence == Evidence::Nothing && before.next_probe.is_some() {
        // Still doubtful, and this look told nothing: another one, but not at once.
        after.next_probe = Some(later(now, LOOK_AGAIN));
    }
    let verdict = match evidence {
        Evidence::Alive => Verdict::Working,
        Evidence::Denied => weigh(after.denied, policy.denied, seen, now),
        Evidence::Failing if company.siblings_alive => weigh(after.failing, policy.failing, seen, now),
        // Still in the upstream's list: a reseller's channels come and go, the model is theirs to serve.
        Evidence::Unrouted if !company.listed => weigh(after.unrouted, policy.unrouted, seen, now),
        Evidence::Unrouted | Evidence::Failing | Evidence::Nothing => Verdict::Unknown,
    };
    if let Verdict::Doubtful { next, .. } = &verdict {
        after.next_probe = Some(*next);
    }
    (after, verdict)
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
