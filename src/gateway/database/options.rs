//! The settings that a gateway keeps in its database, as far as they tell of prices.
//!
//! Decides: what is read. Must not know: what a price means.

use std::collections::HashMap;

use super::inspect::columns;
use super::sql::{Row, Value};
use super::{Database, Engine};
use crate::gateway::GatewayError;
use crate::gateway::prices::{OPTIONS, Prices};
use crate::model::ModelName;

const READ: &str = "read its prices";
/// Names asked for in one statement.
const AT_ONCE: usize = 200;

impl Database {
    /// What the gateway's own settings say of prices; of a hub's, only what concerns `models`. A table that is not there
    /// says nothing.
    pub(in crate::gateway) async fn prices(&self, models: &[ModelName]) -> Result<Prices, GatewayError> {
        let table = if self.schema.kind.is_hub() { "prices" } else { "options" };
        if columns(&self.pool, table).await?.is_empty() {
            return Ok(Prices::unread(format!(
                "the database has no table {table}, or our user may not see it: grant SELECT on {table}"
            )));
        }
        let read = if self.schema.kind.is_hub() { self.hub_prices(models).await } else { self.options().await };
        // Another right than for channels.
        if let Err(GatewayError::Forbidden { address, why, .. }) = read {
            let what = format!("our user may not read table {table} in {address}: {why}; grant SELECT on {table}");
            return Err(GatewayError::Setup { what });
        }
        read
    }

    async fn options(&self) -> Result<Prices, GatewayError> {
        let engine = self.schema.engine;
        let key = engine.quote("key");
        let places = vec!["?"; OPTIONS.len()].join(",");
        let sql = format!(
            "SELECT {}, {} FROM options WHERE {key} IN ({places})",
            engine.text(&key),
            engine.text(&engine.quote("value"))
        );
        let values: Vec<Value> = OPTIONS.iter().map(|name| Value::from(*name)).collect();
        let rows = self.pool.rows(READ, &sql, &values).await?;
        let read = |row: &Row| Ok((row.text(0)?.unwrap_or_default(), row.text(1)?.unwrap_or_default()));
        let options = rows.iter().map(read).collect::<Result<HashMap<_, _>, sqlx::Error>>();
        let options = options.map_err(|error| self.pool.error(READ, &error))?;
        Ok(Prices::of_options(self.schema.kind, &options, true))
    }

    async fn hub_prices(&self, models: &[ModelName]) -> Result<Prices, GatewayError> {
        let engine: Engine = self.schema.engine;
        let mut names = vec![];
        for some in models.chunks(AT_ONCE) {
            let places = vec!["?"; some.len()].join(",");
            let sql = format!(
                "SELECT {} FROM prices WHERE model IN ({places}) OR model LIKE '%*'",
                engine.text(&engine.quote("model"))
            );
            let values: Vec<Value> = some.iter().map(|model| Value::from(model.as_str())).collect();
            for row in &self.pool.rows(READ, &sql, &values).await? {
                names.extend(row.text(0).map_err(|error| self.pool.error(READ, &error))?);
            }
        }
        Ok(Prices::of_hub(names.into_iter()))
    }
}
