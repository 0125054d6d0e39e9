//! libpq's form: `host=… user=… password='…' dbname=… port=… sslmode=…`.

use super::{ServerAddress, Tls, tls};
use crate::model::Secret;

/// The keywords an address may begin with.
const KEYWORDS: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "database",
    "sslmode",
    "timezone",
    "connect_timeout",
    "application_name",
    "client_encoding",
];

/// Whether the text begins with a keyword and `=`.
pub(super) fn looks_like(text: &str) -> bool {
    let keyword = text.split_once('=').map(|(keyword, _)| keyword.trim().to_ascii_lowercase());
    keyword.is_some_and(|keyword| KEYWORDS.contains(&keyword.as_str()))
}

pub(super) fn parse(text: &str) -> Result<ServerAddress, String> {
    let mut server = ServerAddress {
        host: "127.0.0.1".to_owned(),
        port: 5432,
        user: "postgres".to_owned(),
        password: Secret::default(),
        database: String::new(),
        socket: None,
        tls: Tls::Preferred,
    };
    for (keyword, value) in pairs(text)? {
        match keyword.to_ascii_lowercase().as_str() {
            "host" | "hostaddr" if value.starts_with('/') => server.socket = Some(value.into()),
            "host" | "hostaddr" => server.host = value,
            "port" => {
                server.port = value
                    .parse()
                    .map_err(|_| "`port` in the database address is no number from 1 to 65535".to_owned())?;
            }
            "user" => server.user = value,
            "password" => server.password = Secret::new(value),
            "dbname" | "database" => server.database = value,
            "sslmode" => server.tls = tls(&value)?,
            // TimeZone and the like say how a session behaves: nothing to us.
            _ => {}
        }
    }
    if server.database.is_empty() {
        return Err("the database address names no database; add dbname=…".into());
    }
    Ok(server)
}

/// Values may stand in single quotes; a backslash takes the next character as it is, in quotes and outside.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start().chars().peekable();
    while rest.peek().is_some() {
        let mut keyword = String::new();
        loop {
            match rest.next() {
                Some('=') => break,
                Some(c) => keyword.push(c),
                None => return Err("the database address ends without a `=`; write keyword=value pairs".into()),
            }
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = rest.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match rest.next() {
                Some('\'') if quoted => break,
                None if quoted => return Err("a quote in the database address is not closed".into()),
                None => break,
                Some('\\') => value.extend(rest.next()),
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
            }
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        pairs.push((keyword.trim().to_owned(), value));
    }
    Ok(pairs)
}
