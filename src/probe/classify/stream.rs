//! Streams of events: server-sent events, or one JSON object a line.
//!
//! Decides: what the events of a stream (whole, broken off or cut) add up to, and how far it has come. The same bytes
//! give the same, however they were cut into pieces. Must not know: what that means, when they came.

use serde_json::{Value, json};

use super::Asked;
use super::fault::Fault;
use super::success::{Finish, Said};
use crate::model::Shape;

/// This much visible text of a stream without a limit is enough.
const ENOUGH: usize = 48;

/// Whether the body is a stream of events, whatever its content type says.
pub(crate) fn looks_like_events(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    [b"data:".as_slice(), b"event:", b"id:", b"retry:", b":"].iter().any(|mark| start.starts_with(mark))
}

/// What a stream's events add up to so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Events<'a> {
    asked: Asked<'a>,
    /// What was said in the form that was asked for.
    pub(crate) said: Said,
    /// The event that says what went wrong: nothing after it counts.
    pub(super) fault: Option<Value>,
    /// How many events held JSON…
    pub(crate) heard: u32,
    /// …and whether any had the form that was asked for.
    pub(super) known: bool,
    /// Where the first line stands that was not read yet, and how far its end was looked for.
    read: usize,
    scanned: usize,
    /// Lines of one event that are no JSON each by itself.
    open: Vec<u8>,
}

impl<'a> Events<'a> {
    pub(crate) fn new(asked: Asked<'a>) -> Self {
        let (said, open) = (Said::default(), Vec::new());
        Self { asked, said, fault: None, heard: 0, known: false, read: 0, scanned: 0, open }
    }

    /// Everything in a whole body.
    pub(super) fn all(asked: Asked<'a>, body: &[u8]) -> Self {
        let mut events = Self::new(asked);
        events.advance(body);
        let rest = events.read;
        events.lines(&body[rest..]);
        events.dispatch();
        events
    }

    /// Reads the lines of `body` that are complete and were not read before; `body` only ever grows.
    pub(crate) fn advance(&mut self, body: &[u8]) {
        while let Some(end) = body[self.scanned..].iter().position(|byte| *byte == b'\n') {
            let end = self.scanned + end;
            let line = &body[self.read..end];
            self.lines(line.strip_suffix(b"\r").unwrap_or(line));
            (self.read, self.scanned) = (end + 1, end + 1);
        }
        self.scanned = body.len();
    }

    /// Whether the answer has come to its end, or to something that ends it.
    pub(crate) fn is_over(&self) -> bool {
        self.fault.is_some() || self.said.finish != Finish::Open
    }

    /// Whether no more need be paid for: of a stream without a limit, the first thought or a few words.
    pub(crate) fn is_enough(&self) -> bool {
        let unlimited = self.asked.shape == Shape::Stream;
        unlimited && !self.is_over() && (!self.said.reasoning.is_empty() || self.said.text.len() >= ENOUGH)
    }

    /// One event.
    pub(super) fn take(&mut self, event: &Value) {
        if self.fault.is_some() {
            return;
        }
        self.heard = self.heard.saturating_add(1);
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "error" && event.get("error").is_none() {
            self.fault = Some(json!({ "error": event }));
            return;
        }
        // OpenAI's Responses: the failed answer stands in the event.
        let within = event.get("response").filter(|response| kind.starts_with("response.") && response.is_object());
        let subject = within.unwrap_or(event);
        if Fault::read(200, subject, true).is_some() {
            self.fault = Some(subject.clone());
            return;
        }
        self.known |= self.said.hear(&self.asked, event);
    }

    /// One line; some end theirs with a carriage return alone.
    fn lines(&mut self, line: &[u8]) {
        for line in line.split(|byte| *byte == b'\r') {
            let line = line.trim_ascii();
            let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
            if line.is_empty() {
                self.dispatch();
            } else if let Some(data) = line.strip_prefix(b"data:") {
                self.data(data.trim_ascii());
            } else if line.starts_with(b"{") {
                self.data(line);
            }
        }
    }

    /// What stands after `data:`, or the line itself where it is JSON. Some leave out the empty line between events.
    fn data(&mut self, data: &[u8]) {
        if data == b"[DONE]" {
            self.said.close();
        } else if let Some(event) = event(data) {
            self.open.clear();
            self.take(&event);
        } else if !data.is_empty() {
            self.open.extend_from_slice(data);
            self.open.push(b'\n');
        }
    }

    /// An empty line ends an event that took several.
    fn dispatch(&mut self) {
        if let Some(event) = event(&std::mem::take(&mut self.open)) {
            self.take(&event);
        }
    }
}

/// Gemini puts an error into a list of one.
fn event(data: &[u8]) -> Option<Value> {
    if !data.starts_with(b"{") && !data.starts_with(b"[") {
        return None;
    }
    match serde_json::from_slice(data).ok()? {
        Value::Array(mut many) if many.len() == 1 => many.pop().filter(Value::is_object),
        event @ Value::Object(_) => Some(event),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}
