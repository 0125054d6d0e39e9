//! `doctor`: what is wrong, why, and what to do about it.
//!
//! Decides: how findings are shown. Must not know: what is checked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use console::{Style, style};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::json;

use crate::doctor::{self, Finding, Level, Report, Visit, Watch};
use crate::say::{self, say};

/// What is wrong with this setup, why, and the exact fix
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looked at: the configuration, the store, each gateway's database (reach, rights, schema, locks, \
collation, isolation), admin API and cache, the hosts behind channels (DNS, TLS), clocks, budgets, holds, the loop, \
and LiteLLM. Nothing is written, no model is asked, nothing costs anything.

A FILE may be a compose file, a LiteLLM config.yaml, an environment file, what `docker inspect CONTAINER` prints, or \
a log: which it is, is told from its contents.

Examples:
  channelwarden doctor                            everything that is configured
  channelwarden doctor docker-compose.yml .env    and these files
  channelwarden doctor --offline config.yaml      only what needs no network
  docker inspect litellm > health.json; channelwarden doctor health.json

Exit codes: 0 nothing worse than notes, 2 warnings, 1 errors"
)]
pub(super) struct Args {
    /// Files of a gateway to look through
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Ask nothing over a network
    #[arg(long)]
    offline: bool,
    /// Show only what is not as it should be
    #[arg(long, short)]
    quiet: bool,
}

pub(super) async fn run(at: Option<&Path>, args: Args) -> anyhow::Result<ExitCode> {
    let visit = Visit { config: at.map(Path::to_owned), files: args.files, offline: args.offline };
    let bar = Spinner::new(args.json || !console::user_attended_stderr());
    let report = doctor::examine(&visit, &bar).await;
    bar.0.finish_and_clear();
    if args.json {
        say!("{}", json_of(&report));
    } else {
        say::text(&text_of(&report, args.quiet));
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn json_of(report: &Report) -> serde_json::Value {
    let count = |level| report.count(level);
    json!({
        "worst": report.worst,
        "exit_code": report.exit_code(),
        "errors": count(Level::Error),
        "warnings": count(Level::Warning),
        "notes": count(Level::Note),
        "findings": report.findings,
    })
}

/// A section a check; within it, the worst first.
fn text_of(report: &Report, quiet: bool) -> String {
    let mut out = String::new();
    let mut section = None;
    let mut findings: Vec<_> = report.findings.iter().filter(|finding| !quiet || finding.level != Level::Ok).collect();
    findings.sort_by_key(|finding| (finding.check, std::cmp::Reverse(finding.level)));
    for finding in findings {
        if section != Some(finding.check) {
            section = Some(finding.check);
            let _ = writeln!(out, "{}", style(finding.check.as_str()).bold());
        }
        out.push_str(&lines(finding));
    }
    let count = |level, noun: &str| {
        let count = report.count(level);
        format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
    };
    let (errors, warnings, notes) =
        (count(Level::Error, "error"), count(Level::Warning, "warning"), count(Level::Note, "note"));
    let _ = writeln!(out, "\n{errors}, {warnings}, {notes}");
    out
}

fn lines(finding: &Finding) -> String {
    let color = match finding.level {
        Level::Ok => Style::new().green(),
        Level::Note => Style::new().cyan(),
        Level::Warning => Style::new().yellow(),
        Level::Error => Style::new().red().bold(),
    };
    let level = color.apply_to(format!("{:<7}", finding.level.as_str()));
    let place = finding.place.to_string();
    let place = if place.is_empty() { place } else { format!("{place}: ") };
    let mut out = format!("  {level}  {place}{}\n", finding.what);
    for (word, text) in [("why", &finding.why), ("fix", &finding.fix)] {
        for (number, line) in text.lines().enumerate() {
            let word = if number == 0 { word } else { "" };
            let _ = writeln!(out, "           {}  {line}", style(format!("{word:<3}")).dim());
        }
    }
    out
}

/// What is under way, on a terminal.
struct Spinner(ProgressBar, Mutex<BTreeSet<String>>);

impl Spinner {
    fn new(hidden: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        if hidden {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar, Mutex::default())
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<String>)) {
        let mut under_way = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut under_way);
        let names: Vec<_> = under_way.iter().map(String::as_str).collect();
        self.0.set_message(format!("looking at {}", names.join(", ")));
    }
}

impl Watch for Spinner {
    fn begins(&self, what: &str) {
        self.change(|under_way| {
            under_way.insert(what.to_owned());
        });
    }

    fn ends(&self, what: &str) {
        self.change(|under_way| {
            under_way.remove(what);
        });
    }
}
