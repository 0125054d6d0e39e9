//! `sweep`: one round now.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{gateways, open, show, stop_on_signal, worst};
use crate::clock;
use crate::config::{Config, Confirm};
use crate::model::{ChannelRef, ModelName, Outcome};
use crate::round::{Progress, Report, Scope};
use crate::store::Store;

/// More rows than this are not shown unless asked for; those that work are left out first.
const ROWS: u32 = 500;

/// One round now
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  channelwarden sweep --dry-run               look at everything, write nothing
  channelwarden sweep --channel 3 --model gpt-4o
  channelwarden sweep --confirm=2m            repeat the doubtful probes after 2 minutes, in this run")]
pub(super) struct Args {
    /// Write nothing to any gateway, whatever its mode
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON, one object a gateway
    #[arg(long)]
    json: bool,
    /// Only this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Only this channel (its id); may be repeated
    #[arg(long, value_name = "ID")]
    channel: Vec<i64>,
    /// Only this model, and a few siblings to compare with; may be repeated
    #[arg(long, value_name = "NAME")]
    model: Vec<String>,
    /// Repeat the doubtful probes in this run until they are confirmed or cleared; SPACING (as `2m`) lies between two
    /// looks in place of the configured times
    #[arg(long, value_name = "SPACING", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's form of an option with an optional value")]
    confirm: Option<Option<humantime::Duration>>,
    /// Show every row, also those that work and those over the first 500
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(mut config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let stop = stop_on_signal()?;
    if let Some(Some(spacing)) = args.confirm {
        let spaced = |confirm: Confirm| Confirm { over: *spacing * confirm.times.saturating_sub(1), ..confirm };
        config.verdict.denied = spaced(config.verdict.denied);
        config.verdict.failing = spaced(config.verdict.failing);
    }
    let store = Store::open(&config.store.path).await?;
    let mut codes = vec![];
    for name in gateways(&config, args.gateway.as_deref())? {
        let scope = scope(&args)?;
        let mut code = one(&config, &store, &name, &scope, &args, &stop).await?;
        if args.confirm.is_some() {
            code = confirm(&config, &store, &name, &args, &stop, code).await?;
        }
        codes.push(code.exit_code());
    }
    store.close().await;
    Ok(worst(codes))
}

fn scope(args: &Args) -> anyhow::Result<Scope> {
    let parse = |name: &String| ModelName::parse(name).with_context(|| format!("{name:?} cannot be a model name"));
    let models = args.model.iter().map(parse).collect::<anyhow::Result<_>>()?;
    Ok(Scope { channels: args.channel.clone(), models, due: None })
}

/// Runs and shows one round.
async fn one(
    config: &Config,
    store: &Store,
    name: &str,
    scope: &Scope,
    args: &Args,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let mut round = open(config, name, store, stop).await?;
    let bar = Arc::new(Bar::new(args.json));
    round.progress = Arc::clone(&bar) as Arc<dyn Progress>;
    let gateway = round.gateway.clone();
    let report = Arc::new(round).run(scope, !args.dry_run).await;
    gateway.close().await;
    bar.0.finish_and_clear();
    let report = report?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(store, &report, args.all).await?;
    }
    Ok(report)
}

/// Looks at doubtful models again until none is left, each look as far apart as the verdict needs.
async fn confirm(
    config: &Config,
    store: &Store,
    name: &str,
    args: &Args,
    stop: &CancellationToken,
    mut report: Report,
) -> anyhow::Result<Report> {
    let looks = config.verdict.denied.times.max(config.verdict.failing.times);
    for _ in 1..looks {
        let doubts = report.doubtful.iter().filter(|doubt| doubt.outcome != Outcome::NoRoute);
        let (channels, times): (BTreeSet<i64>, Vec<Timestamp>) =
            doubts.map(|doubt| (doubt.channel.id, doubt.next)).unzip();
        let Some(next) = times.into_iter().max() else { break };
        let wait = Duration::try_from(next.duration_since(clock::now())).unwrap_or(Duration::ZERO);
        if !args.json {
            println!("{} doubtful: looking again at {}\n", report.doubtful_count, show::local(next));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => break,
        }
        let scope = Scope { due: Some(channels.into_iter().collect()), ..Scope::default() };
        report = one(config, store, name, &scope, args, stop).await?;
    }
    Ok(report)
}

pub(super) async fn print(store: &Store, report: &Report, all: bool) -> anyhow::Result<()> {
    let every = report.probed <= ROWS as usize || all;
    let limit = if all { u32::MAX } else { ROWS };
    let observed = store.observed_in(report.round, every, limit).await?;
    if !observed.is_empty() {
        println!("{}", show::round(report, &observed));
    }
    if !every {
        println!("(rows that work are left out, {ROWS} shown at most; --all shows everything)");
    }
    for line in &report.changes {
        println!("{}", show::change(line));
    }
    for held in &report.held {
        println!("{}", show::held(held));
    }
    for down in &report.down {
        let (channel, detail) = (show::channel(&down.channel), show::plain(&down.detail));
        println!("{channel}: nothing answered ({}), nothing withdrawn: {detail}", down.outcome);
    }
    for skipped in &report.skipped {
        println!("{}: left alone: {}", show::channel(&skipped.channel), show::plain(&skipped.why));
    }
    for note in &report.notes {
        println!("note: {}", show::plain(note));
    }
    if let Some((guard, why)) = &report.blackout {
        println!("held by {guard}: {why}");
    }
    for error in &report.errors {
        println!("error: {}", show::plain(error));
    }
    println!("{} [{}]: {}", report.gateway, report.mode.as_str(), report.summary());
    Ok(())
}

/// The progress bar: on a terminal only.
struct Bar(ProgressBar);

impl Bar {
    fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} probed, {per_sec}, {elapsed} {msg}");
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }
}

impl Progress for Bar {
    fn expect(&self, probes: usize) {
        self.0.inc_length(probes as u64);
    }

    fn probed(&self, channel: &ChannelRef, _outcome: Outcome) {
        self.0.inc(1);
        self.0.set_message(show::channel(channel));
    }
}
