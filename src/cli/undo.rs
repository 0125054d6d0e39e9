//! `undo`: changes taken back, newest first.

use std::process::ExitCode;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::{gateways, open, open_to_look, show, stop_on_signal, worst};
use crate::apply::{self, Undo};
use crate::clock;
use crate::config::Config;
use crate::say::say;
use crate::store::{ChangeRecord, Store};

/// Take changes back
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true), after_help = "Examples:
  channelwarden undo --last                   the latest change
  channelwarden undo 17                       change 17 (numbers: channelwarden history)
  channelwarden undo --round 42               every change of a round
  channelwarden undo --since 2h               every change of the last two hours
What is undone stays as it is: its models are on hold until `channelwarden release --channel ID --model NAME`.")]
pub(super) struct Args {
    /// These changes, by number
    #[arg(group = "which", value_name = "CHANGE")]
    changes: Vec<i64>,
    /// The latest change
    #[arg(long, group = "which")]
    last: bool,
    /// Every change of this round
    #[arg(long, group = "which", value_name = "ROUND")]
    round: Option<i64>,
    /// Every change since then (`2h`, or a time as 2026-01-31T12:00:00Z)
    #[arg(long, group = "which", value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// Run the same statements and roll them back
    #[arg(long)]
    rehearse: bool,
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
}

fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let age = humantime::parse_duration(text).map_err(|_| "neither a duration like 2h nor a time".to_owned())?;
    let age = SignedDuration::try_from(age).map_err(|_| "too long".to_owned())?;
    clock::now().checked_sub(age).map_err(|_| "too long".to_owned())
}

pub(super) async fn run(config: Config, args: &Args) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let stop = stop_on_signal()?;
    let how = if args.rehearse { Undo::Rehearse } else { Undo::Commit };
    let names = gateways(&config, args.gateway.as_deref())?;
    let mut found = vec![];
    for name in &names {
        found.extend(wanted(&store, name, args).await?);
    }
    found.sort_by_key(|record| std::cmp::Reverse(record.id));
    if args.last {
        found.truncate(1);
    }
    let mut codes = vec![];
    for name in names {
        let records: Vec<_> = found.iter().filter(|record| record.intent.gateway == name).collect();
        if records.is_empty() {
            continue;
        }
        let round = match how {
            Undo::Commit => open(&config, &name, &store, &stop).await?,
            Undo::Rehearse => open_to_look(&config, &name, &store, &stop).await?,
        };
        let turn = store.turn().await?;
        for note in apply::recover(&store, &round.gateway, &turn).await? {
            say!("note: {note}");
        }
        for record in records {
            // Recovery, or a process that had the turn before us, may have done it.
            let now = store.change(record.id).await?.unwrap_or_else(|| record.clone());
            let mut unseen = None;
            let what = if let (None, Some(by)) = (record.undone_by, now.undone_by) {
                format!("taken back by change {by}")
            } else {
                let outcome = apply::undo(&store, &round.gateway, &now, how, &turn).await?;
                codes.push(show::exit_code(&outcome));
                unseen = apply::unseen(&store, &outcome).await?;
                if let apply::Outcome::Applied(by) = outcome {
                    format!("taken back as change {by} (`channelwarden undo {by}` redoes it)")
                } else {
                    show::outcome(&outcome)
                }
            };
            say!("change {} of {}: {what}", now.id, show::channel(&now.intent.channel));
            if let Some(why) = unseen {
                say!("note: {}", show::plain(&why));
            }
        }
    }
    if found.is_empty() {
        say!("nothing to undo");
    }
    Ok(worst(codes))
}

/// The changes meant.
async fn wanted(store: &Store, gateway: &str, args: &Args) -> anyhow::Result<Vec<ChangeRecord>> {
    if args.changes.is_empty() {
        return Ok(store.undoable(gateway, args.since, args.round).await?);
    }
    let mut records = vec![];
    for id in &args.changes {
        let record = store.change(*id).await?;
        let record = record.with_context(|| format!("no change {id}; `channelwarden history` lists them"))?;
        if record.intent.gateway == gateway {
            records.push(record);
        }
    }
    Ok(records)
}
