//! `config`: check, migrate, schema.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::{self, Config, GatewayConfig};
use crate::gateway::{Cache, cache, usual_way};
use crate::model::GatewayKind;
use crate::notify::Receiver;
use crate::say::say;

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
        Command::Check => {
            let path = config::find(at)?;
            let lines = config::check(&path)?;
            let loaded = config::load(&path)?;
            usable(&path, &loaded.config)?;
            let live =
                loaded.config.gateways.iter().map(|(name, gateway)| format!("gateway {name}: {}", live(gateway)));
            [lines.trim_end().to_owned()].into_iter().chain(live).collect::<Vec<_>>().join("\n")
        }
        Command::Migrate { file } => config::migrate(&config::find(file.as_deref().or(at))?)?,
        Command::Schema => config::schema(),
    };
    say!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// What a receiver can only find out by being made, such as what its template comes to: better now than in the log, once
/// there is something to tell.
fn usable(path: &Path, config: &Config) -> anyhow::Result<()> {
    let receivers = config.notify.receivers.iter();
    let mistakes: Vec<_> =
        receivers.filter_map(|(name, receiver)| Receiver::new(name, receiver, config).err()).collect();
    anyhow::ensure!(mistakes.is_empty(), "{} cannot be used:\n  {}", path.display(), mistakes.join("\n  "));
    Ok(())
}

/// When the gateway's users will see what we write.
fn live(gateway: &GatewayConfig) -> String {
    let of = |kind| {
        let (database, api) = (gateway.database.is_some(), gateway.api.is_some());
        cache(kind, gateway.write.unwrap_or_else(|| usual_way(kind, database, api)), api, gateway.cache)
    };
    match gateway.kind {
        Some(kind) => match of(kind) {
            Cache::Never => {
                format!(
                    "nothing is written: {kind} never reads its database anew, so give `api`, or `write: \"admin-api\"`"
                )
            }
            cache @ (Cache::Immediate | Cache::Within(_)) => format!("what is written is {cache}"),
        },
        None => format!(
            "what is written is {} in New API, {} in One API (`cache` says another time)",
            of(GatewayKind::NewApi),
            of(GatewayKind::OneApi)
        ),
    }
}
