//! Records of `LiteLLM`'s log as failed requests: each once, however often it is logged.
//!
//! Decides: which record tells of a failed request, of what class, with which status, and when that was.
//! Must not know: where lines come from, what is kept, or what a failure leads to.

mod status;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use sha2::{Digest as _, Sha256};

use self::status::told_status;
use super::record::{Access, Closed, Record, Records, When};
use crate::model::{Class, LogFailure, Secret, redact};
use crate::probe::{litellm, litellm_line};

/// How far a log's clock may be off, and how late a line may be read.
const SLACK: SignedDuration = SignedDuration::from_mins(2);

/// What stands between who speaks and what happened. The older spelling is `LiteLLM`'s own.
const HAPPENED: [&str; 2] = [": Exception occured - ", ": Exception occurred - "];
/// The member that a request's number stands behind.
const CALL: &str = "litellm_call_id=";

/// What time it is for whoever reads a log.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Now.
    pub now: Timestamp,
    /// Until when everything was read: what is read now was written since. `None`: it may be of any time.
    pub since: Option<Timestamp>,
    /// The machine's zone.
    pub zone: TimeZone,
}

/// Makes failures of lines. `P` is where a line stood.
#[derive(Debug)]
pub struct Failures<P> {
    records: Records<P>,
    secrets: Vec<Secret>,
    /// What the failure before was: it may be logged again.
    last: Option<String>,
}

impl<P> Failures<P> {
    /// Without these secrets in anything that is told. `last`: as [`Self::last`] said of the log read so far.
    pub fn new(secrets: Vec<Secret>, last: Option<String>) -> Self {
        Self { records: Records::default(), secrets, last }
    }

    /// Takes the next line, without its end; `exact`: when it was written, where that is known.
    pub fn line(&mut self, line: &[u8], at: P, exact: Option<Timestamp>, clock: &Clock) -> Option<LogFailure> {
        let closed = self.records.line(line, at, exact)?;
        self.judge(&closed, clock)
    }

    /// Nothing comes any more: what was open is whole.
    pub fn finish(&mut self, clock: &Clock) -> Option<LogFailure> {
        let closed = self.records.finish()?;
        self.judge(&closed, clock)
    }

    /// Where the record begins that is not whole yet.
    pub fn begins(&self) -> Option<&P> {
        self.records.begins()
    }

    /// What the latest failure was, to know it again after a restart.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn judge(&mut self, closed: &Closed, clock: &Clock) -> Option<LogFailure> {
        let answered = closed.access.is_some();
        let failure = failure(closed, &self.secrets, clock);
        let Some(failure) = failure else {
            if answered {
                self.last = None;
            }
            return None;
        };
        // Without a request's number: the same once more, with no request answered in between.
        let (call, model, class) = (&failure.call, &failure.model, failure.class);
        let key = if call.is_empty() { format!("{} {class} {model}", failure.at.as_second()) } else { call.clone() };
        let key = hex(&Sha256::digest(key.as_bytes())[..8]);
        let again = self.last.as_ref() == Some(&key);
        self.last = (!answered || !call.is_empty()).then_some(key);
        (!again).then_some(failure)
    }
}

/// What a record is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// A request that failed.
    Request,
    /// A stream that broke off after its 200.
    Stream,
    /// The caller's own key.
    Door,
}

/// The failed request that a record tells of, if it does. The router's records tell of none: the proxy's follow them.
fn failure(closed: &Closed, secrets: &[Secret], clock: &Clock) -> Option<LogFailure> {
    let record = &closed.record;
    if !matches!(record.level.as_str(), "WARNING" | "ERROR" | "CRITICAL") {
        return None;
    }
    let (speaker, words) = HAPPENED.iter().find_map(|happened| record.words.split_once(happened))?;
    let speaker = speaker.strip_prefix("litellm.proxy.")?;
    let (call, words) = match words.strip_prefix(CALL).and_then(|rest| rest.split_once(" - ")) {
        Some((call, rest)) => (call.chars().take(64).collect(), rest),
        None => (record.call.clone().unwrap_or_default(), words),
    };
    let about = if speaker.ends_with("user_api_key_auth()") {
        About::Door
    } else if speaker.ends_with("data_generator()") {
        About::Stream
    } else if !call.is_empty() || record.group.is_some() || words.starts_with("litellm.") {
        About::Request
    } else {
        return None;
    };
    let told = told_status(words);
    let own = closed.access.as_ref().filter(|access| access.asks_a_model() && belongs(access, about, told));
    let (status, class) = match about {
        // A key is refused to us and to every other watch as well: only the request that was answered tells.
        About::Door => (Some(own?.status), Class::ProxyAuth),
        // The user saw 200 and half an answer.
        About::Stream => (Some(200), class(None, words)),
        About::Request => {
            let status = own.map(|access| access.status).or(told);
            (status, class(status, words))
        }
    };
    let secrets: Vec<&Secret> = secrets.iter().collect();
    Some(LogFailure {
        call,
        at: resolve(record, clock),
        model: record.group.clone().or_else(|| resting(class, words)).unwrap_or_default(),
        status,
        class,
        detail: redact(&litellm_line(words), &secrets),
    })
}

/// The name whose deployments all rest: `… Passed model=X. pre-call-checks=…`.
fn resting(class: Class, words: &str) -> Option<String> {
    let (_, rest) = words.split_once("Passed model=").filter(|_| class == Class::Masked)?;
    let (name, _) = rest.split_once(". pre-call-checks=")?;
    Some(name.chars().take(256).collect())
}

fn class(status: Option<u16>, words: &str) -> Class {
    litellm(status, words).1.unwrap_or(Class::Unknown)
}

/// Whether the request that was answered next can be the one that failed: with many at once it may be another.
fn belongs(access: &Access, about: About, told: Option<u16>) -> bool {
    let alike = |told: u16| access.status == told || (told >= 500 && access.status >= 500);
    access.status >= 400 && (about == About::Door || told.is_none_or(alike))
}

/// When it was. A time of day is the latest such time until now; and what was read as it was written was written just now,
/// whatever zone the log is in (a container's).
fn resolve(record: &Record, clock: &Clock) -> Timestamp {
    let latest = clock.now.saturating_add(SLACK).unwrap_or(clock.now);
    let at = match record.when {
        When::Exact(at) => return at,
        When::Local(local) => local.to_zoned(clock.zone.clone()).map(|at| at.timestamp()).ok(),
        When::Clock(time) => {
            let today = Zoned::new(latest, clock.zone.clone()).date();
            let days = [Some(today), today.yesterday().ok()].into_iter().flatten();
            days.filter_map(|day| day.to_datetime(time).to_zoned(clock.zone.clone()).ok())
                .map(|at| at.timestamp())
                .find(|at| *at <= latest)
        }
    };
    let since = clock.since.and_then(|since| since.checked_sub(SLACK).ok());
    at.filter(|at| *at <= latest && since.is_none_or(|since| *at >= since)).unwrap_or(clock.now).min(clock.now)
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
