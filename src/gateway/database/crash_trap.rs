//! The crash trap: the gateways' cache makes a map for each group that some routing row names, then looks for every group
//! of every enabled channel in it. A group without any row ends the gateway's process, again and again (new-api #7331).
//!
//! Decides: which writes would lay it. Must not know: why a list should change.

use std::collections::BTreeSet;

use super::columns::ChannelRow;
use super::sql::{Tx, Value};
use super::{Database, Engine, GatewayError};
use crate::gateway::SwapError;
use crate::model::{Ability, Status};

const LOOK: &str = "look at the groups of other channels";

impl Database {
    /// Refuses rows that leave a group of this channel, or of any other, without a row.
    pub(super) async fn keeps_groups(
        &self,
        tx: &mut Tx,
        row: &ChannelRow,
        current: &[Ability],
        wanted: &[Ability],
    ) -> Result<(), SwapError> {
        let id = row.channel.id;
        let named = groups_of(wanted);
        if row.channel.status == Status::Enabled {
            let groups = row.channel.group.as_deref().unwrap_or_default();
            if let Some(group) = groups.split(',').find(|group| !named.contains(group)) {
                return Err(SwapError::Refused(format!(
                    "channel #{id} is enabled, but its group {group:?} would have no routing row, which crashes the \
                     gateway"
                )));
            }
        }
        // Only rows that had drifted are of a group that the channel itself does not have.
        let leaving: Vec<&str> = groups_of(current).difference(&named).copied().collect();
        if leaving.is_empty() {
            return Ok(());
        }
        let mut values: Vec<_> = leaving.iter().map(|group| Value::from(*group)).collect();
        values.push(id.into());
        let rows =
            tx.rows(LOOK, &named_groups(self.schema.engine, leaving.len(), " AND channel_id <> ?"), &values).await?;
        let elsewhere = self.read(rows.iter().map(|row| row.text(0)))?;
        let last = |group: &&str| !elsewhere.iter().any(|name| name.as_deref() == Some(group));
        let last: Vec<_> = leaving.into_iter().filter(last).collect();
        if last.is_empty() {
            return Ok(());
        }
        let engine = self.schema.engine;
        let (number, group) = (engine.int("id"), engine.text(&engine.quote("group")));
        let sql = format!("SELECT {number}, {group} FROM channels WHERE status = ? AND id <> ?");
        let rows = tx.rows(LOOK, &sql, &[1_i64.into(), id.into()]).await?;
        for (other, groups) in self.read(rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))))? {
            let groups = groups.unwrap_or_default();
            if let Some(group) = groups.split(',').find(|group| last.contains(group)) {
                return Err(SwapError::Refused(format!(
                    "channel #{id} has the only routing row of group {group:?}, and channel #{other}, which is enabled and \
                     of that group, has none: to take it away would crash the gateway; repair channel #{other} first",
                    other = other.unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn read<T>(&self, rows: impl Iterator<Item = Result<T, sqlx::Error>>) -> Result<Vec<T>, GatewayError> {
        rows.collect::<Result<_, _>>().map_err(|error| self.pool.error(LOOK, &error))
    }
}

/// Which of `count` groups some routing row names, each once and byte for byte: a collation takes several names for one,
/// the gateway's cache does not. `but` leaves rows out.
pub(super) fn named_groups(engine: Engine, count: usize, but: &str) -> String {
    let group = engine.quote("group");
    let condition = format!("{group} IN ({}){but}", vec!["?"; count].join(","));
    match engine {
        Engine::MySql => format!(
            "SELECT CONVERT(name USING utf8mb4) FROM (SELECT DISTINCT CAST(CONVERT({group} USING utf8mb4) AS BINARY) AS name
               FROM abilities WHERE {condition}) named"
        ),
        Engine::Postgres | Engine::Sqlite => {
            format!("SELECT DISTINCT {} FROM abilities WHERE {condition}", engine.text(&group))
        }
    }
}

fn groups_of(rows: &[Ability]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.group.as_str()).collect()
}
