//! `plan` and `apply`: what the latest rounds want, shown and written.

use std::process::ExitCode;

use serde_json::json;

use super::show::Words;
use super::{gateways, open, show, stop_on_signal, worst};
use crate::apply;
use crate::clock;
use crate::config::{Config, Mode};
use crate::model::Change;
use crate::plan;
use crate::round::ChangeLine;
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
    let store = Store::open(&config.store.path).await?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        let proposals = store.proposals(&name).await?;
        if args.json {
            println!("{}", json!({ "gateway": name, "proposals": proposals }));
        } else {
            print(&store, &name, &proposals).await?;
        }
        codes.extend(proposals.iter().map(|proposal| if proposal.change.is_empty() { 3 } else { 2 }));
    }
    Ok(worst(codes))
}

async fn print(store: &Store, name: &str, proposals: &[Proposal]) -> anyhow::Result<()> {
    let Some(last) = store.rounds(name, 1).await?.into_iter().next() else {
        println!("{name}: no round yet; `channelwarden sweep --dry-run` makes one and writes nothing");
        return Ok(());
    };
    println!("{name}: as round {} of {} saw it", last.id, show::local(last.started));
    for proposal in proposals {
        if !proposal.change.is_empty() {
            println!("{}", show::change(&line(proposal.change.clone(), None), Words::All));
        }
        for held in &proposal.held {
            println!("{}", show::held(held));
        }
    }
    if proposals.is_empty() {
        println!("nothing to change");
    }
    Ok(())
}

pub(super) async fn apply(config: Config, args: &ApplyArgs) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let stop = stop_on_signal()?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        let round = open(&config, &name, &store, &stop).await?;
        let turn = store.turn().await?;
        for note in apply::recover(&store, &round.gateway, &turn).await? {
            println!("note: {note}");
        }
        for proposal in store.proposals(&name).await? {
            let channel = &proposal.change.channel;
            if !(args.channel.is_empty() || args.channel.contains(&channel.id)) {
                continue;
            }
            let lifted = if args.held { plan::lift(&proposal.change, &proposal.held) } else { None };
            let change = lifted.unwrap_or_else(|| proposal.change.clone());
            if change.is_empty() {
                proposal.held.iter().for_each(|held| println!("{}", show::held(held)));
                codes.push(3);
                continue;
            }
            if round.settings.mode_of(channel.id) == Mode::Observe && !args.rehearse {
                println!(
                    "{}: not written: gateways.{name}.mode is observe; set it to propose or apply",
                    show::channel(channel)
                );
                codes.push(1);
                continue;
            }
            let outcome = if args.rehearse {
                apply::rehearse(&round.gateway, &change).await?
            } else {
                apply::apply(&store, &round.gateway, &change, Some(proposal.round), &turn).await?
            };
            codes.push(show::exit_code(&outcome));
            // A change that can never be written as it was decided is no proposal any more.
            match outcome {
                apply::Outcome::Applied(_) if args.held => store.withdraw_proposal(&name, channel.id).await?,
                apply::Outcome::Applied(_) => keep_held(&store, &name, &proposal).await?,
                apply::Outcome::Conflict(_) => store.withdraw_proposal(&name, channel.id).await?,
                apply::Outcome::Rehearsed
                | apply::Outcome::OnHold(_)
                | apply::Outcome::Refused(_)
                | apply::Outcome::Failed(_) => {}
            }
            println!("{}", show::change(&line(change, Some(outcome)), Words::Brief));
        }
        if codes.is_empty() {
            println!("{name}: nothing to apply");
        }
    }
    Ok(worst(codes))
}

/// After a write, what was held stays to be seen. It cannot be applied as it is (the list has changed since), so the
/// next round decides it anew.
async fn keep_held(store: &Store, name: &str, proposal: &Proposal) -> anyhow::Result<()> {
    if proposal.held.is_empty() {
        return Ok(store.withdraw_proposal(name, proposal.channel).await?);
    }
    let change = proposal.change.clone().emptied();
    Ok(store.propose(name, &Proposal { change, at: clock::now(), ..proposal.clone() }).await?)
}

fn line(change: Change, outcome: Option<apply::Outcome>) -> ChangeLine {
    ChangeLine { change, outcome, mode: Mode::Propose }
}
