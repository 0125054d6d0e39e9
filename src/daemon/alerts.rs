//! Alerts beside the loop: one process of those that share a store looks, and tells.
//!
//! Decides: when it is looked, and who does it. Must not know: what is news, what a message says.

use std::cmp::Reverse;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lease::alone;
use crate::clock;
use crate::config::{Config, ReceiverConfig};
use crate::notify::delivery::{self, Delivery};
use crate::notify::{self, Emergency, Notifier, Picture, Receiver, Totals, bot, kuma, picture};
use crate::serve::{ALERTS, Acts, AlertRow, Event, Live};
use crate::store::{Store, StoreError};

/// What we look after, as a gateway's lease would have it; no gateway can be called so.
const LEASE: &str = ".alerts";
/// From one look to the next, where nothing is said to be new.
const LOOK: Duration = Duration::from_mins(1);
/// News come in swarms: the look waits for the swarm's end.
const SWARM: Duration = Duration::from_secs(2);
/// The worst things that are shown.
const SHOWN: usize = 1000;

/// All that alerts need.
pub(super) struct Alerts {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) live: Live,
    pub(super) acts: Acts,
    pub(super) over: CancellationToken,
}

impl Alerts {
    /// Looks and tells, until `over`.
    pub(super) async fn run(self) {
        let tell = |who: &str| {
            tracing::warn!("{who} sends the alerts of this store: none from here until that one ends");
        };
        let alone = self.over.run_until_cancelled(alone(&self.store, LEASE, tell)).await;
        let Some(_alone) = alone else { return };
        let tasks = TaskTracker::new();
        let settled = Arc::new(Notify::new());
        let wake = self.start(&settled, &tasks);
        let watch = keep_going("looking for alerts", &self.over, || Box::pin(self.watch(&wake, &settled)));
        self.over.run_until_cancelled(watch).await;
        tasks.close();
        tasks.wait().await;
    }

    /// Starts a worker for each receiver, the bots, and Uptime Kuma's pushes.
    fn start(&self, settled: &Arc<Notify>, tasks: &TaskTracker) -> Vec<Arc<Notify>> {
        let mut wake = vec![];
        for (name, settings) in self.config.notify.receivers.iter().filter(|(_, settings)| settings.enabled) {
            let made = Receiver::new(name, settings, &self.config)
                .and_then(|receiver| Delivery::new(self.store.clone(), name, receiver, settings, &self.config));
            let delivery = match made {
                Ok(delivery) => delivery,
                Err(why) => {
                    tracing::error!("nobody is told by {name}: {why}");
                    continue;
                }
            };
            let woken = Arc::new(Notify::new());
            wake.push(Arc::clone(&woken));
            tasks.spawn(delivery::run(delivery, woken, Arc::clone(settled), self.over.clone()));
            tasks.spawn(self.answering(name.clone(), settings.clone()));
        }
        let (config, store, over) = (self.config.clone(), self.store.clone(), self.over.clone());
        tasks.spawn(async move {
            keep_going("telling Uptime Kuma", &over, || kuma::run(config.clone(), store.clone(), over.clone())).await;
        });
        wake
    }

    /// A receiver that also answers does so: a bot.
    fn answering(&self, name: String, settings: ReceiverConfig) -> impl Future<Output = ()> + use<> {
        let (config, store) = (Arc::new(self.config.clone()), self.store.clone());
        let (acts, live, over) = (self.acts.clone(), self.live.clone(), self.over.clone());
        async move {
            let answer = async || {
                let (config, store, acts, live) = (config.clone(), store.clone(), acts.clone(), live.clone());
                if let Err(why) = bot::run(&name, &settings, config, store, acts, live, over.clone()).await {
                    tracing::error!("nobody is answered by {name}: {why}");
                }
            };
            keep_going("a bot", &over, answer).await;
        }
    }

