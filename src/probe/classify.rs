//! What an upstream's answer means.
//!
//! Decides: the outcome of one answer, by tables: transport → page or firewall → JSON → error of any form →
//! provider's codes → generic codes and messages → bare status. Most failures say nothing about the model; `Gone` and
//! `NoAccess` come from a table only, never from a status alone.
//! Must not know: I/O, time, keys, what was seen before.

mod fault;
mod form;
mod generic;
mod page;
mod providers;
mod quota;
mod resellers;
mod rule;
pub(crate) mod stream;
mod success;

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use self::fault::Fault;
pub(super) use self::quota::{Quota, Reset, Scope, quota};
use self::rule::Says;
use crate::model::{Dialect, Outcome, Shape};
use crate::upstream::{Reply, Target, Transport, TransportKind};

/// What came back for one request.
pub type Answer = Result<Reply, Transport>;

/// What was asked, as far as it matters for the answer.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `host` or `host:port`, lower case.
    pub host: &'a str,
    /// The form in which it answers.
    pub dialect: Dialect,
    /// The request's form.
    pub shape: Shape,
}

impl<'a> Asked<'a> {
    /// As a target was asked.
    pub fn of(target: &'a Target, shape: Shape) -> Self {
        Self { host: &target.endpoints.host, dialect: target.protocol.dialect(), shape }
    }

    /// One chat question to an OpenAI-compatible host.
    pub fn chat(host: &'a str) -> Self {
        Self { host, dialect: Dialect::OpenAi, shape: Shape::MaxTokens }
    }
}

/// What one answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The outcome.
    pub outcome: Outcome,
    /// With [`Outcome::Shape`]: the shape that may be taken; `None` when no shape of ours can be. With any other outcome:
    /// the same may be asked with the fewest tokens.
    pub next_shape: Option<Shape>,
    /// Why, in the upstream's words: foreign text, to be redacted before it is shown.
    pub detail: String,
    /// Whether a row of the tables said so, rather than the status alone.
    pub by_table: bool,
}

impl Finding {
    fn bare(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, next_shape: None, detail: detail.into(), by_table: false }
    }
}

/// Judges one answer.
pub fn classify(asked: &Asked<'_>, answer: &Answer) -> Finding {
    let host = asked.host;
    let reply = match answer {
        Ok(reply) => reply,
        Err(failure) => return Finding::bare(unanswered(failure.kind), failure.to_string()),
    };
    if let Some((outcome, why)) = page::judge(reply) {
        return Finding::bare(outcome, why);
    }
    let success = (200..300).contains(&reply.status);
    let value = parse(reply);
    let fault = match &value {
        Some(value) => Fault::read(reply.status, value, success),
        None if success => return unreadable(reply),
        None => None,
    };
    match (fault, value) {
        (Some(fault), _) => {
            let mut finding = refused(host, &fault).unwrap_or_else(|| by_status(&fault, success));
            if success && finding.outcome == Outcome::Broken {
                // A 200 was sent when the model had begun; what broke then was a provider behind it.
                finding.outcome = Outcome::Busy;
            }
            finding
        }
        (None, Some(value)) if success => {
            let (outcome, why) = match success::judge(&value) {
                (Outcome::Empty, _) if reply.truncated => endless(),
                judged => judged,
            };
            Finding { by_table: outcome != Outcome::Suspect, ..Finding::bare(outcome, why) }
        }
        (None, _) => {
            let fault = Fault::plain(reply.status, &String::from_utf8_lossy(&reply.body[..reply.body.len().min(8192)]));
            refused(host, &fault).unwrap_or_else(|| by_status(&fault, false))
        }
    }
}

/// The JSON of a body: whitespace in front (keep-alives), one-element arrays around it, or events instead of it.
pub(crate) fn parse(reply: &Reply) -> Option<Value> {
    let body = reply.body.trim_ascii();
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if stream::looks_like_events(body) || (kind.starts_with("text/event-stream") && !body.starts_with(b"{")) {
        return stream::fold(body);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(mut many)) if many.len() == 1 => many.pop(),
        Ok(value) => Some(value),
        Err(_) => stream::fold(body),
    }
}

fn unanswered(kind: TransportKind) -> Outcome {
    match kind {
        TransportKind::TimedOut => Outcome::TimedOut,
        TransportKind::Dns | TransportKind::Connect | TransportKind::Tls | TransportKind::Reset => Outcome::Unreachable,
        TransportKind::Protocol | TransportKind::Setup => Outcome::ChannelConfig,
        TransportKind::Body => Outcome::Suspect,
    }
}

