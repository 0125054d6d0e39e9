//! Uptime Kuma's push monitors are told how models and channels stand, up and down, for as long as we know it.
//!
//! Decides: when they are told. Must not know: probes; who looks at them.
//!
//! In a task of its own, with a time for each push: a monitor that hangs is waited for by nobody else. What we do not know
//! (nothing seen yet, a gateway whose last good round is too long ago) is not pushed: then Kuma raises the alarm itself.
//! The addresses hold a token and stand in no word of ours.

mod address;
mod beat;
mod push;

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::address::Addresses;
use self::beat::beats;
use self::push::Pusher;
use crate::clock;
use crate::config::Config;
use crate::store::{Store, StoreError};

/// Tells all monitors that the configuration names, again and again, until `stop`. At once over where it names none.
pub async fn run(config: Config, store: Store, stop: CancellationToken) {
    let (addresses, problems) = Addresses::of(&config.uptime_kuma);
    for problem in problems {
        tracing::warn!("{problem}");
    }
    if addresses.is_empty() {
        return;
    }
    let mut pusher = match Pusher::new(&config) {
        Ok(pusher) => pusher,
        Err(why) => return tracing::error!("Uptime Kuma is told nothing: {why}"),
    };
    let every = config.uptime_kuma.every;
    loop {
        let round = async {
            match pushes(&config, &store, &addresses, clock::now()).await {
                Ok(due) => pusher.push(due).await,
                Err(error) => tracing::error!("Uptime Kuma is not told: {error}"),
            }
        };
        let pause = sleep(every);
        tokio::select! {
            // What is not told by the next turn is told then, as it is then.
            _ = tokio::time::timeout(every, round) => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = pause => {}
            () = stop.cancelled() => return,
        }
    }
}

/// What is pushed at `now`, and where.
async fn pushes(
    config: &Config,
    store: &Store,
    addresses: &Addresses,
    now: Timestamp,
) -> Result<Vec<push::Push>, StoreError> {
    let gateways: Vec<&str> = config.gateways.keys().map(String::as_str).collect();
    let named: BTreeSet<&str> = addresses.models().collect();
    let named: Vec<&str> = named.into_iter().collect();
    let stands = store.stands(&gateways, (!addresses.wants_all_models()).then_some(&named)).await?;
    let beats = beats(config, &stands, &named, now);
    Ok(beats.iter().filter_map(|beat| addresses.push(beat)).collect())
}

#[cfg(test)]
#[path = "kuma/tests.rs"]
mod tests;
