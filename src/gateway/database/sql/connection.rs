//! One connection of any engine, on loan from its pool: what is asked, and the rows that come back.
//!
//! Must not know: deadlines, or what a statement is for.

use futures::TryStreamExt as _;
use sqlx::mysql::MySqlRow;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, MySql, Postgres, Row as _, Sqlite};

/// A parameter.
#[derive(Clone, Debug)]
pub(in crate::gateway) enum Value {
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

/// A row, read by position.
pub(in crate::gateway) enum Row {
    MySql(MySqlRow),
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

/// A connection. Dropped, it goes back to its pool as it is.
pub(super) enum Connection {
    MySql(PoolConnection<MySql>),
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

/// A query with its parameters bound, for one engine; each of its rows is handed over as it comes.
macro_rules! asked {
    ($connection:expr, $engine:ty, $row:path, $sql:expr, $values:expr, $persistent:expr, $take:expr) => {{
        let mut query = sqlx::query::<$engine>(AssertSqlSafe($sql)).persistent($persistent);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.as_deref()),
                Value::Int(number) => query.bind(*number),
                Value::Bool(truth) => query.bind(*truth),
            };
        }
        let mut rows = query.fetch(&mut **$connection);
        while let Some(row) = rows.try_next().await? {
            $take($row(row));
        }
        Ok(())
    }};
}

impl Connection {
    /// Sends a statement in this engine's own placeholders, and hands over its rows as they come.
    ///
    /// In PostgreSQL it is prepared without a name: a named one stays with a server connection, which a pooler
    /// (`PgBouncer` by transactions) gives to somebody else next.
    pub(super) async fn ask(
        &mut self,
        sql: String,
        values: &[Value],
        mut take: impl FnMut(Row),
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::MySql(connection) => asked!(connection, MySql, Row::MySql, sql, values, true, take),
            Self::Postgres(connection) => asked!(connection, Postgres, Row::Postgres, sql, values, false, take),
            Self::Sqlite(connection) => asked!(connection, Sqlite, Row::Sqlite, sql, values, true, take),
        }
    }

    /// Sends a statement that begins or ends a transaction, or sets something in it: not every engine can prepare those.
    pub(super) async fn control(&mut self, sql: String) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::MySql(connection) => query.execute(&mut **connection).await.map(drop),
            Self::Postgres(connection) => query.execute(&mut **connection).await.map(drop),
            Self::Sqlite(connection) => query.execute(&mut **connection).await.map(drop),
        }
    }

    /// Cuts the connection, without a word to the server: that rolls back what was open, and the pool makes a new one.
    pub(super) fn cut(self) {
        match self {
            Self::MySql(connection) => drop(connection.detach()),
            Self::Postgres(connection) => drop(connection.detach()),
            Self::Sqlite(connection) => drop(connection.detach()),
        }
    }
}

impl Row {
    pub(in crate::gateway) fn text(&self, i: usize) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::MySql(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Sqlite(row) => row.try_get(i),
        }
    }

    pub(in crate::gateway) fn int(&self, i: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::MySql(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Sqlite(row) => row.try_get(i),
        }
    }

    /// An expression made by [`super::Engine::boolean`].
    pub(in crate::gateway) fn boolean(&self, i: usize) -> Result<Option<bool>, sqlx::Error> {
        Ok(self.int(i)?.map(|number| number != 0))
    }
}
