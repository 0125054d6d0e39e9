//! Statements over three engines: connections, parameters, rows and transactions, and a count of it all.
//!
//! Must not know: which tables there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlRow, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, MySql, Postgres, Row as _, Sqlite, Transaction};

use super::{Engine, GatewayError};
use crate::config::{DatabaseAddress, ServerAddress, Tls};

/// A foreign database: we are a guest.
const CONNECTIONS: u32 = 4;
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long to wait for somebody else's lock: longer than the gateways' own 3 to 5 s.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// A parameter.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A text or NULL.
    Text(Option<String>),
    /// A number or NULL.
    Int(Option<i64>),
    /// A truth value or NULL; never a literal, PostgreSQL has real booleans.
    Bool(Option<bool>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(Some(truth))
    }
}

/// Statements sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// All of them, transaction control left out.
    pub all: u64,
    /// Those that can change rows.
    pub writes: u64,
}

#[derive(Clone, Debug)]
enum Handle {
    MySql(sqlx::MySqlPool),
    Postgres(sqlx::PgPool),
    Sqlite(sqlx::SqlitePool),
}

/// Connections to one database.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    handle: Handle,
    address: String,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    writes: AtomicU64,
}

/// A row, read by position.
pub(super) enum Row {
    MySql(MySqlRow),
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

/// A transaction.
pub(super) struct Tx {
    inner: Begun,
    pool: Pool,
    statements: Statements,
}

enum Begun {
    MySql(Transaction<'static, MySql>),
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// A query with its parameters bound, for one engine.
macro_rules! bound {
    ($engine:ty, $sql:expr, $values:expr) => {{
        let mut query = sqlx::query::<$engine>(AssertSqlSafe($sql));
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.as_deref()),
                Value::Int(number) => query.bind(*number),
                Value::Bool(truth) => query.bind(*truth),
            };
        }
        query
    }};
}

impl Pool {
    /// Connects once, so that a wrong address or password is told at once and by its cause, and opens the pool.
    pub(super) async fn open(address: &DatabaseAddress) -> Result<Self, GatewayError> {
        let shown = address.to_string();
        let handle = match address {
            DatabaseAddress::MySql(server) => {
                let options = mysql(server);
                first(&shown, async { options.connect().await?.close().await }).await?;
                let pool = MySqlPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
                Handle::MySql(pool.connect_lazy_with(options))
            }
            DatabaseAddress::Postgres(server) => {
                let options = postgres(server);
                first(&shown, async { options.connect().await?.close().await }).await?;
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
                Handle::Postgres(pool.connect_lazy_with(options))
            }
            DatabaseAddress::Sqlite(path) => {
                // The journal mode is the gateway's own business, and its tables have no foreign keys.
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(false)
                    .foreign_keys(false)
                    .busy_timeout(LOCK_WAIT)
                    .disable_statement_logging();
                first(&shown, async { options.connect().await?.close().await }).await?;
                let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(LOCK_WAIT + ACQUIRE);
                Handle::Sqlite(pool.connect_lazy_with(options))
            }
        };
        Ok(Self { handle, address: shown, counts: Arc::default() })
    }

