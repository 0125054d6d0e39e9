//! Who takes a message: one file a receiver.
//!
//! Decides: what a receiver may answer to a message. Must not know: why it was made, when it is tried again.

pub mod hook;

use std::time::Duration;

use super::Digest;

/// One message for one address.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The same at every attempt, and another's never: whoever gets it twice can tell.
    pub id: &'a str,
    /// The address within the receiver (a chat); empty where it has none.
    pub to: &'a str,
    /// What is told.
    pub digest: &'a Digest,
}

/// Why a message was not taken. The words hold no secret and stand in logs and on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may be taken another time.
    #[error("{why}")]
    Later {
        /// What was said.
        why: String,
        /// Not before so long, as the receiver wants it.
        after: Option<Duration>,
    },
    /// This message never will be.
    #[error("{why}")]
    Never {
        /// What was said.
        why: String,
    },
    /// There is nobody at this address any more: a chat that threw the bot out.
    #[error("{why}")]
    Gone {
        /// What was said.
        why: String,
    },
    /// Whoever was at this address is at another now: a group that became a supergroup.
    #[error("the chat is {to} now")]
    Moved {
        /// The new address.
        to: String,
    },
}
