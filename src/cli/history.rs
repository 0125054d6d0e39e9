//! `history`: what was done and seen.

use std::process::ExitCode;

use comfy_table::ColumnConstraint;
use serde_json::json;

use super::{gateways, show};
use crate::config::Config;
use crate::gateway::RowChanges;
use crate::say::say;
use crate::store::{ChangeRecord, ChangeState, Store};

/// Rounds and changes, or what was seen of a channel or model
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What was seen of this channel (its id)
    #[arg(long, value_name = "ID")]
    channel: Option<i64>,
    /// What was seen of this model
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// How many lines of each sort
    #[arg(long, default_value_t = 20, global = true)]
    limit: u32,
    /// Print as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    #[command(subcommand)]
    more: Option<More>,
}

#[derive(Debug, clap::Subcommand)]
enum More {
    /// Refusals of upstreams that no table of ours knows, redacted: please report them
    Samples,
}

pub(super) async fn run(config: Config, args: &Args) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    if matches!(args.more, Some(More::Samples)) {
        return samples(&store, args).await;
    }
    for name in gateways(&config, args.gateway.as_deref())? {
        if args.channel.is_some() || args.model.is_some() {
            seen(&store, &name, args).await?;
        } else {
            done(&store, &name, args).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn samples(store: &Store, args: &Args) -> anyhow::Result<ExitCode> {
    let samples = store.samples(args.limit).await?;
    if args.json {
        say!("{}", json!({ "samples": samples }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["last seen", "rounds", "host", "status", "body"]);
    table.set_constraints(vec![ColumnConstraint::ContentWidth; 4]);
    for sample in samples {
        table.add_row(vec![
            show::local(sample.last),
            sample.seen.to_string(),
            show::plain(&sample.host),
            sample.status.to_string(),
            show::plain(&sample.body),
        ]);
    }
    say!("{table}");
    Ok(ExitCode::SUCCESS)
}

async fn seen(store: &Store, name: &str, args: &Args) -> anyhow::Result<()> {
    let seen = store.observed(name, args.channel, args.model.as_deref(), args.limit).await?;
    if args.json {
        say!("{}", json!({ "gateway": name, "observations": seen }));
        return Ok(());
    }
    // What was asked for stands in no column: the room is for why.
    let shown = |cells: [String; 6]| {
        let asked = [false, args.channel.is_some(), args.model.is_some(), false, false, false];
        cells.into_iter().zip(asked).filter_map(|(cell, asked)| (!asked).then_some(cell)).collect::<Vec<_>>()
    };
    let heading = shown(["when", "channel", "model", "outcome", "latency", "why"].map(str::to_owned));
    let mut table = show::table(&heading);
    table.set_constraints(vec![ColumnConstraint::ContentWidth; heading.len() - 1]);
    for line in seen {
        table.add_row(shown([
            show::local(line.at),
            format!("#{}", line.channel),
            show::plain(&line.model),
            line.outcome,
            format!("{} ms", line.latency_ms),
            show::plain(&line.detail),
        ]));
    }
    say!("{name}\n{table}");
    Ok(())
}

async fn done(store: &Store, name: &str, args: &Args) -> anyhow::Result<()> {
    let (rounds, changes) = (store.rounds(name, args.limit).await?, store.changes(name, args.limit).await?);
    if args.json {
        say!("{}", json!({ "gateway": name, "rounds": rounds, "changes": changes }));
        return Ok(());
    }
    let mut table = show::table(&["round", "started", "mode", "checked", "changes", "held"]);
    for round in rounds {
        let report = round.report.unwrap_or_default();
        let count = |key: &str| report[key].as_array().map(|list| list.len().to_string()).unwrap_or_default();
        let checked = report["probed"].as_u64().map_or_else(|| "not finished".to_owned(), |n| n.to_string());
        table.add_row(vec![
            round.id.to_string(),
            show::local(round.started),
            round.mode,
            checked,
            count("changes"),
            count("held"),
        ]);
    }
    say!("{name}\n{table}");
    let mut table = show::table(&["change", "when", "channel", "state", "what"]);
    for change in changes {
        let undone = change.undone_by.map(|by| format!(", taken back by {by}")).unwrap_or_default();
        table.add_row(vec![
            change.id.to_string(),
            show::local(change.opened),
            show::channel(&change.intent.channel),
            format!("{}{}{undone}", change.state.as_str(), live(&change)),
            what(&change),
        ]);
    }
    say!("{table}");
    Ok(())
}

/// Whether the gateway's users see an applied change, as far as that is known.
fn live(change: &ChangeRecord) -> String {
    if change.undone_by.is_some() {
        return String::new();
    }
    match (change.state, change.live, change.live_note.as_str()) {
        (ChangeState::Open | ChangeState::Abandoned | ChangeState::Conflict, ..) => String::new(),
        (ChangeState::Applied, Some(seen), _) => format!(", live (seen {})", show::local(seen)),
        (ChangeState::Applied, None, "") => {
            change.live_due.map(|due| format!(", live by {}", show::local(due))).unwrap_or_default()
        }
        (ChangeState::Applied, None, note) => format!(", not seen live: {}", show::plain(note)),
    }
}

fn what(change: &ChangeRecord) -> String {
    let intent = &change.intent;
    if intent.is_repair() {
        let after = change.after.as_ref().map_or(&[][..], |after| &after.abilities);
        let rows = RowChanges::between(&intent.before.abilities, after);
        let rows =
            if change.after.is_some() { format!("repair: {rows}") } else { "repair of its routing rows".to_owned() };
        return intent.undoes.map_or(rows.clone(), |id| format!("undo of change {id}\n{rows}"));
    }
    let off = intent.removed.iter().map(|removal| format!("−{}: {}", removal.model, removal.reason));
    let on = intent.restored.iter().chain(&intent.added).map(|model| format!("+{model}"));
    let lines: Vec<_> = off.chain(on).map(|line| show::plain(&line)).collect();
    let undo = intent.undoes.map(|id| format!("undo of change {id}\n")).unwrap_or_default();
    format!("{undo}{}", lines.join("\n"))
}
