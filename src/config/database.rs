//! A gateway's database address, in any of the forms its operators have at hand.
//!
//! Decides: what an address means. Must not know: how a connection is made. No error here shows any part of the text.

mod go;
mod keywords;
mod url_form;

use std::fmt;
use std::path::PathBuf;

use crate::model::Secret;

/// Where a gateway's database is.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseAddress {
    /// MySQL or MariaDB.
    MySql(ServerAddress),
    /// PostgreSQL.
    Postgres(ServerAddress),
    /// An SQLite file.
    Sqlite(PathBuf),
}

/// A database server and how to enter it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerAddress {
    /// Name or IP address, an IPv6 one without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Account name; may be empty.
    pub user: String,
    /// Its password; may be empty.
    pub password: Secret,
    /// Database name.
    pub database: String,
    /// A Unix socket to use instead of host and port; for PostgreSQL the folder that holds it.
    pub socket: Option<PathBuf>,
    /// Whether the connection is encrypted.
    pub tls: Tls,
}

/// How much encryption is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// None.
    Off,
    /// When the server offers it.
    Preferred,
    /// Always, with any certificate.
    RequiredUnverified,
    /// Always, with a certificate that fits the host.
    Verified,
}

/// The forms an address can have, for messages.
const FORMS: &str = "write mysql://user:password@host:3306/db, postgres://user:password@host:5432/db, \
                     sqlite:/path/one-api.db, user:password@tcp(host:3306)/db, or host=… user=… password=… dbname=…";

/// New API can keep its log there.
const NO_CLICKHOUSE: &str = "ClickHouse is not read: MySQL, PostgreSQL and SQLite are";

impl DatabaseAddress {
    /// Reads `mysql://`, `mariadb://`, `postgres://` and `postgresql://` URLs, `sqlite:` paths, Go's MySQL form
    /// (`user:password@tcp(host:3306)/db`), libpq keywords (`host=… user=…`) and paths of SQLite files.
    ///
    /// # Errors
    /// A sentence on what is missing and how to write it, without any part of the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("the database address is empty; {FORMS}"));
        }
        if text == "local" || text.starts_with("local?") {
            return Err(
                "`local` means the gateway's own SQLite file; write its path, such as sqlite:/data/one-api.db".into()
            );
        }
        if keywords::looks_like(text) {
            return keywords::parse(text).map(Self::Postgres);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            match scheme.to_ascii_lowercase().as_str() {
                // Operators put a URL's scheme before Go's form; what they mean is plain.
                "mysql" | "mariadb" if go::looks_like(rest) => return go::parse(rest).map(Self::MySql),
                "mysql" | "mariadb" => return url_form::parse(text, 3306, Tls::Preferred).map(Self::MySql),
                "postgres" | "postgresql" => return url_form::parse(text, 5432, Tls::Preferred).map(Self::Postgres),
                "sqlite" => return sqlite(rest),
                "sqlserver" | "mssql" => {
                    return Err(format!("SQL Server is not supported: MySQL, PostgreSQL and SQLite are; {FORMS}"));
                }
                "clickhouse" => return Err(NO_CLICKHOUSE.into()),
                _ => {}
            }
        }
        if go::looks_like(text) {
            return go::parse(text).map(Self::MySql);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return sqlite(path);
        }
        // A server address with a mistake in it must not become the name of a file, password and all.
        let rooted = text.starts_with(['/', '.']);
        let path = text.split_once('?').map_or(text, |(path, _)| path);
        let plain = !text.contains('@') && !path.contains('=') && !path.contains("://");
        let file = rooted || (plain && path.contains(['.', '/', '\\']));
        if file { sqlite(text) } else { Err(format!("this is no database address; {FORMS}")) }
    }

    /// Whether the text is the address of a `ClickHouse` server, which gateways use and we do not read.
    pub(super) fn is_clickhouse(text: &str) -> bool {
        text.trim().to_ascii_lowercase().starts_with("clickhouse://")
    }

    /// Whether both name the same database, as far as can be told without asking (accounts do not matter).
    pub fn is_same_database(&self, other: &Self) -> bool {
        let same = |a: &ServerAddress, b: &ServerAddress| {
            a.database == b.database
                && match (&a.socket, &b.socket) {
                    (None, None) => a.host.eq_ignore_ascii_case(&b.host) && a.port == b.port,
                    (a_socket, b_socket) => a_socket == b_socket,
                }
        };
        match (self, other) {
            (Self::MySql(a), Self::MySql(b)) | (Self::Postgres(a), Self::Postgres(b)) => same(a, b),
            (Self::Sqlite(a), Self::Sqlite(b)) => is_same_file(a, b),
            (Self::MySql(_) | Self::Postgres(_) | Self::Sqlite(_), _) => false,
        }
    }
}

/// Whether two paths name one file, which need not exist yet.
pub(super) fn is_same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    let settled = |path: &std::path::Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        std::fs::canonicalize(&absolute).unwrap_or_else(|_| {
            let folder = absolute.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
            match (folder, absolute.file_name()) {
                (Some(folder), Some(name)) => folder.join(name),
                _ => absolute.clone(),
            }
        })
    };
    settled(a) == settled(b)
}

impl fmt::Display for DatabaseAddress {
    /// The address with `***` for the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, server) = match self {
            Self::MySql(server) => ("mysql", server),
            Self::Postgres(server) => ("postgres", server),
            Self::Sqlite(path) => return write!(f, "sqlite:{}", path.display()),
        };
        write!(f, "{scheme}://{}", server.user)?;
        if !server.password.expose().is_empty() {
            write!(f, ":***")?;
        }
        match &server.socket {
            Some(socket) => write!(f, "@unix({})/{}", socket.display(), server.database),
            None if server.host.contains(':') => write!(f, "@[{}]:{}/{}", server.host, server.port, server.database),
            None => write!(f, "@{}:{}/{}", server.host, server.port, server.database),
        }
    }
}

/// The path of an SQLite file as gateways write it: `file:` before it, options after a `?`.
fn sqlite(path: &str) -> Result<DatabaseAddress, String> {
    let path = path.strip_prefix("file:").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    // As a URL has it, a drive of Windows stands behind a slash.
    let path = path.strip_prefix('/').filter(|path| has_drive(path)).unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err("the path of the SQLite file is missing; write sqlite:/path/one-api.db".into());
    }
    Ok(DatabaseAddress::Sqlite(path.into()))
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// A word for encryption, from any of the forms (MySQL's `ssl-mode`, libpq's `sslmode`, Go's `tls`).
fn tls(word: &str) -> Result<Tls, String> {
    match word.to_ascii_lowercase().replace('_', "-").as_str() {
        "false" | "0" | "disable" | "disabled" => Ok(Tls::Off),
        "preferred" | "prefer" | "allow" => Ok(Tls::Preferred),
        "require" | "required" | "skip-verify" => Ok(Tls::RequiredUnverified),
        "true" | "1" | "verify-ca" | "verify-full" | "verify-identity" => Ok(Tls::Verified),
        _ => Err("the database address asks for an unknown kind of encryption; write disable, prefer, require or \
                  verify-full (Go: tls=false, preferred, skip-verify, true)"
            .into()),
    }
}

/// Undoes `%41`; what is no valid escape stays as it is.
fn percent_decoded(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_err(|_| "the database address has a %-escape that is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
