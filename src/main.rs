//! The `channelwarden` program.

#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use channelwarden::cli::{self, Cli};
use channelwarden::say;
use clap::Parser as _;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // 2 means "changes pending" here, so a typo is a plain error; help and version are none.
            let code = u8::from(usage.use_stderr());
            say::speak(|_| usage.print());
            return ended(ExitCode::from(code));
        }
    };
    // The commands' futures are large, and this one holds any of them.
    ended(Box::pin(cli::run(cli)).await.unwrap_or_else(|error| failed(&error)))
}

/// What was done holds, but a command whose words were kept back has failed.
fn ended(code: ExitCode) -> ExitCode {
    say::end().map_or_else(|error| failed(&anyhow::Error::new(error).context("cannot write the output")), |()| code)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    say::aside(format_args!("error: {error:#}"));
    ExitCode::from(1)
}
