//! One channel's list and routing rows, swapped in one transaction.
//!
//! Decides: whether what stands there is still what the decision was made on, and which rows to touch. Someone else's
//! edit wins; both tables agree afterwards, or nothing has changed.

use std::time::Duration;

use super::columns::ChannelRow;
use super::sql::{Tx, Value};
use super::{AbilityShape, Database, GatewayError, Shared, abilities};
use crate::crash::crash_point;
use crate::gateway::swap::{gone, unchanged};
use crate::gateway::{Order, SwapError, Swapped};
use crate::model::{Ability, Image, Intent, Rows, Status};

/// Rows in one INSERT, as the gateways do it.
const INSERT_AT_ONCE: usize = 50;
/// Rows in one DELETE: two parameters each, well below every engine's limit.
const DELETE_AT_ONCE: usize = 1000;
/// Before a transaction that lost a deadlock is tried again.
const BACKOFF: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(400)];

impl Database {
    /// Swaps a channel's list for the intent's, and its routing rows with it.
    ///
    /// An intent with an empty fingerprint compares the list and the routing rows only, not the channel's other columns:
    /// undo, where those may rightly have changed since.
    pub async fn swap(&self, order: &Order<'_>) -> Result<Swapped, SwapError> {
        self.schema.writable.clone().map_err(SwapError::Refused)?;
        order.is_for(&self.name)?;
        let mut waits = BACKOFF.into_iter();
        loop {
            let done = self.attempt(order).await;
            let Err(SwapError::Database(GatewayError::Locked { retry: true, .. })) = done else { return done };
            let Some(wait) = waits.next() else { return done };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, order: &Order<'_>) -> Result<Swapped, SwapError> {
        crash_point("before-lock").await;
        let mut tx = self.pool.begin().await?;
        match (self.transact(&mut tx, order).await, order) {
            (Ok(swapped), Order::Commit { .. }) => {
                tx.commit().await?;
                crash_point("after-commit").await;
                Ok(swapped)
            }
            (Ok(swapped), Order::Rehearse(_)) => {
                tx.rollback().await?;
                Ok(swapped)
            }
            (Err(error), _) => {
                // The cause counts; a connection that cannot roll back is closed, which does the same.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }

    /// Everything between BEGIN and COMMIT.
    async fn transact(&self, tx: &mut Tx, order: &Order<'_>) -> Result<Swapped, SwapError> {
        let intent = order.intent();
        let id = intent.channel.id;
        let row = self.lock_channel(tx, id).await?;
        let current = self.lock_abilities(tx, id).await?;
        let Some(row) = row else { return Err(gone(intent)) };
        unchanged(intent, &row.channel, &current)?;
        crash_point("after-compare").await;
        let wanted = self.wanted(intent, &row)?;
        order.allowed().await?;

        let models = intent.models.as_str();
        if row.channel.models.as_deref() != Some(models) {
            let sql = "UPDATE channels SET models = ? WHERE id = ?";
            tx.write("write the channel's list", sql, &[models.into(), id.into()]).await?;
        }
        crash_point("after-models").await;
        if let Some(shape) = self.schema.abilities {
            self.write_abilities(tx, id, shape, &abilities::diff(&current, &wanted.abilities)).await?;
        }
        crash_point("after-abilities").await;

        let read_back = Image {
            models: self.lock_channel(tx, id).await?.and_then(|row| row.channel.models).unwrap_or_default(),
            abilities: self.lock_abilities(tx, id).await?,
        };
        if read_back != wanted {
            return Err(SwapError::Conflict(format!(
                "channel {}: what was read back is not what was written (another writer, a trigger, or a collation \
                 that takes two names for one); rolled back",
                intent.channel
            )));
        }
        order.allowed().await?;
        crash_point("before-commit").await;
        Ok(Swapped { after: wanted, statements: tx.statements(), unseen: None })
    }

    /// What must stand there afterwards.
    fn wanted(&self, intent: &Intent, row: &ChannelRow) -> Result<Image, SwapError> {
        let models = intent.models.as_str();
        let Some(shape) = self.schema.abilities else {
            return Ok(Image { models: models.to_owned(), abilities: vec![] });
        };
        let abilities = match &intent.rows {
            Rows::Exactly(rows) => {
                let mut rows = rows.clone();
                rows.sort();
                rows
            }
            Rows::AsTheGateway => {
                let limit = self.schema.limits.model;
                if let Some(name) = models.split(',').find(|name| name.chars().count() > limit) {
                    let why = format!("the name {name:?} is longer than the {limit} characters this gateway stores");
                    return Err(SwapError::Refused(why));
                }
                let shared = Shared {
                    enabled: row.channel.status == Status::Enabled,
                    priority: row.priority,
                    weight: row.weight,
                    tag: row.tag.clone(),
                };
                let group = row.channel.group.as_deref().unwrap_or_default();
                abilities::expected(models, group, &shared, shape).map_err(SwapError::Refused)?
            }
        };
        keeps_groups(row, &abilities)?;
        Ok(Image { models: models.to_owned(), abilities })
    }

    async fn write_abilities(
        &self,
        tx: &mut Tx,
        id: i64,
        shape: AbilityShape,
        diff: &abilities::Diff,
    ) -> Result<(), GatewayError> {
        let engine = self.schema.engine;
        let group = engine.quote("group");
        for rows in diff.delete.chunks(DELETE_AT_ONCE) {
            let pairs = engine.pairs(rows.len());
            let sql = format!("DELETE FROM abilities WHERE channel_id = ? AND ({group}, model) IN {pairs}");
            let mut values = vec![Value::from(id)];
            values.extend(rows.iter().flat_map(|row| [row.group.as_str().into(), row.model.as_str().into()]));
            tx.write("delete routing rows", &sql, &values).await?;
        }
        let optional = [shape.weight.then_some("weight"), shape.tag.then_some("tag")];
        let columns: Vec<_> = ["enabled", "priority"].into_iter().chain(optional.into_iter().flatten()).collect();
        for rows in diff.insert.chunks(INSERT_AT_ONCE) {
            let one = format!("({})", vec!["?"; 3 + columns.len()].join(","));
            let sql = format!(
                "INSERT INTO abilities ({group}, model, channel_id, {}) VALUES {}{}",
                columns.join(", "),
                vec![one; rows.len()].join(","),
                engine.ignore_conflict()
            );
            let mut values = vec![];
            for row in rows {
                values.extend([row.group.as_str().into(), row.model.as_str().into(), id.into()]);
                values.extend(shared_values(row, shape));
            }
            tx.write("insert routing rows", &sql, &values).await?;
        }
        if let Some(level) = &diff.level {
            let set: Vec<_> = columns.iter().map(|column| format!("{column} = ?")).collect();
            let sql = format!("UPDATE abilities SET {} WHERE channel_id = ?", set.join(", "));
            let mut values = shared_values(level, shape);
            values.push(id.into());
            tx.write("update routing rows", &sql, &values).await?;
        }
        Ok(())
    }
}

/// The values of a row in the order enabled, priority, weight, tag, as far as the columns exist.
fn shared_values(row: &Ability, shape: AbilityShape) -> Vec<Value> {
    let mut values = vec![Value::Bool(row.enabled), Value::Int(row.priority)];
    values.extend(shape.weight.then_some(Value::Int(row.weight)));
    values.extend(shape.tag.then(|| Value::Text(row.tag.clone())));
    values
}

/// A group of an enabled channel without any row crashes the gateways' cache (new-api #7331).
fn keeps_groups(row: &ChannelRow, abilities: &[Ability]) -> Result<(), SwapError> {
    if row.channel.status != Status::Enabled {
        return Ok(());
    }
    let groups = row.channel.group.as_deref().unwrap_or_default();
    match groups.split(',').find(|group| !abilities.iter().any(|row| row.group == *group)) {
        None => Ok(()),
        Some(group) => Err(SwapError::Refused(format!(
            "channel #{} is enabled, but its group {group:?} would have no routing row, which crashes the gateway",
            row.channel.id
        ))),
    }
}
