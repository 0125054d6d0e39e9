//! What an applied change means for what is known: withdrawn models are marked as ours to restore, and its list is the
//! channel's.

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::history::keep;
use super::{StoreError, from_json, to_json};
use crate::model::{Intent, ModelName, Standing, Withdrawn, WorkingList};

/// Marks what an applied intent took off as withdrawn by us and what it put back as not. An undo also puts its
/// models on hold: the operator's word stands until released.
pub(super) async fn mark(tx: &mut Transaction<'_, Sqlite>, intent: &Intent, now: Timestamp) -> Result<(), StoreError> {
    for removal in &intent.removed {
        let withdrawn = Withdrawn { at: now, reason: removal.reason.clone(), attempts: 0 };
        set_withdrawn(tx, intent, &removal.model, Some(withdrawn)).await?;
    }
    for model in &intent.restored {
        set_withdrawn(tx, intent, model, None).await?;
    }
    let listed = WorkingList::split(intent.models.as_str());
    keep(tx, &intent.gateway, 0, &intent.channel, listed.as_ref().map(WorkingList::names), &[]).await?;
    if let Some(undone) = intent.undoes {
        let named = intent.removed.iter().map(|removal| &removal.model).chain(&intent.restored);
        for model in named {
            sqlx::query("insert into hold (gateway, channel, model, reason, at_ms) values (?, ?, ?, ?, ?)")
                .bind(&intent.gateway)
                .bind(intent.channel.id)
                .bind(model.as_str())
                .bind(format!("change {undone} was undone"))
                .bind(now.as_millisecond())
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

async fn set_withdrawn(
    tx: &mut Transaction<'_, Sqlite>,
    intent: &Intent,
    model: &ModelName,
    withdrawn: Option<Withdrawn>,
) -> Result<(), StoreError> {
    let state: Option<String> = sqlx::query_scalar(
        "select state from standing where gateway = ? and channel = ? and created = ? and model = ?",
    )
    .bind(&intent.gateway)
    .bind(intent.channel.id)
    .bind(intent.channel.created)
    .bind(model.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    let mut standing: Standing = state.map(|text| from_json("standing", &text)).transpose()?.unwrap_or_default();
    standing.withdrawn = withdrawn;
    // Due with the next round, whatever was due before. What stood against it starts anew.
    standing = Standing { next_probe: None, denied: None, failing: None, unrouted: None, ..standing };
    sqlx::query(
        "insert into standing (gateway, channel, created, model, withdrawn, next_probe_ms, state)
         values (?, ?, ?, ?, ?, null, ?) on conflict do update set withdrawn = excluded.withdrawn,
           next_probe_ms = null, state = excluded.state",
    )
    .bind(&intent.gateway)
    .bind(intent.channel.id)
    .bind(intent.channel.created)
    .bind(model.as_str())
    .bind(standing.withdrawn.is_some())
    .bind(to_json("standing", &standing)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
