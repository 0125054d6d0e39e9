//! The URL form: `mysql://user:password@host:3306/db?ssl-mode=…`, `postgres://…?sslmode=…`.

use url::{Host, Url};

use super::{ServerAddress, Tls, percent_decoded, tls};
use crate::model::Secret;

pub(super) fn parse(text: &str, port: u16, default_tls: Tls) -> Result<ServerAddress, String> {
    // url's error names the fault only, never the text.
    let url = Url::parse(text).map_err(|error| {
        format!("the database address is no valid URL ({error}); write special characters of the password as %40 (@), %2F (/), %3A (:), %23 (#)")
    })?;
    let host = match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => percent_decoded(&host.to_string())?,
        None => String::new(),
    };
    let mut server = ServerAddress {
        host,
        port: url.port().unwrap_or(port),
        user: percent_decoded(url.username())?,
        password: Secret::new(percent_decoded(url.password().unwrap_or_default())?),
        database: percent_decoded(url.path().trim_start_matches('/'))?,
        socket: None,
        tls: default_tls,
    };
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "ssl-mode" | "sslmode" | "ssl_mode" | "tls" => server.tls = tls(&value)?,
            "socket" => server.socket = Some(value.as_ref().into()),
            "host" if value.starts_with('/') => server.socket = Some(value.as_ref().into()),
            "host" => server.host = value.into_owned(),
            _ => {}
        }
    }
    if server.host.starts_with('/') {
        server.socket = Some(std::mem::take(&mut server.host).into());
    }
    if server.host.is_empty() {
        "127.0.0.1".clone_into(&mut server.host);
    }
    if server.database.is_empty() {
        return Err("the database address names no database; add /name at its end".into());
    }
    // An unescaped `/` in a password ends the host early and leaves the rest as the database's name.
    if server.database.contains('@') || server.database.contains('/') {
        return Err("the database address has a `/` or `@` too many; write those of the password as %2F and %40".into());
    }
    Ok(server)
}
