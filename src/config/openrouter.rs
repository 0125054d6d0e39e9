//! OpenRouter as a source of free models.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::SecretRef;

/// OpenRouter as a source of free models, with or without a gateway. What is left out is taken from the environment:
/// `OPENROUTER_API_KEY`, `OPENROUTER_BASE_URL`, `OPENROUTER_HTTP_REFERER`, `OPENROUTER_X_TITLE`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenRouterConfig {
    /// Look for free models in the loop, without any gateway too.
    pub watch: bool,
    /// How often.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// The key; without one the catalogue is read, and nothing is probed.
    pub key: Option<SecretRef>,
    /// Where its API is.
    pub base_url: Option<String>,
    /// Sent as `HTTP-Referer`.
    pub referer: Option<String>,
    /// Sent as `X-OpenRouter-Title`.
    pub title: Option<String>,
    /// Probe free models that its own figures leave in doubt, within `budget.free_share`.
    pub probe: bool,
}

impl Default for OpenRouterConfig {
    fn default() -> Self {
        Self {
            watch: false,
            every: Duration::from_hours(1),
            key: None,
            base_url: None,
            referer: None,
            title: None,
            probe: true,
        }
    }
}
