//! Drift: routing rows that do not agree with the list of their channel, and rows whose channel is gone.
//!
//! Decides: what differs, and what of it crashes the gateway. Must not know: whether anything is set right.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use serde::Serialize;

use super::abilities::{AbilityShape, Shared, expected};
use super::crash_trap::named_groups;
use super::read::{READ, ability, ability_list};
use super::sql::{Row, Value};
use super::{Database, GatewayError, RowChanges};
use crate::model::{Ability, ChannelRef, Image, ListText, Status};

/// Channels in one statement.
pub const AT_ONCE: usize = 20;
/// Channels that are gone, and are named for the rows that they left.
const NAMED: i64 = 20;

/// A channel whose routing rows are not those that the gateway would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which.
    pub channel: ChannelRef,
    /// Its list and rows as they stand.
    pub image: Image,
    /// What differs.
    pub rows: RowChanges,
    /// Groups of an enabled channel that no row of any channel names: the gateway's cache crashes on each (new-api #7331).
    pub crashes: Vec<String>,
    /// Why we cannot set it right, and what a person can do.
    pub obstacle: Option<String>,
}

impl Drift {
    /// Stands for list and rows as they were seen, within this process: two looks that saw the same have the same.
    pub fn mark(&self) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one((&self.image.models, &self.image.abilities))
    }
}

/// Routing rows whose channel is gone. New API passes over them; One API tells its users of an inconsistent database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Orphans {
    /// How many rows the channels named have left.
    pub rows: u64,
    /// Ids of channels that are gone: the first 20.
    pub channels: Vec<i64>,
}

/// A channel as one look saw it.
#[derive(Default)]
struct Seen {
    channel: Option<Channel>,
    rows: Vec<Ability>,
    /// Something of it cannot be read.
    broken: bool,
}

struct Channel {
    of: ChannelRef,
    models: String,
    group: String,
    shared: Shared,
}

/// Where a row of [`Database::look`] has the channel's id; before it the columns of a routing row, or what they come from.
const ID: usize = 6;

impl Seen {
    fn take(&mut self, row: &Row) {
        let taken = match row.int(ID + 1) {
            Ok(Some(0)) => channel(row).map(|channel| self.channel = Some(channel)),
            Ok(_) => ability(row).map(|ability| self.rows.push(ability)),
            Err(error) => Err(error),
        };
        self.broken |= taken.is_err();
    }

    /// What has drifted, if anything has.
    fn drift(mut self, shape: AbilityShape) -> Option<Drift> {
        let Channel { of: channel, models, group, shared } = self.channel?;
        self.rows.sort();
        let image = Image { models, abilities: self.rows };
        let mut drift = Drift { channel, image, rows: RowChanges::default(), crashes: vec![], obstacle: None };
        if self.broken {
            drift.obstacle = Some("one of its rows holds what is no UTF-8 text: set that right by hand".to_owned());
            return Some(drift);
        }
        let Image { models, abilities } = &drift.image;
        match expected(models, &group, &shared, shape) {
            Err(why) => drift.obstacle = Some(why),
            Ok(wanted) => drift.rows = RowChanges::between(abilities, &wanted),
        }
        if drift.obstacle.is_none() && ListText::parse(models).is_none() {
            drift.obstacle = Some("it advertises no model: give it one by hand".to_owned());
        }
        if shared.enabled {
            let lacks_row = |name: &&str| !abilities.iter().any(|row| row.group == **name);
            drift.crashes = group.split(',').filter(lacks_row).map(str::to_owned).collect();
        }
        // A list without any name is none of our business while its rows are as the gateway has them.
        let in_step = drift.rows.is_empty() && (drift.obstacle.is_none() || ListText::parse(models).is_none());
        (!in_step).then_some(drift)
    }
}

fn channel(row: &Row) -> Result<Channel, sqlx::Error> {
    let id = row.int(ID)?.unwrap_or_default();
    let (name, created) = (row.text(ID + 2)?.unwrap_or_default(), row.int(ID + 3)?.unwrap_or_default());
    let shared = Shared {
        enabled: Status::from_column(row.int(2)?) == Status::Enabled,
        priority: row.int(3)?,
        weight: row.int(4)?,
        tag: row.text(5)?,
    };
    let (group, models) = (row.text(0)?.unwrap_or_default(), row.text(1)?.unwrap_or_default());
    Ok(Channel { of: ChannelRef { id, created, name }, models, group, shared })
}

