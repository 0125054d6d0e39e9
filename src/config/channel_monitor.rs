//! ChannelMonitor's configuration, read with the same meaning where that meaning is safe, and a note where it is not.
//!
//! Decides: what each of its keys means in ours. Must not know: how either is written.

mod alerts;
mod duration;
mod keys;

use std::time::Duration;

use self::keys::{Count, Keys};
use super::keys::KnownKeys;
use super::outline::{KeyPath, Outline};
use super::problem::Problem;
use super::read::Document;
use super::{ApiConfig, ChannelsConfig, Config, DatabaseAddress, GatewayConfig, Mode, ModelsConfig, SecretRef, Source};
use crate::model::GatewayKind;

/// The shortest wait for an answer: a timeout is a finding against a model.
const PATIENCE: Duration = Duration::from_mins(1);

/// The name its one gateway gets.
const GATEWAY: &str = "main";

/// A configuration that stands for a `ChannelMonitor` file.
pub(super) struct Imported {
    pub(super) config: Config,
    pub(super) notes: Vec<String>,
    /// Which of our keys came from which of theirs.
    pub(super) origins: Vec<(KeyPath, &'static str)>,
}

/// Whether the text is `ChannelMonitor`'s: some key that only it has, and no gateways.
pub(super) fn is_channel_monitor(outline: &Outline) -> bool {
    !outline.has("gateways") && ["db_dsn", "db_type", "oneapi_type", "time_period"].iter().any(|key| outline.has(key))
}

/// The keys of its form.
pub(super) fn known_keys() -> KnownKeys {
    KnownKeys::of::<Keys>()
}

/// Reads the document.
///
/// # Errors
/// All mistakes found, in terms of its own keys.
pub(super) fn import(document: &Document<'_>) -> Result<Imported, Vec<Problem>> {
    let keys: Keys = document.read(&known_keys())?;
    let mut import = Import { keys, outline: &document.outline, problems: vec![], notes: vec![], origins: vec![] };
    let config = import.config();
    if import.problems.is_empty() {
        Ok(Imported { config, notes: import.notes, origins: import.origins })
    } else {
        Err(import.problems)
    }
}

struct Import<'a> {
    keys: Keys,
    outline: &'a Outline,
    problems: Vec<Problem>,
    notes: Vec<String>,
    origins: Vec<(KeyPath, &'static str)>,
}

impl Import<'_> {
    fn refuse(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(KeyPath::of(&[key]), message));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn from(&mut self, ours: &[&str], theirs: &'static str) {
        self.origins.push((KeyPath::of(ours), theirs));
    }

    fn config(&mut self) -> Config {
        let mut config = Config::default();
        let gateway = self.gateway();
        config.gateways.insert(GATEWAY.to_owned(), gateway);
        self.every(&mut config);
        self.pace(&mut config);
        self.timeout(&mut config);
        self.alerts(&mut config);
        self.note("verdicts are channelwarden's: a model is withdrawn only after repeated findings, never on a rate limit or a bad key");
        self.note(
            "a channel's list is never written empty, and no channel is ever deleted, one named `refresh` included",
        );
        config
    }

    fn gateway(&mut self) -> GatewayConfig {
        self.from(&["gateways", GATEWAY, "database"], "db_dsn");
        let kind = match self.keys.oneapi_type.as_deref().unwrap_or_default() {
            // It treats these two alike; the schema tells which one it is.
            "" | "oneapi" | "newapi" => None,
            "onehub" => {
                self.from(&["gateways", GATEWAY, "kind"], "oneapi_type");
                Some(GatewayKind::OneHub)
            }
            _ => {
                self.refuse("oneapi_type", "is none of oneapi, newapi, onehub");
                None
            }
        };
        let mode = if self.keys.do_not_modify_db.unwrap_or_default() {
            self.from(&["gateways", GATEWAY, "mode"], "do_not_modify_db");
            Mode::Observe
        } else {
            self.from(&["gateways", GATEWAY, "mode"], "do_not_modify_db is not set");
            Mode::Apply
        };
        let (database, api) = (self.database(), self.api(kind));
        let channels = self.channels();
        GatewayConfig { kind, mode, api, channels, models: self.models(), ..GatewayConfig::new(database) }
    }

