//! Setting right the routing rows of a channel: a write like any other, with the list byte for byte as it is.
//!
//! Decides: that only a drift that looks the same twice is set right; what an open repair came to.
//! Must not know: SQL; who asked for it.

use super::{ApplyError, Outcome, try_out, write};
use crate::gateway::{Drift, Gateway, GatewayError};
use crate::model::{Image, Intent, ListText, Rows};
use crate::store::{ChangeState, Store, Turn};

/// Gives a channel the rows that the gateway would write, if the drift is still the one of this mark
/// ([`Drift::mark`]). `None` when there is none any more.
pub async fn repair(
    store: &Store,
    gateway: &Gateway,
    channel: i64,
    mark: u64,
    round: Option<i64>,
    turn: &Turn,
) -> Result<Option<Outcome>, ApplyError> {
    Ok(match intend(gateway, channel, mark, round).await? {
        Ok(Some(intent)) => Some(write(store, gateway, intent, turn).await?),
        Ok(None) => None,
        Err(outcome) => Some(outcome),
    })
}

/// Runs the same statements as [`repair`] and rolls them back.
pub async fn rehearse_repair(gateway: &Gateway, channel: i64, mark: u64) -> Result<Option<Outcome>, ApplyError> {
    Ok(match intend(gateway, channel, mark, None).await? {
        Ok(Some(intent)) => Some(try_out(gateway, &intent).await),
        Ok(None) => None,
        Err(outcome) => Some(outcome),
    })
}

/// The second look, and the intent made of it.
async fn intend(
    gateway: &Gateway,
    id: i64,
    mark: u64,
    round: Option<i64>,
) -> Result<Result<Option<Intent>, Outcome>, GatewayError> {
    let row = gateway.channel(id).await?;
    let (Some(drift), Some(row)) = (gateway.drift(&[id]).await?.pop(), row) else { return Ok(Ok(None)) };
    if let Err(why) = gateway.repairable() {
        return Ok(Err(Outcome::Refused(why)));
    }
    if drift.mark() != mark {
        let why = "its rows changed since we looked: the gateway, or somebody else, is at it";
        return Ok(Err(Outcome::Conflict(why.to_owned())));
    }
    let Drift { channel, image, obstacle, .. } = drift;
    let models = match (obstacle, ListText::parse(&image.models)) {
        (None, Some(models)) => models,
        (Some(why), _) => return Ok(Err(Outcome::Refused(why))),
        (None, None) => return Ok(Err(Outcome::Refused("it advertises no model".to_owned()))),
    };
    Ok(Ok(Some(Intent {
        gateway: gateway.name().to_owned(),
        round,
        channel,
        fingerprint: row.fingerprint,
        before: image,
        models,
        rows: Rows::AsTheGateway,
        removed: vec![],
        added: vec![],
        restored: vec![],
        undoes: None,
    })))
}

/// How an open repair ended, by what stands there: its list is the same before and after, so the rows tell.
pub(super) async fn settled(
    gateway: &Gateway,
    intent: &Intent,
    now: &Image,
) -> Result<(ChangeState, &'static str), GatewayError> {
    if now.models != intent.before.models {
        return Ok((ChangeState::Conflict, "someone else's list stands there, and stays"));
    }
    if now.abilities == intent.before.abilities {
        return Ok((ChangeState::Abandoned, "the old rows stand there"));
    }
    let ours = match &intent.rows {
        Rows::Exactly(rows) => *rows == now.abilities,
        Rows::AsTheGateway => gateway.drift(&[intent.channel.id]).await?.is_empty(),
    };
    Ok(if ours {
        (ChangeState::Applied, "our rows stand there")
    } else {
        (ChangeState::Conflict, "someone else's rows stand there, and stay")
    })
}