impl Database {
    /// Which of these channels ([`AT_ONCE`] at most) have drifted. One statement, so that it never sees half of a change
    /// that the gateway makes in one transaction; one more where an enabled channel lacks all rows of a group.
    pub async fn drift(&self, channels: &[i64]) -> Result<Vec<Drift>, GatewayError> {
        let Some(shape) = self.schema.abilities else { return Ok(vec![]) };
        let seen = self.look(channels).await?;
        let mut found: Vec<_> = seen.into_values().filter_map(|seen| seen.drift(shape)).collect();
        self.spare_named_elsewhere(&mut found).await?;
        Ok(found)
    }

    /// Channels and rows, by channel id.
    async fn look(&self, channels: &[i64]) -> Result<BTreeMap<i64, Seen>, GatewayError> {
        let engine = self.schema.engine;
        let (int, text) = (|expression: &str| engine.int(expression), |expression: &str| engine.text(expression));
        let ids = vec!["?"; channels.len()].join(",");
        let tag = if self.schema.has("tag") { "tag" } else { "NULL" };
        let channel = [text(&engine.quote("group")), text("models"), int("status"), int("priority"), int("weight")];
        let named = [text(tag), int("id"), int("0"), text("name"), int("created_time")];
        let row = [ability_list(&self.schema), int("channel_id"), int("1"), text("NULL"), int("NULL")];
        let sql = format!(
            "SELECT {}, {} FROM channels WHERE id IN ({ids}) UNION ALL SELECT {} FROM abilities WHERE channel_id IN ({ids})",
            channel.join(", "),
            named.join(", "),
            row.join(", ")
        );
        let values: Vec<Value> = channels.iter().chain(channels).map(|id| (*id).into()).collect();
        let (mut seen, mut failed) = (BTreeMap::<i64, Seen>::new(), None);
        let each = |row: Row| match row.int(ID) {
            Ok(id) => seen.entry(id.unwrap_or_default()).or_default().take(&row),
            Err(error) => failed = Some(error),
        };
        self.pool.each(READ, &sql, &values, each).await?;
        match failed {
            Some(error) => Err(self.pool.error(READ, &error)),
            None => Ok(seen),
        }
    }

    /// A group that another channel's row names does not crash the cache: it makes a map for each name in the table.
    async fn spare_named_elsewhere(&self, found: &mut [Drift]) -> Result<(), GatewayError> {
        let mut groups: Vec<_> = found.iter().flat_map(|drift| &drift.crashes).cloned().collect();
        groups.sort();
        groups.dedup();
        if groups.is_empty() {
            return Ok(());
        }
        let values: Vec<Value> = groups.iter().map(|group| group.as_str().into()).collect();
        let rows = self.pool.rows(READ, &named_groups(self.schema.engine, groups.len(), ""), &values).await?;
        let named: Result<Vec<_>, _> = rows.iter().map(|row| row.text(0)).collect();
        let named = named.map_err(|error| self.pool.error(READ, &error))?;
        let is_named = |group: &String| named.iter().flatten().any(|name| name == group);
        for drift in found {
            drift.crashes.retain(|group| !is_named(group));
        }
        Ok(())
    }

    /// Routing rows whose channel is gone; one statement.
    pub async fn orphans(&self) -> Result<Orphans, GatewayError> {
        if self.schema.abilities.is_none() {
            return Ok(Orphans::default());
        }
        let int = |expression: &str| self.schema.engine.int(expression);
        let sql = format!(
            "SELECT {}, {} FROM abilities a WHERE NOT EXISTS (SELECT 1 FROM channels c WHERE c.id = a.channel_id)
             GROUP BY a.channel_id ORDER BY a.channel_id LIMIT ?",
            int("a.channel_id"),
            int("COUNT(*)")
        );
        let rows = self.pool.rows(READ, &sql, &[NAMED.into()]).await?;
        let mut orphans = Orphans::default();
        for row in &rows {
            let read = || Ok((row.int(0)?.unwrap_or_default(), row.int(1)?.unwrap_or_default()));
            let (id, count) = read().map_err(|error: sqlx::Error| self.pool.error(READ, &error))?;
            orphans.rows += count.unsigned_abs();
            orphans.channels.push(id);
        }
        Ok(orphans)
    }
}
