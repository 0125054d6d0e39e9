//! Every key of the configuration, its meaning and its default.
//!
//! Plain structs only: tagged or flattened serde shapes would lose line and column in errors.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::BudgetConfig;
use super::gateway::GatewayConfig;
use super::notify::{NotifyConfig, UptimeKumaConfig};
use super::openrouter::OpenRouterConfig;
use super::web::{HeartbeatConfig, WebConfig};
use crate::model::Kind;

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The gateways to look after, by a name of your choice.
    pub gateways: BTreeMap<String, GatewayConfig>,
    /// Our own history and journal.
    pub store: StoreConfig,
    /// How upstreams are asked.
    pub probe: ProbeConfig,
    /// What probing may use up.
    pub budget: BudgetConfig,
    /// When findings become a verdict.
    pub verdict: VerdictPolicy,
    /// How much one round may change.
    pub limits: Limits,
    /// How our own network is checked.
    pub network: NetworkConfig,
    /// OpenRouter as a source of free models.
    pub openrouter: OpenRouterConfig,
    /// The dashboard, the REST API, metrics and the public status page.
    pub web: WebConfig,
    /// Who is told what, and when.
    pub notify: Box<NotifyConfig>,
    /// Uptime Kuma's push monitors.
    pub uptime_kuma: Box<UptimeKumaConfig>,
    /// A dead-man's switch.
    pub heartbeat: HeartbeatConfig,
    /// Our own log.
    pub log: LogConfig,
}

/// Our own history and journal.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The SQLite file; made when absent. Never a gateway's own database.
    pub path: PathBuf,
    /// How long single observations are kept.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub keep_observations: Duration,
    /// How long the hourly sums of them are kept.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub keep_hourly: Duration,
    /// How long the daily sums are kept.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub keep_daily: Duration,
    /// The file may grow to so many MiB; then the oldest failed requests of logs, after them the oldest observations, and
    /// then the oldest hourly sums, go before their time. 0: no bound.
    pub max_mib: u64,
    /// How long rounds, and changes with all that undo needs, are kept.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub keep_changes: Duration,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: "channelwarden.db".into(),
            keep_observations: days(7),
            keep_hourly: days(60),
            keep_daily: days(730),
            max_mib: 4096,
            keep_changes: days(365),
        }
    }
}

/// How upstreams are asked.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeConfig {
    /// From the start of one round to the start of the next; at least 1m.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
    /// How much of `every` the start of a round may wander, as a share (0 to 0.5).
    pub jitter: f64,
    /// Probes under way at once, over everything; at least 1.
    pub concurrency: usize,
    /// Probes under way at once to one upstream host; at least 1.
    pub per_host: usize,
    /// Probes under way at once with one key; at least 1.
    pub per_key: usize,
    /// Requests a second with one key; 0: no limit.
    pub requests_per_second: f64,
    /// Time to a connection.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub connect_timeout: Duration,
    /// Time to the first byte of the answer (reasoning models think first).
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub first_byte_timeout: Duration,
    /// Time to the complete answer, all of the above included.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub timeout: Duration,
    /// How much of `every` the questions of a round of the loop are spread over, as a share (0 to 0.9). The first
    /// round, and what a person starts, is not spread.
    pub spread: f64,
    /// How long a key without credit, or refused, rests before one question tries it again; at least 1m.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub key_rest: Duration,
    /// The kinds of model that are asked. Speech, transcription, images and documents cost more, and are asked only
    /// when they stand here; these and rerankers once a day at most; films, music and live talk never.
    pub kinds: Vec<Kind>,
    /// Ask Ollama's models also when that loads one into memory; left out, only a loaded one is asked.
    pub load_models: bool,
    /// Ask chat models for streamed answers, which gives the time to the first token.
    pub stream: bool,
    /// The one user message of a chat probe; left out: a random sum, whose answer is looked at.
    pub prompt: Option<String>,
    /// The output limit of a probe in tokens, at least 16: several providers refuse less.
    pub max_tokens: u32,
    /// The `User-Agent` header; some upstreams let only known clients in.
    pub user_agent: String,
    /// More certificate authorities to trust, as a PEM file.
    pub ca_file: Option<PathBuf>,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            every: Duration::from_hours(1),
            jitter: 0.1,
            concurrency: 64,
            per_host: 8,
            per_key: 4,
            requests_per_second: 5.0,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_mins(1),
            timeout: Duration::from_mins(2),
            spread: 0.25,
            key_rest: Duration::from_hours(1),
            kinds: vec![Kind::Chat, Kind::Responses, Kind::Embedding, Kind::Rerank, Kind::Moderation, Kind::Completion],
            load_models: false,
            stream: false,
            prompt: None,
            max_tokens: 16,
            user_agent: concat!("channelwarden/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: None,
        }
    }
}

