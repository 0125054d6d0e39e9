//! A gateway's part of the configuration.
//!
//! Plain structs only: tagged or flattened serde shapes would lose line and column in errors.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::database::DatabaseAddress;
use super::environment::{Environment, process_environment};
use super::litellm::{LitellmConfig, ProcessConfig};
use super::manner::ProbeRule;
use super::secret::SecretRef;
use crate::model::GatewayKind;

/// One gateway. Its channels are read from its database, or by its admin API where no database is given.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// The gateway's database: `mysql://…`, `postgres://…`, `sqlite:…`, a Go DSN
    /// (`user:password@tcp(host:3306)/oneapi`, `host=… user=… dbname=…`) or the path of an SQLite file.
    #[serde(default)]
    pub database: Option<SecretRef>,
    /// The gateway's admin API: for One Hub, Done Hub and LiteLLM, and where no database can be reached.
    #[serde(default)]
    pub api: Option<ApiConfig>,
    /// Which way changes are written; left out: the database where there is one, but the admin API for One Hub and Done
    /// Hub, whose master never reads its database again.
    #[serde(default)]
    pub write: Option<WriteBy>,
    /// Which program it is; left out: told from the database's schema, or from what the admin API answers. A LiteLLM is
    /// never guessed.
    #[serde(default)]
    pub kind: Option<GatewayKind>,
    /// What we may do to it.
    #[serde(default)]
    pub mode: Mode,
    /// Which channels are looked after.
    #[serde(default)]
    pub channels: ChannelsConfig,
    /// Which models are looked after, and where new ones come from.
    #[serde(default)]
    pub models: ModelsConfig,
    /// How single channels and models are probed; of each thing, the last rule that names it counts.
    #[serde(default)]
    pub rules: Vec<ProbeRule>,
    /// What the gateway's own traffic tells: its table `logs`.
    #[serde(default)]
    pub logs: LogsConfig,
    /// Set routing rows (`abilities`) right that do not agree with their channel's list, in mode apply.
    #[serde(default)]
    pub repair: bool,
    /// Keep a small table `channelwarden_lease` in the gateway's database, so that of several instances with stores of
    /// their own only one probes and writes.
    #[serde(default)]
    pub lease: bool,
    /// How long until the gateway sees what was written to its database (`SYNC_FREQUENCY`); left out: its default.
    #[serde(default, with = "super::duration")]
    #[schemars(with = "Option<super::duration::Written>")]
    pub cache: Option<Duration>,
    /// How a LiteLLM is watched; only with `kind: "litellm"`.
    #[serde(default)]
    pub litellm: Box<LitellmConfig>,
    /// Its process on this machine.
    #[serde(default)]
    pub process: Box<ProcessConfig>,
}

/// A gateway's admin API.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// Where the gateway listens: `http://127.0.0.1:3000`.
    pub url: String,
    /// An admin's system access token (in the gateway: personal settings, "system access token"); of LiteLLM its master
    /// key, which `file:/opt/litellm/.env#LITELLM_MASTER_KEY` takes from there.
    pub token: SecretRef,
    /// The number of the user whom the token belongs to: New API wants it as `New-Api-User`, Veloera as `Veloera-User`.
    #[serde(default)]
    pub user: Option<u64>,
    /// A user's API key (`sk-…`), to look at `/v1/models` as the gateway's users do.
    #[serde(default)]
    pub user_key: Option<SecretRef>,
    /// Where no upstream key can be read, have the gateway itself test each model. Each test is billed
    /// (to the token's user, in some versions to the gateway's first one) and stands in the gateway's log.
    #[serde(default)]
    pub test_channels: bool,
}

/// Which way changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteBy {
    /// Into the gateway's database, in one transaction.
    Database,
    /// By the gateway's admin API.
    AdminApi,
}

/// What the gateway's own traffic tells: its table `logs`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogsConfig {
    /// Whether the loop reads it. A model that works for the gateway's users is not probed; one that fails for them is
    /// probed at once.
    pub read: bool,
    /// Where the table is, if not in the gateway's database (`LOG_SQL_DSN`).
    pub database: Option<SecretRef>,
    /// From one look to the next; at least 1s.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
    /// How long a success counts as a probe that worked; at least 1s. Once a day each model is probed all the same.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub fresh: Duration,
}

impl Default for LogsConfig {
    fn default() -> Self {
        Self { read: true, database: None, every: Duration::from_secs(5), fresh: Duration::from_hours(1) }
    }
}

