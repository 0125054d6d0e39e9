//! Fresh databases for tests, on all three engines, made without any of our own code under test.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Row as _};

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    MySql,
    Postgres,
    Sqlite,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::MySql, Self::Postgres];

    pub(crate) fn quote(self, name: &str) -> String {
        match self {
            Self::MySql | Self::Sqlite => format!("`{name}`"),
            Self::Postgres => format!("\"{name}\""),
        }
    }

    /// The type that makes a text of anything.
    pub(crate) fn cast(self) -> &'static str {
        if self == Self::MySql { "CHAR" } else { "TEXT" }
    }

    /// A column as plain text.
    pub(crate) fn text(self, column: &str) -> String {
        format!("CAST({} AS {})", self.quote(column), self.cast())
    }

    /// An expression as text that shows every difference, the storage type in SQLite included.
    fn shown(self, column: &str) -> String {
        match self {
            Self::MySql => format!("CAST({} AS CHAR)", self.quote(column)),
            Self::Postgres => format!("CAST({} AS TEXT)", self.quote(column)),
            Self::Sqlite => format!("quote({})", self.quote(column)),
        }
    }
}

/// A value in a statement.
#[derive(Clone, Debug)]
pub(crate) enum Lit {
    Null,
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(String),
    /// Bytes in SQLite, where Go writes JSON so; a text elsewhere.
    Json(String),
}

impl Lit {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn sql(&self, engine: Engine) -> String {
        let quoted = |text: &str| {
            let text = text.replace('\'', "''");
            if engine == Engine::MySql { format!("'{}'", text.replace('\\', "\\\\")) } else { format!("'{text}'") }
        };
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Real(number) => format!("{number:?}"),
            Self::Bool(truth) if engine == Engine::Sqlite => i32::from(*truth).to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Json(text) if engine == Engine::Sqlite => {
                let hex: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                format!("X'{}'", hex.concat())
            }
            Self::Text(text) | Self::Json(text) => quoted(text),
        }
    }
}

impl From<Option<i64>> for Lit {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }
}

impl From<&Option<String>> for Lit {
    fn from(text: &Option<String>) -> Self {
        text.clone().map_or(Self::Null, Self::Text)
    }
}

enum Pool {
    MySql(sqlx::MySqlPool),
    Postgres(sqlx::PgPool),
    Sqlite(sqlx::SqlitePool),
}

/// A database of its own for one test.
pub(crate) struct Db {
    pub(crate) engine: Engine,
    url: String,
    pool: Pool,
    /// SQLite's file lives as long as this.
    _folder: Option<tempfile::TempDir>,
}

