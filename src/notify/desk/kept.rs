//! A ledger as the store keeps it: its lines and the rest of it as JSON.
//!
//! Decides: what of a ledger has changed. Must not know: when it is kept.

use serde::Serialize;

use crate::notify::Digest;
use crate::notify::ledger::{Ledger, Line};
use crate::store::{Address, KeptLedger, StoreError, Telling};

/// What must be kept to make the one ledger the other, and the message that tells it; `None`: nothing must.
pub(super) fn telling<'a>(
    before: &Ledger,
    after: &Ledger,
    message: Option<(&'a Address, &Digest)>,
) -> Result<Option<Telling<'a>>, StoreError> {
    let mut telling = Telling { state: written(&after.state)?, ..Telling::default() };
    for (key, line) in &after.lines {
        if before.lines.get(key) != Some(line) {
            telling.put.push((written(key)?, written(line)?));
        }
    }
    for key in before.lines.keys().filter(|key| !after.lines.contains_key(key)) {
        telling.dropped.push(written(key)?);
    }
    telling.post = message.map(|(to, digest)| Ok::<_, StoreError>((to, written(digest)?))).transpose()?;
    let same = before.state == after.state && telling.put.is_empty() && telling.dropped.is_empty();
    Ok(Some(telling).filter(|telling| !same || telling.post.is_some()))
}

/// The ledger that is kept. What cannot be read of it was edited, or written by a newer version: a line without which
/// something is told once more is better than an audience that is never told anything again.
pub(super) fn read(audience: &str, kept: &KeptLedger) -> Option<Ledger> {
    let unreadable = |why: &serde_json::Error| {
        tracing::warn!(audience, %why, "what an audience was told cannot be read: it may be told again");
    };
    let state = serde_json::from_str(&kept.state).inspect_err(unreadable).ok()?;
    let lines = kept.lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).inspect_err(unreadable).ok());
    Some(Ledger { state, lines: lines.map(|line| (line.key(), line)).collect() })
}

fn written<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|why| StoreError::Unreadable { what: "a ledger".to_owned(), why })
}
