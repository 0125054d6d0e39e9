//! The loop: a round at once, then one every `probe.every`, and sooner looks at doubtful models, and at those that fail
//! for the gateway's users.
//!
//! Decides: when a round runs, and what a signal does.
//! Must not know: what a round does.

mod acts;
mod alerts;
mod figures;
mod free_models;
mod heartbeat;
mod lease;
mod litellm;
mod processes;
mod scans;
mod told;
mod traffic;
mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::acts::Desk;
pub use self::scans::Scans;
pub use self::traffic::{Alarms, Failing, Recent};
use self::traffic::{Bell, TrafficWatch};
use crate::apply;
use crate::clock;
use crate::config::{self, Config};
use crate::gateway::Gateway;
use crate::model::redact;
use crate::probe::Prober;
use crate::round::{Quiet, Report, Round, RoundError, Scope};
use crate::serve::{Acts, Live, Metrics};
use crate::signals::Signals;
use crate::store::{Store, StoreError};

use self::alerts::Alerts;
use self::lease::Keeping;
use self::litellm::LitellmWatch;
use self::told::tell;
use self::web::Teller;

/// How often the loop says that it is alive, for `healthcheck`.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// The shortest pause between two looks at doubtful models.
const BREATH: Duration = Duration::from_secs(1);

/// The pause after a round that failed; doubled with each failure in a row, up to `probe.every`.
const BACK_OFF: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again: parsed and validated whole first, the old one
/// stays if that fails.
pub async fn run(mut config: Config, path: PathBuf) -> anyhow::Result<()> {
    let (mut ending, mut hangup) = (Signals::to_end()?, Signals::hangup()?);
    let (mut store, mut prober) = prepare(&config).await?;
    let metrics = Metrics::default();
    loop {
        let stop = CancellationToken::new();
        let retire = CancellationToken::new();
        // The dashboard outlives a round that a new configuration waits for.
        let over = stop.child_token();
        let (watches, serving) = start(&config, &store, &prober, &metrics, &stop, &retire, &over);
        let beating = tokio::spawn(beat(store.clone()));
        let reloaded = loop {
            tokio::select! {
                () = ending.come() => break None,
                () = hangup.come() => match reload(&path).await {
                    Ok(fresh) => {
                        metrics.reloaded(true);
                        break Some(fresh);
                    }
                    Err(error) => {
                        metrics.reloaded(false);
                        tracing::error!("the configuration stays as it was: {error:#}");
                    }
                },
            }
        };
        // A round under way ends first on a reload; on a stop its probes are dropped, but never a write.
        if reloaded.is_some() {
            tracing::info!("configuration read again; it holds when the round under way has ended");
            retire.cancel();
        } else {
            tracing::info!("stopping");
            stop.cancel();
        }
        watches.close();
        loop {
            tokio::select! {
                () = watches.wait() => break,
                () = ending.come() => {}
            }
            // Asked once more: what was being written is settled with the next start.
            if stop.is_cancelled() {
                return Ok(());
            }
            stop.cancel();
        }
        over.cancel();
        serving.close();
        serving.wait().await;
        beating.abort();
        store.close().await;
        match reloaded {
            Some(fresh) if !stop.is_cancelled() => (config, (store, prober)) = fresh,
            Some(_) | None => return Ok(()),
        }
    }
}

/// What a configuration needs before it can hold: the store opened, the prober made.
async fn prepare(config: &Config) -> anyhow::Result<(Store, Arc<Prober>)> {
    let store = Store::open(&config.store.path).await?;
    store.show_only(&config.gateways.keys().map(String::as_str).collect::<Vec<_>>()).await?;
    let prober = Prober::with_accounts(config, &store).await;
    let prober = prober.map_err(anyhow::Error::msg).context("cannot prepare probing")?;
    Ok((store, prober))
}

/// The configuration read again, and all it needs made, before anything of the old one ends.
async fn reload(path: &Path) -> anyhow::Result<(Config, (Store, Arc<Prober>))> {
    let config = config::load(path)?.config;
    let prepared = prepare(&config).await?;
    Ok((config, prepared))
}

