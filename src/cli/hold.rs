//! `hold` and `release`: the stop button.

use std::process::ExitCode;

use super::show;
use crate::clock;
use crate::config::Config;
use crate::say::say;
use crate::store::{HoldScope, Store};

/// What a hold is about; nothing named: every write everywhere
#[derive(Debug, clap::Args)]
struct Named {
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Only this channel (its id)
    #[arg(long, value_name = "ID")]
    channel: Option<i64>,
    /// Only this model of that channel: neither taken off nor put on
    #[arg(long, value_name = "NAME", requires = "channel")]
    model: Option<String>,
}

impl Named {
    /// A channel belongs to a gateway: with one gateway configured it need not be named.
    fn scope(&self, config: &Config) -> anyhow::Result<HoldScope> {
        let mut gateway = self.gateway.clone();
        if let Some(name) = &gateway {
            super::gateways(config, Some(name))?;
        } else if self.channel.is_some() {
            let mut names = config.gateways.keys();
            gateway = names.next().cloned();
            anyhow::ensure!(names.next().is_none(), "several gateways are configured: name one with --gateway");
        }
        Ok(HoldScope { gateway, channel: self.channel, model: self.model.clone() })
    }
}

/// Stop writing
#[derive(Debug, clap::Args)]
pub(super) struct HoldArgs {
    #[command(flatten)]
    named: Named,
    /// Why, for whoever finds it
    #[arg(long, default_value = "the operator said stop")]
    reason: String,
    /// Only show the holds in force
    #[arg(long)]
    list: bool,
}

/// Lift a hold
#[derive(Debug, clap::Args)]
pub(super) struct ReleaseArgs {
    #[command(flatten)]
    named: Named,
}

pub(super) async fn hold(config: Config, args: &HoldArgs) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    if !args.list {
        store.hold(&args.named.scope(&config)?, &args.reason, clock::now()).await?;
    }
    print(&store).await?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(config: Config, args: &ReleaseArgs) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let lifted = store.release(&args.named.scope(&config)?).await?;
    if lifted == 0 {
        say!("no such hold");
    }
    print(&store).await?;
    Ok(ExitCode::SUCCESS)
}

async fn print(store: &Store) -> anyhow::Result<()> {
    let holds = store.holds().await?;
    let file = store.hold_file();
    if file.exists() {
        say!("everything is on hold while the file {} exists", file.display());
    } else if holds.is_empty() {
        say!("nothing is on hold");
    }
    if !holds.is_empty() {
        let mut table = show::table(&["gateway", "channel", "model", "since", "why"]);
        for hold in holds {
            let any = |text: Option<String>| text.unwrap_or_else(|| "every".to_owned());
            table.add_row(vec![
                any(hold.scope.gateway),
                any(hold.scope.channel.map(|id| id.to_string())),
                any(hold.scope.model),
                show::local(hold.at),
                show::plain(&hold.reason),
            ]);
        }
        say!("{table}");
    }
    Ok(())
}
