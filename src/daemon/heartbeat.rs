//! The dead-man's switch: a watcher elsewhere is told that all is well, and raises the alarm when it is not told.
//!
//! Decides: when all is well, and how often telling it is tried. Must not know: who watches. The address is a secret:
//! it stands in no log.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::clock;
use crate::config::Config;
use crate::http::Http;
use crate::model::{Guard, Secret};
use crate::round::Report;
use crate::store::{Store, StoreError};

/// The pauses before it is tried again.
const PAUSES: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(30)];
/// So much of the answer is read; nobody looks at it.
const CAP: usize = 4096;

/// Whether a round came to its end without an error and with our own network up.
pub(super) fn is_good(report: &Report) -> bool {
    let cut_off = report.blackout.as_ref().is_some_and(|(guard, _)| *guard == Guard::OwnNetwork);
    report.errors.is_empty() && !cut_off
}

/// After a good full round: tells the watcher, unless another gateway's last good one is too long ago.
pub(super) async fn tell(config: Config, store: Store) {
    let Some(url) = &config.heartbeat.url else { return };
    match stale(&config, &store, clock::now()).await {
        Ok(None) => {}
        Ok(Some(gateway)) => {
            return tracing::warn!("heartbeat.url is not told: {gateway} had no good round for too long");
        }
        Err(error) => return tracing::error!("{error}"),
    }
    let told = match url.resolve() {
        Ok(url) => push(&config, &url, &PAUSES).await,
        Err(why) => Err(why),
    };
    if let Err(why) = told {
        tracing::warn!("heartbeat.url could not be told that all is well: {why}");
    }
}

/// A gateway whose last good round is too long ago.
async fn stale<'a>(config: &'a Config, store: &Store, now: Timestamp) -> Result<Option<&'a str>, StoreError> {
    let patience = SignedDuration::try_from(config.stale_after()).unwrap_or(SignedDuration::MAX);
    for gateway in config.gateways.keys() {
        let good = store.last_rounds(gateway).await?.good;
        if good.is_none_or(|good| now.duration_since(good) > patience) {
            return Ok(Some(gateway));
        }
    }
    Ok(None)
}

/// Asks the address, and again after each of the pauses.
async fn push(config: &Config, url: &Secret, pauses: &[Duration]) -> Result<(), String> {
    let http = Http::new(&config.probe)?;
    let mut pauses = pauses.iter();
    loop {
        let why = match http.get(url.expose().trim(), CAP).await {
            Ok(reply) if (200..300).contains(&reply.status) => return Ok(()),
            Ok(reply) => format!("it answers with status {}", reply.status),
            Err(failure) => failure.to_string(),
        };
        let Some(pause) = pauses.next() else { return Err(why) };
        sleep(*pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    /// A watcher that fails so often before it listens, and how often it was asked.
    async fn watcher(failures: u16) -> (Secret, Arc<AtomicU16>) {
        let asked = Arc::new(AtomicU16::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || async move {
            let before = counted.fetch_add(1, Ordering::SeqCst);
            if before < failures { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Secret::new(format!("http://{}/ping/canary-0123456789", listener.local_addr().unwrap()));
        tokio::spawn(axum::serve(listener, Router::new().route("/ping/canary-0123456789", get(answer))).into_future());
        (url, asked)
    }

    #[tokio::test]
    async fn it_is_tried_again_and_not_for_ever() {
        let config = Config::default();
        let pauses = [Duration::from_millis(1); 2];
        let (url, asked) = watcher(2).await;
        assert_eq!(push(&config, &url, &pauses).await, Ok(()));
        assert_eq!(asked.load(Ordering::SeqCst), 3);

        let (url, asked) = watcher(9).await;
        let why = push(&config, &url, &pauses).await.unwrap_err();
        assert!(why.contains("502") && !why.contains("canary"), "{why}");
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        for url in ["http://127.0.0.1:1/canary-0123456789", "canary-0123456789"] {
            let why = push(&config, &Secret::new(url), &pauses).await.unwrap_err();
            assert!(!why.contains("canary") && !why.is_empty(), "{why}");
        }
    }
}
