//! How a gateway's database is, for whoever looks for the cause of trouble: its clock, its locks, its isolation. Only reads.
//!
//! Decides: what each engine can be asked without a right that a gateway's user lacks. Must not know: what of it is bad.

use std::time::Duration;

use jiff::Timestamp;

use super::sql::Row;
use super::{Database, Engine, GatewayError};
use crate::clock;

const LOOK: &str = "look at its condition";
/// A transaction that runs for longer is worth telling.
const LONG: u64 = 60;

/// How a database is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Its program's version; empty where it does not say.
    pub server: String,
    /// Its clock, and ours when it was asked; SQLite has ours.
    pub clock: Option<(Timestamp, Timestamp)>,
    /// The isolation that the gateway's transactions have.
    pub isolation: String,
    /// How long the gateway itself waits for a lock, where the server says so.
    pub lock_wait: Option<Duration>,
    /// Transactions that run for more than a minute, the longest first: number and time. As far as our user may see them.
    pub long: Vec<(i64, Duration)>,
    /// How many wait for somebody's lock at this moment. As far as our user may see them.
    pub waiting: u64,
    /// Nobody could write for as long as we wait for a lock (SQLite).
    pub locked: bool,
}

impl Database {
    /// Looks at the database's condition. What our user may not see is left out.
    pub async fn condition(&self) -> Result<Condition, GatewayError> {
        match self.schema.engine {
            Engine::MySql => self.mysql().await,
            Engine::Postgres => self.postgres().await,
            Engine::Sqlite => self.sqlite().await,
        }
    }

    async fn mysql(&self) -> Result<Condition, GatewayError> {
        let mut found = Condition { clock: self.clock("UNIX_TIMESTAMP(NOW(3)) * 1000").await?, ..Condition::default() };
        let names = "'version', 'tx_isolation', 'transaction_isolation', 'innodb_lock_wait_timeout'";
        let sql = format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})");
        for row in &self.pool.rows(LOOK, &sql, &[]).await? {
            let value = self.text(row, 1)?;
            match self.text(row, 0)?.as_str() {
                "version" => found.server = value,
                "innodb_lock_wait_timeout" => found.lock_wait = value.parse().ok().map(Duration::from_secs),
                _ => found.isolation = value.replace('-', " "),
            }
        }
        // Whoever lacks PROCESS sees none of it.
        let sql =
            "SELECT CAST(trx_mysql_thread_id AS SIGNED), CAST(TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS SIGNED),
                     CAST(trx_state = 'LOCK WAIT' AS SIGNED)
                   FROM information_schema.innodb_trx ORDER BY trx_started LIMIT 100";
        self.transactions(&mut found, sql).await?;
        Ok(found)
    }

    async fn postgres(&self) -> Result<Condition, GatewayError> {
        let now = "EXTRACT(EPOCH FROM clock_timestamp()) * 1000";
        let mut found = Condition { clock: self.clock(now).await?, ..Condition::default() };
        let sql = "SELECT current_setting('server_version'), current_setting('default_transaction_isolation')";
        if let Some(row) = self.pool.rows(LOOK, sql, &[]).await?.first() {
            (found.server, found.isolation) = (self.text(row, 0)?, self.text(row, 1)?);
        }
        // Of other users' sessions only members of pg_read_all_stats see more than that they are there.
        let sql = "SELECT CAST(pid AS BIGINT), CAST(EXTRACT(EPOCH FROM clock_timestamp() - xact_start) AS BIGINT),
                     CAST(CASE WHEN wait_event_type = 'Lock' THEN 1 ELSE 0 END AS BIGINT)
                   FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                     AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 100";
        self.transactions(&mut found, sql).await?;
        Ok(found)
    }

    async fn sqlite(&self) -> Result<Condition, GatewayError> {
        let mut found = Condition { isolation: "serializable".to_owned(), ..Condition::default() };
        if let Some(row) = self.pool.rows(LOOK, "SELECT sqlite_version()", &[]).await?.first() {
            found.server = self.text(row, 0)?;
        }
        if self.schema.writable.is_ok() {
            match self.pool.begin().await {
                Ok(tx) => tx.rollback().await?,
                Err(GatewayError::Locked { .. }) => found.locked = true,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The server's clock in unix milliseconds, beside ours half-way through the question.
    async fn clock(&self, milliseconds: &str) -> Result<Option<(Timestamp, Timestamp)>, GatewayError> {
        let before = clock::now();
        let sql = format!("SELECT {}", self.schema.engine.int(milliseconds));
        let rows = self.pool.rows(LOOK, &sql, &[]).await?;
        let half = clock::now().duration_since(before) / 2;
        let ours = before.saturating_add(half).unwrap_or(before);
        let theirs = rows.first().map_or(Ok(None), |row| row.int(0)).map_err(|error| self.pool.error(LOOK, &error))?;
        Ok(theirs.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|theirs| (theirs, ours)))
    }

    /// Rows of (number, seconds, whether it waits).
    async fn transactions(&self, found: &mut Condition, sql: &str) -> Result<(), GatewayError> {
        let rows = match self.pool.rows(LOOK, sql, &[]).await {
            Ok(rows) => rows,
            Err(GatewayError::Forbidden { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        for row in &rows {
            let int = |place| row.int(place).map_err(|error| self.pool.error(LOOK, &error));
            let (number, seconds, waits) = (int(0)?.unwrap_or_default(), int(1)?.unwrap_or_default(), int(2)?);
            found.waiting += u64::from(waits == Some(1));
            let seconds = u64::try_from(seconds).unwrap_or_default();
            if seconds >= LONG {
                found.long.push((number, Duration::from_secs(seconds)));
            }
        }
        Ok(())
    }

    fn text(&self, row: &Row, place: usize) -> Result<String, GatewayError> {
        Ok(row.text(place).map_err(|error| self.pool.error(LOOK, &error))?.unwrap_or_default())
    }
}
