//! The dashboard, its API and what else is served; and the push that says that we are alive.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, SecretRef};

/// The dashboard, the REST API, metrics and the public status page.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Where it is served, as `address:port`; `off`: nowhere. Anything but loopback needs `read_token`.
    pub listen: String,
    /// Reading needs this token (16 characters or more). Left out: whoever reaches a loopback address may read.
    pub read_token: Option<SecretRef>,
    /// Acting (scan, approve, reject, undo, hold) needs this token, which may read too. Left out: nobody acts over HTTP.
    pub act_token: Option<SecretRef>,
    /// The address that people open, where a proxy stands in front; with https, cookies are sent over nothing else.
    pub public_url: Option<String>,
    /// The last good round of a gateway may be so old before we call ourselves stale; left out: three times `probe.every`.
    #[serde(with = "super::duration")]
    #[schemars(with = "Option<super::duration::Written>")]
    pub stale_after: Option<Duration>,
    /// The public status page and badges.
    pub status: StatusConfig,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".to_owned(),
            read_token: None,
            act_token: None,
            public_url: None,
            stale_after: None,
            status: StatusConfig::default(),
        }
    }
}

impl WebConfig {
    /// Where it is served; `None`: nowhere.
    ///
    /// # Errors
    /// What is wrong with `listen`, and how to write it.
    pub fn address(&self) -> Result<Option<SocketAddr>, String> {
        let listen = self.listen.trim();
        if listen == "off" {
            return Ok(None);
        }
        listen.parse().map(Some).map_err(|_| "write address:port, such as 127.0.0.1:8000, or off".to_owned())
    }
}

/// The public status page and badges: open to everybody, and about nothing that is not named here.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatusConfig {
    /// Whether there is a public status page at `/status`, and badges at `/badge/NAME.svg`.
    pub enabled: bool,
    /// The page's title.
    pub title: String,
    /// The models that it shows, and no others.
    pub models: Vec<StatusModel>,
}

impl Default for StatusConfig {
    fn default() -> Self {
        Self { enabled: false, title: "Status".to_owned(), models: vec![] }
    }
}

/// One line of the public status page.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusModel {
    /// What the public reads; letters, digits, `-`, `_`, `.` and spaces.
    pub name: String,
    /// The gateway, by its name here.
    pub gateway: String,
    /// The model as the gateway lists it.
    pub model: String,
    /// Only on these channels, by id; empty: it is up while any channel has it up.
    #[serde(default)]
    pub channels: Vec<i64>,
}

/// A dead-man's switch (healthchecks.io, an Uptime Kuma push monitor, …): it is told after each good round, and raises
/// the alarm when it is not.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HeartbeatConfig {
    /// The address that is asked with GET after each good full round of every gateway; left out: none.
    pub url: Option<SecretRef>,
}

impl Config {
    /// The last good round of a gateway may be so old before we call ourselves stale.
    pub fn stale_after(&self) -> Duration {
        self.web.stale_after.unwrap_or(self.probe.every * 3)
    }
}
