//! The commands: what a person types, and what they are told.
//!
//! Decides: arguments, exit codes, tables and words. Must not know: how a round, a plan or a write works.

mod configuration;
mod demo;
mod doctor;
mod forecast;
mod health;
mod history;
mod hold;
mod notify;
mod openrouter;
mod pending;
mod repair;
mod show;
mod status;
mod sweep;
mod top;
mod undo;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, ConfigError, Loaded, LogConfig, LogFormat};
use crate::daemon;
use crate::probe::Prober;
use crate::round::Round;
use crate::say::{self, remark};
use crate::signals::Signals;
use crate::store::Store;

/// Keeps LLM gateways truthful: probes every model of every One API / New API channel and writes back the list that
/// really works, safely and reversibly.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration; without it `config.json5`, `.json`, `.yaml` or `.yml` here, then in the user's config folder
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  channelwarden demo                      see it work, with nothing but this binary
  channelwarden config check              is the configuration right?
  channelwarden sweep --dry-run           probe everything now, write nothing
  channelwarden status                    how everything stands, and what to do next
  channelwarden plan                      what would change, and what is held back
  channelwarden run                       the loop: what a service or container runs
  channelwarden undo --last               take the latest change back

Exit codes: 0 nothing to do or done, 1 error, 2 changes pending, 3 held by a guard, 4 conflict";

