//! Statements over three engines: parameters, rows, transactions, a deadline for each, and a count of it all.
//!
//! Must not know: which tables there are.

mod connect;
mod connection;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use connect::Handle;
use connection::Connection;
pub(in crate::gateway) use connection::{Row, Value};

use super::{Engine, GatewayError};
use crate::config::DatabaseAddress;

/// How long a connection may take.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long to wait for somebody else's lock: longer than the gateways' own 3 to 5 s.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// How long a statement may take, COMMIT included. Longer than a wait for a lock and than the slowest page of channels;
/// but a half-open connection never answers, and we hold the turn to write meanwhile.
const STATEMENT: Duration = Duration::from_secs(30);
/// When PostgreSQL ends a transaction of ours that nothing comes from: a connection that was lost must not hold the
/// gateway's rows.
const IDLE: Duration = Duration::from_mins(1);

/// Statements sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// All of them, transaction control left out.
    pub all: u64,
    /// Those that can change rows.
    pub writes: u64,
}

/// Connections to one database.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct Pool {
    handle: Handle,
    address: String,
    deadline: Duration,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    writes: AtomicU64,
}

/// A transaction. Rolled back when dropped.
pub(super) struct Tx {
    session: Session,
    statements: Statements,
}

/// A connection in use. Given back when all it was asked is answered; cut when dropped before that: whatever comes from
/// it next may be the answer to something else.
struct Session {
    /// `None` once it was cut.
    connection: Option<Connection>,
    pool: Pool,
}

impl Pool {
    /// Connects once, so that a wrong address or password is told at once and by its cause, and opens the pool.
    pub(in crate::gateway) async fn open(address: &DatabaseAddress) -> Result<Self, GatewayError> {
        let handle = Handle::open(address).await?;
        Ok(Self { handle, address: address.to_string(), deadline: STATEMENT, counts: Arc::default() })
    }

    /// With another deadline for each statement.
    pub(in crate::gateway) fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    pub(in crate::gateway) fn engine(&self) -> Engine {
        self.handle.engine()
    }

    /// The address, without the password.
    pub(in crate::gateway) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn statements(&self) -> Statements {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Statements { all: read(&self.counts.all), writes: read(&self.counts.writes) }
    }

    pub(in crate::gateway) async fn close(&self) {
        self.handle.close().await;
    }

    /// The rows of a SELECT, outside a transaction of ours. `doing` completes "failed to …".
    pub(in crate::gateway) async fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, GatewayError> {
        let mut rows = vec![];
        self.each(doing, sql, values, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// The rows of a SELECT, handed over one by one: a row as it comes from the server is far larger than what one
    /// keeps of it.
    pub(super) async fn each(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value],
        take: impl FnMut(Row),
    ) -> Result<(), GatewayError> {
        self.count(false);
        let mut session = self.session(doing).await?;
        // In PostgreSQL preparing and asking are two exchanges, and only a transaction keeps a pooler from giving each
        // to another server connection.
        let framed = self.engine() == Engine::Postgres;
        if framed {
            session.control(doing, "BEGIN".to_owned()).await?;
        }
        session.ask(doing, sql, values, take).await?;
        if framed {
            session.control(doing, "END".to_owned()).await?;
        }
        session.give_back();
        Ok(())
    }

    /// Begins a transaction; in SQLite one that holds the write lock from the start.
    pub(super) async fn begin(&self) -> Result<Tx, GatewayError> {
        let doing = "begin a transaction";
        let wait = LOCK_WAIT.as_secs();
        // The waits are set here, not on connecting: a pooler in between would lose or refuse them.
        let opening = match self.engine() {
            Engine::MySql => vec![format!("SET SESSION innodb_lock_wait_timeout = {wait}"), "BEGIN".to_owned()],
            Engine::Postgres => vec![
                "BEGIN".to_owned(),
                format!("SET LOCAL lock_timeout = '{wait}s'"),
                format!("SET LOCAL idle_in_transaction_session_timeout = '{}s'", IDLE.as_secs()),
            ],
            Engine::Sqlite => vec!["BEGIN IMMEDIATE".to_owned()],
        };
        let mut session = self.session(doing).await?;
        for statement in opening {
            session.control(doing, statement).await?;
        }
        Ok(Tx { session, statements: Statements::default() })
    }

    pub(in crate::gateway) fn error(&self, doing: &'static str, error: &sqlx::Error) -> GatewayError {
        GatewayError::from_sqlx(&self.address, doing, error)
    }

    async fn session(&self, doing: &'static str) -> Result<Session, GatewayError> {
        let connection = self.handle.acquire().await.map_err(|error| self.error(doing, &error))?;
        Ok(Session { connection: Some(connection), pool: self.clone() })
    }

    fn count(&self, write: bool) {
        self.counts.all.fetch_add(1, Ordering::Relaxed);
        self.counts.writes.fetch_add(u64::from(write), Ordering::Relaxed);
    }
}

impl Tx {
    /// The rows of a SELECT.
    pub(super) async fn rows(
        &mut self,
        doing: &'static str,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, GatewayError> {
        self.count(false);
        let mut rows = vec![];
        self.session.ask(doing, sql, values, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// A statement that changes rows.
    pub(super) async fn write(&mut self, doing: &'static str, sql: &str, values: &[Value]) -> Result<(), GatewayError> {
        self.count(true);
        self.session.ask(doing, sql, values, drop).await
    }

    /// What this transaction has sent so far.
    pub(super) fn statements(&self) -> Statements {
        self.statements
    }

    /// Keeps what was done. An error does not mean that it was not kept: the answer may have been lost.
    pub(super) async fn commit(mut self) -> Result<(), GatewayError> {
        self.session.control("commit", "COMMIT".to_owned()).await?;
        self.session.give_back();
        Ok(())
    }

    pub(super) async fn rollback(mut self) -> Result<(), GatewayError> {
        self.session.control("roll back", "ROLLBACK".to_owned()).await?;
        self.session.give_back();
        Ok(())
    }

    fn count(&mut self, write: bool) {
        self.statements.all += 1;
        self.statements.writes += u64::from(write);
        self.session.pool.count(write);
    }
}

impl Session {
    async fn ask(
        &mut self,
        doing: &'static str,
        sql: &str,
        values: &[Value],
        take: impl FnMut(Row),
    ) -> Result<(), GatewayError> {
        let sql = self.pool.engine().placeholders(sql);
        self.in_time(doing, async |connection| connection.ask(sql, values, take).await).await
    }

    async fn control(&mut self, doing: &'static str, sql: String) -> Result<(), GatewayError> {
        self.in_time(doing, async |connection| connection.control(sql).await).await
    }

    /// Waits for an answer until the deadline, then cuts the connection.
    async fn in_time<T>(
        &mut self,
        doing: &'static str,
        asked: impl AsyncFnOnce(&mut Connection) -> Result<T, sqlx::Error>,
    ) -> Result<T, GatewayError> {
        let silent = |why| GatewayError::Unreachable { address: self.pool.address.clone(), why };
        let Some(connection) = &mut self.connection else {
            return Err(silent(format!("the connection was lost before we could {doing}")));
        };
        if let Ok(answer) = tokio::time::timeout(self.pool.deadline, asked(connection)).await {
            return answer.map_err(|error| self.pool.error(doing, &error));
        }
        let error = silent(format!("it did not {doing} within {:?}", self.pool.deadline));
        self.cut();
        Err(error)
    }

    fn give_back(mut self) {
        drop(self.connection.take());
    }

    fn cut(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.cut();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cut();
    }
}
