//! OpenRouter as a source of free models.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::{Environment, process_environment};
use super::secret::SecretRef;
use crate::model::Secret;

/// Where OpenRouter's API is when nobody says otherwise.
const HOME: &str = "https://openrouter.ai/api/v1";

/// OpenRouter as a source of free models, with or without a gateway. What is left out is taken from the environment:
/// `OPENROUTER_API_KEY`, `OPENROUTER_BASE_URL`, `OPENROUTER_HTTP_REFERER`, `OPENROUTER_X_TITLE`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenRouterConfig {
    /// Look for free models in the loop, without any gateway too.
    pub watch: bool,
    /// How often the catalogue is read; at least 1m.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
    /// The key; left out: `OPENROUTER_API_KEY`. Without one the catalogue is read, and nothing is probed.
    pub key: Option<SecretRef>,
    /// Where its API is; left out: `OPENROUTER_BASE_URL`, or `https://openrouter.ai/api/v1`.
    pub base_url: Option<String>,
    /// Sent as `HTTP-Referer`; left out: `OPENROUTER_HTTP_REFERER`, or nothing.
    pub referer: Option<String>,
    /// Sent as `X-OpenRouter-Title`; left out: `OPENROUTER_X_TITLE`, or nothing.
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

/// How OpenRouter is reached, the environment's part put in.
#[derive(Clone, Debug)]
pub struct OpenRouterAccess {
    /// Where its API is.
    pub base_url: String,
    /// The key, if there is one.
    pub key: Option<Secret>,
    /// Sent as `HTTP-Referer`.
    pub referer: Option<String>,
    /// Sent as `X-OpenRouter-Title`.
    pub title: Option<String>,
}

impl OpenRouterConfig {
    /// What is configured, and for what is left out the environment's word. An empty variable is none.
    ///
    /// # Errors
    /// A sentence on the key that cannot be resolved; never the key.
    pub fn access(&self) -> Result<OpenRouterAccess, String> {
        self.access_in(&process_environment)
    }

    pub(super) fn access_in(&self, environment: Environment<'_>) -> Result<OpenRouterAccess, String> {
        let variable = |name: &str| environment(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        let or = |own: &Option<String>, name: &str| own.clone().or_else(|| variable(name));
        let key = match &self.key {
            Some(key) => Some(key.resolve_in(environment).map_err(|why| format!("openrouter.key: {why}"))?),
            None => variable("OPENROUTER_API_KEY").map(Secret::new),
        };
        Ok(OpenRouterAccess {
            base_url: or(&self.base_url, "OPENROUTER_BASE_URL").unwrap_or_else(|| HOME.to_owned()),
            key: key.filter(|key| !key.expose().trim().is_empty()),
            referer: or(&self.referer, "OPENROUTER_HTTP_REFERER"),
            title: or(&self.title, "OPENROUTER_X_TITLE"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_is_stronger_than_the_environment() {
        let environment = |name: &str| {
            let value = match name {
                "OPENROUTER_API_KEY" => "sk-or-env",
                "OPENROUTER_BASE_URL" => "http://127.0.0.1:9/api/v1",
                "OPENROUTER_HTTP_REFERER" => " https://me.test ",
                "OPENROUTER_X_TITLE" => "",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let told = OpenRouterConfig::default().access_in(&environment).unwrap();
        assert_eq!(told.key.unwrap().expose(), "sk-or-env");
        assert_eq!(
            (told.base_url.as_str(), told.referer.as_deref()),
            ("http://127.0.0.1:9/api/v1", Some("https://me.test"))
        );
        assert_eq!(told.title, None, "an empty variable is none");

        let own = OpenRouterConfig {
            key: Some(SecretRef::literal("sk-or-own")),
            base_url: Some("https://proxy.test/api/v1".to_owned()),
            ..OpenRouterConfig::default()
        };
        let told = own.access_in(&environment).unwrap();
        assert_eq!((told.key.unwrap().expose(), told.base_url.as_str()), ("sk-or-own", "https://proxy.test/api/v1"));

        let nothing = OpenRouterConfig::default().access_in(&|_| None).unwrap();
        assert!(nothing.key.is_none());
        assert_eq!(nothing.base_url, HOME);
        let unset: OpenRouterConfig = serde_json::from_str(r#"{ "key": "${NOT_THERE}" }"#).unwrap();
        let error = unset.access_in(&|_| None).unwrap_err();
        assert!(error.starts_with("openrouter.key: ") && error.contains("NOT_THERE"), "{error}");
    }
}