fn endless() -> (Outcome, String) {
    (Outcome::Suspect, "far more than was asked for, and no answer in it".to_owned())
}

fn unreadable(reply: &Reply) -> Finding {
    let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let events = kind.starts_with("text/event-stream") || stream::looks_like_events(&reply.body);
    if reply.truncated {
        let (outcome, why) = endless();
        return Finding::bare(outcome, why);
    }
    if events || reply.body.trim_ascii().is_empty() {
        return Finding { by_table: true, ..Finding::bare(Outcome::Empty, "a successful status and nothing in it") };
    }
    let start = String::from_utf8_lossy(&reply.body[..reply.body.len().min(200)]).into_owned();
    Finding::bare(Outcome::Suspect, format!("a successful status and no JSON: {start}"))
}

/// What the tables say of a fault, the inner one first.
fn refused(host: &str, fault: &Fault) -> Option<Finding> {
    let own = providers::is_provider(host);
    if let Some(inner) = &fault.inner {
        // A server's error that is really a client's: the wrapper's status is not the one it was said with.
        let said = || Fault { status: 400, ..(**inner).clone() };
        if let Some(finding) = refused(host, inner).or_else(|| refused(host, &said()).filter(|_| inner.status >= 500)) {
            return Some(if own { finding } else { passed_on(finding, fault.status) });
        }
        if !own && inner.status != fault.status && matches!(inner.status, 401 | 402 | 403 | 407 | 429) {
            let detail = described(inner);
            return Some(Finding { by_table: true, ..Finding::bare(Outcome::Busy, detail) });
        }
    }
    let says = rule::first(providers::TABLE, host, fault)
        .or_else(|| generic::TABLES.iter().find_map(|table| rule::first(table, host, fault)))?;
    let (outcome, next_shape) = match says {
        Says::Is(outcome) => (outcome, None),
        Says::Try(shape) => (Outcome::Shape, Some(shape)),
        Says::Fewer(outcome) => (outcome, Some(Shape::MaxTokens)),
    };
    let finding = Finding { outcome, next_shape, detail: described(fault), by_table: true };
    Some(if fault.wrapped && !own { passed_on(finding, fault.status) } else { finding })
}

/// What a reseller passes on is one step weaker: its own key and balance are not ours.
fn passed_on(mut finding: Finding, status: u16) -> Finding {
    finding.outcome = match finding.outcome {
        Outcome::KeyBad | Outcome::KeyBroke | Outcome::ChannelConfig => Outcome::Busy,
        Outcome::Gone | Outcome::NoAccess if status >= 500 => Outcome::NoRoute,
        same @ (Outcome::Works
        | Outcome::Filtered
        | Outcome::Gone
        | Outcome::NoAccess
        | Outcome::NoRoute
        | Outcome::Broken
        | Outcome::TimedOut
        | Outcome::Empty
        | Outcome::Busy
        | Outcome::Unreachable
        | Outcome::Shape
        | Outcome::Suspect
        | Outcome::Unknown) => same,
    };
    finding
}

/// What a status says when no table knows the body.
fn by_status(fault: &Fault, success: bool) -> Finding {
    let outcome = match fault.status {
        // Stood in a 200: something is wrong, nobody knows what.
        _ if success && fault.status < 500 && fault.status != 429 => Outcome::Unknown,
        // A reseller's own key and balance are not ours.
        401 | 402 | 407 if fault.wrapped => Outcome::Busy,
        401 | 407 => Outcome::KeyBad,
        402 => Outcome::KeyBroke,
        404 if fault.codes.is_empty() && matches!(fault.text.as_str(), "" | "not found") => Outcome::ChannelConfig,
        405 | 410 | 411 | 413 | 415 | 431 | 451 => Outcome::ChannelConfig,
        408 | 499 | 504 => Outcome::TimedOut,
        // Cloudflare's own 52x: it did not get through to what is behind it, or that took over 100 s.
        409 | 423 | 425 | 429 | 498 | 520..=529 => Outcome::Busy,
        500.. => Outcome::Broken,
        0..=199 => Outcome::Suspect,
        _ => Outcome::Unknown,
    };
    Finding::bare(outcome, described(fault))
}

/// Status, code and words in one line.
fn described(fault: &Fault) -> String {
    let code = fault.codes.iter().find(|code| code.parse::<u16>() != Ok(fault.status)).map_or("", String::as_str);
    match (code, fault.message.as_str()) {
        ("", "") => format!("status {}", fault.status),
        (code, "") => format!("status {} {code}", fault.status),
        ("", message) => format!("status {}: {message}", fault.status),
        (code, message) => format!("status {} {code}: {message}", fault.status),
    }
}
