//! `top`: the dashboard in this terminal, over our own store or a running instance.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::client::Client;
use crate::config;
use crate::model::Secret;
use crate::tui::{self, Top};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest wait for an act, which asks the gateway.
const PATIENCE_TO_ACT: Duration = Duration::from_mins(5);
/// More often is a burden to whoever is asked.
const LEAST: Duration = Duration::from_millis(500);

/// The dashboard in this terminal: of the configuration's own store, or of a running instance
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Look at the instance at this address; left out: at the store of the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The environment variable with its token: `web.read_token`, or `web.act_token` to act
    #[arg(long, value_name = "NAME", requires = "url")]
    token_env: Option<String>,
    /// How often to look again
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "2s")]
    every: Duration,
}

pub(super) async fn run(at: Option<&Path>, args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        "`top` needs a terminal to draw in, and this is none; `channelwarden status --json` tells the same to a program"
    );
    let (reader, actor) = if let Some(url) = &args.url {
        let token = args.token_env.as_deref().map(token).transpose()?;
        let client = |patience| Client::remote(url, token.as_ref(), patience).map_err(anyhow::Error::msg);
        (client(PATIENCE)?, client(PATIENCE_TO_ACT)?)
    } else {
        // No log is begun: it would be written over the screen.
        let client = Client::local(config::load(&config::find(at)?)?.config).await?;
        (client.clone(), client)
    };
    let every = args.every.max(LEAST);
    tui::run(Top { reader, actor, every, colour: console::colors_enabled() }).await?;
    Ok(ExitCode::SUCCESS)
}

fn token(name: &str) -> anyhow::Result<Secret> {
    let text = config::process_environment(name).filter(|text| !text.is_empty());
    text.map(Secret::new)
        .with_context(|| format!("the environment variable {name} is not set: it should hold the token"))
}
