//! What is known of each `LiteLLM`: its deployments, the troubles that last, its own endpoints, its log.
//!
//! Decides: nothing; it keeps. Must not know: what is a trouble, what a log line means.

pub(super) mod deployments;
pub(super) mod incidents;

mod check;
mod ladder;
mod log;

pub use deployments::Deployed;
pub use ladder::CheckSeen;
pub use log::{LogCount, LogSeen};
