//! Why a question has no answer.
//!
//! Decides: what sort of failure it is. Must not know: what was asked for.

use serde_json::Value;

use crate::model::redact;

/// Why a question has no answer. No word of it holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("{0}")]
    Unreachable(String),
    /// Whoever answers there wants a token, or another one.
    #[error("{0}")]
    NotAllowed(String),
    /// The API answered that it cannot be done.
    #[error("{message}{}{hint}", if hint.is_empty() { "" } else { "; " })]
    Refused {
        /// The answer's status.
        status: u16,
        /// What went wrong.
        message: String,
        /// What to do next; may be empty.
        hint: String,
    },
    /// What answers is not channelwarden, or another version of it; or our own store fails.
    #[error("{0}")]
    Odd(String),
}

impl ClientError {
    /// What an answer that is no good one says of itself; `None`: it is none of ours.
    pub(super) fn told(status: u16, body: &Value) -> Option<Self> {
        let error = body.get("error")?;
        // Also of a program that answers in our form only by chance: its words are foreign.
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(|text| redact(text, &[]));
        Some(Self::Refused { status, message: text("message")?, hint: text("hint")? })
    }
}
