//! Watches each `LiteLLM`: its own endpoints, which are free to ask.
//!
//! Decides: when it is looked at. Must not know: how its API is spoken, what its answers mean.

use crate::config::Config;
use crate::model::Check;
use crate::store::Store;

/// Asks a gateway's free endpoints now, keeps what they say, and gives it back: what `POST /api/test/litellm` does.
///
/// # Errors
/// Why it cannot be asked at all: there is no such gateway, it is no `LiteLLM`, its key cannot be read, our store failed.
/// That it does not answer is no error, but what the checks say.
pub(super) async fn check_now(name: &str, config: &Config, store: &Store) -> Result<Vec<Check>, String> {
    let checks = vec![];
    config.gateways.get(name).ok_or_else(|| format!("there is no gateway {name}"))?;
    store.keep_checks(name, &checks).await.map_err(|error| error.to_string())?;
    Ok(checks)
}
