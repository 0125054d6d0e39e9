//! What a person asks for, over HTTP or by a bot, handed to who may do it.
//!
//! Decides: what can be asked for, and how it may end. Must not know: how any of it is done.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A full round now, of one gateway or of all.
    Scan {
        /// `None`: of all.
        gateway: Option<String>,
    },
    /// Write what the latest round wants of a channel (`None`: of every channel of the gateway).
    Apply {
        /// The gateway.
        gateway: String,
        /// The channel.
        channel: Option<i64>,
        /// Also what limits held back (approve).
        held: bool,
        /// Only if what is wanted is what was shown (`notify::picture::proposals::mark`); `None`: whatever it is now.
        mark: Option<String>,
    },
    /// Drop what the latest round wants of a channel, and put its models on hold, so that no round wants it again.
    Reject {
        /// The gateway.
        gateway: String,
        /// The channel.
        channel: i64,
        /// As of [`Act::Apply`].
        mark: Option<String>,
    },
    /// Take one change back.
    Undo {
        /// Its number.
        change: i64,
    },
    /// Stop writing.
    Hold {
        /// `None`: everything.
        gateway: Option<String>,
        /// `None`: the whole gateway.
        channel: Option<i64>,
        /// `None`: the whole channel.
        model: Option<String>,
        /// Why, for whoever finds it.
        reason: String,
    },
    /// Lift a hold.
    Release {
        /// `None`: what stops everything.
        gateway: Option<String>,
        /// `None`: what stops the whole gateway.
        channel: Option<i64>,
        /// `None`: what stops the whole channel.
        model: Option<String>,
    },
    /// Ask a `LiteLLM`'s own endpoints now, those that are free: its models' upstreams are asked nothing.
    CheckLitellm {
        /// `None`: every one.
        gateway: Option<String>,
    },
    /// Try a message again that was given up.
    PostAgain {
        /// Its number; `None`: all of them.
        post: Option<i64>,
    },
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// A line for each channel that was meant.
    pub channels: Vec<DoneChannel>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// What came of it on one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DoneChannel {
    /// The gateway.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// Its name.
    pub channel_name: String,
    /// How it ended.
    pub outcome: Ended,
    /// The change in the journal, where one was made.
    pub change: Option<i64>,
    /// In words.
    pub why: String,
}

/// How something asked for ended on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The gateway has it.
    Applied,
    /// Somebody else changed the channel; theirs stays.
    Conflict,
    /// A person said stop.
    OnHold,
    /// It may not be written: the mode, or the state of a change.
    Refused,
    /// It was tried, and not written, or nobody knows.
    Failed,
    /// A guard holds all of it back.
    Held,
    /// The channel is not there any more.
    Gone,
    /// It is not wanted any more: its models are on hold.
    Rejected,
    /// It was tried up to its last step, and nothing was written.
    Rehearsed,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// Something of that sort is under way.
    #[error("{0}")]
    Busy(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It may not be done: the mode, a guard, a state.
    #[error("{0}")]
    Refused(String),
    /// It failed; the text is for a person and holds no secret.
    #[error("{0}")]
    Failed(String),
}

/// Somebody asks, and waits for the answer.
#[derive(Debug)]
pub struct Order {
    /// For what.
    pub act: Act,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Done, ActError>>,
}

/// The way to who may act. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Acts(mpsc::Sender<Order>);

/// So many orders wait at most; more are refused as busy.
const WAITING: usize = 16;

impl Acts {
    /// The way, and its other end.
    pub fn new() -> (Self, mpsc::Receiver<Order>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Asks, and waits until it is done. A scan is done when it has begun.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn ask(&self, act: Act) -> Result<Done, ActError> {
        let (reply, answer) = oneshot::channel();
        let stopping = || {
            ActError::Failed(
                "we stop, or take up a new configuration; nothing was begun: try again in a moment".to_owned(),
            )
        };
        self.0.try_send(Order { act, reply }).map_err(|refused| match refused {
            TrySendError::Full(_) => ActError::Busy("too much is waiting already; try again in a moment".to_owned()),
            TrySendError::Closed(_) => stopping(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}
