//! Go's MySQL form: `[user[:password]@][net[(address)]]/database[?options]`.
//!
//! The last `/` ends the address and the last `@` before it ends the password, so a password may hold both.

use super::{ServerAddress, Tls, percent_decoded, tls};
use crate::model::Secret;

/// Whether the text has the form: an `@`, then `tcp`, `unix` or nothing, an address in parentheses, a `/`.
pub(super) fn looks_like(text: &str) -> bool {
    split(text).is_some()
}

/// (account, net, address, rest after the last slash).
fn split(text: &str) -> Option<(&str, &str, Option<&str>, &str)> {
    let (before, database) = text.rsplit_once('/')?;
    let (account, target) = before.rsplit_once('@')?;
    let (net, address) = match target.split_once('(') {
        Some((net, address)) => (net, Some(address.strip_suffix(')')?)),
        None => (target, None),
    };
    matches!(net, "" | "tcp" | "tcp4" | "tcp6" | "unix").then_some((account, net, address, database))
}

pub(super) fn parse(text: &str) -> Result<ServerAddress, String> {
    let (account, net, address, rest) =
        split(text).ok_or("the database address is incomplete; write user:password@tcp(host:3306)/db")?;
    let (user, password) = account.split_once(':').unwrap_or((account, ""));
    let (database, options) = rest.split_once('?').unwrap_or((rest, ""));
    if database.is_empty() {
        return Err("the database address names no database; write user:password@tcp(host:3306)/db".into());
    }
    let mut server = ServerAddress {
        host: "127.0.0.1".to_owned(),
        port: 3306,
        user: user.to_owned(),
        password: Secret::new(password),
        database: percent_decoded(database)?,
        socket: None,
        // Go's driver does not encrypt unless asked to.
        tls: Tls::Off,
    };
    match address.filter(|address| !address.is_empty()) {
        Some(path) if net == "unix" => server.socket = Some(path.into()),
        Some(address) => (server.host, server.port) = host_and_port(address)?,
        None if net == "unix" => server.socket = Some("/tmp/mysql.sock".into()),
        None => {}
    }
    // charset, parseTime, loc and the like say how Go reads values: nothing to us.
    for (key, value) in options.split('&').filter_map(|option| option.split_once('=')) {
        if key == "tls" {
            server.tls = tls(value)?;
        }
    }
    Ok(server)
}

fn host_and_port(address: &str) -> Result<(String, u16), String> {
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host, after.strip_prefix(':')),
        None => match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = port.map_or(Ok(3306), |port| {
        port.parse::<u16>().map_err(|_| "the port in the database address is no number from 1 to 65535".to_owned())
    })?;
    Ok((if host.is_empty() { "127.0.0.1" } else { host }.to_owned(), port))
}
