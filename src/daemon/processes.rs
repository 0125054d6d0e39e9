//! Looks at the gateways' processes, where they are on this machine.
//!
//! Decides: when, and what is kept of it. Must not know: how a process is found.

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::config::Config;
use crate::model::ProcessSeen;
use crate::process::{Wanted, Watcher};
use crate::store::Store;

/// Looks at one gateway's process again and again, if it is watched; until it is dropped.
pub(super) async fn watch(name: String, config: Config, store: Store) {
    let Some(settings) = config.gateways.get(&name).filter(|settings| settings.watches_process()) else {
        // Shown for ever otherwise, and its number becomes another program's.
        if let Err(error) = store.forget_process(&name).await {
            tracing::error!("{error}");
        }
        return;
    };
    let wanted = Wanted { port: settings.process_port(), kind: settings.kind };
    let mut watcher = Watcher::default();
    // Kept over looks that find none: what comes after is another one.
    let mut last = last(&name, &store).await;
    let mut ticks = interval(settings.process.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (now, before) = (clock::now(), last.clone());
        let looked = spawn_blocking(move || {
            let seen = watcher.look(&wanted, before.as_ref(), now);
            (watcher, seen)
        });
        let seen = match looked.await {
            Ok((ours, seen)) => {
                watcher = ours;
                seen
            }
            Err(panic) => {
                tracing::error!(gateway = name, "looking at its process failed: {panic}");
                watcher = Watcher::default();
                continue;
            }
        };
        tell(&name, last.as_ref(), seen.as_ref());
        if let Err(error) = store.keep_process(&name, seen.as_ref(), now).await {
            tracing::error!("{error}");
        }
        last = seen.or(last);
    }
}

async fn last(name: &str, store: &Store) -> Option<ProcessSeen> {
    let mut processes = match store.processes().await {
        Ok(processes) => processes,
        Err(error) => {
            tracing::error!("{error}");
            return None;
        }
    };
    processes.remove(name).and_then(|(seen, _)| seen)
}

fn tell(gateway: &str, before: Option<&ProcessSeen>, seen: Option<&ProcessSeen>) {
    if let (Some(before), Some(seen)) = (before, seen)
        && before.restarts != seen.restarts
    {
        tracing::warn!(gateway, pid = seen.pid, before = before.pid, "its process was started anew");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{GatewayConfig, SecretRef};

    #[tokio::test]
    async fn a_process_that_is_not_watched_any_more_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        store.keep_process("g", None, clock::now()).await.unwrap();
        store.keep_process("other", None, clock::now()).await.unwrap();
        let mut config = Config::default();
        let mut settings = GatewayConfig::new(SecretRef::literal(""));
        settings.process.watch = Some(false);
        config.gateways.insert("g".to_owned(), settings);
        watch("g".to_owned(), config, store.clone()).await;
        assert_eq!(store.processes().await.unwrap().into_keys().collect::<Vec<_>>(), ["other"]);
    }
}
