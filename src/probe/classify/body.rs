//! Reads an answer's body, in whichever form it came.
//!
//! Decides: whether it is one JSON value or events. Must not know: what that means, its status.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::Asked;
use super::stream::{Events, looks_like_events};
use crate::http::Reply;

/// A body, as far as it can be read.
pub(super) enum Body<'a> {
    Whole(Value),
    Events(Box<Events<'a>>),
    Unread,
}

/// More objects than these hold no answer, but as a value a thousand times what a few bytes said: such a body is left.
const OBJECTS_AT_MOST: usize = 20_000;
/// A smaller body has not as many.
const SMALL: usize = 64 << 10;

/// Reads a body: whitespace in front (keep-alives), a list of one around it, or events instead of it.
pub(super) fn read<'a>(asked: &Asked<'a>, reply: &Reply) -> Body<'a> {
    let body = reply.body.trim_ascii();
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let lines = || {
        let events = Events::all(*asked, body);
        if events.heard > 0 { Body::Events(Box::new(events)) } else { Body::Unread }
    };
    let labelled = content_type(reply).starts_with("text/event-stream");
    if looks_like_events(body) || (labelled && !body.starts_with(b"{") && !body.starts_with(b"[")) {
        return lines();
    }
    if body.len() > SMALL && body.split(|byte| *byte == b'{').nth(OBJECTS_AT_MOST).is_some() {
        return Body::Unread;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(mut many)) if many.len() == 1 => many.pop().map_or(Body::Unread, Body::Whole),
        // Gemini's stream, where it is not asked for events.
        Ok(Value::Array(many)) if asked.shape.asks_for_words() && many.iter().any(Value::is_object) => {
            let mut events = Events::new(*asked);
            for event in &many {
                events.take(event);
            }
            Body::Events(Box::new(events))
        }
        Ok(value) => Body::Whole(value),
        Err(_) => lines(),
    }
}

/// The JSON of a refusal's body, or the event of a stream that holds one.
pub(crate) fn parse(asked: &Asked<'_>, reply: &Reply) -> Option<Value> {
    match read(asked, reply) {
        Body::Whole(value) => Some(value),
        Body::Events(events) => events.fault,
        Body::Unread => None,
    }
}

pub(super) fn content_type(reply: &Reply) -> &str {
    reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}
