//! What a configuration must keep to beyond its types: every mistake is told, not only the first.

mod litellm;
mod notify;
mod ways;
mod web;

use std::time::Duration;

use self::ways::ways;
use super::database::is_same_file;
use super::outline::KeyPath;
use super::problem::Problem;
use super::{Config, DatabaseAddress, Environment, GatewayConfig, ModelsConfig, Source};
use crate::model::GatewayKind;

/// All mistakes, and notes on what is allowed but likely not meant.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
}

impl Findings {
    fn refuse(&mut self, path: KeyPath, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn require(&mut self, holds: bool, path: &[&str], message: impl Into<String>) {
        if !holds {
            self.refuse(KeyPath::of(path), message);
        }
    }
}

pub(super) fn validate(config: &Config, environment: Environment<'_>) -> Findings {
    let mut findings = Findings::default();
    if config.gateways.is_empty() && !config.openrouter.watch {
        findings.refuse(
            KeyPath::of(&["gateways"]),
            "there is no gateway to look after; add gateways: { main: { database: \"…\" } }",
        );
    }
    let mut seen: Vec<(&str, DatabaseAddress)> = Vec::new();
    for (name, gateway) in &config.gateways {
        let path = KeyPath::of(&["gateways", name]);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            findings.refuse(path.clone(), "a gateway's name has letters, digits, `-` and `_` only");
        }
        if let Some(address) = database(&mut findings, config, gateway, &path, environment) {
            match seen.iter().find(|(_, other)| other.is_same_database(&address)) {
                Some((other, _)) => findings.refuse(
                    path.child("database"),
                    format!("gateway `{other}` has the same database; two would undo each other's work"),
                ),
                None => seen.push((name, address)),
            }
        }
        if gateway.kind == Some(GatewayKind::LiteLlm) {
            litellm::ways(&mut findings, gateway, &path, environment);
        } else {
            ways(&mut findings, gateway, &path, environment);
        }
        litellm::litellm(&mut findings, gateway, &path);
        litellm::process(&mut findings, gateway, &path);
        channels(&mut findings, name, gateway);
        models(&mut findings, name, &gateway.models);
        rules(&mut findings, name, gateway);
    }
    probe(&mut findings, config);
    budget(&mut findings, config, environment);
    verdict(&mut findings, config);
    limits(&mut findings, config);
    web::web(&mut findings, config, environment);
    notify::notify(&mut findings, config, environment);
    rest(&mut findings, config);
    findings
}

fn database(
    findings: &mut Findings,
    config: &Config,
    gateway: &GatewayConfig,
    path: &KeyPath,
    environment: Environment<'_>,
) -> Option<DatabaseAddress> {
    let path = path.child("database");
    let database = gateway.database.as_ref()?;
    findings.notes.extend(database.doubt(environment).map(|doubt| format!("{path}: {doubt}")));
    let address = match gateway.address_in(environment) {
        Ok(address) => address?,
        Err(message) => {
            findings.refuse(path, message);
            return None;
        }
    };
    if let DatabaseAddress::Sqlite(file) = &address
        && is_same_file(file, &config.store.path)
    {
        findings.refuse(
            KeyPath::of(&["store", "path"]),
            format!("this is the database of {path}; our own store needs a file of its own"),
        );
    }
    Some(address)
}

fn channels(findings: &mut Findings, name: &str, gateway: &GatewayConfig) {
    let path = KeyPath::of(&["gateways", name, "channels"]);
    for (key, ids) in [("only", &gateway.channels.only), ("exclude", &gateway.channels.exclude)] {
        for (index, id) in ids.iter().enumerate() {
            if *id < 1 {
                findings.refuse(path.child(key).item(index), "a channel's id is a whole number from 1");
            }
        }
    }
    for id in gateway.channels.mode.keys() {
        if *id < 1 {
            findings.refuse(path.child("mode").child(id.to_string()), "a channel's id is a whole number from 1");
        } else if gateway.channels.exclude.contains(id) {
            findings.notes.push(format!("{path}.mode.{id} has no effect: channel {id} is excluded"));
        }
    }
    for id in gateway.channels.only.iter().filter(|id| gateway.channels.exclude.contains(id)) {
        findings.notes.push(format!("{path}: channel {id} is both in only and in exclude; it is left alone"));
    }
}

