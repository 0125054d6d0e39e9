//! `demo`: real rounds over a simulated gateway and its upstreams, told as a story.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::{open, show, stop_on_signal, sweep};
use crate::apply;
use crate::config::{self, Config};
use crate::demo::Demo;
use crate::round::{Report, Scope};
use crate::store::{ObservationRecord, Store};

/// A simulated gateway and its upstreams in a temporary folder, and real rounds over them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End after the story (under a minute); without it rounds go on until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Keep the folder, with its database, configuration and history
    #[arg(long)]
    keep: bool,
}

/// Ours, with times short enough to watch.
const CONFIG: &str = "\
// channelwarden demo: the times are shortened so that a person can watch. Real ones: config.example.json5
{
  gateways: { demo: { database: 'sqlite:FOLDER/one-api.db', mode: 'apply' } },
  store: { path: 'FOLDER/channelwarden.db' },
  probe: { timeout: '1500ms', first_byte_timeout: '1500ms', connect_timeout: '1s', requests_per_second: 0 },
  verdict: {
    denied: { times: 2, over: '2s' },
    failing: { times: 3, over: '4s' },
    restore_first: '1s',
  },
}
";

/// Between two rounds: longer than the verdicts above need.
const PAUSE: Duration = Duration::from_millis(2100);

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let signal = stop_on_signal()?;
    let folder = tempfile::Builder::new().prefix("channelwarden-demo-").tempdir()?;
    let place = folder.path().to_str().context("the temporary folder's name is no text")?.to_owned();
    let file = folder.path().join("config.json5");
    std::fs::write(&file, CONFIG.replace("FOLDER", &place))?;
    let config = config::load(&file)?.config;
    let demo = Demo::start(folder.path()).await?;
    let store = Store::open(&config.store.path).await?;
    println!("A One API gateway with 7 channels, and a simulated upstream behind each:\n");
    lists(&demo).await?;
    let mut tale = Story { config, store, stop: signal, reports: vec![] };
    let told = tale.tell(&demo, &args, &file).await;
    tale.store.close().await;
    if args.keep {
        println!("kept: {}", folder.keep().display());
    }
    told?;
    Ok(ExitCode::SUCCESS)
}

struct Story {
    config: Config,
    store: Store,
    stop: CancellationToken,
    reports: Vec<Report>,
}

impl Story {
    async fn tell(&mut self, demo: &Demo, args: &Args, file: &Path) -> anyhow::Result<()> {
        self.round("Round 1: a first look. One failure is no proof: nothing is withdrawn yet").await?;
        self.round("Round 2: what is gone was confirmed; limits hold back what looks like too much").await?;
        self.round("Round 3: three failures in a row while siblings answer are proof too").await?;
        demo.mend();
        self.round("Round 4: the upstream of Glacier mended mixtral-8x7b: it comes back by itself").await?;
        println!("What the gateway advertises now:\n");
        lists(demo).await?;
        self.sum_up().await?;
        if args.once {
            return Ok(());
        }
        println!("\nRounds go on until Ctrl-C. Meanwhile, in another terminal:");
        for command in ["history", "plan", "undo --last --rehearse", "hold", "release"] {
            println!("  channelwarden -c {} {command}", file.display());
        }
        let mut hangs = true;
        while !self.stop.is_cancelled() {
            if hangs {
                demo.hurt();
            } else {
                demo.mend();
            }
            hangs = !self.reports.len().is_multiple_of(4);
            self.round("The loop goes on").await?;
        }
        Ok(())
    }

    async fn round(&mut self, title: &str) -> anyhow::Result<()> {
        if !self.reports.is_empty() {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
        }
        println!("{}", console::style(format!("── {title}")).bold());
        let round = open(&self.config, "demo", &self.store, &self.stop).await?;
        let report = Arc::new(round).run(&Scope::default(), true).await?;
        sweep::print(&self.store, &report, false).await?;
        println!();
        self.reports.push(report);
        Ok(())
    }

    /// Withdrawn, restored, held and kept, each with its reason.
    async fn sum_up(&self) -> anyhow::Result<()> {
        let lines = self.reports.iter().flat_map(|report| &report.changes);
        let applied = lines.filter(|line| matches!(line.outcome, Some(apply::Outcome::Applied(_))));
        println!();
        for line in applied {
            let channel = show::channel(&line.change.channel);
            for removal in &line.change.removed {
                println!("withdrawn  {channel}: {} ({})", removal.model, show::plain(&removal.reason.to_string()));
            }
            for model in &line.change.restored {
                println!("restored   {channel}: {model} (it works again)");
            }
            for model in &line.change.added {
                println!("added      {channel}: {model} (new at the upstream, and it works)");
            }
        }
        let Some(last) = self.reports.last() else { return Ok(()) };
        for held in &last.held {
            let models: Vec<_> = held.removals.iter().map(|removal| removal.model.as_str()).collect();
            println!("held       {}: {} ({})", show::channel(&held.channel), models.join(", "), held.guard);
        }
        for doubt in &last.doubtful {
            println!(
                "kept       {}: {} ({} {} of {}: not confirmed)",
                show::channel(&doubt.channel),
                doubt.model,
                doubt.outcome,
                doubt.count,
                doubt.times
            );
        }
        let mut kept: BTreeMap<(i64, String), Vec<ObservationRecord>> = BTreeMap::new();
        for seen in self.store.observed_in(last.round, false, u32::MAX).await? {
            let told = |channel: i64, model: &str| channel == seen.channel && model == seen.model;
            let doubted = last.doubtful.iter().any(|doubt| told(doubt.channel.id, doubt.model.as_str()));
            let held = last
                .held
                .iter()
                .any(|held| held.removals.iter().any(|removal| told(held.channel.id, removal.model.as_str())));
            let off = last.still_withdrawn.iter().any(|off| told(off.channel.id, off.model.as_str()));
            if !doubted && !held && !off {
                kept.entry((seen.channel, seen.outcome.clone())).or_default().push(seen);
            }
        }
        for ((_, outcome), seen) in kept {
            let models: Vec<_> = seen.iter().map(|seen| show::plain(&seen.model)).collect();
            let channel = seen.first().map(|seen| show::seen_on(last, seen)).unwrap_or_default();
            println!("kept       {channel}: {} ({outcome}: says nothing about a model)", models.join(", "));
        }
        for unprobed in &last.unprobed {
            println!("kept       {}: {} ({})", show::channel(&unprobed.channel), unprobed.model, unprobed.why);
        }
        for skipped in &last.skipped {
            println!("kept       {}: everything ({})", show::channel(&skipped.channel), skipped.why);
        }
        Ok(())
    }
}

async fn lists(demo: &Demo) -> anyhow::Result<()> {
    let mut table = show::table(&["channel", "channels.models"]);
    for line in demo.lists().await? {
        table.add_row(vec![line.channel, line.models]);
    }
    println!("{table}\n");
    Ok(())
}
