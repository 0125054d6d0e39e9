//! `status`: how everything stands, at one look.
//!
//! Decides: which API is asked, exit codes. Must not know: where an answer comes from.

mod page;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::{load, start_log};
use crate::client::Client;
use crate::config::{LogConfig, SecretRef};
use crate::say::{self, say};

/// A table as wide as anybody reads, where nobody's terminal says how wide it is.
const WIDTH: u16 = 120;

/// How everything stands
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  channelwarden status                                       by our own store; `run` need not be up
  channelwarden status --url http://10.0.0.5:8000 --token-env CW_TOKEN
  channelwarden status --json                                what GET /api/status answers

Exit codes: 0 nothing critical is wrong, 1 error, 2 something critical is")]
pub(super) struct Args {
    /// Ask a running instance instead; needs no configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Its `web.read_token` stands in this environment variable
    #[arg(long, value_name = "NAME", requires = "url")]
    token_env: Option<String>,
    /// The longest wait for its answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(at: Option<&Path>, args: &Args) -> anyhow::Result<ExitCode> {
    let client = match &args.url {
        Some(url) => {
            start_log(&LogConfig::default(), false);
            let token = args.token_env.as_deref().map(|name| SecretRef::variable(name).resolve());
            let token = token.transpose().map_err(anyhow::Error::msg).context("--token-env")?;
            Client::remote(url, token.as_ref(), args.timeout).map_err(anyhow::Error::msg).context("--url")?
        }
        None => Client::local(load(at, false)?.config).await?,
    };
    let status = client.get("/api/status").await?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        let width = console::Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| columns);
        say::text(&page::page(&status, client.place(), width));
    }
    let well = status["well"].as_bool().context("what was answered does not say whether all is well")?;
    Ok(ExitCode::from(if well { 0 } else { 2 }))
}