    /// Looks at once, then when something may be new, when a ledger wants it, and every minute.
    async fn watch(&self, wake: &[Arc<Notify>], settled: &Notify) {
        let wake_all = || wake.iter().for_each(|woken| woken.notify_one());
        let started = clock::now();
        let mut news = self.live.listen();
        let (mut looked, mut emergency) = (Looked::default(), Emergency::default());
        loop {
            let now = clock::now();
            let (again, digest) = match self.look(&mut looked, started, now).await {
                Ok((again, totals)) => (again, emergency.works(totals, now)),
                Err(error) => {
                    tracing::error!("nobody is told anything: {error}");
                    (None, emergency.failed(&error.to_string(), now))
                }
            };
            wake_all();
            if let Some(digest) = digest {
                let id = format!("{}-store-{:x}", self.store.mark(), now.as_millisecond());
                delivery::tell_without_store(&digest, &id, &self.config, now).await;
            }
            let next = Instant::now() + again.map_or(LOOK, |at| super::until(at).clamp(SWARM, LOOK));
            loop {
                tokio::select! {
                    () = sleep_until(next) => break,
                    // What gathered behind a message may be the next.
                    () = settled.notified() => break,
                    event = news.recv() => match event {
                        Ok(Event::Progress { .. }) => {}
                        Ok(Event::Messages) => wake_all(),
                        Ok(Event::Round { .. } | Event::Changes { .. }) | Err(RecvError::Lagged(_)) => {
                            sleep(SWARM).await;
                            break;
                        }
                        // We hold a sender ourselves.
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        }
    }

    /// One look: what is so, for who shows it and for who is told. When to look again, although nothing is new; and how
    /// things stand in all.
    async fn look(
        &self,
        looked: &mut Looked,
        started: Timestamp,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Totals), StoreError> {
        let notifier = match &mut looked.notifier {
            Some(notifier) => notifier,
            none => {
                let receivers: Vec<_> = self.config.notify.receivers.keys().map(String::as_str).collect();
                self.store.bury_all_but(&receivers, "its receiver is not in the configuration any more", now).await?;
                none.insert(Notifier::new(self.store.clone(), &self.config).await?)
            }
        };
        let picture = picture::read(&self.store, &self.config, &notifier.noted(), started, now).await?;
        let rows = rows(&picture);
        if looked.shown.as_ref() != Some(&rows) {
            self.store.keep_snapshot(ALERTS, &rows).await?;
            self.live.tell(Event::Messages);
            looked.shown = Some(rows);
        }
        Ok((notifier.tick(&picture, now).await?, picture.totals))
    }
}

/// Runs it to its end, and again should it ever panic: a mistake of ours must not end the alerts unseen.
async fn keep_going<F: Future<Output = ()>>(what: &str, over: &CancellationToken, run: impl Fn() -> F) {
    while AssertUnwindSafe(async { run().await }).catch_unwind().await.is_err() {
        tracing::error!("{what} failed by a mistake of ours, and starts again; please report it");
        if over.run_until_cancelled(sleep(super::BACK_OFF)).await.is_none() {
            return;
        }
    }
}

/// What looks hand on to one another.
#[derive(Default)]
struct Looked {
    notifier: Option<Notifier>,
    /// What the store has for who shows it.
    shown: Option<Vec<AlertRow>>,
}

/// What is wrong, the worst first, for who shows it.
fn rows(picture: &Picture) -> Vec<AlertRow> {
    let mut worst: Vec<_> = picture.lasting.iter().collect();
    worst.sort_by_key(|event| (Reverse(event.severity()), event.key()));
    let row = |event: &notify::Event| AlertRow {
        cause: event.cause.to_string(),
        severity: event.severity().as_str().to_owned(),
        gateway: event.gateway.clone(),
        channel: event.channel.as_ref().map(|channel| channel.id),
        channel_name: event.channel.as_ref().map(|channel| channel.name.clone()).unwrap_or_default(),
        subject: event.subject.clone(),
        since: event.since,
        evidence: event.evidence.clone(),
    };
    worst.into_iter().take(SHOWN).map(row).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_mistake_of_ours_does_not_end_the_alerts() {
        let (over, runs) = (CancellationToken::new(), AtomicU32::new(0));
        let run = async || assert!(runs.fetch_add(1, Ordering::Relaxed) == 2, "canary");
        keep_going("a trial", &over, run).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
