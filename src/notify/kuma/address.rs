//! Where each monitor is told.
//!
//! Decides: how an address comes from the configuration; that a name leads nowhere else. Must not know: how anything stands.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use url::Url;

use super::beat::{Beat, Of};
use super::push::Push;
use crate::config::{SecretRef, UptimeKumaConfig};

/// What we say ourselves, whatever the address says: Kuma shows addresses with these in them, to be copied.
const OURS: [&str; 3] = ["status", "msg", "ping"];

/// All addresses, secrets resolved.
#[derive(Default)]
pub(super) struct Addresses {
    models: BTreeMap<String, Url>,
    channels: BTreeMap<String, Url>,
    model_template: Option<String>,
    channel_template: Option<String>,
}

impl Addresses {
    /// The addresses that can be used, and what is wrong with the others.
    pub(super) fn of(config: &UptimeKumaConfig) -> (Self, Vec<String>) {
        let mut problems = vec![];
        let mut map = |what: &str, urls: &BTreeMap<String, SecretRef>| -> BTreeMap<String, Url> {
            let mut map = BTreeMap::new();
            for (name, url) in urls {
                match resolve(url).and_then(|text| usable(&text)) {
                    Ok(url) => {
                        map.insert(name.clone(), url);
                    }
                    Err(why) => problems.push(format!("uptime_kuma.{what}: the address of {name:?} {why}")),
                }
            }
            map
        };
        let (models, channels) = (map("model_url", &config.model_url), map("channel_url", &config.channel_url));
        let mut template = |key: &str, template: &Option<SecretRef>| -> Option<String> {
            let text = resolve(template.as_ref()?).and_then(|text| plain(&text).map(|_| text));
            text.map_err(|why| problems.push(format!("uptime_kuma.{key} {why}"))).ok()
        };
        let model_template = template("model_template", &config.model_template);
        let channel_template = template("channel_template", &config.channel_template);
        (Self { models, channels, model_template, channel_template }, problems)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.models.is_empty()
            && self.channels.is_empty()
            && self.model_template.is_none()
            && self.channel_template.is_none()
    }

    /// The models that have an address by their name.
    pub(super) fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    pub(super) fn wants_all_models(&self) -> bool {
        self.model_template.is_some()
    }

    /// The push of a beat; `None` where it has no address, which is no mistake.
    pub(super) fn push(&self, beat: &Beat) -> Option<Push> {
        let mut url = match &beat.of {
            Of::Model { model, gateway } => match self.models.get(model) {
                Some(url) => Some(url.clone()),
                None => fill(self.model_template.as_ref()?, &[("{model}", model), ("{gateway}", gateway)]),
            },
            Of::Channel { gateway, id, name, alone } => {
                let (id, full) = (id.to_string(), format!("{gateway}/{id}"));
                let short = self.channels.get(&id).filter(|_| *alone);
                match self.channels.get(&full).or(short) {
                    Some(url) => Some(url.clone()),
                    None => fill(
                        self.channel_template.as_ref()?,
                        &[("{channel}", &id), ("{name}", name), ("{gateway}", gateway)],
                    ),
                }
            }
        }?;
        let others: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(key, _)| !OURS.contains(&key.as_ref()))
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        url.set_fragment(None);
        let mut query = url.query_pairs_mut();
        query.clear().extend_pairs(others);
        query.append_pair("status", if beat.up { "up" } else { "down" }).append_pair("msg", &beat.msg);
        if let Some(ping) = beat.ping_ms {
            query.append_pair("ping", &ping.to_string());
        }
        drop(query);
        Some(Push { what: beat.of.to_string(), url })
    }
}

fn resolve(url: &SecretRef) -> Result<String, String> {
    Ok(url.resolve()?.expose().trim().to_owned())
}

fn usable(text: &str) -> Result<Url, String> {
    // The text of such an error may tell of the address.
    let url = Url::parse(text).map_err(|_| "is no URL; copy the Push URL of the monitor".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("is no http or https address; copy the Push URL of the monitor".to_owned());
    }
    Ok(url)
}

/// A template as an address of its own. What is put in stands behind its host.
fn plain(template: &str) -> Result<Url, String> {
    let url = usable(template)?;
    if url.authority().contains(['{', '%']) {
        return Err("has something in braces before its path: a name must not say who is told".to_owned());
    }
    Ok(url)
}

/// The template with the values in it. Once only: what stands in a value is no name of another. `None` where the address
/// would lead elsewhere: `..` goes up a folder, however it is written.
fn fill(template: &str, values: &[(&str, &str)]) -> Option<Url> {
    if values.iter().any(|(name, value)| template.contains(name) && matches!(*value, "" | "." | "..")) {
        return None;
    }
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(brace) = rest.find('{') {
        text.push_str(&rest[..brace]);
        rest = &rest[brace..];
        if let Some((name, value)) = values.iter().find(|(name, _)| rest.starts_with(name)) {
            text.push_str(&encoded(value));
            rest = &rest[name.len()..];
        } else {
            text.push('{');
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    let (plain, filled) = (plain(template).ok()?, usable(&text).ok()?);
    (plain.origin() == filled.origin()).then_some(filled)
}

/// Every byte that may mean something in a URL is written as `%XX`.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
