//! Channels, routing rows and images, read.

use std::collections::HashSet;
use std::sync::Arc;

use super::columns::{self, ChannelRow};
use super::sql::{Pool, Row, Tx, Value};
use super::{Database, Engine, GatewayError, Lease, Schema};
use crate::config::DatabaseAddress;
use crate::gateway::routes;
use crate::model::{Ability, Channel, GatewayKind, Image, ModelName, Route, Status};

/// Names asked for in one statement.
const ROUTES_AT_ONCE: usize = 200;
/// Channels whose lists are read in one statement.
const LISTS_AT_ONCE: i64 = 500;

impl Database {
    /// Connects and inspects. `name` is the gateway's in our configuration, `kind` overrides what the schema says, `salt`
    /// goes into fingerprints.
    pub async fn open(
        name: &str,
        address: &DatabaseAddress,
        kind: Option<GatewayKind>,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        let pool = Pool::open(address).await?;
        let schema = Arc::new(Schema::inspect(&pool, kind).await?);
        let this = Self { name: name.to_owned(), salt: salt.to_owned(), pool, schema, lease: Lease::default() };
        this.may_read().await?;
        Ok(this)
    }

    /// Reads nothing, but all the columns of it: whoever may not see one is told so now.
    async fn may_read(&self) -> Result<(), GatewayError> {
        self.pool.rows(READ, &format!("{} 1 = 0", columns::select(&self.schema)), &[]).await?;
        if self.schema.abilities.is_some() {
            let sql = format!("SELECT channel_id, {} FROM abilities WHERE 1 = 0", ability_list(&self.schema));
            self.pool.rows("read its routing rows", &sql, &[]).await?;
        }
        Ok(())
    }

    /// One channel.
    pub async fn channel(&self, id: i64) -> Result<Option<Channel>, GatewayError> {
        let sql = format!("{} id = ?", columns::select(&self.schema));
        let rows = self.pool.rows(READ, &sql, &[id.into()]).await?;
        rows.first().map(|row| self.channel_row(row).map(|row| row.channel)).transpose()
    }

    /// How many channels there are.
    pub async fn count(&self) -> Result<u64, GatewayError> {
        let living = if self.schema.has("deleted_at") { " WHERE deleted_at IS NULL" } else { "" };
        let rows = self.pool.rows(READ, &format!("SELECT COUNT(*) FROM channels{living}"), &[]).await?;
        let count = rows.first().map_or(Ok(None), |row| row.int(0)).map_err(|error| self.pool.error(READ, &error))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    /// Which enabled channels serve these models, and in which groups.
    pub async fn routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        if self.schema.abilities.is_none() {
            return self.listed_routes(models).await;
        }
        let engine = self.schema.engine;
        let mut routes = vec![];
        for names in models.chunks(ROUTES_AT_ONCE) {
            let sql = format!(
                "SELECT {}, {}, {} FROM abilities a JOIN channels c ON c.id = a.channel_id
                 WHERE a.enabled = ? AND c.status = ? AND a.model IN ({})",
                engine.text(&format!("a.{}", engine.quote("group"))),
                engine.text("a.model"),
                engine.int("a.channel_id"),
                vec!["?"; names.len()].join(",")
            );
            let mut values = vec![Value::from(true), Value::from(1_i64)];
            values.extend(names.iter().map(|name| Value::from(name.as_str())));
            let rows = self.pool.rows(READ, &sql, &values).await?;
            // A case-insensitive collation finds more names than were asked for.
            let asked: HashSet<_> = names.iter().map(ModelName::as_str).collect();
            for row in &rows {
                // One that cannot be read is none: what it served is held back rather than taken off.
                let Ok((group, model, channel)) = route(row) else { continue };
                if let Some(model) = asked.contains(model.as_str()).then(|| ModelName::parse(&model)).flatten() {
                    routes.push(Route { group, model, channel });
                }
            }
        }
        Ok(routes)
    }

