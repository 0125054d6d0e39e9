//! What a database is: whose, which version, which columns, and whether we may write to it.

use std::collections::BTreeMap;

use super::rights::may_write;
use super::sql::{Pool, Value};
use super::{AbilityShape, Engine, Fold, GatewayError};
use crate::gateway::kind::recognise;
use crate::model::GatewayKind;

/// Columns of `channels` without which a database is no gateway's.
const CHANNELS: [&str; 9] = ["id", "type", "key", "status", "name", "created_time", "base_url", "models", "group"];
/// Columns of `abilities` without which we cannot keep it in step.
const ABILITIES: [&str; 5] = ["group", "model", "channel_id", "enabled", "priority"];

/// What a gateway's database was found to be.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Which program it belongs to.
    pub kind: GatewayKind,
    /// What tells its version ("since 2025-08"), for people.
    pub version: &'static str,
    /// Which engine it is on.
    pub engine: Engine,
    /// What the `abilities` table is like; One Hub has none.
    pub abilities: Option<AbilityShape>,
    /// How long names may be.
    pub limits: NameLimits,
    /// Whether we may write, or why not. That a hub does not see what is written here is another matter.
    pub writable: Result<(), String>,
    /// The columns of `channels`.
    channels: Columns,
}

/// How many characters the columns of `abilities` take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameLimits {
    /// Of `model`: 255 in New API, 191 in One API on MySQL.
    pub model: usize,
    /// Of `group`: 64 in New API, 32 in One API.
    pub group: usize,
}

/// A table's columns: name → (characters, collation).
pub(super) type Columns = BTreeMap<String, (Option<usize>, Option<String>)>;

impl Schema {
    /// Looks at the database. `kind` overrides the guess.
    pub(super) async fn inspect(pool: &Pool, kind: Option<GatewayKind>) -> Result<Self, GatewayError> {
        let address = || pool.address().to_owned();
        let missing = |what: String| GatewayError::Missing { address: address(), what };
        let channels = columns(pool, "channels").await?;
        if channels.is_empty() {
            return Err(missing("table channels".to_owned()));
        }
        let abilities = columns(pool, "abilities").await?;
        lacking("channels", &channels, &CHANNELS).map_or(Ok(()), |what| Err(missing(what)))?;
        let guess = recognise(&|name| channels.contains_key(name), !abilities.is_empty());
        if kind.or(guess).is_none() && abilities.is_empty() {
            return Err(missing("table abilities".to_owned()));
        }
        let kind = kind.or(guess).ok_or_else(|| GatewayError::Unrecognised {
            address: address(),
            why: "table channels has none of the columns that tell One API, New API and One Hub apart",
        })?;
        let hub = kind.is_hub();
        if !hub && abilities.is_empty() {
            return Err(missing("table abilities".to_owned()));
        }
        if !hub {
            lacking("abilities", &abilities, &ABILITIES).map_or(Ok(()), |what| Err(missing(what)))?;
        }
        let engine = pool.engine();
        let of = |name: &str| abilities.get(name).cloned().unwrap_or_default();
        let fold = |name: &str| match engine {
            Engine::MySql => Fold::of_mysql(of(name).1.as_deref()),
            Engine::Postgres | Engine::Sqlite => Fold::default(),
        };
        let shape = (!hub).then(|| AbilityShape {
            weight: abilities.contains_key("weight"),
            tag: abilities.contains_key("tag"),
            model: fold("model"),
            group: fold("group"),
        });
        let writable = may_write(pool, shape).await?;
        Ok(Self {
            kind,
            version: version(kind, &|name| channels.contains_key(name)),
            engine,
            limits: NameLimits { model: of("model").0.unwrap_or(255), group: of("group").0.unwrap_or(64) },
            abilities: shape,
            writable,
            channels,
        })
    }

    /// The condition, with its `AND`, that leaves out what One Hub's family keeps as deleted.
    pub(super) fn living(&self) -> &'static str {
        if self.has("deleted_at") { "deleted_at IS NULL AND " } else { "" }
    }

    /// Whether `channels` has this column.
    pub fn has(&self, column: &str) -> bool {
        self.channels.contains_key(column)
    }
}

fn version(kind: GatewayKind, has: &dyn Fn(&str) -> bool) -> &'static str {
    match kind {
        GatewayKind::NewApi if has("remark") => "since 2025-10",
        GatewayKind::NewApi if has("settings") => "since 2025-08",
        GatewayKind::NewApi if has("channel_info") => "since 2025-06",
        GatewayKind::NewApi => "before 2025-06",
        GatewayKind::OneApi
        | GatewayKind::Veloera
        | GatewayKind::OneHub
        | GatewayKind::DoneHub
        | GatewayKind::LiteLlm => "any version",
    }
}

/// Names the columns that are not there.
fn lacking(table: &str, columns: &Columns, needed: &[&str]) -> Option<String> {
    let absent: Vec<_> = needed.iter().copied().filter(|name| !columns.contains_key(*name)).collect();
    match absent.as_slice() {
        [] => None,
        [one] => Some(format!("column {one} of table {table}")),
        many => Some(format!("columns {} of table {table}", many.join(", "))),
    }
}

/// The columns of a table; none where there is no such table, or our user may not see it.
pub(in crate::gateway) async fn columns(pool: &Pool, table: &str) -> Result<Columns, GatewayError> {
    let sql = match pool.engine() {
        Engine::MySql => {
            "SELECT CAST(column_name AS CHAR), CAST(character_maximum_length AS SIGNED), CAST(collation_name AS CHAR)
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
        }
        Engine::Postgres => {
            "SELECT CAST(attname AS TEXT), CAST(CASE WHEN atttypid = 'varchar'::regtype AND atttypmod > 4
               THEN atttypmod - 4 END AS BIGINT), CAST(NULL AS TEXT)
             FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped"
        }
        Engine::Sqlite => "SELECT name, CAST(NULL AS INTEGER), CAST(NULL AS TEXT) FROM pragma_table_info(?)",
    };
    let doing = "look at its tables";
    let rows = pool.rows(doing, sql, &[Value::from(table)]).await?;
    let read = |row: &super::sql::Row| {
        let chars = row.int(1)?.and_then(|chars| usize::try_from(chars).ok());
        Ok((row.text(0)?.unwrap_or_default(), (chars, row.text(2)?)))
    };
    rows.iter().map(read).collect::<Result<_, sqlx::Error>>().map_err(|error| pool.error(doing, &error))
}