/// Starts two watches a gateway, over its channels and over its traffic, and one for OpenRouter's free models; and,
/// as the second part of what is given back, the server, until `over`.
fn start(
    config: &Config,
    store: &Store,
    prober: &Arc<Prober>,
    metrics: &Metrics,
    stop: &CancellationToken,
    retire: &CancellationToken,
    over: &CancellationToken,
) -> (TaskTracker, TaskTracker) {
    let (watches, serving) = (TaskTracker::new(), TaskTracker::new());
    let (live, scans) = (Live::default(), Scans::of(config.gateways.keys()));
    let desk = Desk {
        config: config.clone(),
        store: store.clone(),
        prober: Arc::clone(prober),
        live: live.clone(),
        scans: scans.clone(),
        stop: stop.clone(),
        retire: retire.clone(),
    };
    let (acts, orders) = Acts::new();
    web::start(&desk, metrics, acts.clone(), over.clone(), &serving);
    watches.spawn(desk.attend(orders));
    let alerts = Alerts { config: config.clone(), store: store.clone(), live: live.clone(), acts, over: over.clone() };
    serving.spawn(alerts.run());
    for name in config.gateways.keys() {
        let bell = Arc::new(Bell::default());
        let traffic = TrafficWatch {
            name: name.clone(),
            config: config.clone(),
            store: store.clone(),
            bell: Arc::clone(&bell),
            stop: stop.clone(),
            retire: retire.clone(),
        };
        let watch = Watch {
            name: name.clone(),
            config: config.clone(),
            store: store.clone(),
            prober: Arc::clone(prober),
            live: live.clone(),
            metrics: metrics.clone(),
            scans: scans.clone(),
            bell,
            stop: stop.clone(),
            retire: retire.clone(),
        };
        let litellm = LitellmWatch {
            name: name.clone(),
            config: config.clone(),
            store: store.clone(),
            prober: Arc::clone(prober),
            live: live.clone(),
            bell: Arc::clone(&watch.bell),
            stop: stop.clone(),
            retire: retire.clone(),
        };
        watches.spawn(watch.keep_going());
        watches.spawn(traffic.keep_going());
        watches.spawn(litellm.keep_going());
        let (stop, retire) = (stop.clone(), retire.clone());
        let process = processes::watch(name.clone(), config.clone(), store.clone());
        watches.spawn(async move {
            tokio::select! {
                () = process => {}
                () = stop.cancelled() => {}
                () = retire.cancelled() => {}
            }
        });
    }
    if config.openrouter.watch {
        let (config, store, prober) = (config.clone(), store.clone(), Arc::clone(prober));
        watches.spawn(free_models::watch(config, store, prober, stop.clone(), retire.clone()));
    }
    (watches, serving)
}

/// Runs it, and again should it ever panic, until it ends by itself or one of the tokens is set meanwhile.
async fn keep_going<F: Future<Output = ()> + Send + 'static>(
    gateway: &str,
    what: &str,
    [stop, retire]: [&CancellationToken; 2],
    run: impl Fn() -> F,
) {
    while let Err(panic) = tokio::spawn(run()).await {
        tracing::error!(gateway, "{what} failed and starts again: {panic}");
        tokio::select! {
            () = sleep(BACK_OFF) => {}
            () = stop.cancelled() => return,
            () = retire.cancelled() => return,
        }
    }
}

/// Says again and again that we are alive.
async fn beat(store: Store) {
    loop {
        if let Err(error) = store.beat(clock::now()).await {
            tracing::error!("{error}");
        }
        sleep(HEARTBEAT).await;
    }
}

/// Looks after one gateway.
#[derive(Clone)]
struct Watch {
    name: String,
    config: Config,
    store: Store,
    prober: Arc<Prober>,
    live: Live,
    metrics: Metrics,
    scans: Scans,
    bell: Arc<Bell>,
    stop: CancellationToken,
    retire: CancellationToken,
}

impl Watch {
    /// Runs, and runs again should it ever panic: a mistake of ours in one round must not end the loop unseen.
    async fn keep_going(self) {
        keep_going(&self.name, "the loop", [&self.stop, &self.retire], || self.clone().run()).await;
    }

