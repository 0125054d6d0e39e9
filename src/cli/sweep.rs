//! `sweep`: one round now.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::show::Words;
use super::{failed, gateways, open, open_to_look, show, stop_on_signal, worst, worst_of};
use crate::clock;
use crate::config::{Config, Confirm, Mode, VerdictPolicy};
use crate::model::{ChannelRef, ModelName, Outcome};
use crate::round::{Down, KeyLine, Progress, Report, Scope};
use crate::say::say;
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
    /// Print the report as JSON, one object a line: one a gateway (and, with --confirm, a look)
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
        for confirm in [&mut config.verdict.denied, &mut config.verdict.denied_listed, &mut config.verdict.failing] {
            *confirm = spaced(*confirm);
        }
    }
    let store = Store::open(&config.store.path).await?;
    let scope = scope(&args)?;
    let mut codes = vec![];
    let mut found = false;
    for name in gateways(&config, args.gateway.as_deref())? {
        match Box::pin(looks(&config, &store, &name, &scope, &args, &stop)).await {
            Ok((first, code)) => {
                found |= first.wanted + first.skipped_count + first.unprobed_count > 0;
                codes.push(code);
            }
            // One gateway that does not answer never stops the others.
            Err(error) => codes.push(failed(&error)),
        }
    }
    store.close().await;
    let narrowed = !(args.channel.is_empty() && args.model.is_empty());
    if narrowed && !found && codes.iter().all(|code| *code == 0) {
        anyhow::bail!("nothing was looked at: no gateway has such a channel, or no channel such a model");
    }
    Ok(worst(codes))
}

/// One round over a gateway, and those that confirm what it found: the first one's report, and the exit code of all.
async fn looks(
    config: &Config,
    store: &Store,
    name: &str,
    scope: &Scope,
    args: &Args,
    stop: &CancellationToken,
) -> anyhow::Result<(Report, u8)> {
    let first = one(config, store, name, scope, args, stop).await?;
    if args.confirm.is_none() {
        let code = first.exit_code();
        return Ok((first, code));
    }
    let mut codes = confirm(config, store, name, args, stop, &first).await?;
    // What one look held or left pending, a later one may have settled: our store tells what stands.
    let last = codes.last().copied();
    codes.retain(|code| matches!(code, 1 | 4));
    codes.extend(last);
    let proposals = store.proposals(name).await?;
    let standing = proposals.iter().filter(|proposal| proposal.round >= first.round);
    codes.extend(standing.map(|proposal| if proposal.held.is_empty() { 2 } else { 3 }));
    Ok((first, worst_of(codes)))
}

fn scope(args: &Args) -> anyhow::Result<Scope> {
    let parse = |name: &String| ModelName::parse(name).with_context(|| format!("{name:?} cannot be a model name"));
    let models = args.model.iter().map(parse).collect::<anyhow::Result<_>>()?;
    Ok(Scope { channels: args.channel.clone(), models, ..Scope::default() })
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
    let mut round = if args.dry_run {
        open_to_look(config, name, store, stop).await?
    } else {
        open(config, name, store, stop).await?
    };
    let bar = Arc::new(Bar::new(args.json));
    round.progress = Arc::clone(&bar) as Arc<dyn Progress>;
    let gateway = round.gateway.clone();
    let report = Arc::new(round).run(scope, !args.dry_run).await;
    gateway.close().await;
    bar.0.finish_and_clear();
    let report = report?;
    if args.json {
        say!("{}", serde_json::to_string(&report)?);
    } else {
        print(store, &report, args.all).await?;
    }
    Ok(report)
}

/// Looks at doubtful models again until none is left, each look as far apart as the verdict needs. The exit code of
/// each look, the first one's included.
async fn confirm(
    config: &Config,
    store: &Store,
    name: &str,
    args: &Args,
    stop: &CancellationToken,
    first: &Report,
) -> anyhow::Result<Vec<u8>> {
    let mut codes = vec![first.exit_code()];
    let mut report = first.clone();
    let VerdictPolicy { denied, denied_listed, failing, .. } = &config.verdict;
    for _ in 1..denied.times.max(denied_listed.times).max(failing.times) {
        let doubts = report.doubtful.iter().filter(|doubt| doubt.outcome != Outcome::NoRoute);
        let (channels, times): (BTreeSet<i64>, Vec<Timestamp>) =
            doubts.map(|doubt| (doubt.channel.id, doubt.next)).unzip();
        let count = times.len();
        let Some(next) = times.into_iter().max() else { break };
        let wait = Duration::try_from(next.duration_since(clock::now())).unwrap_or(Duration::ZERO);
        if !args.json {
            say!("{count} doubtful: looking again at {}\n", show::local(next));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => break,
        }
        let scope = Scope { due: Some(channels.into_iter().collect()), ..Scope::default() };
        report = one(config, store, name, &scope, args, stop).await?;
        codes.push(report.exit_code());
    }
    Ok(codes)
}

pub(super) async fn print(store: &Store, report: &Report, all: bool) -> anyhow::Result<()> {
    let every = report.probed <= ROWS as usize || all;
    let limit = if all { u32::MAX } else { ROWS };
    let observed = store.observed_in(report.round, every, limit).await?;
    if !observed.is_empty() {
        say!("{}", show::round(report, &observed));
    }
    if !every {
        say!("(rows that work are left out, {ROWS} shown at most; --all shows everything)");
    }
    for line in &report.changes {
        say!("{}", show::change(line, Words::Brief));
    }
    for held in &report.held {
        say!("{}", show::held(held));
    }
    for line in show::again(report).into_iter().chain(show::told(report)) {
        say!("{line}");
    }
    // When nothing is written at all, one line says why.
    let down: &[_] = if report.blackout.is_some() { &[] } else { &report.down };
    let has_key_line = |down: &&Down| {
        let is_key = |key: &KeyLine| key.channel.id == down.channel.id && key.outcome == down.outcome;
        report.keys.iter().any(is_key)
    };
    for line in show::keys(report) {
        say!("{line}");
    }
    for down in down.iter().filter(|down| !has_key_line(down)) {
        let (channel, detail) = (show::channel(&down.channel), show::words(&down.detail));
        say!("{channel}: nothing answered ({}), nothing withdrawn: {detail}", down.outcome);
    }
    for line in show::unprobed(report) {
        say!("{line}");
    }
    for skipped in &report.skipped {
        say!("{}: left alone: {}", show::channel(&skipped.channel), show::plain(&skipped.why));
    }
    for line in &report.drift {
        say!("{}", show::drift(line, "`channelwarden repair` sets them right"));
    }
    if let Some(line) = show::orphans(&report.orphans) {
        say!("{line}");
    }
    for note in &report.notes {
        say!("note: {}", show::plain(note));
    }
    if let Some((guard, why)) = &report.blackout {
        say!("held by {guard}: {why}");
    }
    for error in &report.errors {
        say!("error: {}", show::plain(error));
    }
    say!("{} [{}]: {}", report.gateway, report.mode.as_str(), report.summary());
    if report.withdrawn() + report.restored() + report.added() > 0 {
        say!("written; {}", report.live);
    }
    if report.pending() > 0 {
        let why = match report.mode {
            Mode::Observe => "nothing was written: the gateway's mode is observe",
            Mode::Propose => "nothing was written yet: `channelwarden apply` does it",
            Mode::Apply => "not everything was written: a dry run, or a channel in another mode",
        };
        say!("{why}");
    }
    Ok(())
}

/// The progress bar: on a terminal only.
pub(super) struct Bar(pub(super) ProgressBar);

impl Bar {
    pub(super) fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} asked, {elapsed} {msg}");
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
