//! The `channelwarden` program.

use std::process::ExitCode;

use channelwarden::cli::{self, Cli};
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
            let _ = usage.print();
            return ExitCode::from(code);
        }
    };
    // The commands' futures are large, and this one holds any of them.
    match Box::pin(cli::run(cli)).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}
