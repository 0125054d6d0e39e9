//! `plan` and `apply`: what the latest rounds want, shown and written.

use std::process::ExitCode;

use serde_json::json;

use super::show::Words;
use super::{forecast, gateways, open, open_to_look, show, stop_on_signal, worst};
use crate::apply;
use crate::config::{Config, Mode};
use crate::model::Change;
use crate::round::{ChangeLine, Pending, Written};
use crate::say::say;
use crate::store::{Proposal, Store};

/// What the latest round wants
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Instead: what probing would take, in requests, tokens and estimated dollars; nothing is asked
    #[arg(long)]
    cost: bool,
}

/// Write what the latest round wants
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  channelwarden apply                         everything that is wanted and not held
  channelwarden apply --channel 3 --held      also what a limit held back on channel 3
  channelwarden apply --rehearse              the same statements, rolled back")]
pub(super) struct ApplyArgs {
    /// Only this channel (its id); may be repeated
    #[arg(long, value_name = "ID")]
    channel: Vec<i64>,
    /// Also what limits held back (never what a fact held: an empty list, a channel that is down, our own network)
    #[arg(long)]
    held: bool,
    /// Run the same statements in the same transactions and roll them back
    #[arg(long)]
    rehearse: bool,
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
}

pub(super) async fn plan(config: Config, args: &PlanArgs) -> anyhow::Result<ExitCode> {
    if args.cost {
        return forecast::run(&config, args.gateway.as_deref(), args.json).await;
    }
    let store = Store::open(&config.store.path).await?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        let proposals = store.proposals(&name).await?;
        if args.json {
            say!("{}", json!({ "gateway": name, "proposals": proposals }));
        } else {
            print(&store, &name, &proposals).await?;
        }
        codes.extend(proposals.iter().map(|proposal| if proposal.change.is_empty() { 3 } else { 2 }));
    }
    Ok(worst(codes))
}

async fn print(store: &Store, name: &str, proposals: &[Proposal]) -> anyhow::Result<()> {
    let Some(last) = store.rounds(name, 1).await?.into_iter().next() else {
        say!("{name}: no round yet; `channelwarden sweep --dry-run` makes one and writes nothing");
        return Ok(());
    };
    say!("{name}: as round {} of {} saw it", last.id, show::local(last.started));
    for proposal in proposals {
        if !proposal.change.is_empty() {
            say!("{}", show::change(&line(proposal.change.clone(), None), Words::All));
        }
        for held in &proposal.held {
            say!("{}", show::held(held));
        }
    }
    if proposals.is_empty() {
        say!("nothing to change");
    }
    Ok(())
}

pub(super) async fn apply(config: Config, args: &ApplyArgs) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let stop = stop_on_signal()?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        let round = if args.rehearse {
            open_to_look(&config, &name, &store, &stop).await?
        } else {
            open(&config, &name, &store, &stop).await?
        };
        let turn = store.turn().await?;
        let mut written = false;
        for note in apply::recover(&store, &round.gateway, &turn).await? {
            say!("note: {note}");
        }
        let how = Pending { lift: args.held, rehearse: args.rehearse };
        for proposal in store.proposals(&name).await? {
            let channel = &proposal.change.channel;
            if !(args.channel.is_empty() || args.channel.contains(&channel.id)) {
                continue;
            }
            let done = round.write_pending(&proposal, how, &turn).await?;
            if let Written::Held(held) | Written::Observed(held) | Written::Tried { held, .. } = &done {
                for held in held {
                    say!("{}", show::held(held));
                }
            }
            match done {
                Written::Gone => {
                    say!("{}: not written: the channel is not there any more", show::channel(channel));
                    codes.push(4);
                }
                Written::Held(_) => codes.push(3),
                Written::Observed(_) => {
                    say!(
                        "{}: not written: gateways.{name}.mode is observe; set it to propose or apply",
                        show::channel(channel)
                    );
                    codes.push(1);
                }
                Written::Tried { change, outcome, unseen, .. } => {
                    codes.push(show::exit_code(&outcome));
                    written |= matches!(outcome, apply::Outcome::Applied(_)) && unseen.is_none();
                    say!("{}", show::change(&line(*change, Some(outcome)), Words::Brief));
                    if let Some(why) = unseen {
                        say!("note: {}: {}", show::channel(channel), show::plain(&why));
                    }
                }
            }
        }
        if written {
            say!("written; {}", round.gateway.cache());
        }
        if codes.is_empty() {
            say!("{name}: nothing to apply");
        }
    }
    Ok(worst(codes))
}

fn line(change: Change, outcome: Option<apply::Outcome>) -> ChangeLine {
    ChangeLine { change, outcome, mode: Mode::Propose }
}
