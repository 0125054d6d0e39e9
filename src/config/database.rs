//! Where a gateway's database is.

use std::fmt;
use std::path::PathBuf;

use crate::model::Secret;

/// A gateway's database. `Display` leaves the password out.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseAddress {
    /// MySQL or MariaDB.
    MySql(ServerAddress),
    /// PostgreSQL.
    Postgres(ServerAddress),
    /// An SQLite file.
    Sqlite(PathBuf),
}

/// A database on a server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerAddress {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User name.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The database's name.
    pub database: String,
    /// A Unix socket in place of host and port.
    pub socket: Option<PathBuf>,
    /// Whether the link is encrypted.
    pub tls: Tls,
}

/// How a link to a database server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    Off,
    /// When the server offers it.
    Preferred,
    /// Always, without looking at the certificate.
    RequiredUnverified,
    /// Always, certificate and host name checked.
    Verified,
}

impl DatabaseAddress {
    /// From a URL.
    ///
    /// # Errors
    /// What is wrong with it; never the password.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
        }
        let url = url::Url::parse(text).map_err(|error| format!("not a database address: {error}"))?;
        let server = |port| ServerAddress {
            host: url.host_str().unwrap_or("127.0.0.1").to_owned(),
            port: url.port().unwrap_or(port),
            user: url.username().to_owned(),
            password: Secret::new(url.password().unwrap_or_default()),
            database: url.path().trim_start_matches('/').to_owned(),
            socket: None,
            tls: Tls::Preferred,
        };
        match url.scheme() {
            "mysql" | "mariadb" => Ok(Self::MySql(server(3306))),
            "postgres" | "postgresql" => Ok(Self::Postgres(server(5432))),
            other => Err(format!("{other} is not a database we know: mysql, postgres or sqlite")),
        }
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, server) = match self {
            Self::Sqlite(path) => return write!(f, "sqlite:{}", path.display()),
            Self::MySql(server) => ("mysql", server),
            Self::Postgres(server) => ("postgres", server),
        };
        write!(f, "{scheme}://{}@{}:{}/{}", server.user, server.host, server.port, server.database)
    }
}