impl Db {
    /// Without any table.
    pub(crate) async fn empty(engine: Engine) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cw_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        match engine {
            Engine::MySql => {
                let admin = server("CHANNELWARDEN_TEST_MYSQL");
                let pool = sqlx::MySqlPool::connect(&admin).await.unwrap();
                // As the gateways' users have it: case and trailing spaces do not count.
                let make = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
                sqlx::raw_sql(AssertSqlSafe(make)).execute(&pool).await.unwrap();
                pool.close().await;
                let url = within(&admin, &name);
                let options = sqlx::mysql::MySqlPoolOptions::new().max_connections(3);
                let pool = Pool::MySql(options.connect(&url).await.unwrap());
                Self { engine, url, pool, _folder: None }
            }
            Engine::Postgres => {
                let admin = server("CHANNELWARDEN_TEST_POSTGRES");
                let pool = sqlx::PgPool::connect(&admin).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
                    .execute(&pool)
                    .await
                    .unwrap();
                pool.close().await;
                let url = within(&admin, &name);
                let options = sqlx::postgres::PgPoolOptions::new().max_connections(3);
                let pool = Pool::Postgres(options.connect(&url).await.unwrap());
                Self { engine, url, pool, _folder: None }
            }
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("one-api.db");
                // No test outlives its machine.
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(&file)
                    .create_if_missing(true)
                    .synchronous(sqlx::sqlite::SqliteSynchronous::Off);
                let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
                let pool = Pool::Sqlite(pool.connect_with(options).await.unwrap());
                Self { engine, url: format!("sqlite:{}", file.display()), pool, _folder: Some(folder) }
            }
        }
    }

    /// The address as an operator would configure it.
    pub(crate) fn address(&self) -> String {
        self.url.clone()
    }

    /// Runs statements, as an admin of the database.
    pub(crate) async fn run(&self, sql: &str) {
        self.attempt(sql).await.unwrap();
    }

    /// The same, where the database may say no.
    pub(crate) async fn attempt(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.pool {
            Pool::MySql(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
            Pool::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
            Pool::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        }
    }

    /// The rows of a SELECT whose columns are all texts.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        macro_rules! fetched {
            ($pool:expr) => {
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                    .fetch_all($pool)
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| (0..row.len()).map(|i| row.try_get(i).unwrap()).collect())
                    .collect()
            };
        }
        match &self.pool {
            Pool::MySql(pool) => fetched!(pool),
            Pool::Postgres(pool) => fetched!(pool),
            Pool::Sqlite(pool) => fetched!(pool),
        }
    }

    /// Sets one column of one channel, as somebody else would.
    pub(crate) async fn edit(&self, channel: i64, column: &str, value: Lit) {
        let (column, value) = (self.engine.quote(column), value.sql(self.engine));
        self.run(&format!("UPDATE channels SET {column} = {value} WHERE id = {channel}")).await;
    }

    /// Holds a channel's row as a slow writer would, until let go of.
    pub(crate) async fn lock_channel(&self, id: i64) -> Locked {
        let sql = AssertSqlSafe(format!("SELECT id FROM channels WHERE id = {id} FOR UPDATE"));
        match &self.pool {
            Pool::MySql(pool) => {
                let mut tx = pool.begin().await.unwrap();
                sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
                Locked::MySql(tx)
            }
            Pool::Postgres(pool) => {
                let mut tx = pool.begin().await.unwrap();
                sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
                Locked::Postgres(tx)
            }
            Pool::Sqlite(pool) => Locked::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await.unwrap()),
        }
    }

    /// The columns of a table, in order.
    pub(crate) async fn columns(&self, table: &str) -> Vec<String> {
        let sql = match self.engine {
            Engine::MySql => format!(
                "SELECT CAST(column_name AS CHAR) FROM information_schema.columns
                 WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
            Engine::Postgres => format!(
                "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_name = '{table}' ORDER BY ordinal_position"
            ),
            Engine::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
        };
        self.rows(&sql).await.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
    }

    /// Every column of every row of a table but these, one row a line, sorted.
    pub(crate) async fn table_without(&self, table: &str, but: &[&str]) -> String {
        let mut columns = self.columns(table).await;
        columns.retain(|column| !but.contains(&column.as_str()));
        // One Hub has no `abilities`.
        if columns.is_empty() {
            return String::new();
        }
        let list: Vec<_> = columns.iter().map(|column| self.engine.shown(column)).collect();
        let rows = self.rows(&format!("SELECT {} FROM {table}", list.join(", "))).await;
        let mut lines: Vec<_> = rows
            .iter()
            .map(|row| {
                let pairs = columns.iter().zip(row);
                let pairs: Vec<_> = pairs.map(|(column, value)| format!("{column}={value:?}")).collect();
                format!("{table}: {}\n", pairs.join(" "))
            })
            .collect();
        lines.sort();
        lines.concat()
    }

    /// Both tables, every column of every row: equal texts are equal tables, byte for byte.
    pub(crate) async fn dump(&self) -> String {
        self.table_without("channels", &[]).await + &self.table_without("abilities", &[]).await
    }
}

/// A channel's row that somebody holds.
pub(crate) enum Locked {
    MySql(sqlx::Transaction<'static, sqlx::MySql>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Locked {
    /// Runs statements while holding the row.
    pub(crate) async fn run(&mut self, sql: &str) {
        self.attempt(sql).await.unwrap();
    }

    /// The same, where the database may say no.
    pub(crate) async fn attempt(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::MySql(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            Self::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            Self::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
        }
    }

    /// Lets go and keeps what was done.
    pub(crate) async fn commit(self) {
        let done = match self {
            Self::MySql(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
            Self::Sqlite(tx) => tx.commit().await,
        };
        done.unwrap();
    }

    /// Lets go and takes back what was done.
    pub(crate) async fn release(self) {
        let done = match self {
            Self::MySql(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
            Self::Sqlite(tx) => tx.rollback().await,
        };
        done.unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "where the test servers are")]
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run ./scripts/test"))
}

/// The same server's address with another database.
fn within(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).unwrap();
    url.set_path(name);
    url.to_string()
}
