//! Channels, some at a time: memory does not grow with their number, and one that cannot be read hides no other.

use super::{GatewayError, admin, database, litellm};
use crate::model::{Channel, ChannelRef};

/// A channel, or what can be told of one that cannot be read.
pub type Read = Result<Channel, Unreadable>;

/// A channel that holds what is no text, or no channel's. What it holds is not shown: it may be a key's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which one; its name only where that can be read.
    pub channel: ChannelRef,
    /// What is wrong with it, for people.
    pub why: String,
}

/// A way through a gateway's channels.
#[derive(Debug)]
pub enum Pages<'a> {
    /// Read from its database.
    Database(database::Pages<'a>),
    /// Read by its admin API.
    Admin(admin::Pages<'a>),
    /// Read by `LiteLLM`'s API.
    LiteLlm(litellm::Pages<'a>),
}

impl Pages<'_> {
    /// The next channels; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Read>, GatewayError> {
        match self {
            Self::Database(pages) => pages.next().await,
            Self::Admin(pages) => pages.next().await,
            Self::LiteLlm(pages) => pages.next().await,
        }
    }
}
