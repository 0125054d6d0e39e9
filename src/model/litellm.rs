//! What there is in a `LiteLLM` proxy, and what can be wrong with it.
//!
//! The classes are those of the field's table (measured on 1.106.2 and 1.109.1): the words of an answer come before its
//! status, and `error.type` is never believed (402, 404 and 408 all say `invalid_request_error`).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What sort of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The upstream account has no credit, or reached a cap.
    Credits,
    /// The upstream refuses the key, or `LiteLLM` has none for it.
    Auth,
    /// The upstream fails, hangs or cannot be reached; of the proxy itself: it does not answer.
    Server,
    /// A rate limit: passes by itself.
    Rate,
    /// A name that the upstream or `LiteLLM` does not know, or a request that it does not take.
    Config,
    /// `LiteLLM` itself was told to refuse the model.
    Blocked,
    /// `all_deployments_in_cooldown`: a failure before this one lasts, whatever it was.
    Masked,
    /// `LiteLLM` refuses the caller's own key.
    ProxyAuth,
    /// No table knows it.
    Unknown,
}

impl Class {
    /// Every class, in declaration order.
    pub const ALL: [Self; 9] = [
        Self::Credits,
        Self::Auth,
        Self::Server,
        Self::Rate,
        Self::Config,
        Self::Blocked,
        Self::Masked,
        Self::ProxyAuth,
        Self::Unknown,
    ];

    /// Its name in the store, in JSON and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credits => "credits",
            Self::Auth => "auth",
            Self::Server => "server",
            Self::Rate => "rate",
            Self::Config => "config",
            Self::Blocked => "blocked",
            Self::Masked => "masked",
            Self::ProxyAuth => "proxy-auth",
            Self::Unknown => "unknown",
        }
    }

    /// The class with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One deployment (`/model/info`): an upstream model behind a public name. Several may stand behind one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `model_info.id`.
    pub id: String,
    /// `model_name`: what users ask for. Foreign text.
    pub name: String,
    /// `litellm_params.model`: provider and upstream model (`openrouter/meta/llama`). Foreign text.
    pub upstream: String,
    /// `litellm_params.api_base`, without user and query; empty: the provider's own.
    pub api_base: String,
    /// `model_info.mode`: what it is for; empty: chat.
    pub mode: String,
    /// It stands in `LiteLLM`'s database (`model_info.db_model`), where it can be blocked; otherwise in its `config.yaml`.
    pub in_database: bool,
    /// `model_info.blocked`.
    pub blocked: bool,
}

/// What one look at a deployment showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `None`: nothing is known (`{}`, empty lists).
    pub well: Option<bool>,
    /// `exception_status`, or that of the answer.
    pub status: Option<u16>,
    /// What sort of failure it is, where it is one.
    pub class: Option<Class>,
    /// The first line of `error`, redacted. Foreign text.
    pub detail: String,
    /// When (UTC).
    pub at: Timestamp,
}

/// A deployment as it was last seen: what `LiteLLM` says of it, on which of our channels, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSeen {
    /// The gateway's name.
    pub gateway: String,
    /// The channel (an upstream account) that it belongs to.
    pub channel: i64,
    /// What it is.
    pub deployment: Deployment,
    /// How it is; `None`: never looked at.
    pub health: Option<Health>,
}

/// Where a sign comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignSource {
    /// `/health`.
    Health,
    /// Its log.
    Log,
    /// A question to `/v1/chat/completions`.
    Chat,
    /// Its own endpoints (liveliness, readiness, the key).
    Check,
}

/// Something that lasts: one class of failure of one deployment, of a public name, or of the proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The public name; empty: the proxy itself. Foreign text.
    pub subject: String,
    /// The deployment's id; empty: not known which (logs), or the proxy.
    pub deployment: String,
    /// [`Class::Credits`], [`Class::Auth`] or [`Class::Server`].
    pub class: Class,
    /// Since when (UTC).
    pub since: Timestamp,
    /// The latest sign of it.
    pub last: Timestamp,
    /// How many signs.
    pub times: u32,
    /// The latest words, redacted. Foreign text.
    pub detail: String,
    /// Where the latest sign came from.
    pub source: SignSource,
}

/// One step of the check ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `liveliness`, `readiness`, `key`, `models`, or `chat NAME`.
    pub name: String,
    /// `None`: nothing is known, which is not "down".
    pub well: Option<bool>,
    /// In words, redacted.
    pub detail: String,
    /// How long the answer took, in ms; `None` where there was none.
    pub latency_ms: Option<u32>,
    /// When (UTC).
    pub at: Timestamp,
}

/// One failed request that a log tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFailure {
    /// `litellm_call_id`: one request, however often its failure is logged. Empty: not told.
    pub call: String,
    /// When (UTC), as well as the log tells: plain logs have no date, and no log a zone.
    pub at: Timestamp,
    /// The public name; empty: not told. Foreign text.
    pub model: String,
    /// The status that the user got.
    pub status: Option<u16>,
    /// What sort of failure it is.
    pub class: Class,
    /// Its first line, redacted. Foreign text.
    pub detail: String,
}

/// A gateway's process, its children summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessSeen {
    /// The process that listens, or its parent among those of its program.
    pub pid: u32,
    /// Its program (`litellm`, `one-api`); never its arguments, which may hold keys.
    pub name: String,
    /// How many processes there are in all.
    pub processes: u32,
    /// When it was started (UTC).
    pub started: Timestamp,
    /// Of one core, in percent, since the look before.
    pub cpu_percent: f32,
    /// Resident memory, in bytes.
    pub memory_bytes: u64,
    /// Open files and sockets; `None` where we may not look.
    pub open_files: Option<u64>,
    /// How often it was seen to be another one than before, since we watch.
    pub restarts: u32,
    /// When (UTC).
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_found_by_its_name() {
        for class in Class::ALL {
            assert_eq!(Class::parse(class.as_str()), Some(class));
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
