//! What is served to whom: addresses, tokens, the public page, the push that says that we are alive. What of it is
//! not safe, or does not fit together.

use std::collections::BTreeSet;

use url::Url;

use super::Findings;
use super::ways::secret;
use crate::config::outline::KeyPath;
use crate::config::{Config, Environment, SecretRef, StatusConfig};
use crate::model::ModelName;

/// A token of fewer characters could be guessed.
const SHORTEST_TOKEN: usize = 16;
/// The public page is made for everybody who asks: its work is bounded.
const MOST_MODELS: usize = 100;
/// A name on the public page is a word or two.
const LONGEST_NAME: usize = 64;

pub(super) fn web(findings: &mut Findings, config: &Config, environment: Environment<'_>) {
    let web = &config.web;
    let path = KeyPath::of(&["web"]);
    let read = token(findings, web.read_token.as_ref(), path.child("read_token"), environment);
    let act = token(findings, web.act_token.as_ref(), path.child("act_token"), environment);
    if read.is_some() && read == act {
        let message = "is web.read_token again: reading and acting are two rights, give each a token of its own";
        findings.refuse(path.child("act_token"), message);
    }
    match web.address() {
        Ok(Some(address)) if !address.ip().to_canonical().is_loopback() && web.read_token.is_none() => {
            findings.refuse(
                path.child("listen"),
                "others can reach this address, so web.read_token is needed: 16 characters or more, such as \
                 `openssl rand -hex 24` prints; or listen on 127.0.0.1",
            );
        }
        Ok(_) => {}
        Err(message) => findings.refuse(path.child("listen"), message),
    }
    if let Some(public) = &web.public_url {
        match origin(public) {
            None => findings.refuse(
                path.child("public_url"),
                "write it as https://host or http://host:port, without path, query or user",
            ),
            Some(url) if url.scheme() == "http" && (read.is_some() || act.is_some()) => findings
                .notes
                .push("web.public_url is not https: tokens and cookies can be read on their way".to_owned()),
            Some(_) if read.is_none() => findings.notes.push(
                "web.public_url is given and web.read_token is not: whoever reaches it may read everything".to_owned(),
            ),
            Some(_) => {}
        }
    }
    if web.stale_after.is_some_and(|after| after < config.probe.every) {
        findings
            .refuse(path.child("stale_after"), "is shorter than probe.every: between two rounds all would be stale");
    }
    status(findings, config, &web.status, &path.child("status"));
    if let Some(url) = &config.heartbeat.url {
        let path = KeyPath::of(&["heartbeat", "url"]);
        let url = secret(findings, url, path.clone(), environment);
        // The address is a secret: what stands in it is not told.
        let sound = |url: &str| Url::parse(url.trim()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if url.is_some_and(|url| !sound(&url)) {
            findings.refuse(path, "is no address: it begins with http:// or https://");
        }
    }
}

/// A token that may be used, or a refusal.
fn token(
    findings: &mut Findings,
    token: Option<&SecretRef>,
    path: KeyPath,
    environment: Environment<'_>,
) -> Option<String> {
    let token = secret(findings, token?, path.clone(), environment)?;
    if token.chars().count() < SHORTEST_TOKEN {
        let message = "a token has 16 characters or more, so that nobody guesses it; `openssl rand -hex 24` makes one";
        findings.refuse(path, message);
        return None;
    }
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        findings.refuse(path, "a token has letters, digits and signs only, without spaces: it travels in a header");
        return None;
    }
    Some(token)
}

/// The address of a page as scheme, host and port, and nothing else.
fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (plain && url.fragment().is_none() && url.path() == "/").then_some(url)
}

fn status(findings: &mut Findings, config: &Config, status: &StatusConfig, path: &KeyPath) {
    if status.enabled && status.models.is_empty() {
        findings.notes.push(format!("{path}.enabled: the page shows nothing, as {path}.models is empty"));
    }
    if !status.enabled && !status.models.is_empty() {
        findings.notes.push(format!("{path}.models has no effect: {path}.enabled is false"));
    }
    let path = path.child("models");
    if status.models.len() > MOST_MODELS {
        findings.refuse(path.clone(), format!("{MOST_MODELS} at most"));
    }
    let mut names = BTreeSet::new();
    for (index, line) in status.models.iter().enumerate() {
        let path = path.item(index);
        let plain = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        let name = line.name.as_str();
        if name.trim() != name || name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(plain) {
            let message = "letters, digits, `-`, `_`, `.` and spaces between them, 64 at most: it stands in addresses";
            findings.refuse(path.child("name"), message);
        } else if !names.insert(name) {
            findings.refuse(path.child("name"), "this name stands twice");
        }
        if !config.gateways.contains_key(&line.gateway) {
            findings.refuse(path.child("gateway"), format!("there is no gateway `{}`", line.gateway));
        }
        if ModelName::parse(&line.model).is_none() {
            findings
                .refuse(path.child("model"), "this cannot be a model's name: it is empty, too long, or has a comma");
        }
    }
}
