//! What a gateway's own traffic says of a channel's model.

use jiff::Timestamp;

/// The latest word of the gateway's users' requests on one (channel, model).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// When a request last surely worked.
    pub worked: Option<Timestamp>,
    /// The last request that surely failed for the model's sake.
    pub failed: Option<TrafficFailure>,
}

/// A user's request that failed for the model's sake: reason enough to ask at once, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficFailure {
    /// When.
    pub at: Timestamp,
    /// The HTTP status of the upstream's answer, where the log has it.
    pub status: Option<u16>,
    /// The log's words, redacted and shortened.
    pub detail: String,
}
