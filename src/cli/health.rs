//! `healthcheck`: is the loop alive, or does an address answer? The first looks into our own store only, the second sends
//! one GET: neither takes longer than a container's check may.
//!
//! Decides: exit codes and words. Must not know: what an answer says beyond its status.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::load;
use crate::client;
use crate::clock;
use crate::config::{Config, SecretRef};
use crate::daemon::HEARTBEAT;
use crate::say::say;
use crate::store::Store;

/// Is the loop alive, or does an address answer?
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  channelwarden healthcheck                                                   our own loop, by our store
  channelwarden healthcheck --url http://127.0.0.1:8000/healthz               our own server
  channelwarden healthcheck --url http://127.0.0.1:4000/health/liveliness     LiteLLM: does it run?
  channelwarden healthcheck --url http://127.0.0.1:4000/v1/models --bearer-env LITELLM_MASTER_KEY

Never LiteLLM's /health: it asks every upstream at your cost, and one slow model fails it.

Exit codes: 0 alive, 1 not")]
pub(super) struct Args {
    /// Ask this address with one GET instead; 2xx is alive. Needs no configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Send what this environment variable holds as bearer token
    #[arg(long, value_name = "NAME", requires = "url")]
    bearer_env: Option<String>,
    /// The longest wait for the answer
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

pub(super) async fn run(at: Option<&Path>, args: &Args) -> anyhow::Result<ExitCode> {
    match &args.url {
        Some(url) => answers(url, args).await,
        None => beats(&load(at, false)?.config).await,
    }
}

async fn answers(url: &str, args: &Args) -> anyhow::Result<ExitCode> {
    let bearer = args.bearer_env.as_deref().map(|name| SecretRef::variable(name).resolve());
    let bearer = bearer.transpose().map_err(anyhow::Error::msg).context("--bearer-env")?;
    let said = client::knock(url, bearer, args.timeout).await.map_err(anyhow::Error::msg)?;
    say!("{said}");
    Ok(ExitCode::SUCCESS)
}

async fn beats(config: &Config) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        config.store.path.exists(),
        "no store at {}: `channelwarden run` has not started yet",
        config.store.path.display()
    );
    let store = Store::open(&config.store.path).await?;
    let Some(beat) = store.heartbeat().await? else {
        anyhow::bail!("the loop never ran with this store");
    };
    let age = clock::now().duration_since(beat).as_secs();
    let late = i64::try_from(HEARTBEAT.as_secs()).unwrap_or(i64::MAX).saturating_mul(4);
    anyhow::ensure!(age <= late, "the loop last said that it is alive {age} s ago");
    say!("alive {age} s ago");
    Ok(ExitCode::SUCCESS)
}
