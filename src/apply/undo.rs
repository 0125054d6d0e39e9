//! Taking a change back: the inverse write, only while what we wrote still stands.

use super::{ApplyError, Outcome, try_out, write};
use crate::gateway::Gateway;
use crate::model::{Fingerprint, Intent, ListText, ModelName, Outcome as Probed, Reason, Removal, Rows};
use crate::store::{ChangeRecord, ChangeState, Store, Turn};

/// Whether to write or only to run the statements and roll back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Write.
    Commit,
    /// Run and roll back.
    Rehearse,
}

/// Takes one change back: both tables byte for byte as they were, if nothing else about the channel changed since;
/// with the rows that the gateway would write now, if an admin changed its status, priority, weight or tag.
pub async fn undo(
    store: &Store,
    gateway: &Gateway,
    record: &ChangeRecord,
    how: Undo,
    turn: &Turn,
) -> Result<Outcome, ApplyError> {
    let intent = match inverse(gateway, record).await? {
        Ok(intent) => intent,
        Err(conflict) => return Ok(Outcome::Conflict(conflict)),
    };
    match how {
        Undo::Commit => write(store, gateway, intent, turn).await,
        Undo::Rehearse => Ok(try_out(gateway, &intent).await),
    }
}

async fn inverse(gateway: &Gateway, record: &ChangeRecord) -> Result<Result<Intent, String>, ApplyError> {
    let ChangeRecord { id, state, undone_by, intent: done, after, .. } = record;
    if *state != ChangeState::Applied {
        return Ok(Err(format!("change {id} was never applied ({})", state.as_str())));
    }
    if let Some(by) = undone_by {
        return Ok(Err(format!("change {id} is taken back already, by change {by}")));
    }
    let Some(now) = gateway.image(done.channel.id).await? else {
        return Ok(Err("the channel is not there any more".to_owned()));
    };
    // What stood there when it was done: of a change that a crash cut off, a part.
    let stood = after.as_ref().map_or(done.models.as_str(), |after| &after.models);
    if now.models != stood {
        return Ok(Err(format!(
            "the list of channel {} changed after change {id}; undo the later change first, or edit it by hand",
            done.channel
        )));
    }
    let Some(models) = ListText::parse(&done.before.models) else {
        return Ok(Err("the list before it was empty, and an empty list is never written".to_owned()));
    };
    let untouched = after.as_ref() == Some(&now);
    if done.is_repair() && !untouched {
        return Ok(Err(format!("the routing rows of channel {} changed after change {id}", done.channel)));
    }
    let rows = if untouched { Rows::Exactly(done.before.abilities.clone()) } else { Rows::AsTheGateway };
    let taken_off = |model: &ModelName| Removal {
        model: model.clone(),
        reason: Reason {
            outcome: Probed::Unknown,
            count: 0,
            since: record.opened,
            over_s: 0,
            detail: format!("undo of change {id}"),
        },
    };
    Ok(Ok(Intent {
        gateway: done.gateway.clone(),
        round: None,
        channel: done.channel.clone(),
        // Our own write changed the row's fingerprint: list and rows are compared byte for byte instead.
        fingerprint: Fingerprint(String::new()),
        before: now,
        models,
        rows,
        removed: done.added.iter().chain(&done.restored).map(taken_off).collect(),
        added: vec![],
        restored: done.removed.iter().map(|removal| removal.model.clone()).collect(),
        undoes: Some(*id),
    }))
}