/// When findings become a verdict.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VerdictPolicy {
    /// For "no such model" and "no access to it".
    pub denied: Confirm,
    /// The same, while the upstream's list still names the model: lists and calls disagree for a while.
    pub denied_listed: Confirm,
    /// For 5xx, timeouts and empty answers while the channel's other models answer.
    pub failing: Confirm,
    /// For a reseller's "no available channel": it also says so for minutes while a channel is switched off.
    pub unrouted: Confirm,
    /// A withdrawn model is probed again in the next round; after that, the gap before it is, doubled each time.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub restore_first: Duration,
    /// The largest such gap.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub restore_max: Duration,
    /// What becomes of a model that answers oddly (a wrong sum, another model's name), 3 times out of 5.
    pub quality: QualityAction,
}

/// What becomes of a model that answers oddly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QualityAction {
    /// It is marked, and stays.
    #[default]
    Mark,
    /// It is taken off the list, and restored as any other.
    Withdraw,
}

impl Default for VerdictPolicy {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            denied: Confirm { times: 2, over: minutes(10) },
            denied_listed: Confirm { times: 3, over: minutes(60) },
            failing: Confirm { times: 3, over: minutes(15) },
            unrouted: Confirm { times: 6, over: days(1) },
            restore_first: minutes(60),
            restore_max: days(7),
            quality: QualityAction::Mark,
        }
    }
}

/// How often, and over how long at least, a finding must repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// So many findings in a row; 1: the first is enough.
    pub times: u32,
    /// And so long, at least, from the first to the last of them.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub over: Duration,
}

/// How much one round may change; what exceeds a limit is held and shown.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The share of a channel's list, 0 to 1, that one round may withdraw (one model always may).
    pub channel_share: f64,
    /// The number of models that one round may withdraw from one channel.
    pub channel_count: usize,
    /// The share of all advertised (channel, model) pairs, 0 to 1, that one round may withdraw (three always may).
    pub round_share: f64,
    /// The number of (channel, model) pairs that one round may withdraw.
    pub round_count: usize,
    /// The number of models that one round may add to one channel.
    pub channel_additions: usize,
    /// Nothing is written when this share of the channels (three at least) answered nothing.
    pub channels_down_share: f64,
    /// No model of a channel is withdrawn when this share of those asked (three at least) turned bad within three
    /// minutes.
    pub correlated_share: f64,
    /// Withdraw a dead model even where no other enabled channel serves it in a group: its users then get the gateway's
    /// "no channel" in place of the upstream's error.
    pub last_route: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            channel_share: 0.34,
            channel_count: 20,
            round_share: 0.2,
            round_count: 200,
            channel_additions: 100,
            channels_down_share: 0.5,
            correlated_share: 0.5,
            last_route: false,
        }
    }
}

/// How our own network is checked before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// `host:port` addresses of which one must accept a connection. Empty: an HTTP answer from any upstream in the
    /// round is the proof.
    pub check: Vec<String>,
}

/// Our own log, on standard error.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `off`, `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,channelwarden=debug`. It is of `run`;
    /// commands for people only warn.
    pub level: String,
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// The log's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 3600)
}
