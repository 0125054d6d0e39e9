//! The signs of the last hour, from everywhere that tells of a `LiteLLM`.
//!
//! Decides: what is a sign, and how long it is kept. Must not know: what signs come to.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::CHAT;
use super::ladder::{LIVELINESS, READINESS};
use crate::litellm::incidents::{Found, Sign};
use crate::model::{Check, Class, DeploymentSeen, SignSource};
use crate::store::LogSeen;

/// How long a sign is weighed; the latest look at each deployment always is.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// More are not kept: the oldest go first.
const MOST: usize = 10_000;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Signs {
    kept: Vec<Sign>,
    /// The number of the last line of the log.
    line: i64,
}

impl Signs {
    /// All of them, for the scales.
    pub(super) fn all(&self) -> &[Sign] {
        &self.kept
    }

    /// Up to which line the log was taken in.
    pub(super) fn last_line(&self) -> i64 {
        self.line
    }

    pub(super) fn add(&mut self, sign: Option<Sign>) {
        self.kept.extend(sign);
    }

    /// An answer that was kept: of a failure only its words were, and they were weighed.
    pub(super) fn chatted(&mut self, check: &Check) {
        if let Some(name) = check.name.strip_prefix(CHAT)
            && check.well == Some(true)
        {
            self.add(Some(sign(name, Found::Well, &check.detail, SignSource::Chat, check.at)));
        }
    }

    /// What rounds found of the deployments, and the log's new lines.
    pub(super) fn take(&mut self, deployed: &[DeploymentSeen], lines: Vec<LogSeen>, now: Timestamp) {
        self.kept.retain(|sign| now.duration_since(sign.at) <= KEPT);
        let known: HashSet<(&str, Timestamp)> = self
            .kept
            .iter()
            .filter(|sign| sign.source == SignSource::Health)
            .map(|sign| (sign.deployment.as_str(), sign.at))
            .collect();
        let fresh = |one: &&DeploymentSeen| {
            one.health.as_ref().is_some_and(|health| !known.contains(&(one.deployment.id.as_str(), kept(health.at))))
        };
        let looks: Vec<Sign> = deployed.iter().filter(fresh).filter_map(of_deployment).collect();
        self.kept.extend(looks);
        for LogSeen { id, failure, .. } in lines {
            self.line = self.line.max(id);
            if now.duration_since(failure.at) <= KEPT {
                let found = Found::Trouble(failure.class);
                self.kept.push(sign(&failure.model, found, &failure.detail, SignSource::Log, failure.at));
            }
        }
        if self.kept.len() > MOST {
            self.kept.sort_by_key(|sign| sign.at);
            self.kept.drain(..self.kept.len() - MOST);
        }
    }
}

fn sign(subject: &str, found: Found, detail: &str, source: SignSource, at: Timestamp) -> Sign {
    let (subject, detail) = (subject.to_owned(), detail.to_owned());
    Sign { subject, deployment: String::new(), found, detail, source, at: kept(at) }
}

/// As our store keeps it, in ms: the same sign, weighed again against what was kept of it, is no later one.
fn kept(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn of_deployment(seen: &DeploymentSeen) -> Option<Sign> {
    let health = seen.health.as_ref()?;
    let found = if health.well? { Found::Well } else { Found::Trouble(health.class.unwrap_or(Class::Unknown)) };
    let of_name = sign(&seen.deployment.name, found, &health.detail, SignSource::Health, health.at);
    Some(Sign { deployment: seen.deployment.id.clone(), ..of_name })
}

/// What the ladder shows of the proxy itself: whether it answers, and takes requests. That it refuses our key is no trouble
/// of its own: it answers, and who reads its models tells of it.
pub(super) fn of_proxy(ladder: &[Check]) -> Option<Sign> {
    let step = |name: &str| ladder.iter().find(|check| check.name == name);
    let (alive, ready) = (step(LIVELINESS)?, step(READINESS)?);
    let ill = [alive, ready].into_iter().find(|check| check.well == Some(false));
    let told = |found, check: &Check| Some(sign("", found, &check.detail, SignSource::Check, check.at));
    match (ill, alive.well) {
        (Some(ill), _) => told(Found::Trouble(Class::Server), ill),
        (None, Some(true)) => told(Found::Well, alive),
        (None, _) => None,
    }
}

pub(super) fn is_well(sign: &Sign) -> bool {
    sign.found == Found::Well
}