#[derive(Debug, Subcommand)]
enum Command {
    /// The loop: a round at once, then one every `probe.every` (SIGHUP reads the configuration again)
    Run,
    /// One round now, with a progress bar and a table
    Sweep(sweep::Args),
    /// How everything stands: gateways, LiteLLM, processes, what is wrong, what to do next
    Status(status::Args),
    /// What the latest round wants to change, and what guards held back
    Plan(pending::PlanArgs),
    /// Write what the latest round wants (the gateway's mode must be propose or apply)
    Apply(pending::ApplyArgs),
    /// Take changes back: both tables as they were
    Undo(undo::Args),
    /// Set routing rows right that do not agree with their channel's list
    Repair(repair::Args),
    /// Stop writing: everywhere, or one gateway, channel or model
    Hold(hold::HoldArgs),
    /// Lift a hold
    Release(hold::ReleaseArgs),
    /// Rounds and changes, or what was seen of a channel or model
    History(history::Args),
    /// The dashboard in this terminal: of our own store, or of a running instance
    Top(top::Args),
    /// OpenRouter's free models: what there is, and whether it answers
    Openrouter(openrouter::Args),
    /// Alerts: try the receivers, see what is on its way
    #[command(subcommand)]
    Notify(notify::Command),
    /// Check, migrate or describe the configuration
    #[command(subcommand)]
    Config(configuration::Command),
    /// What is wrong with this setup, why, and the exact fix
    Doctor(doctor::Args),
    /// Is the loop alive, or does an address answer? For container health checks, also of LiteLLM
    Healthcheck(health::Args),
    /// A simulated gateway and its upstreams in a temporary folder, and real rounds over them
    Demo(demo::Args),
    /// Shell completions
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command line; the answer is the exit code.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let at = cli.config.as_deref();
    match cli.command {
        Command::Run => {
            let loaded = load(at, true)?;
            for note in &loaded.notes {
                tracing::warn!("{note}");
            }
            daemon::run(loaded.config, loaded.path).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Sweep(args) => {
            let loaded = load(at, false)?;
            for note in &loaded.notes {
                remark!("note: {note}");
            }
            Box::pin(sweep::run(loaded.config, args)).await
        }
        Command::Status(args) => Box::pin(status::run(at, &args)).await,
        Command::Plan(args) => pending::plan(load(at, false)?.config, &args).await,
        Command::Apply(args) => pending::apply(load(at, false)?.config, &args).await,
        Command::Undo(args) => undo::run(load(at, false)?.config, &args).await,
        Command::Repair(args) => repair::run(load(at, false)?.config, &args).await,
        Command::Hold(args) => hold::hold(load(at, false)?.config, &args).await,
        Command::Release(args) => hold::release(load(at, false)?.config, &args).await,
        Command::History(args) => history::run(load(at, false)?.config, &args).await,
        Command::Top(args) => Box::pin(top::run(at, args)).await,
        Command::Openrouter(args) => Box::pin(openrouter::run(load_if_any(at)?, &args)).await,
        Command::Notify(command) => Box::pin(notify::run(load(at, false)?.config, &command)).await,
        Command::Config(command) => configuration::run(at, &command),
        Command::Doctor(args) => {
            start_log(&LogConfig::default(), false);
            Box::pin(doctor::run(at, args)).await
        }
        Command::Healthcheck(args) => health::run(at, &args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Completions { shell } => {
            // It panics where it cannot write: a buffer takes everything.
            let mut script = vec![];
            clap_complete::generate(shell, &mut Cli::command(), "channelwarden", &mut script);
            say::text(&String::from_utf8(script)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Finds and reads the configuration and starts the log. The loop logs at the configured level; commands for people
/// only warn, for their output is their own.
fn load(at: Option<&Path>, service: bool) -> anyhow::Result<Loaded> {
    let loaded = config::load(&config::find(at)?)?;
    start_log(&loaded.config.log, service);
    Ok(loaded)
}

/// As [`load`]; without any file, and none named, there is nothing to read. The answer is then `None`.
fn load_if_any(at: Option<&Path>) -> anyhow::Result<Option<Config>> {
    match config::find(at) {
        Err(ConfigError::NotFound { .. }) => {
            start_log(&LogConfig::default(), false);
            Ok(None)
        }
        Err(error) => Err(error.into()),
        Ok(_) => load(at, false).map(|loaded| Some(loaded.config)),
    }
}

fn start_log(log: &LogConfig, service: bool) {
    let level = if service { log.level.as_str() } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_new(level).unwrap_or_default();
    // Of lines that nobody takes it would tell on standard error, and panic there.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.log_internal_errors(false);
    // A second start is a test's, and keeps the first.
    let _ = match log.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_ansi(console::colors_enabled_stderr()).try_init(),
    };
}

/// The gateways a command is about: the one named, or all.
fn gateways(config: &Config, named: Option<&str>) -> anyhow::Result<Vec<String>> {
    match named {
        None => Ok(config.gateways.keys().cloned().collect()),
        Some(name) if config.gateways.contains_key(name) => Ok(vec![name.to_owned()]),
        Some(name) => {
            let known: Vec<_> = config.gateways.keys().map(String::as_str).collect();
            anyhow::bail!("no gateway {name:?} in the configuration; there are: {}", known.join(", "))
        }
    }
}

/// Opens a gateway for a command.
async fn open(config: &Config, name: &str, store: &Store, stop: &CancellationToken) -> anyhow::Result<Round> {
    let prober = Prober::with_accounts(config, store).await;
    let prober = prober.map_err(anyhow::Error::msg).context("cannot prepare probing")?;
    daemon::open(name, config, store, &prober, stop).await
}

/// The same for a command that only looks, or rolls back what it does: it keeps no lease, which would be written.
async fn open_to_look(config: &Config, name: &str, store: &Store, stop: &CancellationToken) -> anyhow::Result<Round> {
    let mut config = config.clone();
    config.gateways.values_mut().for_each(|gateway| gateway.lease = false);
    open(&config, name, store, stop).await
}

/// A token that SIGINT and SIGTERM set: a round's probes are dropped, a write ends first. A second signal ends the
/// process; what it was writing is settled with the next start.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut ending = Signals::to_end()?;
    tokio::spawn(async move {
        for first in [true, false] {
            ending.come().await;
            if !first {
                std::process::exit(130);
            }
            token.cancel();
        }
    });
    Ok(stop)
}

/// Tells an error that does not stop the other gateways; the exit code it leads to.
fn failed(error: &anyhow::Error) -> u8 {
    remark!("error: {error:#}");
    1
}

/// The worst of several exit codes: error, conflict, held, pending, done.
fn worst(codes: impl IntoIterator<Item = u8>) -> ExitCode {
    ExitCode::from(worst_of(codes))
}

fn worst_of(codes: impl IntoIterator<Item = u8>) -> u8 {
    const ORDER: [u8; 5] = [0, 2, 3, 4, 1];
    let rank = |code: &u8| ORDER.iter().position(|known| known == code).unwrap_or(ORDER.len());
    codes.into_iter().max_by_key(rank).unwrap_or(0)
}
