//! A refusal that no table knows.

use jiff::Timestamp;

/// A refusal that no table knows, kept so that the tables can be extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The same for answers of one host that differ in numbers, ids and the model's name only.
    pub fingerprint: String,
    /// `host:port` of the upstream.
    pub host: String,
    /// HTTP status.
    pub status: u16,
    /// The body: redacted, in one line, at most [`Self::LONGEST`] bytes.
    pub body: String,
    /// When it came (UTC).
    pub at: Timestamp,
}

impl Sample {
    /// The most that is kept of a body, in bytes.
    pub const LONGEST: usize = 2 << 10;
}