    pub(super) fn engine(&self) -> Engine {
        match self.handle {
            Handle::MySql(_) => Engine::MySql,
            Handle::Postgres(_) => Engine::Postgres,
            Handle::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The address, without the password.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn statements(&self) -> Statements {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Statements { all: read(&self.counts.all), writes: read(&self.counts.writes) }
    }

    pub(super) async fn close(&self) {
        match &self.handle {
            Handle::MySql(pool) => pool.close().await,
            Handle::Postgres(pool) => pool.close().await,
            Handle::Sqlite(pool) => pool.close().await,
        }
    }

    /// The rows of a SELECT, outside a transaction. `doing` completes "failed to …".
    pub(super) async fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, GatewayError> {
        self.count(false);
        let sql = self.engine().placeholders(sql);
        let rows = match &self.handle {
            Handle::MySql(pool) => wrap(bound!(MySql, sql, values).fetch_all(pool).await, Row::MySql),
            Handle::Postgres(pool) => wrap(bound!(Postgres, sql, values).fetch_all(pool).await, Row::Postgres),
            Handle::Sqlite(pool) => wrap(bound!(Sqlite, sql, values).fetch_all(pool).await, Row::Sqlite),
        };
        rows.map_err(|error| self.error(doing, &error))
    }

    /// Begins a transaction; in SQLite one that holds the write lock from the start.
    pub(super) async fn begin(&self) -> Result<Tx, GatewayError> {
        let inner = self.begun().await.map_err(|error| self.error("begin a transaction", &error))?;
        Ok(Tx { inner, pool: self.clone(), statements: Statements::default() })
    }

    /// The waits are set in the transaction, not on connecting: a connection pooler in between would lose or refuse it.
    async fn begun(&self) -> Result<Begun, sqlx::Error> {
        let seconds = LOCK_WAIT.as_secs();
        Ok(match &self.handle {
            Handle::MySql(pool) => {
                let mut tx = pool.begin().await?;
                let wait = format!("SET SESSION innodb_lock_wait_timeout = {seconds}");
                sqlx::raw_sql(AssertSqlSafe(wait)).execute(&mut *tx).await?;
                Begun::MySql(tx)
            }
            Handle::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                let wait = format!("SET LOCAL lock_timeout = '{seconds}s'");
                sqlx::raw_sql(AssertSqlSafe(wait)).execute(&mut *tx).await?;
                Begun::Postgres(tx)
            }
            Handle::Sqlite(pool) => Begun::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        })
    }

    pub(super) fn error(&self, doing: &'static str, error: &sqlx::Error) -> GatewayError {
        GatewayError::from_sqlx(&self.address, doing, error)
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
        let sql = self.pool.engine().placeholders(sql);
        let rows = match &mut self.inner {
            Begun::MySql(tx) => wrap(bound!(MySql, sql, values).fetch_all(&mut **tx).await, Row::MySql),
            Begun::Postgres(tx) => wrap(bound!(Postgres, sql, values).fetch_all(&mut **tx).await, Row::Postgres),
            Begun::Sqlite(tx) => wrap(bound!(Sqlite, sql, values).fetch_all(&mut **tx).await, Row::Sqlite),
        };
        rows.map_err(|error| self.pool.error(doing, &error))
    }

    /// A statement that changes rows.
    pub(super) async fn write(&mut self, doing: &'static str, sql: &str, values: &[Value]) -> Result<(), GatewayError> {
        self.count(true);
        let sql = self.pool.engine().placeholders(sql);
        let done = match &mut self.inner {
            Begun::MySql(tx) => bound!(MySql, sql, values).execute(&mut **tx).await.map(drop),
            Begun::Postgres(tx) => bound!(Postgres, sql, values).execute(&mut **tx).await.map(drop),
            Begun::Sqlite(tx) => bound!(Sqlite, sql, values).execute(&mut **tx).await.map(drop),
        };
        done.map_err(|error| self.pool.error(doing, &error))
    }

    /// What this transaction has sent so far.
    pub(super) fn statements(&self) -> Statements {
        self.statements
    }

    pub(super) async fn commit(self) -> Result<(), GatewayError> {
        let done = match self.inner {
            Begun::MySql(tx) => tx.commit().await,
            Begun::Postgres(tx) => tx.commit().await,
            Begun::Sqlite(tx) => tx.commit().await,
        };
        done.map_err(|error| self.pool.error("commit", &error))
    }

    pub(super) async fn rollback(self) -> Result<(), GatewayError> {
        let done = match self.inner {
            Begun::MySql(tx) => tx.rollback().await,
            Begun::Postgres(tx) => tx.rollback().await,
            Begun::Sqlite(tx) => tx.rollback().await,
        };
        done.map_err(|error| self.pool.error("roll back", &error))
    }

    fn count(&mut self, write: bool) {
        self.statements.all += 1;
        self.statements.writes += u64::from(write);
        self.pool.count(write);
    }
}

impl Row {
    pub(super) fn text(&self, i: usize) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::MySql(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Sqlite(row) => row.try_get(i),
        }
    }

    pub(super) fn int(&self, i: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::MySql(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Sqlite(row) => row.try_get(i),
        }
    }

    /// An expression made by [`Engine::boolean`].
    pub(super) fn boolean(&self, i: usize) -> Result<Option<bool>, sqlx::Error> {
        Ok(self.int(i)?.map(|number| number != 0))
    }
}

fn wrap<T>(rows: Result<Vec<T>, sqlx::Error>, into: fn(T) -> Row) -> Result<Vec<Row>, sqlx::Error> {
    Ok(rows?.into_iter().map(into).collect())
}

/// The first connection, in time.
async fn first(address: &str, connect: impl Future<Output = Result<(), sqlx::Error>>) -> Result<(), GatewayError> {
    match tokio::time::timeout(ACQUIRE, connect).await {
        Ok(done) => done.map_err(|error| GatewayError::from_sqlx(address, "connect", &error)),
        Err(_) => Err(GatewayError::from_sqlx(address, "connect", &sqlx::Error::PoolTimedOut)),
    }
}

fn mysql(server: &ServerAddress) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&server.host)
        .port(server.port)
        .username(&server.user)
        .password(server.password.expose())
        .database(&server.database)
        .charset("utf8mb4")
        .ssl_mode(match server.tls {
            Tls::Off => MySqlSslMode::Disabled,
            Tls::Preferred => MySqlSslMode::Preferred,
            Tls::RequiredUnverified => MySqlSslMode::Required,
            Tls::Verified => MySqlSslMode::VerifyIdentity,
        });
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    options.disable_statement_logging()
}

fn postgres(server: &ServerAddress) -> PgConnectOptions {
    // Without `new`'s reading of PGPASSWORD and ~/.pgpass: only the address counts.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&server.host)
        .port(server.port)
        .username(&server.user)
        .password(server.password.expose())
        .database(&server.database)
        .application_name("channelwarden")
        .ssl_mode(match server.tls {
            Tls::Off => PgSslMode::Disable,
            Tls::Preferred => PgSslMode::Prefer,
            Tls::RequiredUnverified => PgSslMode::Require,
            Tls::Verified => PgSslMode::VerifyFull,
        });
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    options.disable_statement_logging()
}
