//! `healthcheck`: is the loop alive? Looks into our own store only, so it costs nothing and needs no network.

use std::process::ExitCode;

use crate::clock;
use crate::config::Config;
use crate::daemon::HEARTBEAT;
use crate::store::Store;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        config.store.path.exists(),
        "no store at {}: `channelwarden run` has not started yet",
        config.store.path.display()
    );
    let store = Store::open(&config.store.path).await?;
    let Some(beat) = store.heartbeat().await? else {
        anyhow::bail!("the loop never ran with this store");
    };
    let age = clock::now().duration_since(beat).as_secs();
    let late = i64::try_from(HEARTBEAT.as_secs()).unwrap_or(i64::MAX).saturating_mul(4);
    anyhow::ensure!(age <= late, "the loop last said that it is alive {age} s ago");
    println!("alive {age} s ago");
    Ok(ExitCode::SUCCESS)
}
