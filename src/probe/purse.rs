//! What may be spent and what was: each request is counted for everything, for its account and, where it takes from
//! one, for the free quota that all keys of a host share.
//!
//! Decides: what is written down before a request leaves, and what with the others. Must not know: answers, rounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::Date;

use super::pace::{Refusal, locked};
use crate::budget::{Budget, Limits, Shortage, Spent, day, day_end};
use crate::clock;
use crate::store::{Expense, Reservation, Store, StoreError};

/// The scope of everything together.
const EVERYTHING: &str = "";
/// What the scope of a free quota begins with; the host that grants it follows.
const FREE_SCOPE: &str = "free:";
/// One look never takes more of a free quota: OpenRouter lets 20 a minute through, its users' own included.
const AT_ONCE: u64 = 10;

/// The limits, and the accounts kept in the store: exact where there is a limit, for such a request is written down
/// before it leaves; the others are counted here until they are flushed.
pub(super) struct Purse {
    store: Store,
    budget: Budget,
    everything: Arc<str>,
    /// Free requests a day, by host, as the host said.
    quotas: Mutex<HashMap<String, u64>>,
    /// Scopes that let no more through for now.
    short: Mutex<HashMap<Arc<str>, Shortage>>,
    counted: Mutex<HashMap<(Date, Arc<str>), Expense>>,
}

/// A question that was counted.
#[derive(Debug)]
pub(super) struct Claim {
    /// How many requests were sent for it.
    pub(super) requests: u32,
    /// What it is counted for; nothing where nothing is kept.
    scopes: Option<Scopes>,
    day: Date,
    /// The tokens that each request may use up.
    tokens: u64,
}

/// What a question is counted for, beside everything.
#[derive(Clone, Debug)]
pub(super) struct Scopes {
    pub(super) account: Arc<str>,
    pub(super) free: Option<Arc<str>>,
}

impl Claim {
    /// A question that nobody counts.
    pub(super) fn uncounted() -> Self {
        Self { requests: 1, scopes: None, day: Date::ZERO, tokens: 0 }
    }

    /// Whether it takes from a free quota: nothing of it is asked twice.
    pub(super) fn is_free(&self) -> bool {
        self.scopes.as_ref().is_some_and(|scopes| scopes.free.is_some())
    }
}

impl Purse {
    pub(super) fn new(store: Store, budget: Budget) -> Self {
        let everything = Arc::from(EVERYTHING);
        Self { store, budget, everything, quotas: Mutex::default(), short: Mutex::default(), counted: Mutex::default() }
    }

    /// How many free requests a day a host grants an account.
    pub(super) fn set_quota(&self, host: &str, requests: u64) {
        locked(&self.quotas).insert(host.to_owned(), requests);
        // What was too much may be no more.
        locked(&self.short).clear();
    }

    /// Whether a host was said to grant free requests.
    pub(super) fn grants(&self, host: &str) -> bool {
        locked(&self.quotas).contains_key(host)
    }

    /// Refuses what would exceed a limit, as far as that is known without looking.
    pub(super) fn check(&self, scopes: &Scopes, now: Timestamp) -> Result<(), Refusal> {
        let short = locked(&self.short);
        if short.is_empty() {
            return Ok(());
        }
        for scope in [EVERYTHING, &scopes.account].into_iter().chain(scopes.free.as_deref()) {
            // No shortage outlasts its day: a later end was told by a clock that was wrong.
            let lasts = |shortage: &&Shortage| now < shortage.until && shortage.until <= day_end(now);
            if let Some(shortage) = short.get(scope).filter(lasts) {
                return Err(Refusal::Budget(*shortage));
            }
        }
        Ok(())
    }

    /// Counts one request that may use up so many tokens, before it is sent.
    pub(super) async fn claim(&self, scopes: Scopes, tokens: u64) -> Result<Claim, Refusal> {
        let mut claim = Claim { requests: 0, scopes: Some(scopes), day: day(clock::now()), tokens };
        self.count(&mut claim).await?;
        Ok(claim)
    }

    /// Counts the same request once more, if it may be sent once more.
    pub(super) async fn again(&self, claim: &mut Claim) -> bool {
        // After midnight it is the new day's.
        !claim.is_free() && claim.day == day(clock::now()) && self.count(claim).await.is_ok()
    }

    /// Counts what goes out with the request that was let through: one question to the gateway may be several to upstreams.
    pub(super) async fn along(&self, claim: &mut Claim, more: u32) {
        let Some(scopes) = claim.scopes.clone().filter(|_| more > 0) else { return };
        claim.requests = claim.requests.saturating_add(more);
        let mut due = vec![];
        for (scope, limits) in self.limits(&scopes) {
            let requests = i64::from(more);
            if limits.is_none() {
                let expense = Expense { requests, ..Expense::default() };
                add(&mut locked(&self.counted), claim.day, scope, expense);
            } else {
                let tokens = if limits.tokens.is_some() { claim.tokens.saturating_mul(u64::from(more)) } else { 0 };
                due.push((
                    claim.day,
                    scope.as_ref(),
                    Expense { requests, tokens: signed(tokens), ..Expense::default() },
                ));
            }
        }
        if !due.is_empty()
            && let Err(error) = self.store.spend(&due).await
        {
            tracing::error!("what a probe uses up is not kept: {error}");
        }
    }

