//! How a gateway is read and written: by its database, its admin API, its logs. What of it does not fit together.

use std::time::Duration;

use url::Url;

use super::Findings;
use crate::config::outline::KeyPath;
use crate::config::{ApiConfig, DatabaseAddress, Environment, GatewayConfig, SecretRef, WriteBy};

pub(super) fn ways(findings: &mut Findings, gateway: &GatewayConfig, path: &KeyPath, environment: Environment<'_>) {
    let (database, api) = (gateway.database.is_some(), gateway.api.is_some());
    if !database && !api {
        let message = "neither `database` nor `api` is given: where are its channels?";
        findings.refuse(path.clone(), message);
    }
    match gateway.write {
        Some(WriteBy::Database) if !database => {
            findings.refuse(path.child("write"), "there is no `database` to write to");
        }
        Some(WriteBy::AdminApi) if !api => {
            findings.refuse(path.child("write"), "there is no `api`: give its url and token");
        }
        Some(WriteBy::Database | WriteBy::AdminApi) | None => {}
    }
    for (key, wanted) in [("repair", gateway.repair), ("lease", gateway.lease)] {
        if wanted && !database {
            findings.refuse(path.child(key), "only a gateway whose `database` is given can have this");
        }
    }
    if let Some(api) = &gateway.api {
        self::api(findings, api, &path.child("api"), environment);
    }
    let logs = path.child("logs");
    if let Some(secret) = &gateway.logs.database {
        let path = logs.child("database");
        let written = self::secret(findings, secret, path.clone(), environment);
        match written.map(|written| (DatabaseAddress::is_clickhouse(&written), DatabaseAddress::parse(&written))) {
            // All else works without its log.
            Some((true, Err(message))) => {
                findings.notes.push(format!("{path}: {message}; its traffic counts for nothing"));
            }
            Some((false, Err(message))) => findings.refuse(path, message),
            Some((_, Ok(_))) | None => {}
        }
    }
    for (key, time) in [("every", gateway.logs.every), ("fresh", gateway.logs.fresh)] {
        if time < Duration::from_secs(1) {
            findings.refuse(logs.child(key), "at least 1s");
        }
    }
}

pub(super) fn api(findings: &mut Findings, api: &ApiConfig, path: &KeyPath, environment: Environment<'_>) {
    let url = Url::parse(&api.url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        None => findings.refuse(path.child("url"), "write it as http://host:port or https://host"),
        Some(url)
            if !url.username().is_empty()
                || url.password().is_some()
                || url.query().is_some()
                || url.fragment().is_some() =>
        {
            findings.refuse(path.child("url"), "only the address belongs here; the token has a key of its own");
        }
        Some(_) => {}
    }
    for (key, secret) in [("token", Some(&api.token)), ("user_key", api.user_key.as_ref())] {
        let Some(secret) = secret else { continue };
        match self::secret(findings, secret, path.child(key), environment).as_deref().map(str::trim) {
            Some("") => findings.refuse(path.child(key), "it is empty"),
            Some(text) if text.chars().any(char::is_control) => {
                findings.refuse(path.child(key), "it holds a line break or the like, which no header can carry");
            }
            Some(_) | None => {}
        }
    }
}

/// A secret's text, or a refusal.
pub(super) fn secret(
    findings: &mut Findings,
    secret: &SecretRef,
    path: KeyPath,
    environment: Environment<'_>,
) -> Option<String> {
    findings.notes.extend(secret.doubt(environment).map(|doubt| format!("{path}: {doubt}")));
    match secret.resolve_in(environment) {
        Ok(secret) => Some(secret.expose().to_owned()),
        Err(message) => {
            findings.refuse(path, message);
            None
        }
    }
}
