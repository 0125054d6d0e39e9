//! A change decided earlier, looked at again right before it is written: what was true then may not be now.

use std::collections::HashSet;

use super::{Draft, guard};
use crate::model::{Change, Guard, Held, ModelName, Route, WorkingList};

/// What holds now.
#[derive(Debug)]
pub struct Now<'a> {
    /// Which enabled channels serve the models that the change takes off.
    pub routes: &'a [Route],
    /// The channel's groups, and whether the gateway routes to it.
    pub groups: Vec<String>,
    /// Whether the gateway routes to it.
    pub enabled: bool,
    /// Names that the operator has since excluded, kept, put on hold or said not to probe.
    pub untouchable: HashSet<ModelName>,
    /// The last route of a model may go where a person has seen that it is one.
    pub last_route_seen: HashSet<ModelName>,
}

/// What of the change may still be written, and what is held back now. `None` when its list was empty.
pub fn reconsider(change: Change, now: Now<'_>) -> Option<(Change, Vec<Held>)> {
    let advertised = WorkingList::split(&change.before)?;
    let Now { routes, groups, enabled, untouchable, last_route_seen } = now;
    let mut draft = Draft { change, held: vec![], waiting: vec![], groups, enabled, test_model: None, advertised };
    let held_now = |model: &ModelName| untouchable.contains(model);
    let change = &mut draft.change;
    let (removals, removed) = std::mem::take(&mut change.removed).into_iter().partition(|r| held_now(&r.model));
    let (mut additions, added): (Vec<_>, Vec<_>) = std::mem::take(&mut change.added).into_iter().partition(held_now);
    let (put_back, restored): (Vec<_>, Vec<_>) = std::mem::take(&mut change.restored).into_iter().partition(held_now);
    additions.extend(put_back);
    (change.removed, change.added, change.restored) = (removed, added, restored);
    if !(removals.is_empty() && additions.is_empty()) {
        let why = "excluded, kept, put on hold or no longer probed since it was decided".to_owned();
        draft.hold(Guard::OnHold, why, removals, additions);
    }
    guard::last_route(std::slice::from_mut(&mut draft), routes, &last_route_seen);
    guard::never_empty(&mut draft);
    draft.relist();
    Some((draft.change, draft.held))
}
