//! The write: journal, then compare-and-swap, then outcome. Undo is the same write backwards.
//!
//! Decides: in which order things become durable, and how an intent that a crash left open is settled.
//! Must not know: verdicts and plans; SQL, HTTP.

mod live;
mod repair;
mod undo;

use crate::clock;
use crate::crash::crash_point;
use crate::gateway::{Gateway, GatewayError, Order, SwapError};
use crate::model::{Change, Image, Intent, ListText, Rows};
use crate::store::{ChangeState, Journaled, Store, StoreError, Turn};

pub use live::look as look_for_live;
pub use repair::{rehearse_repair, repair};
pub use undo::{Undo, undo};

/// How one change ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "result", content = "why")]
pub enum Outcome {
    /// The gateway has it, under this number in the journal.
    Applied(i64),
    /// Rehearsed: every statement ran, and was rolled back. An admin API can roll nothing back: all was compared, and nothing
    /// sent.
    Rehearsed,
    /// Someone else changed the channel since we looked; theirs stays.
    Conflict(String),
    /// The operator said stop.
    OnHold(String),
    /// The gateway's tables do not allow it.
    Refused(String),
    /// The database or the admin API failed; nothing of it was written.
    Failed(String),
}

/// What stops every further write of a round.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Our own store failed: without a journal nothing is written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway does not answer.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

/// Applies one change. The turn is the proof that no other process of ours is writing.
pub async fn apply(
    store: &Store,
    gateway: &Gateway,
    change: &Change,
    round: Option<i64>,
    turn: &Turn,
) -> Result<Outcome, ApplyError> {
    match intend(gateway, change, round).await? {
        Ok(intent) => write(store, gateway, intent, turn).await,
        Err(conflict) => Ok(Outcome::Conflict(conflict)),
    }
}

/// Runs the same statements as [`apply`] and rolls them back. Nothing is journaled: there is nothing to settle.
pub async fn rehearse(gateway: &Gateway, change: &Change) -> Result<Outcome, ApplyError> {
    let intent = match intend(gateway, change, None).await? {
        Ok(intent) => intent,
        Err(conflict) => return Ok(Outcome::Conflict(conflict)),
    };
    Ok(try_out(gateway, &intent).await)
}

/// Runs an intent's statements and rolls them back.
async fn try_out(gateway: &Gateway, intent: &Intent) -> Outcome {
    match gateway.swap(Order::Rehearse(intent)).await {
        Ok(_) => Outcome::Rehearsed,
        Err(error) => outcome(error).1,
    }
}

/// Settles every intent that was left open, by looking at the gateway; never by doing it again.
pub async fn recover(store: &Store, gateway: &Gateway, _turn: &Turn) -> Result<Vec<String>, ApplyError> {
    let mut settled = vec![];
    for journaled in store.open_intents(gateway.name()).await? {
        let what = format!("change {} of channel {}", journaled.id(), journaled.intent().channel);
        let (state, note) = settle_by_looking(store, gateway, journaled, None).await?;
        settled.push(format!("{what} was left open by a crash; looking at the gateway: {} ({note})", state.as_str()));
    }
    Ok(settled)
}

/// The intent for a change: what stands there now goes into the journal, for settling and undo.
async fn intend(
    gateway: &Gateway,
    change: &Change,
    round: Option<i64>,
) -> Result<Result<Intent, String>, GatewayError> {
    let Some(before) = gateway.image(change.channel.id).await? else {
        return Ok(Err("the channel is not there any more".to_owned()));
    };
    if before.models != change.before {
        return Ok(Err("its list was edited since we looked; the edit stays".to_owned()));
    }
    Ok(Ok(Intent {
        gateway: gateway.name().to_owned(),
        round,
        channel: change.channel.clone(),
        fingerprint: change.fingerprint.clone(),
        before,
        models: ListText::from(&gateway.arranged(&change.after)),
        rows: Rows::AsTheGateway,
        removed: change.removed.clone(),
        added: change.added.clone(),
        restored: change.restored.clone(),
        undoes: None,
    }))
}

/// Journal, swap, outcome.
async fn write(store: &Store, gateway: &Gateway, intent: Intent, _turn: &Turn) -> Result<Outcome, ApplyError> {
    let permit = store.permit(&intent);
    if let Err(hold) = permit.check().await {
        return Ok(Outcome::OnHold(hold.to_string()));
    }
    let journaled = store.open_intent(intent, clock::now()).await?;
    crash_point("after-journal").await;
    let id = journaled.id();
    match gateway.swap(Order::Commit { journaled: &journaled, permit: &permit }).await {
        Ok(swapped) => {
            crash_point("before-outcome").await;
            let unseen = swapped.unseen.as_deref();
            let note = unseen.unwrap_or_default();
            settle(store, gateway, journaled, (ChangeState::Applied, Some(&swapped.after), note), unseen).await?;
            Ok(Outcome::Applied(id))
        }
        // What fails may have done it before the answer was lost: only a look tells. A database that did not give us the
        // lock has nothing of ours.
        Err(SwapError::Database(error)) if !matches!(error, GatewayError::Locked { .. }) => {
            let looked = settle_by_looking(store, gateway, journaled, Some(&error)).await;
            let (state, note) = looked.inspect_err(|_| {
                tracing::warn!(
                    gateway = gateway.name(),
                    change = id,
                    "whether it is written is looked up the next time: {error}"
                );
            })?;
            Ok(match state {
                ChangeState::Applied => Outcome::Applied(id),
                ChangeState::Conflict => Outcome::Conflict(note),
                ChangeState::Abandoned | ChangeState::Open => Outcome::Failed(error.to_string()),
            })
        }
        Err(error) => {
            let (state, outcome, note) = {
                let (state, outcome) = outcome(error);
                let note = why(&outcome);
                (state, outcome, note)
            };
            settle(store, gateway, journaled, (state, None, &note), None).await?;
            Ok(outcome)
        }
    }
}

