//! `config`: check, migrate, schema.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config;

/// Check, migrate or describe the configuration
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Is it right? Prints what it means
    Check,
    /// Print a ChannelMonitor configuration as one of ours
    Migrate {
        /// The file; without it the one in use
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema
    Schema,
}

pub(super) fn run(at: Option<&Path>, command: &Command) -> anyhow::Result<ExitCode> {
    let text = match command {
        Command::Check => config::check(&config::find(at)?)?,
        Command::Migrate { file } => config::migrate(&config::find(file.as_deref().or(at))?)?,
        Command::Schema => config::schema(),
    };
    println!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}