fn models(findings: &mut Findings, name: &str, models: &ModelsConfig) {
    let path = KeyPath::of(&["gateways", name, "models"]);
    if models.sources.is_empty() {
        findings
            .refuse(path.child("sources"), "no source; write [\"channel\"] to look only at what channels advertise");
    }
    for (index, source) in models.sources.iter().enumerate() {
        if models.sources[..index].contains(source) {
            findings.refuse(path.child("sources").item(index), "this source stands twice");
        }
        if *source == Source::Channel && index + 1 < models.sources.len() {
            findings
                .notes
                .push(format!("{path}.sources: source channel always answers, so those after it are not used"));
        }
    }
    let uses_list = models.sources.contains(&Source::List);
    if uses_list && models.list.is_empty() {
        findings.refuse(path.child("list"), "source `list` is used, but the list has no names");
    }
    if !uses_list && !models.list.is_empty() {
        findings.notes.push(format!("{path}.list has no effect: `list` is not in {path}.sources"));
    }
    for (key, names) in [("list", &models.list), ("exclude", &models.exclude), ("keep", &models.keep)] {
        for (index, name) in names.iter().enumerate() {
            if crate::model::ModelName::parse(name).is_none() {
                let message = "this cannot be a model's name: it is empty, too long, or has a comma";
                findings.refuse(path.child(key).item(index), message);
            }
        }
    }
}

fn probe(findings: &mut Findings, config: &Config) {
    let probe = &config.probe;
    findings.require(
        probe.every >= Duration::from_mins(1),
        &["probe", "every"],
        "rounds need at least 1m between them",
    );
    findings.require((0.0..=0.5).contains(&probe.jitter), &["probe", "jitter"], "must be from 0 to 0.5");
    for (key, count) in [("concurrency", probe.concurrency), ("per_host", probe.per_host), ("per_key", probe.per_key)] {
        findings.require(count >= 1, &["probe", key], "must be at least 1");
    }
    let rate = probe.requests_per_second;
    findings.require(
        rate.is_finite() && rate >= 0.0,
        &["probe", "requests_per_second"],
        "must be 0 (no limit) or more",
    );
    for (key, time) in [
        ("connect_timeout", probe.connect_timeout),
        ("first_byte_timeout", probe.first_byte_timeout),
        ("timeout", probe.timeout),
    ] {
        findings.require(!time.is_zero(), &["probe", key], "must be more than 0s");
        findings.require(
            time <= probe.timeout,
            &["probe", key],
            "is longer than probe.timeout, the time for everything",
        );
    }
    findings.require(
        probe.max_tokens >= 16,
        &["probe", "max_tokens"],
        "must be at least 16: several providers refuse less",
    );
    findings.require((0.0..=0.9).contains(&probe.spread), &["probe", "spread"], "must be from 0 to 0.9");
    findings.require(
        probe.key_rest >= Duration::from_mins(1),
        &["probe", "key_rest"],
        "must be at least 1m: a key that does not work is not asked all the time",
    );
    for (index, kind) in probe.kinds.iter().enumerate() {
        if !kind.has_a_probe() {
            let message = format!("{kind} models cannot be probed: that would cost too much, or take a socket");
            findings.refuse(KeyPath::of(&["probe", "kinds"]).item(index), message);
        }
    }
    let said = probe.prompt.as_ref().is_none_or(|prompt| !prompt.trim().is_empty());
    findings.require(said, &["probe", "prompt"], "must not be empty; leave it out for a random sum");
    findings.require(
        is_header_value(&probe.user_agent),
        &["probe", "user_agent"],
        "must be printable ASCII, as every HTTP header",
    );
}

fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| (' '..='~').contains(&c))
}

/// What a rule says of requests must be something that can be sent.
fn rules(findings: &mut Findings, name: &str, gateway: &GatewayConfig) {
    for (index, rule) in gateway.rules.iter().enumerate() {
        let path = KeyPath::of(&["gateways", name, "rules"]).item(index);
        for (place, id) in rule.channels.iter().enumerate() {
            if *id < 1 {
                findings.refuse(path.child("channels").item(place), "a channel's id is a whole number from 1");
            }
        }
        for (place, pattern) in rule.models.iter().enumerate() {
            if crate::model::ModelName::parse(pattern).is_none() {
                let message = "this cannot be a model's name: it is empty, too long, or has a comma";
                findings.refuse(path.child("models").item(place), message);
            }
        }
        if rule.prompt.as_ref().is_some_and(|prompt| prompt.trim().is_empty()) {
            findings.refuse(path.child("prompt"), "must not be empty");
        }
        if rule.user_agent.as_deref().is_some_and(|agent| !is_header_value(agent)) {
            findings.refuse(path.child("user_agent"), "must be printable ASCII, as every HTTP header");
        }
        for (header, value) in &rule.headers {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if header.is_empty() || !header.chars().all(token) {
                findings.refuse(path.child("headers").child(header.clone()), "is no name of an HTTP header");
            } else if !is_header_value(value) {
                let message = "must be printable ASCII, as every HTTP header";
                findings.refuse(path.child("headers").child(header.clone()), message);
            }
        }
    }
}

