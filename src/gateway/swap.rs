//! The order to swap one channel's list, and what comes of it, whichever way it is written.
//!
//! Decides: that only what is journaled is written, only with a licence that is asked again in the middle of it, and only
//! while what stands there is what the decision was made on.
//! Must not know: SQL, HTTP.

use std::time::Duration;

use super::{GatewayError, Statements};
use crate::model::{Ability, Channel, Image, Intent};
use crate::store::{Journaled, OnHold, Permit, StoreError};

/// How long our own store may take to say whether writing is on hold.
const ANSWER: Duration = Duration::from_secs(1);

/// What to do.
#[derive(Debug)]
pub enum Order<'a> {
    /// Write it: only what the journal holds, only with a licence, asked again before the first write and the commit.
    Commit {
        /// The intent, durable.
        journaled: &'a Journaled,
        /// The licence for this channel.
        permit: &'a Permit,
    },
    /// Send the same statements and roll back.
    Rehearse(&'a Intent),
}

impl Order<'_> {
    pub(super) fn intent(&self) -> &Intent {
        match self {
            Self::Commit { journaled, .. } => journaled.intent(),
            Self::Rehearse(intent) => intent,
        }
    }

    /// The operator's licence, asked again.
    pub(super) async fn allowed(&self) -> Result<(), OnHold> {
        match self {
            Self::Commit { permit, .. } => soon(permit.check()).await,
            Self::Rehearse(_) => Ok(()),
        }
    }

    /// Whether it is an order for this gateway, and its licence for this channel.
    pub(super) fn is_for(&self, gateway: &str) -> Result<(), SwapError> {
        let intent = self.intent();
        if intent.gateway != gateway {
            return Err(SwapError::Refused(format!("this is {gateway}, the change is for {}", intent.gateway)));
        }
        match self {
            Self::Commit { permit, .. } if !permit.covers(intent) => {
                Err(SwapError::Refused("the licence is for another channel".to_owned()))
            }
            Self::Commit { .. } | Self::Rehearse(_) => Ok(()),
        }
    }
}

/// Asked while the gateway's rows are locked: whoever cannot say at once whether writing is on hold has said that it is.
async fn soon(check: impl Future<Output = Result<(), OnHold>>) -> Result<(), OnHold> {
    let late = |_| Err(OnHold::Unknown(StoreError::Database(sqlx::Error::PoolTimedOut)));
    tokio::time::timeout(ANSWER, check).await.unwrap_or_else(late)
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swapped {
    /// The channel as it stands now (rehearsed: as it would).
    pub after: Image,
    /// What it took: statements, or calls of the admin API.
    pub statements: Statements,
    /// It is written, but the gateway does not see it: why, and what to do.
    pub unseen: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// Somebody else changed the channel: theirs stays.
    #[error("{0}")]
    Conflict(String),
    /// The operator said stop.
    #[error(transparent)]
    OnHold(#[from] OnHold),
    /// It must not be written, now or later, as things are.
    #[error("{0}")]
    Refused(String),
    /// The database or the admin API failed. At commit it may have been done all the same: look at the image.
    #[error(transparent)]
    Database(#[from] GatewayError),
    /// It failed before anything was written, or was turned away at the door: nothing was changed.
    #[error(transparent)]
    Unwritten(GatewayError),
}

/// There is no such channel any more.
pub(super) fn gone(intent: &Intent) -> SwapError {
    conflict(intent, "somebody deleted it")
}

/// Whether what stands there is still what the decision was made on.
pub(super) fn unchanged(intent: &Intent, found: &Channel, abilities: &[Ability]) -> Result<(), SwapError> {
    if found.created != intent.channel.created {
        return Err(conflict(intent, "it is another channel now, made under the id of a deleted one"));
    }
    if found.models.as_deref().unwrap_or_default() != intent.before.models {
        return Err(conflict(intent, "somebody changed its list"));
    }
    let any = intent.fingerprint.0.is_empty();
    if !any && found.fingerprint != intent.fingerprint {
        return Err(conflict(
            intent,
            "somebody changed another of its columns (key, address, group, status, priority…)",
        ));
    }
    if abilities != intent.before.abilities {
        return Err(conflict(intent, "somebody changed its routing rows (abilities)"));
    }
    Ok(())
}

fn conflict(intent: &Intent, what: &str) -> SwapError {
    SwapError::Conflict(format!("channel {}: {what}; theirs stays", intent.channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_say_in_time_stops_the_write() {
        let late = async {
            tokio::time::sleep(ANSWER * 2).await;
            Ok(())
        };
        assert!(matches!(soon(late).await, Err(OnHold::Unknown(_))));
        assert!(soon(async { Ok(()) }).await.is_ok());
        let held = soon(async { Err(OnHold::Held("stop".to_owned())) }).await;
        assert!(matches!(held, Err(OnHold::Held(why)) if why == "stop"));
    }
}
