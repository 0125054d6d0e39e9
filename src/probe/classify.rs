//! What an upstream's answer means.
//!
//! Decides: the outcome of one answer, by tables: transport → page or firewall → JSON → error of any form →
//! provider's codes → generic codes and messages → bare status. Most failures say nothing about the model; `Gone` and
//! `NoAccess` come from a table only, never from a status alone.
//! Must not know: I/O, time, keys, what was seen before.

mod body;
mod fault;
mod form;
mod gateway_test;
mod generic;
mod litellm;
mod page;
mod providers;
mod quota;
mod resellers;
mod rule;
pub(crate) mod stream;
mod success;

pub(crate) use self::body::parse;
use self::body::{Body, content_type, read};
use self::fault::Fault;
pub use self::gateway_test::gateway_test;
pub use self::litellm::{LitellmAnswer, litellm, litellm_answer, litellm_line};
pub(super) use self::quota::{Quota, Reset, Scope, quota};
use self::rule::Says;
pub use self::success::{Finish, Said};
use super::quality::is_advert;
use crate::http::{Reply, Transport, TransportKind};
use crate::model::{Dialect, Mark, Outcome, Shape};
use crate::upstream::Target;

/// What came back for one request.
pub type Answer = Result<Reply, Transport>;

/// What was asked, as far as it matters for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// What a successful answer in the form that was asked for holds.
    pub said: Option<Said>,
    /// What is odd about the answer's form.
    pub marks: Vec<Mark>,
}

impl Finding {
    fn bare(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, next_shape: None, detail: detail.into(), by_table: false, said: None, marks: vec![] }
    }
}

/// Judges one answer.
pub fn classify(asked: &Asked<'_>, answer: &Answer) -> Finding {
    let reply = match answer {
        Ok(reply) => reply,
        Err(failure) => return Finding::bare(unanswered(failure.kind), failure.to_string()),
    };
    if let Some((outcome, why)) = page::judge(reply) {
        return Finding::bare(outcome, why);
    }
    let success = (200..300).contains(&reply.status);
    if success && asked.shape == Shape::Speech && success::is_sound(reply) {
        return Finding { by_table: true, ..Finding::bare(Outcome::Works, "") };
    }
    match read(asked, reply) {
        Body::Whole(value) => match Fault::read(reply.status, &value, success) {
            Some(fault) => faulty(asked.host, &fault, success),
            None if success => {
                let mut said = Said::default();
                let known = said.hear(asked, &value);
                heard(asked, reply, said, known)
            }
            None => plainly(asked.host, reply),
        },
        Body::Events(events) => {
            let fault = events.fault.as_ref().and_then(|fault| Fault::read(reply.status, fault, success));
            match fault {
                Some(fault) => faulty(asked.host, &fault, success),
                None if success => {
                    let unfinished = !reply.truncated && events.said.finish == Finish::Open;
                    let mut finding = heard(asked, reply, events.said, events.known);
                    if unfinished && finding.outcome == Outcome::Works {
                        finding.marks.push(Mark::CutOff);
                    }
                    finding
                }
                None => plainly(asked.host, reply),
            }
        }
        Body::Unread if success => unreadable(asked, reply),
        Body::Unread => plainly(asked.host, reply),
    }
}

/// A fault in a body of whatever status.
fn faulty(host: &str, fault: &Fault, success: bool) -> Finding {
    let mut finding = refused(host, fault).unwrap_or_else(|| by_status(fault, success));
    if success && finding.outcome == Outcome::Broken {
        // A 200 was sent when the model had begun; what broke then was a provider behind it.
        finding.outcome = Outcome::Busy;
    }
    finding
}

/// A refusal without any structure.
fn plainly(host: &str, reply: &Reply) -> Finding {
    let fault = Fault::plain(reply.status, &String::from_utf8_lossy(&reply.body[..reply.body.len().min(8192)]));
    refused(host, &fault).unwrap_or_else(|| by_status(&fault, false))
}

/// An answer without a fault; `known`: in the form that was asked for.
fn heard(asked: &Asked<'_>, reply: &Reply, said: Said, known: bool) -> Finding {
    if !known {
        return Finding::bare(Outcome::Suspect, "JSON in another form than was asked for");
    }
    let (outcome, why) = match said.judge() {
        (Outcome::Empty, _) if reply.truncated => endless(),
        (Outcome::Works, _) if asked.shape.asks_for_words() && is_advert(&said.text) => {
            (Outcome::KeyBroke, format!("the answer is an advert: {}", said.text))
        }
        judged => judged,
    };
    Finding { by_table: outcome != Outcome::Suspect, said: Some(said), ..Finding::bare(outcome, why) }
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

fn unreadable(asked: &Asked<'_>, reply: &Reply) -> Finding {
    let events = content_type(reply).starts_with("text/event-stream") || stream::looks_like_events(&reply.body);
    if reply.truncated {
        if matches!(asked.shape, Shape::Image | Shape::Speech) && success::begins_with_media(&reply.body) {
            return Finding { by_table: true, ..Finding::bare(Outcome::Works, "") };
        }
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
    let finding = Finding { next_shape, by_table: true, ..Finding::bare(outcome, described(fault)) };
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
