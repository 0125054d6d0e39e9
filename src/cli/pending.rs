//! `plan` and `apply`: what the latest rounds want, shown and written.

use std::collections::HashSet;
use std::process::ExitCode;

use serde_json::json;

use super::show::Words;
use super::{forecast, gateways, open, open_to_look, show, stop_on_signal, worst};
use crate::apply;
use crate::clock;
use crate::config::{Config, Manner, Mode, Policy};
use crate::model::{Change, Guard, Held, ModelName, Status};
use crate::plan;
use crate::round::{ChangeLine, Round};
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
        let round = if args.rehearse {
            open_to_look(&config, &name, &store, &stop).await?
        } else {
            open(&config, &name, &store, &stop).await?
        };
        let turn = store.turn().await?;
        let mut written = false;
        for note in apply::recover(&store, &round.gateway, &turn).await? {
            println!("note: {note}");
        }
        for proposal in store.proposals(&name).await? {
            let channel = &proposal.change.channel;
            if !(args.channel.is_empty() || args.channel.contains(&channel.id)) {
                continue;
            }
            let Some((change, held)) = still_wanted(&store, &round, &proposal, args.held).await? else {
                println!("{}: not written: the channel is not there any more", show::channel(channel));
                codes.push(4);
                continue;
            };
            let lifted = args.held.then_some(&proposal.held).into_iter().flatten();
            let lifted: Vec<_> = lifted.filter(|held| held.guard.may_be_lifted()).collect();
            for held in proposal.held.iter().filter(|held| !lifted.contains(held)).chain(&held) {
                println!("{}", show::held(held));
            }
            if change.is_empty() {
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
            let unseen = apply::unseen(&store, &outcome).await?;
            written |= matches!(outcome, apply::Outcome::Applied(_)) && unseen.is_none();
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
            if let Some(why) = unseen {
                println!("note: {}: {}", show::channel(channel), show::plain(&why));
            }
        }
        if written {
            println!("written; {}", round.gateway.cache());
        }
        if codes.is_empty() {
            println!("{name}: nothing to apply");
        }
    }
    Ok(worst(codes))
}

/// A proposal as it may be written now: its guards that look beyond the channel, and the operator's rules, are asked
/// again, for it may be old. `None` when the channel is gone.
async fn still_wanted(
    store: &Store,
    round: &Round,
    proposal: &Proposal,
    lift: bool,
) -> anyhow::Result<Option<(Change, Vec<Held>)>> {
    let id = proposal.change.channel.id;
    let Some(channel) = round.gateway.channel(id).await? else { return Ok(None) };
    let mut last_route_seen = HashSet::new();
    let mut change = proposal.change.clone();
    if lift && let Some(lifted) = plan::lift(&proposal.change, &proposal.held) {
        change = lifted;
        let seen = proposal.held.iter().filter(|held| held.guard == Guard::LastRoute).flat_map(|held| &held.removals);
        last_route_seen.extend(seen.map(|removal| removal.model.clone()));
    }
    let removed: Vec<_> = change.removed.iter().map(|removal| removal.model.clone()).collect();
    let mut untouchable: HashSet<_> = store.held_models(round.gateway.name(), id).await?.into_iter().collect();
    let (channels, models) = (&round.settings.channels, &round.settings.models);
    let excluded = channels.excludes(id);
    let named = removed.iter().chain(&change.added).chain(&change.restored);
    let rules = &round.settings.rules;
    let left_alone = |model: &ModelName| {
        excluded || models.is_excluded(model) || Manner::of(rules, id, model).policy != Policy::Probe
    };
    untouchable.extend(named.filter(|model| left_alone(model)).cloned());
    untouchable.extend(removed.iter().filter(|model| models.is_kept(model)).cloned());
    if round.config.limits.last_route {
        last_route_seen.extend(removed.iter().cloned());
    }
    let routes = round.gateway.routes(&removed).await?;
    let groups = channel.group.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect();
    let enabled = channel.status == Status::Enabled;
    Ok(plan::reconsider(change, plan::Now { routes: &routes, groups, enabled, untouchable, last_route_seen }))
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
