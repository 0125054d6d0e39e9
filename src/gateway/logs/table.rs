//! The table `logs` on any engine: which columns it has, and the three statements that read it.
//!
//! Must not know: what a row means.

use std::time::Duration;

use super::meaning::LogRow;
use crate::config::DatabaseAddress;
use crate::gateway::GatewayError;
use crate::gateway::database::Engine;
use crate::gateway::database::inspect::columns;
use crate::gateway::database::sql::{Pool, Row, Value};

const LOGS: &str = "logs";
/// Numbers that are read; only One API's earliest versions lack some.
const INTS: [&str; 7] = ["id", "created_at", "type", "channel_id", "quota", "prompt_tokens", "completion_tokens"];
const TEXTS: [&str; 4] = ["model_name", "token_name", "content", "other"];
/// Without these a table tells nothing of channels.
const NEEDED: [&str; 7] =
    ["id", "created_at", "type", "channel_id", "model_name", "prompt_tokens", "completion_tokens"];
/// Characters of a content that are read: enough to know it by.
const CONTENT: usize = 1000;
/// Longer details are nobody's JSON; they are left unread.
const OTHER: usize = 100_000;
/// How long one statement may take: each reads a page by the primary key.
const DEADLINE: Duration = Duration::from_secs(10);
const DOING: &str = "read its log";

/// The table, and how it is read.
#[derive(Debug)]
pub(super) struct Table {
    pool: Pool,
    /// `SELECT … FROM logs WHERE`.
    select: String,
}

impl Table {
    pub(super) async fn open(address: &DatabaseAddress) -> Result<Self, GatewayError> {
        let pool = Pool::open(address).await?.with_deadline(DEADLINE);
        let found = columns(&pool, LOGS).await?;
        let missing = |what: String| GatewayError::Missing { address: pool.address().to_owned(), what };
        if found.is_empty() {
            return Err(missing("table logs".to_owned()));
        }
        if let Some(absent) = NEEDED.iter().find(|name| !found.contains_key(**name)) {
            return Err(missing(format!("column {absent} of table logs")));
        }
        if !is_indexed(&pool).await? {
            let what = format!(
                "table logs in {} has no index on its column id, and is not read without one: make id its primary key",
                pool.address()
            );
            return Err(GatewayError::Setup { what });
        }
        let select = select(pool.engine(), &|name| found.contains_key(name));
        Ok(Self { pool, select })
    }

    pub(super) fn address(&self) -> &str {
        self.pool.address()
    }

    pub(super) fn statements(&self) -> [String; 3] {
        [self.newest_sql(), self.after_sql(), self.these_sql(1)].map(|sql| self.pool.engine().placeholders(&sql))
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// The highest id; 0 where there is no row.
    pub(super) async fn newest(&self) -> Result<i64, GatewayError> {
        let rows = self.pool.rows(DOING, &self.newest_sql(), &[]).await.map_err(may_not)?;
        let newest = rows.first().map_or(Ok(None), |row| row.int(0)).map_err(|error| self.pool.error(DOING, &error))?;
        Ok(newest.unwrap_or_default())
    }

    /// So many rows with the lowest ids above `id`, in order.
    pub(super) async fn after(&self, id: i64, limit: i64) -> Result<Vec<LogRow>, GatewayError> {
        self.ask(&self.after_sql(), &[id.into(), limit.into()]).await
    }

    /// The rows with these ids, those that are there.
    pub(super) async fn these(&self, ids: &[i64]) -> Result<Vec<LogRow>, GatewayError> {
        // Few different statements, whatever the number of ids: each is prepared and kept.
        let places = ids.len().next_power_of_two();
        let last = ids.last().copied().into_iter().cycle();
        let values: Vec<Value> = ids.iter().copied().chain(last).take(places).map(Value::from).collect();
        self.ask(&self.these_sql(places), &values).await
    }

    fn newest_sql(&self) -> String {
        format!("SELECT {} FROM logs", self.pool.engine().int("MAX(id)"))
    }

    fn after_sql(&self) -> String {
        format!("{} id > ? ORDER BY id LIMIT ?", self.select)
    }

    fn these_sql(&self, places: usize) -> String {
        format!("{} id IN ({}) ORDER BY id", self.select, vec!["?"; places].join(","))
    }

    async fn ask(&self, sql: &str, values: &[Value]) -> Result<Vec<LogRow>, GatewayError> {
        let rows = self.pool.rows(DOING, sql, values).await.map_err(may_not)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| self.pool.error(DOING, &error))
    }
}

/// What our user lacks here is another right than for channels.
fn may_not(error: GatewayError) -> GatewayError {
    if let GatewayError::Forbidden { address, why, .. } = error {
        let what = format!("our user may not read table logs in {address}: {why}; grant SELECT on logs");
        return GatewayError::Setup { what };
    }
    error
}

/// Whether an index begins with the id.
async fn is_indexed(pool: &Pool) -> Result<bool, GatewayError> {
    let count = match pool.engine() {
        Engine::MySql => {
            "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.statistics
             WHERE table_schema = DATABASE() AND table_name = ? AND column_name = 'id' AND seq_in_index = 1"
        }
        Engine::Postgres => {
            "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_index i
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = to_regclass(?) AND a.attname = 'id' AND i.indisvalid AND i.indpred IS NULL"
        }
        // A whole number as primary key is the table itself and has no index of its own.
        Engine::Sqlite => {
            "WITH t(name) AS (SELECT ?)
             SELECT (SELECT COUNT(*) FROM t, pragma_table_info(t.name) c WHERE c.name = 'id' AND c.pk = 1)
               + (SELECT COUNT(*) FROM t, pragma_index_list(t.name) l, pragma_index_info(l.name) c
                  WHERE c.name = 'id' AND c.seqno = 0 AND l.partial = 0)"
        }
    };
    let doing = "look at its log";
    let rows = pool.rows(doing, count, &[Value::from(LOGS)]).await?;
    let found = rows.first().map_or(Ok(None), |row| row.int(0)).map_err(|error| pool.error(doing, &error))?;
    Ok(found.unwrap_or_default() > 0)
}

/// `SELECT … FROM logs WHERE`, with NULL for columns that this gateway does not have.
fn select(engine: Engine, has: &dyn Fn(&str) -> bool) -> String {
    let column = |name: &str| if has(name) { engine.quote(name) } else { "NULL".to_owned() };
    let text = |name: &&str| match *name {
        "content" if has(name) => engine.text(&format!("SUBSTR({}, 1, {CONTENT})", engine.quote(name))),
        "other" if has(name) => {
            let other = engine.quote(name);
            engine.text(&format!("CASE WHEN LENGTH({other}) <= {OTHER} THEN {other} END"))
        }
        _ => engine.text(&column(name)),
    };
    let list: Vec<_> = INTS.iter().map(|name| engine.int(&column(name))).chain(TEXTS.iter().map(text)).collect();
    format!("SELECT {} FROM logs WHERE", list.join(", "))
}

/// Reads a row of [`select`].
fn read(row: &Row) -> Result<LogRow, sqlx::Error> {
    let int = |i: usize| Ok::<_, sqlx::Error>(row.int(i)?.unwrap_or_default());
    let text = |i: usize| Ok::<_, sqlx::Error>(row.text(INTS.len() + i)?.unwrap_or_default());
    Ok(LogRow {
        id: int(0)?,
        created: int(1)?,
        type_number: int(2)?,
        channel: int(3)?,
        quota: int(4)?,
        prompt_tokens: int(5)?,
        completion_tokens: int(6)?,
        model: text(0)?,
        token: text(1)?,
        content: text(2)?,
        other: text(3)?,
    })
}