fn budget(findings: &mut Findings, config: &Config, environment: Environment<'_>) {
    let share = config.budget.free_share;
    findings.require((0.0..=1.0).contains(&share), &["budget", "free_share"], "is a share: it must be from 0 to 1");
    let every = config.openrouter.every;
    findings.require(every >= Duration::from_mins(1), &["openrouter", "every"], "must be at least 1m");
    let is_web = |base: &str| url::Url::parse(base).is_ok_and(|url| url.has_host() && url.scheme().starts_with("http"));
    let web = config.openrouter.base_url.as_deref().is_none_or(is_web);
    findings.require(web, &["openrouter", "base_url"], "write it as https://host[/path]");
    if let Some(Err(why)) = config.openrouter.key.as_ref().map(|key| key.resolve_in(environment)) {
        findings.refuse(KeyPath::of(&["openrouter", "key"]), why);
    }
    for (key, value) in [("referer", &config.openrouter.referer), ("title", &config.openrouter.title)] {
        let printable = value.as_deref().is_none_or(is_header_value);
        findings.require(printable, &["openrouter", key], "must be printable ASCII, as every HTTP header");
    }
}

fn verdict(findings: &mut Findings, config: &Config) {
    let verdict = &config.verdict;
    for (key, confirm) in [
        ("denied", verdict.denied),
        ("denied_listed", verdict.denied_listed),
        ("failing", verdict.failing),
        ("unrouted", verdict.unrouted),
    ] {
        findings.require(confirm.times >= 1, &["verdict", key, "times"], "must be at least 1");
        let repeats = confirm.times == 1 || !confirm.over.is_zero();
        findings.require(
            repeats,
            &["verdict", key, "over"],
            "must be more than 0s where several findings are asked for",
        );
        if confirm.times == 1 {
            findings.notes.push(format!("verdict.{key}: one finding is enough to withdraw a model"));
        }
    }
    findings.require(!verdict.restore_first.is_zero(), &["verdict", "restore_first"], "must be more than 0s");
    let ordered = verdict.restore_max >= verdict.restore_first;
    findings.require(ordered, &["verdict", "restore_max"], "is shorter than verdict.restore_first");
}

fn limits(findings: &mut Findings, config: &Config) {
    let limits = &config.limits;
    for (key, share) in [
        ("channel_share", limits.channel_share),
        ("round_share", limits.round_share),
        ("channels_down_share", limits.channels_down_share),
        ("correlated_share", limits.correlated_share),
    ] {
        findings.require((0.0..=1.0).contains(&share), &["limits", key], "is a share: it must be from 0 to 1");
    }
}

fn rest(findings: &mut Findings, config: &Config) {
    let store = &config.store;
    findings.require(!store.path.as_os_str().is_empty(), &["store", "path"], "must name a file");
    findings.require(!store.keep_observations.is_zero(), &["store", "keep_observations"], "must be more than 0s");
    findings.require(!store.keep_changes.is_zero(), &["store", "keep_changes"], "must be more than 0s: undo needs it");
    for (index, check) in config.network.check.iter().enumerate() {
        let fits = check.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !fits {
            findings.refuse(KeyPath::of(&["network", "check"]).item(index), "write host:port, such as 1.1.1.1:443");
        }
    }
    let level = config.log.level.trim();
    let plain = ["off", "error", "warn", "info", "debug", "trace"].contains(&level.to_lowercase().as_str());
    let filter = level.contains(['=', ',']) && tracing_subscriber::EnvFilter::try_new(level).is_ok();
    findings.require(
        plain || filter,
        &["log", "level"],
        "is neither off, error, warn, info, debug or trace nor a filter such as info,channelwarden=debug",
    );
}
