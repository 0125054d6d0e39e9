//! How a LiteLLM is watched, and any gateway's process.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a LiteLLM is watched.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LitellmConfig {
    /// How its models are asked.
    pub health: HealthBy,
    /// The longest wait for one model's check. LiteLLM gives up after 60 s, and goes on with a check that we gave
    /// up; at least 1m 5s.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub timeout: Duration,
    /// How often its free endpoints are asked: liveliness, readiness, the key; at least 5s.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub check: Duration,
    /// Models that are asked one small real question every `chat_every`, as users ask them.
    pub chat: Vec<String>,
    /// How often each model of `chat` is asked; at least 1m.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub chat_every: Duration,
    /// Where it logs the failed requests of its users.
    pub logs: LitellmLogs,
}

impl Default for LitellmConfig {
    fn default() -> Self {
        Self {
            health: HealthBy::default(),
            timeout: Duration::from_secs(75),
            check: Duration::from_secs(30),
            chat: vec![],
            chat_every: Duration::from_mins(10),
            logs: LitellmLogs::default(),
        }
    }
}

/// How a LiteLLM's models are asked. Never by a bare `/health` without its background checks: that asks every upstream
/// at once, at its owner's cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HealthBy {
    /// `GET /health?model=…`, one at a time: each is a small paid request to its upstreams.
    #[default]
    ByModel,
    /// `GET /health`, which answers what `background_health_checks` found and asks nobody. It does not say when that was, so
    /// that nothing is taken off by it: what it finds is told, and what was taken off before is put back.
    Background,
    /// Not at all.
    Off,
}

/// Where a LiteLLM logs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LitellmLogs {
    /// Log files, which are followed over every rotation.
    pub files: Vec<PathBuf>,
    /// Units of systemd whose journal is followed.
    pub journal: Vec<String>,
    /// Containers, by name or id, whose JSON log files are followed.
    pub docker: Vec<String>,
    /// The files that the process's own stdout and stderr lead to.
    pub process: bool,
    /// How often files are looked at; at least 250ms.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
}

impl Default for LitellmLogs {
    fn default() -> Self {
        Self { files: vec![], journal: vec![], docker: vec![], process: true, every: Duration::from_secs(1) }
    }
}

/// A gateway's process on this machine.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessConfig {
    /// Whether it is watched; left out: where `api.url` is on this machine, or `port` is given.
    pub watch: Option<bool>,
    /// The port that it listens at; left out: that of `api.url`.
    pub port: Option<u16>,
    /// How often it is looked at; at least 250ms.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
}

impl Default for ProcessConfig {
    fn default() -> Self {
        Self { watch: None, port: None, every: Duration::from_secs(15) }
    }
}
