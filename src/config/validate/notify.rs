//! Who is told, when not, and what of it does not fit together. Addresses of webhooks are secrets: they are never shown.

mod kinds;
mod kuma;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::Findings;
use super::ways::secret;
use crate::config::outline::KeyPath;
use crate::config::{Config, Environment, Maintenance, QuietHours, ReceiverConfig};

pub(super) fn notify(findings: &mut Findings, config: &Config, environment: Environment<'_>) {
    let notify = &config.notify;
    let path = KeyPath::of(&["notify"]);
    zone(findings, notify.time_zone.as_deref(), &path);
    for (key, holds, message) in [
        ("digest", notify.digest <= Duration::from_hours(1), "at most 1h: whoever waits longer is told too late"),
        ("settle", notify.settle <= Duration::from_hours(24), "at most 1d: whoever waits longer is told too late"),
        ("remind", reminds(notify.remind), "at least 10m, or 0s for never"),
        ("give_up", notify.give_up >= Duration::from_mins(1), "at least 1m"),
    ] {
        findings.require(holds, &["notify", key], message);
    }
    quiet(findings, &notify.quiet, &path.child("quiet"));
    for (index, span) in notify.maintenance.iter().enumerate() {
        maintenance(findings, config, span, &path.child("maintenance").item(index));
    }
    let mut bots = BTreeMap::new();
    for (name, receiver) in &notify.receivers {
        let path = path.child("receivers").child(name.clone());
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            findings.refuse(path.clone(), "a receiver's name has letters, digits, `-` and `_` only");
        }
        self::receiver(findings, config, receiver, &path, environment);
        let token = kinds::kind(findings, receiver, &path, environment);
        if let Some(other) = token.and_then(|token| bots.insert(token, name)) {
            let message =
                format!("this is receiver `{other}`'s bot: one receiver has all its chats, or each a bot of its own");
            findings.refuse(path.child("telegram").child("token"), message);
        }
    }
    kuma::kuma(findings, config, environment);
}

/// What every receiver has, of whatever kind it is.
fn receiver(
    findings: &mut Findings,
    config: &Config,
    receiver: &ReceiverConfig,
    path: &KeyPath,
    environment: Environment<'_>,
) {
    gateways(findings, config, &receiver.gateways, &path.child("gateways"));
    if !receiver.remind.is_none_or(reminds) {
        findings.refuse(path.child("remind"), "at least 10m, or 0s for never");
    }
    if let Some(hours) = &receiver.quiet {
        quiet(findings, hours, &path.child("quiet"));
    }
    if let Some(proxy) = &receiver.proxy {
        let path = path.child("proxy");
        if receiver.mail.is_some() {
            findings.refuse(path, "mail goes by no proxy: leave it out");
        } else if let Some(proxy) = secret(findings, proxy, path.clone(), environment) {
            let schemes = ["http", "https", "socks5", "socks5h"];
            let sound = |url: url::Url| url.has_host() && schemes.contains(&url.scheme());
            if !url::Url::parse(proxy.trim()).is_ok_and(sound) {
                findings.refuse(path, "write it as http://, https://, socks5:// or socks5h:// and host:port");
            }
        }
    }
}

fn quiet(findings: &mut Findings, hours: &[QuietHours], path: &KeyPath) {
    for (index, hours) in hours.iter().enumerate() {
        let path = path.item(index);
        zone(findings, hours.time_zone.as_deref(), &path);
        for (key, time) in [("from", &hours.from), ("to", &hours.to)] {
            if time.trim().parse::<Time>().is_err() {
                findings.refuse(path.child(key), "a time of day is written as 22:00; midnight is 00:00");
            }
        }
    }
}

fn maintenance(findings: &mut Findings, config: &Config, span: &Maintenance, path: &KeyPath) {
    gateways(findings, config, &span.gateways, &path.child("gateways"));
    let zone = zone(findings, span.time_zone.as_deref().or(config.notify.time_zone.as_deref()), path);
    let mut bounds = vec![];
    for (key, time) in [("from", &span.from), ("to", &span.to)] {
        let time = time.trim();
        let local = || time.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok();
        match time.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp())) {
            Some(time) => bounds.push(time),
            None => findings.refuse(path.child(key), "write it as 2026-12-24T22:00, or with an offset: …T22:00Z"),
        }
    }
    if let [from, to] = bounds[..]
        && to <= from
    {
        findings.refuse(path.child("to"), "is not after `from`");
    }
}

/// The zone of that name, the machine's where there is none; one that nobody knows is refused.
fn zone(findings: &mut Findings, name: Option<&str>, path: &KeyPath) -> TimeZone {
    let Some(name) = name else { return TimeZone::system() };
    TimeZone::get(name).unwrap_or_else(|_| {
        let message = "there is no such time zone; write its IANA name, such as Europe/Berlin, Asia/Shanghai or UTC";
        findings.refuse(path.child("time_zone"), message);
        TimeZone::UTC
    })
}

fn gateways(findings: &mut Findings, config: &Config, names: &[String], path: &KeyPath) {
    for (index, name) in names.iter().enumerate() {
        if !config.gateways.contains_key(name) {
            findings.refuse(path.item(index), format!("there is no gateway `{name}`"));
        }
    }
}

fn reminds(every: Duration) -> bool {
    every.is_zero() || every >= Duration::from_mins(10)
}
