//! Reads each `LiteLLM`'s log, and keeps which requests failed.
//!
//! Decides: when files are looked for and read, and when one that nobody names any more is let go.
//! Must not know: what a line means, which file comes after which.

mod files;

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::files::Files;
use crate::clock;
use crate::config::Config;
use crate::litellm::failure::Clock;
use crate::litellm::sources::{Journal, JournalPlace};
use crate::model::{LogFailure, Secret};
use crate::store::Store;

/// How often a place is kept at least, where nothing failed: lines without failures are soon read again.
const KEEP_PLACE: Duration = Duration::from_secs(15);
/// The pause before `journalctl` is started again.
const AGAIN: Duration = Duration::from_secs(30);
/// When nothing came for so long, an entry that was begun is whole.
const QUIET: Duration = Duration::from_secs(5);
/// What tells a unit's journal.
const JOURNALCTL: &str = "journalctl";

/// Follows a gateway's log until `stop`. Nothing of it is in a probe's or a write's way.
pub(in crate::daemon) async fn follow(gateway: String, config: Config, store: Store, stop: CancellationToken) {
    let Some(settings) = config.gateways.get(&gateway) else { return };
    let logs = settings.litellm.logs.clone();
    let key = settings.api.as_ref().and_then(|api| api.token.resolve().ok());
    let keeper = Keeper { gateway, store, secrets: key.into_iter().collect() };
    let tasks = TaskTracker::new();
    for unit in &logs.journal {
        let (keeper, unit, stop) = (keeper.clone(), unit.clone(), stop.clone());
        tasks.spawn(async move { keeper.journal(JOURNALCTL, &unit, &stop).await });
    }
    if !logs.files.is_empty() || !logs.docker.is_empty() || logs.process {
        let stop = stop.clone();
        tasks.spawn(async move {
            let every = logs.every;
            let mut files = Files::new(keeper, logs);
            loop {
                tokio::select! {
                    () = files.look() => {}
                    () = stop.cancelled() => return,
                }
                tokio::select! {
                    () = sleep(every) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
    }
    tasks.close();
    tasks.wait().await;
}

/// Keeps what was read of one gateway's log.
#[derive(Clone)]
struct Keeper {
    gateway: String,
    store: Store,
    secrets: Vec<Secret>,
}

impl Keeper {
    /// Keeps failures and place, or neither: whether it could.
    async fn keep(&self, source: &str, place: &str, failures: &[LogFailure]) -> bool {
        match self.store.keep_log(&self.gateway, source, place, failures).await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(gateway = self.gateway, source, "what its log tells is not kept yet: {error}");
                false
            }
        }
    }

    /// Follows a unit's journal; what goes wrong is told once.
    async fn journal(&self, program: &str, unit: &str, stop: &CancellationToken) {
        let mut told = None;
        loop {
            let ended = tokio::select! {
                ended = self.journal_once(program, unit, &mut told) => ended,
                () = stop.cancelled() => return,
            };
            if told.as_ref() != Some(&ended) {
                tracing::warn!(gateway = self.gateway, unit, "its journal is not read, and is tried again: {ended}");
                told = Some(ended);
            }
            tokio::select! {
                () = sleep(AGAIN) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Follows it until something goes wrong: what.
    async fn journal_once(&self, program: &str, unit: &str, told: &mut Option<String>) -> String {
        let source = format!("journal {unit}");
        let place = match self.store.log_places(&self.gateway).await {
            Ok(places) => places.get(&source).and_then(|place| serde_json::from_str::<JournalPlace>(place).ok()),
            Err(error) => return error.to_string(),
        };
        let mut kept = place.clone();
        let mut journal = match Journal::open(program, unit, place, self.secrets.clone()) {
            Ok(journal) => journal,
            Err(error) => return format!("{program} cannot be started: {error}"),
        };
        let mut keep_next = Instant::now();
        loop {
            let failures = match timeout_at(Instant::now() + QUIET, journal.next(&now())).await {
                Ok(Ok(failures)) => {
                    *told = None;
                    failures
                }
                Ok(Err(error)) => return error.to_string(),
                Err(_quiet) => journal.finish(&now()).into_iter().collect(),
            };
            let due = Instant::now() >= keep_next;
            let Some(place) = journal.place().filter(|place| kept.as_ref() != Some(place)) else { continue };
            if !failures.is_empty() || due {
                let Ok(text) = serde_json::to_string(&place) else { continue };
                // What cannot be kept must not be left out: it is read again.
                while !self.keep(&source, &text, &failures).await {
                    sleep_until(Instant::now() + AGAIN).await;
                }
                (kept, keep_next) = (Some(place), Instant::now() + KEEP_PLACE);
            }
        }
    }
}

fn now() -> Clock {
    Clock { now: clock::now(), since: None, zone: TimeZone::system() }
}

#[cfg(test)]
mod tests;
