//! From an address to connections: what each engine is told on connecting.
//!
//! Must not know: statements.

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::connection::Connection;
use super::{ACQUIRE, LOCK_WAIT};
use crate::config::{DatabaseAddress, ServerAddress, Tls};
use crate::gateway::GatewayError;
use crate::gateway::database::Engine;

/// A foreign database: we are a guest.
const CONNECTIONS: u32 = 4;

/// The connections to one database, of any engine.
#[derive(Clone, Debug)]
pub(super) enum Handle {
    MySql(sqlx::MySqlPool),
    Postgres(sqlx::PgPool),
    Sqlite(sqlx::SqlitePool),
}

impl Handle {
    /// Connects once, so that a wrong address or password is told at once and by its cause, and opens the pool.
    pub(super) async fn open(address: &DatabaseAddress) -> Result<Self, GatewayError> {
        let shown = address.to_string();
        Ok(match address {
            DatabaseAddress::MySql(server) => {
                let options = mysql(server);
                first(&shown, async { options.connect().await?.close().await }).await?;
                let pool = MySqlPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
                Self::MySql(pool.connect_lazy_with(options))
            }
            DatabaseAddress::Postgres(server) => {
                let options = postgres(server);
                first(&shown, async { options.connect().await?.close().await }).await?;
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
                Self::Postgres(pool.connect_lazy_with(options))
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
                Self::Sqlite(pool.connect_lazy_with(options))
            }
        })
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::MySql(_) => Engine::MySql,
            Self::Postgres(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// A connection that answers.
    pub(super) async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(match self {
            Self::MySql(pool) => Connection::MySql(pool.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
            Self::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
        })
    }

    /// Ends all connections; those of a server that has fallen silent are left to themselves.
    pub(super) async fn close(&self) {
        let closed = async {
            match self {
                Self::MySql(pool) => pool.close().await,
                Self::Postgres(pool) => pool.close().await,
                Self::Sqlite(pool) => pool.close().await,
            }
        };
        let _ = tokio::time::timeout(ACQUIRE, closed).await;
    }
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
        // PgBouncer refuses the parameter as it comes, and we read no floats.
        .extra_float_digits(None)
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
