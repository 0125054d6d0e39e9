//! "Committed" is one thing, "live" another: looking, as one of the gateway's users, for what was written.
//!
//! Decides: which changes are looked for, and when again. Must not know: what a gateway's list looks like.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ApplyError;
use crate::gateway::{Cache, Expected, Gateway, Live, live};
use crate::model::{GatewayKind, ModelName, WorkingList};
use crate::store::{ChangeRecord, Store, StoreError};

/// The shortest and the longest gap between two looks for the same change.
const GAPS: [Duration; 2] = [Duration::from_secs(30), Duration::from_hours(1)];

/// Notes when an applied change should be live.
pub(super) async fn expect(store: &Store, gateway: &Gateway, change: i64, now: Timestamp) -> Result<(), StoreError> {
    let cache = gateway.cache();
    let due = cache.wait().map(|wait| after(now, wait));
    let note = if cache == Cache::Never { cache.to_string() } else { String::new() };
    store.set_live(change, due, None, &note).await
}

/// Looks for what should be live by now, if a user's key is given. What was not seen, for people.
pub async fn look(store: &Store, gateway: &Gateway, now: Timestamp) -> Result<Vec<String>, ApplyError> {
    if !gateway.sees_as_user() {
        return Ok(vec![]);
    }
    let due = store.due_live(gateway.name(), now).await?;
    if due.is_empty() {
        return Ok(vec![]);
    }
    let seen = match gateway.models_of_user().await {
        None => return Ok(vec![]),
        Some(Ok(seen)) => seen,
        Some(Err(why)) => {
            for change in &due {
                store.set_live(change.id, Some(again(change, now)), None, &why).await?;
            }
            return Ok(vec![format!("whether {} changes are live cannot be seen: the gateway {why}", due.len())]);
        }
    };
    let mut notes = vec![];
    for change in due {
        let expected = expected(gateway, &change).await?;
        let found = expected.as_ref().map(|expected| live(expected, &seen));
        let (due, seen, note) = match found {
            None => (None, None, "its names have changed again since".to_owned()),
            Some(Live::Yes) => (None, Some(now), String::new()),
            Some(Live::Untellable(why)) => (None, None, why),
            Some(Live::NotYet(why)) => {
                let channel = &change.intent.channel;
                notes.push(format!("change {} of channel {channel} is not live yet: {why}", change.id));
                (Some(again(&change, now)), None, why)
            }
        };
        store.set_live(change.id, due, seen, &note).await?;
    }
    Ok(notes)
}

/// What of a change still stands in its channel's list, and so should be seen; `None`: nothing.
async fn expected(gateway: &Gateway, change: &ChangeRecord) -> Result<Option<Expected>, ApplyError> {
    let intent = &change.intent;
    let Some(image) = gateway.image(intent.channel.id).await? else { return Ok(None) };
    let list = WorkingList::split(&image.models);
    let listed: HashSet<&ModelName> = list.iter().flat_map(|list| list.names()).collect();
    let on: Vec<_> = intent.added.iter().chain(&intent.restored).filter(|model| listed.contains(model)).collect();
    let off: Vec<_> =
        intent.removed.iter().map(|removal| &removal.model).filter(|model| !listed.contains(model)).collect();
    if on.is_empty() && off.is_empty() {
        return Ok(None);
    }
    let (on, off): (Vec<_>, Vec<_>) = (on.into_iter().cloned().collect(), off.into_iter().cloned().collect());
    let routes = if off.is_empty() { vec![] } else { gateway.routes(&off).await? };
    // A hub's routing stands in no table: without any route told, each may have one.
    let elsewhere = if gateway.kind().is_hub() && routes.is_empty() {
        off.iter().cloned().collect()
    } else {
        let others = routes.into_iter().filter(|route| route.channel != intent.channel.id);
        others.map(|route| route.model).collect()
    };
    Ok(Some(Expected { on, off, elsewhere, prefixed: gateway.kind() == GatewayKind::Veloera }))
}

/// When a change that was not seen is looked for again: after as long again as it has waited.
fn again(change: &ChangeRecord, now: Timestamp) -> Timestamp {
    let waited = Duration::try_from(now.duration_since(change.opened)).unwrap_or_default();
    after(now, waited.clamp(GAPS[0], GAPS[1]))
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}
