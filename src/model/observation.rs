//! One probe's finding about one upstream model.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Outcome, Shape};

/// One probe's finding about one upstream model.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What it showed.
    pub outcome: Outcome,
    /// When the answer was complete (UTC).
    pub at: Timestamp,
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Milliseconds from sending the request to the complete answer, waiting in our own queues excluded.
    pub latency_ms: u32,
    /// When what of the answer came.
    pub timing: Timing,
    /// What it cost.
    pub usage: Usage,
    /// The request shape that gave this outcome, remembered so that the next probe starts with it.
    pub shape: Shape,
    /// What is odd about an answer; says nothing against the model's being there.
    pub marks: Vec<Mark>,
    /// Why, in one short line: redacted, capped, without control characters.
    pub detail: String,
    /// How long the upstream asked us to wait, if it did.
    pub retry_after: Option<Duration>,
}

impl Observation {
    /// What shows without any request having been sent, or nothing but its outcome.
    pub fn bare(outcome: Outcome, at: Timestamp, shape: Shape, detail: impl Into<String>) -> Self {
        Self {
            outcome,
            at,
            status: None,
            latency_ms: 0,
            timing: Timing::default(),
            usage: Usage::default(),
            shape,
            marks: vec![],
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// Whether the upstream was asked at all.
    pub fn was_sent(&self) -> bool {
        self.usage.requests > 0
    }
}

/// Milliseconds from sending the request, waiting in our own queues excluded. Only a streamed answer has events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// To status and headers.
    pub headers_ms: Option<u32>,
    /// To any byte of the body, be it a comment that keeps the connection open.
    pub first_byte_ms: Option<u32>,
    /// To the first event that can be read, be it one without any text.
    pub first_event_ms: Option<u32>,
    /// To the first text, reasoning or tool call: the time to first token (TTFT).
    pub first_token_ms: Option<u32>,
    /// To the first text of the answer itself.
    pub first_answer_ms: Option<u32>,
    /// The request had to open a connection first: DNS, TCP and TLS stand in the times.
    pub cold: bool,
}

/// What one probe used up, as far as the upstream says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests sent, other shapes and second tries included.
    pub requests: u32,
    /// Tokens of the question.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer, hidden reasoning included.
    pub completion_tokens: Option<u32>,
}

/// Something odd about a model that answers. Shown; no reason to take it off a list unless the operator says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It did not add two numbers up.
    WrongAnswer,
    /// Another model's name stands in the answer.
    Substituted,
    /// The stream ended without an end.
    CutOff,
}

impl Mark {
    /// The mark's name in the store, in JSON and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongAnswer => "wrong-answer",
            Self::Substituted => "substituted",
            Self::CutOff => "cut-off",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
