//! The demo's story: four rounds, and what they showed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::apply;
use crate::cli::{open, show, sweep};
use crate::config::Config;
use crate::demo::Demo;
use crate::round::{Report, Scope};
use crate::say::say;
use crate::store::{ObservationRecord, Store};

/// Between two rounds: longer than the verdicts of the demo's configuration need.
const PAUSE: Duration = Duration::from_millis(2100);

/// The rounds told, and what came of them.
pub(super) struct Story {
    config: Config,
    store: Store,
    stop: CancellationToken,
    reports: Vec<Report>,
}

impl Story {
    pub(super) fn new(config: Config, store: Store, stop: CancellationToken) -> Self {
        Self { config, store, stop, reports: vec![] }
    }

    /// Four rounds, and the sum of them.
    pub(super) async fn tell(&mut self, demo: &Demo) -> anyhow::Result<()> {
        say!("A One API gateway with {} channels, and a simulated upstream behind each:\n", demo.channels());
        lists(demo).await?;
        self.round("Round 1: a first look. One failure is no proof: nothing is withdrawn yet").await?;
        self.round("Round 2: what is gone was confirmed; limits hold back what looks like too much").await?;
        self.round("Round 3: three failures in a row while siblings answer are proof too").await?;
        demo.mend();
        self.round("Round 4: the upstream of Glacier mended mixtral-8x7b: it comes back by itself").await?;
        say!("What the gateway advertises now:\n");
        lists(demo).await?;
        self.sum_up().await
    }

    async fn round(&mut self, title: &str) -> anyhow::Result<()> {
        if !self.reports.is_empty() {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
        }
        say!("{}", console::style(format!("── {title}")).bold());
        let round = open(&self.config, "demo", &self.store, &self.stop).await?;
        let report = Arc::new(round).run(&Scope::default(), true).await?;
        sweep::print(&self.store, &report, false).await?;
        say!("");
        self.reports.push(report);
        Ok(())
    }

    /// Withdrawn, restored, held and kept, each with its reason.
    async fn sum_up(&self) -> anyhow::Result<()> {
        let lines = self.reports.iter().flat_map(|report| &report.changes);
        let applied = lines.filter(|line| matches!(line.outcome, Some(apply::Outcome::Applied(_))));
        say!("");
        for line in applied {
            let channel = show::channel(&line.change.channel);
            for removal in &line.change.removed {
                say!("withdrawn  {channel}: {} ({})", removal.model, show::plain(&removal.reason.to_string()));
            }
            for model in &line.change.restored {
                say!("restored   {channel}: {model} (it works again)");
            }
            for model in &line.change.added {
                say!("added      {channel}: {model} (new at the upstream, and it works)");
            }
        }
        let Some(last) = self.reports.last() else { return Ok(()) };
        for held in &last.held {
            let models: Vec<_> = held.removals.iter().map(|removal| removal.model.as_str()).collect();
            say!("held       {}: {} ({})", show::channel(&held.channel), models.join(", "), held.guard);
        }
        for doubt in &last.doubtful {
            say!(
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
            say!("kept       {channel}: {} ({outcome}: says nothing about a model)", models.join(", "));
        }
        for unprobed in &last.unprobed {
            say!("kept       {}: {} ({})", show::channel(&unprobed.channel), unprobed.model, unprobed.why);
        }
        for skipped in &last.skipped {
            say!("kept       {}: everything ({})", show::channel(&skipped.channel), skipped.why);
        }
        Ok(())
    }
}

async fn lists(demo: &Demo) -> anyhow::Result<()> {
    let mut table = show::table(&["channel", "channels.models"]);
    for line in demo.lists().await? {
        table.add_row(vec![show::plain(&line.channel), show::plain(&line.models)]);
    }
    say!("{table}\n");
    Ok(())
}