    async fn run(self) {
        self.metrics.lease(&self.name, false);
        let Some(mut keeping) = self.keeping().await else { return };
        self.rounds(&mut keeping).await;
        self.metrics.lease(&self.name, false);
        keeping.end().await;
    }

    async fn rounds(&self, keeping: &mut Keeping) {
        let mut full = Instant::now();
        let mut failures = 0;
        // How many questions the last full round had: so many the next one is spread for. The first is not spread.
        let mut expected = None;
        loop {
            self.metrics.lease(&self.name, keeping.is_ours());
            tokio::select! {
                () = keeping.ours() => self.metrics.lease(&self.name, true),
                () = self.stop.cancelled() => return,
                () = self.retire.cancelled() => return,
            }
            let is_full = Instant::now() >= full;
            if is_full {
                full = Instant::now() + self.gap();
            }
            let (looked, begun) = (clock::now(), Instant::now());
            // An error stops nothing: a gateway's database may start after us. It only makes us wait longer.
            let next = match self.round(is_full, expected).await {
                Ok(report) => {
                    failures = 0;
                    if let Some(report) = report {
                        self.trouble(None).await;
                        if is_full {
                            expected = Some(report.probed);
                        }
                        tell(&report);
                        figures::count(&self.metrics, &self.store, &report, begun.elapsed()).await;
                        if is_full && heartbeat::is_good(&report) {
                            let (config, store, stop) = (self.config.clone(), self.store.clone(), self.stop.clone());
                            tokio::spawn(stop.run_until_cancelled_owned(heartbeat::tell(config, store)));
                        }
                    }
                    self.next_look(full, looked).await
                }
                Err(error) => {
                    let wait = BACK_OFF.saturating_mul(1 << failures.min(10_u32)).min(self.config.probe.every);
                    failures += 1;
                    if !is_our_store(&error) {
                        self.trouble(Some(&error)).await;
                    }
                    tracing::error!(gateway = self.name, "{error:#}; next try in {}", humantime::format_duration(wait));
                    let next = Instant::now() + wait;
                    full = if is_full { next } else { full.max(next) };
                    next
                }
            };
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.bell.rung() => self.heed().await,
                // A person waits: at once, and not spread.
                () = self.scans.asked(&self.name) => (full, expected) = (Instant::now(), None),
                () = self.stop.cancelled() => return,
                () = self.retire.cancelled() => return,
            }
        }
    }

    /// Notes for whoever is told of it that the gateway could not be read, or could.
    async fn trouble(&self, error: Option<&anyhow::Error>) {
        let why = error.map(|error| redact(&format!("{error:#}"), &[]));
        if let Err(error) = self.store.trouble(&self.name, why.as_deref(), clock::now()).await {
            tracing::error!("{error}");
        }
    }

    /// What fails for the gateway's users is due now. Here, between two rounds: a round under way would overwrite it.
    async fn heed(&self) {
        for alarm in self.bell.take() {
            let due = self.store.due_now(&self.name, &alarm.channel, &alarm.model, alarm.failed, clock::now()).await;
            if let Err(error) = due {
                tracing::error!("{error}");
            }
        }
    }

    /// Runs a full round, spread for so many `expected` questions, or one over what is due; `None` when nothing is due
    /// or we were stopped in it.
    async fn round(&self, full: bool, expected: Option<usize>) -> anyhow::Result<Option<Report>> {
        let mut scope = Scope { trust_users: true, ..Scope::default() };
        if !full {
            let due = self.store.due_channels(&self.name, clock::now()).await?;
            if due.is_empty() {
                self.look_for_live().await?;
                return Ok(None);
            }
            scope.due = Some(due);
        }
        let mut round = open(&self.name, &self.config, &self.store, &self.prober, &self.stop).await?;
        round.progress = Arc::new(Teller { live: self.live.clone(), gateway: self.name.as_str().into() });
        if let Some(questions) = expected.filter(|_| full) {
            round.inquiry.spread(questions, self.config.probe.every.mul_f64(self.config.probe.spread));
        }
        let gateway = round.gateway.clone();
        let round = Arc::new(round);
        let under_way = self.live.began(&self.name, full, clock::now());
        let mut run = Box::pin(round.run(&scope, true));
        let done = tokio::select! {
            done = &mut run => done,
            // A new configuration waits for this round to end.
            () = self.retire.cancelled() => {
                round.inquiry.hurry();
                run.await
            }
        };
        drop(under_way);
        gateway.close().await;
        // Also what a round used up that was stopped.
        if let Err(error) = self.prober.flush().await {
            tracing::error!("what probes used up is not kept yet: {error}");
        }
        match done {
            Ok(report) => Ok(Some(report)),
            Err(RoundError::Stopped) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks for changes that should be live by now, without a round.
    async fn look_for_live(&self) -> anyhow::Result<()> {
        if !self.sees_as_user() || self.store.due_live(&self.name, clock::now()).await?.is_empty() {
            return Ok(());
        }
        let gateway = open(&self.name, &self.config, &self.store, &self.prober, &self.stop).await?.gateway;
        let notes = apply::look_for_live(&self.store, &gateway, clock::now()).await;
        gateway.close().await;
        for note in notes? {
            tracing::warn!(gateway = self.name, "{note}");
        }
        Ok(())
    }

    fn sees_as_user(&self) -> bool {
        let api = self.config.gateways.get(&self.name).and_then(|gateway| gateway.api.as_ref());
        api.is_some_and(|api| api.user_key.is_some())
    }

    /// The next full round, or sooner when a model that was not due at `looked` wants to be looked at, or a change
    /// should be live.
    async fn next_look(&self, full: Instant, looked: Timestamp) -> Instant {
        let told = |due: Result<Option<Timestamp>, StoreError>| {
            due.unwrap_or_else(|error| {
                tracing::error!("{error}");
                None
            })
        };
        let mut due = told(self.store.next_due(&self.name, looked).await);
        if self.sees_as_user() {
            let live = told(self.store.next_live(&self.name, looked).await);
            due = [due, live].into_iter().flatten().min();
        }
        let soon = due.map(|at| Instant::now() + until(at).max(BREATH));
        soon.map_or(full, |soon| soon.min(full))
    }

    /// `probe.every`, wandering by `probe.jitter` so that many instances do not ask in step.
    fn gap(&self) -> Duration {
        let wander = 1.0 + self.config.probe.jitter * (fastrand::f64() * 2.0 - 1.0);
        self.config.probe.every.mul_f64(wander.max(0.1))
    }
}

/// Opens a gateway for one round. Opened anew each time: a gateway that was upgraded meanwhile is inspected again.
pub async fn open(
    name: &str,
    config: &Config,
    store: &Store,
    prober: &Arc<Prober>,
    stop: &CancellationToken,
) -> anyhow::Result<Round> {
    let settings = config.gateways.get(name).with_context(|| format!("no gateway {name:?} in the configuration"))?;
    let gateway = Gateway::open(name, settings, &config.probe, store.salt()).await;
    let mut gateway = gateway.with_context(|| format!("gateway {name}"))?;
    if settings.lease {
        let leased = gateway.with_lease(&store.instance(), lease::TERM).await;
        gateway = leased.with_context(|| format!("gateway {name}"))?;
    }
    if let Some(litellm) = gateway.litellm() {
        litellm.note_checks_in(store);
    }
    Ok(Round {
        gateway,
        settings: settings.clone(),
        config: config.clone(),
        store: store.clone(),
        inquiry: prober.inquiry(),
        progress: Arc::new(Quiet),
        stop: stop.clone(),
        desks: Semaphore::new(config.probe.concurrency.clamp(1, Semaphore::MAX_PERMITS / 4) * 4),
    })
}

/// Whether what failed is our own store, and says nothing of the gateway.
fn is_our_store(error: &anyhow::Error) -> bool {
    error.is::<StoreError>() || matches!(error.downcast_ref(), Some(RoundError::Store(_)))
}

fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(clock::now())).unwrap_or(Duration::ZERO)
}