    fn database(&mut self) -> SecretRef {
        let dsn = self.keys.db_dsn.clone().unwrap_or_default();
        let text = match self.keys.db_type.as_deref().unwrap_or_default() {
            "sqlite" => format!("sqlite:{}", dsn.strip_prefix("sqlite:").unwrap_or(&dsn)),
            "" | "mysql" | "postgres" => dsn,
            "sqlserver" => {
                self.refuse("db_type", "SQL Server is not supported: mysql, postgres and sqlite are");
                return SecretRef::literal("");
            }
            _ => {
                self.refuse("db_type", "is none of mysql, postgres, sqlite");
                return SecretRef::literal("");
            }
        };
        let is_mysql = self.keys.db_type.as_deref().is_none_or(|kind| kind.is_empty() || kind == "mysql");
        match DatabaseAddress::parse(&text) {
            Err(message) => self.refuse("db_dsn", message),
            Ok(DatabaseAddress::MySql(_)) if !is_mysql => {
                self.refuse("db_dsn", "is a MySQL address, but db_type says otherwise");
            }
            Ok(DatabaseAddress::Postgres(_) | DatabaseAddress::Sqlite(_)) if is_mysql => {
                self.refuse("db_dsn", "is no MySQL address; write user:password@tcp(host:3306)/db, or set db_type");
            }
            Ok(_) => {}
        }
        SecretRef::literal(text)
    }

    fn channels(&mut self) -> ChannelsConfig {
        let exclude: Vec<i64> =
            self.keys.exclude_channel.iter().flatten().map(|id| id.0).filter(|id| *id > 0).collect();
        if !exclude.is_empty() {
            self.from(&["gateways", GATEWAY, "channels", "exclude"], "exclude_channel");
        }
        self.note("disabled channels are left alone; ChannelMonitor probed them, and enabled what worked");
        ChannelsConfig { exclude, ..ChannelsConfig::default() }
    }

    fn models(&mut self) -> ModelsConfig {
        let names = |names: &Option<Vec<String>>| {
            let mut kept: Vec<String> = Vec::new();
            for name in names.iter().flatten().map(|name| name.trim()) {
                if !name.is_empty() && !kept.iter().any(|before| before == name) {
                    kept.push(name.to_owned());
                }
            }
            kept
        };
        let (list, exclude) = (names(&self.keys.models), names(&self.keys.exclude_model));
        let path = |key| ["gateways", GATEWAY, "models", key];
        if !list.is_empty() {
            self.from(&path("list"), "models");
        }
        if !exclude.is_empty() {
            self.from(&path("exclude"), "exclude_model");
            self.note("exclude_model: these models are kept untouched; ChannelMonitor deleted them from channels");
        }
        let forced = self.keys.force_models.unwrap_or_default();
        let inside = self.keys.force_inside_models.unwrap_or_default();
        let sources = if forced && list.is_empty() {
            self.note("force_models is set but `models` is empty: only what channels advertise is probed");
            vec![Source::Channel]
        } else if forced {
            vec![Source::List]
        } else if inside {
            vec![Source::Channel]
        } else if list.is_empty() {
            vec![Source::Upstream]
        } else {
            vec![Source::Upstream, Source::List]
        };
        if forced {
            self.from(&path("sources"), "force_models");
            self.note("force_models: what a channel advertises is probed too, and a working model is never removed for not being in `models`");
        } else if inside {
            self.from(&path("sources"), "force_inside_models");
        } else if !list.is_empty() {
            self.from(&path("sources"), "models");
            self.note("models: used where an upstream's list gives no answer; a working model is never removed for not being offered");
        }
        ModelsConfig { sources, list, exclude, ..ModelsConfig::default() }
    }

    fn every(&mut self, config: &mut Config) {
        self.from(&["probe", "every"], "time_period");
        let text = self.keys.time_period.clone().unwrap_or_default();
        match duration::parse(&text) {
            None if text.trim().is_empty() => {
                self.refuse("time_period", "is missing; write a duration such as 1h, 90m or 1h30m");
            }
            None => self.refuse("time_period", "is not a duration; write it as 1h, 90m or 1h30m"),
            Some(every) if every.is_zero() => self.refuse("time_period", "must be more than 0s"),
            Some(every) if every < Duration::from_mins(1) => {
                self.note("time_period: raised to 1m, the shortest time between rounds");
                config.probe.every = Duration::from_mins(1);
            }
            Some(every) => config.probe.every = every,
        }
    }

