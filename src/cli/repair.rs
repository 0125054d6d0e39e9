//! `repair`: routing rows (`abilities`) brought in step with their channels' lists.

use std::process::ExitCode;

use serde_json::json;

use super::{failed, gateways, open, open_to_look, show, stop_on_signal, worst};
use crate::apply;
use crate::config::Config;
use crate::gateway::Orphans;
use crate::round::{DriftLine, Repair};
use crate::say::{remark, say};
use crate::store::Store;

/// Set routing rows right that do not agree with their channel's list
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  channelwarden repair --dry-run              what differs; every statement is rolled back
  channelwarden repair --channel 3            only channel 3
No channel's list changes; `channelwarden undo` takes a repair back.
With `repair: true` in the configuration the loop does this in every full round.")]
pub(super) struct Args {
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Only this channel (its id); may be repeated
    #[arg(long, value_name = "ID")]
    channel: Vec<i64>,
    /// Run the same statements in the same transactions and roll them back
    #[arg(long)]
    dry_run: bool,
    /// Print as JSON, one object a gateway
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: Config, args: &Args) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        // One gateway that does not answer never stops the others.
        match one(&config, &store, &name, args).await {
            Ok(done) => codes.extend(done),
            Err(error) => codes.push(failed(&error)),
        }
    }
    store.close().await;
    Ok(worst(codes))
}

/// One gateway: the exit code of each repair.
async fn one(config: &Config, store: &Store, name: &str, args: &Args) -> anyhow::Result<Vec<u8>> {
    let stop = stop_on_signal()?;
    let round = if args.dry_run {
        open_to_look(config, name, store, &stop).await?
    } else {
        open(config, name, store, &stop).await?
    };
    if !args.dry_run {
        let turn = store.turn().await?;
        for note in apply::recover(store, &round.gateway, &turn).await? {
            remark!("note: {note}");
        }
    }
    let mut lines = vec![];
    let mut pages = round.gateway.pages((!args.channel.is_empty()).then(|| args.channel.clone()))?;
    let mut channels = 0;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        channels += page.len();
        let id = |read: &crate::gateway::Read| match read {
            Ok(channel) => channel.id,
            Err(unreadable) => unreadable.channel.id,
        };
        lines.extend(round.drifted(&page.iter().map(id).collect::<Vec<_>>()).await?);
    }
    anyhow::ensure!(channels > 0 || args.channel.is_empty(), "{name} has no such channel");
    let how = if args.dry_run { Repair::Rehearse } else { Repair::Commit };
    round.repair(&mut lines, None, how).await?;
    let orphans = if args.channel.is_empty() { round.gateway.orphans().await? } else { Orphans::default() };
    round.gateway.close().await;
    if args.json {
        say!("{}", json!({ "gateway": name, "channels": channels, "drift": lines, "orphans": orphans }));
    } else {
        print(name, channels, &lines, &orphans);
    }
    Ok(lines.iter().filter_map(|line| line.outcome.as_ref()).map(show::exit_code).collect())
}

fn print(name: &str, channels: usize, lines: &[DriftLine], orphans: &Orphans) {
    for line in lines {
        say!("{}", show::drift(line, ""));
    }
    if let Some(line) = show::orphans(orphans) {
        say!("{line}");
    }
    let drifted = match lines.len() {
        0 => "the routing rows of all agree with their lists".to_owned(),
        n => format!("{n} drifted"),
    };
    let s = if channels == 1 { "" } else { "s" };
    say!("{name}: {channels} channel{s} looked at, {drifted}");
}