/// Why the gateway's users may not see what was written, where that is known already; for people.
pub async fn unseen(store: &Store, outcome: &Outcome) -> Result<Option<String>, StoreError> {
    let Outcome::Applied(id) = outcome else { return Ok(None) };
    Ok(store.change(*id).await?.map(|change| change.live_note).filter(|note| !note.is_empty()))
}

/// Settles an intent, and notes when an applied one should be live; `unseen`: why it may not be by then.
async fn settle(
    store: &Store,
    gateway: &Gateway,
    journaled: Journaled,
    (state, after, note): (ChangeState, Option<&Image>, &str),
    unseen: Option<&str>,
) -> Result<(), StoreError> {
    let (id, now) = (journaled.id(), clock::now());
    store.settle(journaled, state, after, note, now).await?;
    if state == ChangeState::Applied { live::expect(store, gateway, id, unseen, now).await } else { Ok(()) }
}

/// Looks at the channel: our list stands there, the old one does, or someone else's. `said`: what failed.
async fn settle_by_looking(
    store: &Store,
    gateway: &Gateway,
    journaled: Journaled,
    said: Option<&GatewayError>,
) -> Result<(ChangeState, String), ApplyError> {
    let id = journaled.intent().channel.id;
    let now = gateway.settled_image(id).await?;
    let (state, note) = match &now {
        Some(image) if journaled.intent().is_repair() => {
            let (state, note) = repair::settled(gateway, journaled.intent(), image).await?;
            (state, note.to_owned())
        }
        Some(_) | None => settled(gateway, journaled.intent(), now.as_ref()),
    };
    let unseen = match state {
        // A write whose end nobody saw may be committed and not live.
        ChangeState::Applied => {
            let told = gateway.have_it_read(id).await.and_then(Result::err);
            // A LiteLLM has no rows beside its list.
            let rows = said.filter(|_| gateway.litellm().is_none()).and_then(GatewayError::by_halves);
            rows.or(told)
        }
        ChangeState::Open | ChangeState::Abandoned | ChangeState::Conflict => None,
    };
    let note = unseen.as_ref().map_or_else(|| note.clone(), |unseen| format!("{note}; {unseen}"));
    let after = now.as_ref().filter(|_| state == ChangeState::Applied);
    settle(store, gateway, journaled, (state, after, &note), unseen.as_deref()).await?;
    Ok((state, note))
}

/// How an open intent ended, by what stands in the gateway. The list tells for both tables: a database changes them in
/// one transaction, and what an admin API leaves undone after the list is for the gateway's own hand, or a repair.
fn settled(gateway: &Gateway, intent: &Intent, now: Option<&Image>) -> (ChangeState, String) {
    // Several calls, and a crash between them: what was done of it is ours, to be undone and restored as all that is.
    if let Some(note) = now.and_then(|image| gateway.in_part(intent, image)) {
        return (ChangeState::Applied, note);
    }
    let (state, note) = match now {
        Some(image) if image.models == intent.models.as_str() => (ChangeState::Applied, "our list stands there"),
        Some(image) if image.models == intent.before.models => (ChangeState::Abandoned, "the old list stands there"),
        Some(_) => (ChangeState::Conflict, "someone else's list stands there, and stays"),
        None => (ChangeState::Conflict, "the channel is not there any more"),
    };
    (state, note.to_owned())
}

fn outcome(error: SwapError) -> (ChangeState, Outcome) {
    match error {
        SwapError::Conflict(why) => (ChangeState::Conflict, Outcome::Conflict(why)),
        SwapError::OnHold(hold) => (ChangeState::Abandoned, Outcome::OnHold(hold.to_string())),
        SwapError::Refused(why) => (ChangeState::Abandoned, Outcome::Refused(why)),
        SwapError::Database(error) | SwapError::Unwritten(error) => {
            (ChangeState::Abandoned, Outcome::Failed(error.to_string()))
        }
    }
}

fn why(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied(_) | Outcome::Rehearsed => String::new(),
        Outcome::Conflict(why) | Outcome::OnHold(why) | Outcome::Refused(why) | Outcome::Failed(why) => why.clone(),
    }
}
