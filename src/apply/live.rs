//! "Committed" is one thing, "live" another: looking, as one of the gateway's users, for what was written.
//!
//! Decides: which changes are looked for, and when again. Must not know: what a gateway's list looks like.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::ApplyError;
use crate::clock::after;
use crate::gateway::{Cache, Expected, Gateway, Live, live};
use crate::model::{GatewayKind, Image, Intent, ModelName, WorkingList};
use crate::store::{ChangeRecord, Store, StoreError};

/// The shortest and the longest gap between two looks for the same change.
const GAPS: [Duration; 2] = [Duration::from_secs(30), Duration::from_hours(1)];

/// Notes when an applied change should be live; `unseen`: why the gateway may not see it by then.
pub(super) async fn expect(
    store: &Store,
    gateway: &Gateway,
    change: i64,
    unseen: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cache = gateway.cache();
    let due = cache.wait().map(|wait| after(now, wait));
    let never = (cache == Cache::Never).then(|| cache.to_string());
    store.set_live(change, due, None, unseen.or(never.as_deref()).unwrap_or_default()).await
}

/// Has the gateway read again what it did not read when it was written, and looks for what should be live by now, if a
/// user's key is given. What was not seen, for people.
pub async fn look(store: &Store, gateway: &Gateway, now: Timestamp) -> Result<Vec<String>, ApplyError> {
    if let Some(note) = read_again(store, gateway, now).await? {
        return Ok(vec![note]);
    }
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
    let mut looked = vec![];
    for change in due {
        let image = gateway.image(change.intent.channel.id).await?;
        looked.push((expected(gateway, &change, image.as_ref()), change));
    }
    let left = looked.iter().flat_map(|(expected, _)| &expected.off);
    let mut left: Vec<_> = left.filter(|model| seen.contains(model.as_str())).cloned().collect();
    left.sort_unstable();
    left.dedup();
    let routes = if left.is_empty() { vec![] } else { gateway.routes(&left).await? };
    let mut notes = vec![];
    for (mut expected, change) in looked {
        let channel = &change.intent.channel;
        let others = routes.iter().filter(|route| route.channel != channel.id);
        expected.elsewhere = others.map(|route| route.model.clone()).collect();
        let (due, seen, note) = match live(&expected, &seen) {
            Live::Yes if expected.is_nothing() => (None, None, "its names have changed again since".to_owned()),
            Live::Yes => (None, Some(now), String::new()),
            Live::Untellable(why) => (None, None, why),
            Live::NotYet(why) => {
                notes.push(format!("change {} of channel {channel} is not live yet: {why}", change.id));
                (Some(again(&change, now)), None, why)
            }
        };
        store.set_live(change.id, due, seen, &note).await?;
    }
    Ok(notes)
}

/// Tries again what failed right after a write: a hub that was not told of it would never see it.
async fn read_again(store: &Store, gateway: &Gateway, now: Timestamp) -> Result<Option<String>, StoreError> {
    let mut unseen = store.due_live(gateway.name(), now).await?;
    unseen.retain(|change| !change.live_note.is_empty());
    let Some(last) = unseen.last() else { return Ok(None) };
    match gateway.have_it_read(last.intent.channel.id).await {
        None => Ok(None),
        Some(Err(why)) => Ok(Some(format!("change {} of channel {}: {why}", last.id, last.intent.channel))),
        Some(Ok(())) => {
            for change in &unseen {
                store.set_live(change.id, Some(now), None, "").await?;
            }
            Ok(None)
        }
    }
}

/// What of a change still stands in its channel's list, and so should be seen.
fn expected(gateway: &Gateway, change: &ChangeRecord, image: Option<&Image>) -> Expected {
    let list = image.and_then(|image| WorkingList::split(&image.models));
    let listed: HashSet<&ModelName> = list.iter().flat_map(WorkingList::names).collect();
    let Intent { added, restored, removed, .. } = &change.intent;
    let on = added.iter().chain(restored).filter(|model| listed.contains(model));
    let off = removed.iter().map(|removal| &removal.model).filter(|model| image.is_some() && !listed.contains(model));
    let prefixed = gateway.kind() == GatewayKind::Veloera;
    Expected { on: on.cloned().collect(), off: off.cloned().collect(), prefixed, ..Expected::default() }
}

/// When a change that was not seen is looked for again: after as long again as it has waited.
fn again(change: &ChangeRecord, now: Timestamp) -> Timestamp {
    let waited = Duration::try_from(now.duration_since(change.opened)).unwrap_or_default();
    after(now, waited.clamp(GAPS[0], GAPS[1]))
}
