//! What a gateway says of a model that it tested for us.

/// The answer to a gateway's own channel test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestAnswer {
    /// The model answered.
    pub success: bool,
    /// The gateway's words, the upstream's within: foreign text, to be redacted before it is shown.
    pub message: String,
    /// How long the upstream took, in milliseconds.
    pub latency_ms: u32,
    /// New API's code for what failed.
    pub error_code: String,
}