    /// The same where there are no routing rows: from the lists of the enabled channels.
    async fn listed_routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        let engine = self.schema.engine;
        let living = self.schema.living();
        let sql = format!(
            "SELECT {}, {}, {} FROM channels WHERE {living}status = ? AND id > ? ORDER BY id LIMIT ?",
            engine.text(&engine.quote("group")),
            engine.text("models"),
            engine.int("id"),
        );
        let (mut routes, mut after) = (vec![], i64::MIN);
        loop {
            let values = [1_i64.into(), after.into(), LISTS_AT_ONCE.into()];
            let rows = self.pool.rows(READ, &sql, &values).await?;
            let Some(last) = rows.last() else { return Ok(routes) };
            after = last.int(2).map_err(|error| self.pool.error(READ, &error))?.unwrap_or(i64::MAX);
            for row in &rows {
                // One that cannot be read is none: what it served is held back rather than taken off.
                let Ok((group, listed, channel)) = route(row) else { continue };
                let kind = self.schema.kind;
                routes.extend(routes::routes(kind, (channel, Status::Enabled), (&group, &listed), models));
            }
        }
    }

    /// A channel's list and routing rows as they stand, from one statement: never half of a change.
    pub async fn image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        let engine = self.schema.engine;
        let null = engine.text("NULL");
        let number = engine.int("NULL");
        let living = self.schema.living();
        let mut sql = format!(
            "SELECT {null}, {}, {number}, {number}, {number}, {null}, {} FROM channels WHERE {living}id = ?",
            engine.text("models"),
            engine.int("0")
        );
        let mut values = vec![Value::from(id)];
        if self.schema.abilities.is_some() {
            let list = ability_list(&self.schema);
            sql = format!("{sql} UNION ALL SELECT {list}, {} FROM abilities WHERE channel_id = ?", engine.int("1"));
            values.push(id.into());
        }
        let rows = self.pool.rows(READ, &sql, &values).await?;
        let (mut models, mut abilities) = (None, vec![]);
        for row in &rows {
            let mut read = || {
                match row.int(6)? {
                    Some(1) => abilities.push(ability(row)?),
                    Some(_) | None => models = Some(row.text(1)?.unwrap_or_default()),
                }
                Ok(())
            };
            read().map_err(|error| self.pool.error(READ, &error))?;
        }
        abilities.sort();
        Ok(models.map(|models| Image { models, abilities }))
    }

    /// As [`Self::image`], once nobody is in the middle of writing the channel: a transaction that a killed process left
    /// behind may still commit, and a look past it would tell of what is over.
    pub async fn settled_image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        let mut tx = self.pool.begin().await?;
        self.lock_channel(&mut tx, id).await?;
        tx.rollback().await?;
        self.image(id).await
    }

    /// A channel's row, locked until the transaction ends.
    pub(super) async fn lock_channel(&self, tx: &mut Tx, id: i64) -> Result<Option<ChannelRow>, GatewayError> {
        let sql = format!("{} id = ?{}", columns::select(&self.schema), self.schema.engine.lock());
        let rows = tx.rows("lock the channel", &sql, &[id.into()]).await?;
        rows.first().map(|row| self.channel_row(row)).transpose()
    }

    /// A channel's routing rows, sorted, locked until the transaction ends.
    pub(super) async fn lock_abilities(&self, tx: &mut Tx, id: i64) -> Result<Vec<Ability>, GatewayError> {
        if self.schema.abilities.is_none() {
            return Ok(vec![]);
        }
        let sql = format!(
            "SELECT {} FROM abilities WHERE channel_id = ?{}",
            ability_list(&self.schema),
            self.schema.engine.lock()
        );
        let rows = tx.rows("lock the routing rows", &sql, &[id.into()]).await?;
        let read = rows.iter().map(ability).collect::<Result<Vec<_>, _>>();
        let mut abilities = read.map_err(|error| self.pool.error(READ, &error))?;
        abilities.sort();
        Ok(abilities)
    }

    fn channel_row(&self, row: &Row) -> Result<ChannelRow, GatewayError> {
        columns::read(row, self.schema.kind, &self.salt).map_err(|error| self.pool.error(READ, &error))
    }
}

pub(super) const READ: &str = "read its channels";

/// The columns of [`ability`].
pub(super) fn ability_list(schema: &Schema) -> String {
    let engine: Engine = schema.engine;
    let shape = schema.abilities.unwrap_or_default();
    let optional = |present, name: &str| if present { engine.quote(name) } else { "NULL".to_owned() };
    [
        engine.text(&engine.quote("group")),
        engine.text("model"),
        engine.boolean("enabled"),
        engine.int("priority"),
        engine.int(&optional(shape.weight, "weight")),
        engine.text(&optional(shape.tag, "tag")),
    ]
    .join(", ")
}

pub(super) fn ability(row: &Row) -> Result<Ability, sqlx::Error> {
    Ok(Ability {
        group: row.text(0)?.unwrap_or_default(),
        model: row.text(1)?.unwrap_or_default(),
        enabled: row.boolean(2)?,
        priority: row.int(3)?,
        weight: row.int(4)?,
        tag: row.text(5)?,
    })
}

fn route(row: &Row) -> Result<(String, String, i64), sqlx::Error> {
    Ok((row.text(0)?.unwrap_or_default(), row.text(1)?.unwrap_or_default(), row.int(2)?.unwrap_or_default()))
}