    async fn count(&self, claim: &mut Claim) -> Result<(), Refusal> {
        let Some(scopes) = &claim.scopes else { return Ok(()) };
        loop {
            let now = clock::now();
            self.check(scopes, now)?;
            if claim.requests == 0 {
                claim.day = day(now);
            }
            let limited: Vec<_> = self.limits(scopes).filter(|(_, limits)| !limits.is_none()).collect();
            let reservations: Vec<_> =
                limited.iter().map(|(scope, limits)| reservation(scope, limits, claim.tokens, now)).collect();
            let refused = match &reservations[..] {
                [] => Ok(Ok(())),
                reservations => self.store.reserve(claim.day, reservations).await,
            };
            match refused {
                Ok(Ok(())) => break,
                Ok(Err((place, spent))) => self.remember(limited.get(place), spent, claim.tokens, now),
                Err(error) => {
                    tracing::error!("nothing is sent, for it cannot be counted: {error}");
                    return Err(Refusal::Uncounted);
                }
            }
        }
        let mut counted = locked(&self.counted);
        for (scope, limits) in self.limits(scopes) {
            if limits.is_none() {
                let one = Expense { requests: 1, ..Expense::default() };
                add(&mut counted, claim.day, scope, one);
            }
        }
        claim.requests += 1;
        Ok(())
    }

    fn remember(&self, short: Option<&(&Arc<str>, Limits)>, spent: Spent, tokens: u64, now: Timestamp) {
        if let Some((scope, limits)) = short
            && let Some(shortage) = limits.shortage(spent, tokens, now)
        {
            locked(&self.short).insert(Arc::clone(scope), shortage);
        }
    }

    /// Counts what a question used up in the end; `None` where nobody said.
    pub(super) async fn settle(&self, claim: &Claim, used: Option<u64>) {
        let Some(scopes) = &claim.scopes else { return };
        let reserved = claim.tokens.saturating_mul(u64::from(claim.requests));
        let used = used.unwrap_or(reserved);
        let mut due = vec![];
        {
            let mut counted = locked(&self.counted);
            for (scope, limits) in self.limits(scopes) {
                let before = if limits.tokens.is_some() { reserved } else { 0 };
                let tokens = signed(used).saturating_sub(signed(before));
                let expense = Expense { tokens, ..Expense::default() };
                match (tokens, limits.tokens) {
                    (0, _) => {}
                    (_, Some(_)) => due.push((scope, expense)),
                    (_, None) => add(&mut counted, claim.day, scope, expense),
                }
            }
        }
        let due: Vec<_> = due.iter().map(|(scope, expense)| (claim.day, scope.as_ref(), *expense)).collect();
        if !due.is_empty()
            && let Err(error) = self.store.spend(&due).await
        {
            tracing::error!("what a probe used up is not kept: {error}");
        }
    }

    /// Adds what a question cost, in millionths of a dollar.
    pub(super) fn cost(&self, scopes: &Scopes, cost: u64) {
        let mut counted = locked(&self.counted);
        let today = day(clock::now());
        for (scope, _) in self.limits(scopes) {
            add(&mut counted, today, scope, Expense { cost: signed(cost), ..Expense::default() });
        }
    }

    /// How many requests may take from a free quota now.
    pub(super) async fn allowance(&self, free: &str) -> Result<u64, StoreError> {
        let now = clock::now();
        let spent = self.store.spent_in(day(now), free).await?;
        let by = self.free_limits(free).requests.map_or(0, |limit| limit.by(now));
        Ok(by.saturating_sub(spent.requests).min(AT_ONCE))
    }

    /// Writes down what was counted here.
    pub(super) async fn flush(&self) -> Result<(), StoreError> {
        let counted = std::mem::take(&mut *locked(&self.counted));
        let expenses: Vec<_> = counted.iter().map(|((day, scope), expense)| (*day, scope.as_ref(), *expense)).collect();
        if expenses.is_empty() {
            return Ok(());
        }
        let written = self.store.spend(&expenses).await;
        if written.is_err() {
            let mut now = locked(&self.counted);
            for ((day, scope), expense) in counted {
                add(&mut now, day, &scope, expense);
            }
        }
        written
    }

    fn limits<'a>(&'a self, scopes: &'a Scopes) -> impl Iterator<Item = (&'a Arc<str>, Limits)> + 'a {
        let total = (&self.everything, self.budget.total());
        let account = (&scopes.account, self.budget.account());
        let free = scopes.free.iter().map(|free| (free, self.free_limits(free)));
        [total, account].into_iter().chain(free)
    }

    fn free_limits(&self, scope: &str) -> Limits {
        let host = scope.strip_prefix(FREE_SCOPE).unwrap_or(scope);
        self.budget.free(locked(&self.quotas).get(host).copied())
    }
}

fn reservation<'a>(scope: &'a str, limits: &Limits, tokens: u64, now: Timestamp) -> Reservation<'a> {
    Reservation {
        scope,
        tokens: if limits.tokens.is_some() { tokens } else { 0 },
        requests_by: limits.requests.map(|limit| limit.by(now)),
        tokens_by: limits.tokens.map(|limit| limit.by(now)),
    }
}

/// The scope of the free quota that a host grants.
pub(super) fn free_scope(host: &str) -> String {
    format!("{FREE_SCOPE}{host}")
}

fn add(counted: &mut HashMap<(Date, Arc<str>), Expense>, day: Date, scope: &Arc<str>, more: Expense) {
    let sum = counted.entry((day, Arc::clone(scope))).or_default();
    *sum = sum.and(more);
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "purse/tests.rs"]
mod tests;