    fn pace(&mut self, config: &mut Config) {
        if let (Some(_), Some(_)) = (self.keys.max_concurrent, self.keys.max_concurrency) {
            self.note("max_concurrency: not used, max_concurrent is set too");
        }
        let per_channel = self.keys.max_concurrent.or(self.keys.max_concurrency);
        let key = if self.keys.max_concurrent.is_some() { "max_concurrent" } else { "max_concurrency" };
        let count = |value: Option<Count>| value.map_or(0, |count| count.0);
        match usize::try_from(count(per_channel)) {
            Ok(0) => config.probe.per_key = 5,
            Ok(number) => {
                config.probe.per_key = number;
                self.from(&["probe", "per_key"], key);
            }
            Err(_) => self.refuse(key, "must not be negative"),
        }
        config.probe.per_host = config.probe.per_host.max(config.probe.per_key);
        config.probe.concurrency = config.probe.concurrency.max(config.probe.per_key);
        self.note(
            "max_concurrent and rps: bounds for each key of a channel, beside bounds for each host and for everything",
        );

        let (second, minute) = (count(self.keys.rps), count(self.keys.rpm));
        for (key, number) in [("rps", second), ("rpm", minute)] {
            if number < 0 {
                self.refuse(key, "must not be negative");
            }
        }
        let number = |count: i64| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        let (rate, key) = match (second, minute) {
            (0, 0) => (5.0, "rps (its default)"),
            (0, _) => (number(minute) / 60.0, "rpm"),
            (_, 0) => (number(second), "rps"),
            _ if number(minute) / 60.0 < number(second) => (number(minute) / 60.0, "rpm, stricter than rps"),
            _ => (number(second), "rps"),
        };
        config.probe.requests_per_second = rate;
        self.from(&["probe", "requests_per_second"], key);
    }

    fn timeout(&mut self, config: &mut Config) {
        let text = self.keys.timeout.as_ref().map_or("0", |seconds| seconds.0.trim());
        let plain = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let Some(timeout) = plain.or_else(|| duration::parse(text)) else {
            self.refuse("timeout", "is not a number of seconds");
            return;
        };
        // There one late answer takes a model off; here three may, so none of them may come from mere haste.
        let set = self.outline.has("timeout");
        let given = if timeout.is_zero() { Duration::from_secs(10) } else { timeout };
        let timeout = given.max(PATIENCE);
        let probe = &mut config.probe;
        probe.timeout = timeout;
        probe.connect_timeout = probe.connect_timeout.min(timeout);
        probe.first_byte_timeout = probe.first_byte_timeout.min(timeout);
        let origin = if set { "timeout" } else { "timeout (its default)" };
        for key in ["timeout", "first_byte_timeout", "connect_timeout"] {
            self.from(&["probe", key], origin);
        }
        if given < PATIENCE {
            self.note("timeout: 60s are waited at least; a reasoning model that thinks longer than this is not dead");
        }
    }

    /// Where a One Hub is written: by its own API, as `ChannelMonitor` does. It needs neither key for the others.
    fn api(&mut self, kind: Option<GatewayKind>) -> Option<ApiConfig> {
        let given =
            |key: &Option<String>| key.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        let (url, token) = (given(&self.keys.base_url), given(&self.keys.system_token));
        if kind != Some(GatewayKind::OneHub) {
            if url.is_some() || token.is_some() {
                self.note("base_url, system_token: left out, as ChannelMonitor used them for a One Hub alone; this gateway is written in its database");
            }
            return None;
        }
        let (Some(url), Some(token)) = (url, token) else {
            self.note("oneapi_type: a One Hub is written by its API alone, for which base_url and system_token are both needed");
            return None;
        };
        self.from(&["gateways", GATEWAY, "api", "url"], "base_url");
        self.from(&["gateways", GATEWAY, "api", "token"], "system_token");
        let token = SecretRef::literal(token);
        Some(ApiConfig { url, token, user: None, user_key: None, test_channels: false })
    }
}