impl GatewayConfig {
    /// A gateway with this database and defaults for all else.
    pub fn new(database: SecretRef) -> Self {
        Self {
            database: Some(database),
            api: None,
            write: None,
            kind: None,
            mode: Mode::default(),
            channels: ChannelsConfig::default(),
            models: ModelsConfig::default(),
            rules: vec![],
            logs: LogsConfig::default(),
            repair: false,
            lease: false,
            cache: None,
            litellm: Box::default(),
            process: Box::default(),
        }
    }

    /// Where the gateway's database is, variables and secret files put in; `None` where only the admin API is given.
    ///
    /// # Errors
    /// A sentence on what is missing or wrong, without any part of the address.
    pub fn address(&self) -> Result<Option<DatabaseAddress>, String> {
        self.address_in(&process_environment)
    }

    pub(super) fn address_in(&self, environment: Environment<'_>) -> Result<Option<DatabaseAddress>, String> {
        let parse = |database: &SecretRef| DatabaseAddress::parse(database.resolve_in(environment)?.expose());
        self.database.as_ref().map(parse).transpose()
    }

    /// Where the gateway's log is: in a database of its own or the gateway's; `None` where neither is given.
    ///
    /// # Errors
    /// A sentence on what is missing or wrong, without any part of the address.
    pub fn logs_address(&self) -> Result<Option<DatabaseAddress>, String> {
        match &self.logs.database {
            Some(database) => DatabaseAddress::parse(database.resolve_in(&process_environment)?.expose()).map(Some),
            None => self.address(),
        }
    }

    /// Whether its process is watched: where the operator says so, or it is surely on this machine.
    pub fn watches_process(&self) -> bool {
        let here = || self.process.port.is_some() || self.api_url().is_some_and(|url| is_loopback(&url));
        self.process.watch.unwrap_or_else(here)
    }

    /// The port that its process listens at; `None`: nobody says.
    pub fn process_port(&self) -> Option<u16> {
        self.process.port.or_else(|| self.api_url()?.port_or_known_default())
    }

    fn api_url(&self) -> Option<Url> {
        Url::parse(&self.api.as_ref()?.url).ok()
    }

    /// What we may do to one channel.
    pub fn mode_of(&self, channel: i64) -> Mode {
        self.channels.mode.get(&channel).copied().unwrap_or(self.mode)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What we may do to a gateway or channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Look, judge, show; never write.
    #[default]
    Observe,
    /// As observe, and keep each wanted change for `channelwarden apply`.
    Propose,
    /// Write what the guards let through.
    Apply,
}

/// Which channels are looked after.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelsConfig {
    /// Only these channel ids; empty: all.
    pub only: Vec<i64>,
    /// Never these channel ids.
    pub exclude: Vec<i64>,
    /// Also channels that the gateway itself switched off (status 3). Manually disabled ones (status 2) never.
    pub auto_disabled: bool,
    /// Another mode for single channels, by id.
    pub mode: BTreeMap<i64, Mode>,
}

/// Which models are looked after, and where new ones come from. Patterns are names, with `*` for any text.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelsConfig {
    /// Where names that the channel does not advertise yet come from: the first source that answers is used.
    /// What a channel advertises is always probed.
    pub sources: Vec<Source>,
    /// The names that source `list` offers.
    pub list: Vec<String>,
    /// Untouched: never probed, never added, never withdrawn.
    pub exclude: Vec<String>,
    /// Probed and shown, but never withdrawn.
    pub keep: Vec<String>,
    /// Append offered names that work to the channel's list.
    pub add: bool,
    /// Append only names that have a price in the gateway; left out: on New API and Veloera, which refuse to serve others.
    pub only_priced: Option<bool>,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            sources: vec![Source::Upstream],
            list: vec![],
            exclude: vec![],
            keep: vec![],
            add: true,
            only_priced: None,
        }
    }
}

/// A source of model names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The upstream's own list.
    Upstream,
    /// What the channel advertises already.
    Channel,
    /// The operator's `list`.
    List,
    /// OpenRouter's free models, for a channel of OpenRouter.
    OpenrouterFree,
}

impl ChannelsConfig {
    /// Whether the operator leaves the channel out.
    pub fn excludes(&self, channel: i64) -> bool {
        self.exclude.contains(&channel) || !(self.only.is_empty() || self.only.contains(&channel))
    }
}

impl Mode {
    /// The mode's name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Propose => "propose",
            Self::Apply => "apply",
        }
    }
}
