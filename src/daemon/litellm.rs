//! Watches each `LiteLLM`: its own endpoints, which are free to ask, and a few real questions where somebody wants them;
//! and notes which of its troubles last.
//!
//! Decides: when it is looked at, and which signs are weighed. Must not know: how its API is spoken, what an answer means,
//! what makes a trouble, who is told.

mod chat;
mod ladder;
mod log;
mod signs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use self::chat::Said;
use self::signs::Signs;
use super::lease::alone;
use super::traffic::{Alarm, Bell};
use super::{BACK_OFF, keep_going};
use crate::clock;
use crate::config::{Config, GatewayConfig, HealthBy};
use crate::gateway::LiteLlm;
use crate::litellm::incidents::weigh;
use crate::model::{Check, DeploymentSeen, GatewayKind, Incident, ModelName, SignSource};
use crate::probe::Prober;
use crate::serve::{Event, Live};
use crate::store::{Store, StoreError};

/// A name that a cooldown hides is asked for once in so long.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// The latest lines of a log that one look takes in.
const LINES: u32 = 2000;
/// How a check is called that asks a model.
const CHAT: &str = "chat ";

/// Watches one `LiteLLM`.
#[derive(Clone)]
pub(super) struct LitellmWatch {
    pub(super) name: String,
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) prober: Arc<Prober>,
    pub(super) live: Live,
    /// Rung for the gateway's loop.
    pub(super) bell: Arc<Bell>,
    pub(super) stop: CancellationToken,
    pub(super) retire: CancellationToken,
}

/// Asks a gateway's free endpoints now, keeps what they say, and gives it back: what `POST /api/test/litellm` does.
///
/// # Errors
/// Why it cannot be asked at all: there is no such gateway, it is no `LiteLLM`, our store failed. That it does not answer,
/// or that its key cannot be read, is no error, but what the checks say.
pub(super) async fn check_now(name: &str, config: &Config, store: &Store) -> Result<Vec<Check>, String> {
    let settings = config.gateways.get(name).ok_or_else(|| format!("there is no gateway {name}"))?;
    if settings.kind != Some(GatewayKind::LiteLlm) {
        return Err(format!("gateway {name} is no LiteLLM"));
    }
    let checks = match open(name, config, settings, store) {
        Ok(litellm) => ladder::ask(&litellm).await,
        Err(why) => ladder::unasked(&why, clock::now()),
    };
    keep(store, name, checks, None).await.map_err(|error| error.to_string())
}

fn open(name: &str, config: &Config, settings: &GatewayConfig, store: &Store) -> Result<LiteLlm, String> {
    let api = settings.api.as_ref().ok_or_else(|| format!("gateways.{name}.api is not given"))?;
    let litellm = LiteLlm::new(name, api, &settings.litellm, &config.probe, store.salt());
    litellm.map_err(|error| error.to_string())
}

/// Keeps the ladder beside what was asked of models, and gives back all of it. `chat`: the models that are asked; `None`:
/// those of which something is kept.
async fn keep(
    store: &Store,
    name: &str,
    mut ladder: Vec<Check>,
    chat: Option<&BTreeMap<String, Check>>,
) -> Result<Vec<Check>, StoreError> {
    match chat {
        Some(chat) => ladder.extend(chat.values().cloned()),
        None => ladder.extend(chats(store, name).await?),
    }
    store.keep_checks(name, &ladder).await?;
    Ok(ladder)
}

/// What is kept of the questions to models.
async fn chats(store: &Store, name: &str) -> Result<impl Iterator<Item = Check> + use<>, StoreError> {
    let seen = store.checks(Some(name)).await?;
    Ok(seen.into_iter().map(|seen| seen.check).filter(|check| check.name.starts_with(CHAT)))
}

impl LitellmWatch {
    /// Runs until one of the tokens is set, and runs again should it ever panic.
    pub(super) async fn keep_going(self) {
        keep_going(&self.name, "the watch over it", [&self.stop, &self.retire], || self.clone().run()).await;
    }

    async fn run(self) {
        let settings = self.config.gateways.get(&self.name);
        let Some(settings) = settings.filter(|settings| settings.kind == Some(GatewayKind::LiteLlm)) else { return };
        tokio::select! {
            () = self.watch(settings) => {}
            () = self.stop.cancelled() => {}
            () = self.retire.cancelled() => {}
        }
    }

    async fn watch(&self, settings: &GatewayConfig) {
        let name = self.name.as_str();
        let tell = |who: &str| tracing::warn!(gateway = name, "{who} watches it: not from here until that one ends");
        // No gateway can be called so: its rounds have a lease of their own.
        let _alone = alone(&self.store, &format!(".litellm.{name}"), tell).await;
        let (said, heard) = mpsc::channel(1);
        let alive = AtomicBool::new(false);
        let mut look = Look {
            watch: self,
            settings,
            litellm: None,
            ladder: vec![],
            chat: BTreeMap::new(),
            signs: Signs::default(),
            rung: BTreeMap::new(),
            alive: &alive,
            refused: false,
        };
        // Its tasks end with us, however we end.
        let end = self.stop.child_token();
        let _end = end.clone().drop_guard();
        let reading = log::follow(self.name.clone(), self.config.clone(), self.store.clone(), end);
        tokio::join!(look.keep_looking(heard), self.keep_asking(settings, &alive, said), reading);
    }

    /// Asks the models that somebody wants asked, one after the other, while the proxy is alive.
    async fn keep_asking(&self, settings: &GatewayConfig, alive: &AtomicBool, said: mpsc::Sender<Said>) {
        let watched = &settings.litellm;
        if watched.chat.is_empty() {
            return;
        }
        let mut ticks = interval(watched.chat_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // That the proxy is down is told already, and right after the start nobody has looked yet.
            while !alive.load(Ordering::Relaxed) {
                sleep(watched.check.min(BACK_OFF)).await;
            }
            let Ok(litellm) = open(&self.name, &self.config, settings, &self.store) else { continue };
            let inquiry = self.prober.inquiry();
            for name in &watched.chat {
                if said.send(chat::ask(&litellm, &inquiry, &self.name, name).await).await.is_err() {
                    return;
                }
            }
            if let Err(error) = self.prober.flush().await {
                tracing::error!("what questions used up is not kept yet: {error}");
            }
        }
    }
}

/// What is known from one look to the next.
struct Look<'a> {
    watch: &'a LitellmWatch,
    settings: &'a GatewayConfig,
    /// Opened anew once its key is refused: it may have been changed where it is kept.
    litellm: Option<LiteLlm>,
    ladder: Vec<Check>,
    /// By check.
    chat: BTreeMap<String, Check>,
    signs: Signs,
    /// The names that were asked for, and when.
    rung: BTreeMap<String, Timestamp>,
    alive: &'a AtomicBool,
    /// Its key was refused when it was last told of.
    refused: bool,
}

impl Look<'_> {
    async fn keep_looking(&mut self, mut heard: mpsc::Receiver<Said>) {
        if let Err(error) = self.remember().await {
            tracing::error!("{error}");
        }
        let mut rounds = self.watch.live.listen();
        let mut ticks = interval(self.settings.litellm.check);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.check().await,
                Some(said) = heard.recv() => self.chatted(said),
                // A round has looked at its deployments.
                news = rounds.recv() => match news {
                    Ok(Event::Round { gateway }) if gateway == self.watch.name => {}
                    Ok(Event::Round { .. } | Event::Progress { .. } | Event::Messages | Event::Changes { .. }) => continue,
                    Err(RecvError::Lagged(_)) => {}
                    // We end as well.
                    Err(RecvError::Closed) => rounds = self.watch.live.listen(),
                },
            }
            if let Err(error) = self.weigh(clock::now()).await {
                tracing::error!("{error}");
            }
        }
    }

    /// What was found well before we were started: a line of the log that is older says nothing new.
    async fn remember(&mut self) -> Result<(), StoreError> {
        let wanted: BTreeSet<String> = self.settings.litellm.chat.iter().map(|name| format!("{CHAT}{name}")).collect();
        for check in chats(&self.watch.store, &self.watch.name).await?.filter(|check| wanted.contains(&check.name)) {
            self.signs.chatted(&check);
            self.chat.insert(check.name.clone(), check);
        }
        Ok(())
    }

    async fn check(&mut self) {
        let LitellmWatch { name, config, store, .. } = self.watch;
        if self.litellm.is_none() {
            self.litellm = match open(name, config, self.settings, store) {
                Ok(litellm) => Some(litellm),
                Err(why) => {
                    self.ladder = ladder::unasked(&why, clock::now());
                    self.tell_of_key(true).await;
                    return;
                }
            };
        }
        let Some(litellm) = &self.litellm else { return };
        self.ladder = ladder::ask(litellm).await;
        let refused = self.ladder.iter().any(|check| check.name == ladder::KEY && check.well == Some(false));
        let proxy = signs::of_proxy(&self.ladder);
        let is_alive = proxy.as_ref().is_some_and(signs::is_well);
        self.alive.store(is_alive && !refused, Ordering::Relaxed);
        self.signs.add(proxy);
        if refused {
            self.litellm = None;
        }
        self.tell_of_key(refused).await;
    }

    /// Without a key it cannot be read: told as that, without waiting for the next round.
    async fn tell_of_key(&mut self, refused: bool) {
        let key = self.ladder.iter().find(|check| check.name == ladder::KEY);
        let Some(key) = key.filter(|key| key.well.is_some() && refused != self.refused) else { return };
        self.refused = refused;
        let why = format!("its key: {}", key.detail);
        let why = refused.then_some(why.as_str());
        if let Err(error) = self.watch.store.trouble(&self.watch.name, why, key.at).await {
            tracing::error!("{error}");
        }
    }

    fn chatted(&mut self, said: Said) {
        self.signs.add(said.sign);
        self.chat.insert(said.check.name.clone(), said.check);
    }

    /// Keeps what was seen, and what of it lasts.
    async fn weigh(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let LitellmWatch { name, store, live, .. } = self.watch;
        if !self.ladder.is_empty() {
            keep(store, name, self.ladder.clone(), Some(&self.chat)).await?;
        }
        let deployed = store.deployments(Some(name)).await?;
        let lines = store.log_failures(Some(name), self.signs.last_line(), LINES).await?;
        let asks = self.settings.litellm.health != HealthBy::Off;
        self.signs.take(if asks { &deployed } else { &[] }, lines, now);
        let mut lasted = store.incidents().await?.remove(name).unwrap_or_default();
        let before = lasted.clone();
        // What `/health` found, nothing would ever end where it is not asked any more, or nothing is left to ask.
        lasted.retain(|one| (asks && !deployed.is_empty()) || one.source != SignSource::Health);
        let present: Vec<_> =
            deployed.iter().map(|one| (one.deployment.name.clone(), one.deployment.id.clone())).collect();
        let present = (!present.is_empty()).then_some(present.as_slice());
        let weighed = weigh(&lasted, self.signs.all(), present, now);
        if weighed.lasting != before {
            store.keep_incidents(name, &weighed.lasting, now).await?;
        }
        if tell(name, &before, &weighed.lasting) {
            live.tell(Event::Changes { gateway: name.clone() });
        }
        if asks {
            self.confirm(&weighed.confirm, &deployed, now).await?;
        }
        Ok(())
    }

    /// Has the next look of the gateway's loop ask for names that a cooldown hides.
    async fn confirm(
        &mut self,
        names: &[String],
        deployed: &[DeploymentSeen],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.rung.retain(|_, at| now.duration_since(*at) < ASKED_AGAIN);
        let hidden: Vec<&String> = names.iter().filter(|name| !self.rung.contains_key(*name)).collect();
        if hidden.is_empty() {
            return Ok(());
        }
        let channels = self.watch.store.channels_seen(Some(&self.watch.name)).await?;
        for name in hidden {
            self.rung.insert(name.clone(), now);
            let Some(model) = ModelName::parse(name) else { continue };
            let behind: BTreeSet<i64> =
                deployed.iter().filter(|one| one.deployment.name == *name).map(|one| one.channel).collect();
            // One question to a name tells of all that is behind it.
            let channel = channels.iter().map(|(_, seen, _)| &seen.channel).find(|one| behind.contains(&one.id));
            if let Some(channel) = channel {
                let gateway = self.watch.name.as_str();
                tracing::info!(
                    gateway,
                    model = name,
                    "every deployment of it rests, and nobody knows why: it is asked for"
                );
                self.watch.bell.ring(Alarm { channel: channel.clone(), model, failed: now });
            }
        }
        Ok(())
    }
}

/// Says what begins and what ends; whether anything did.
fn tell(gateway: &str, before: &[Incident], now: &[Incident]) -> bool {
    let same = |one: &Incident, other: &Incident| {
        (&one.subject, &one.deployment, one.class) == (&other.subject, &other.deployment, other.class)
    };
    let begun = now.iter().filter(|one| !before.iter().any(|other| same(one, other)));
    let ended = before.iter().filter(|one| !now.iter().any(|other| same(one, other)));
    let mut any = false;
    for (one, what) in begun.map(|one| (one, "begins")).chain(ended.map(|one| (one, "is over"))) {
        any = true;
        let (class, model) = (one.class.as_str(), one.subject.as_str());
        tracing::warn!(
            gateway,
            class,
            model,
            deployment = one.deployment,
            "a trouble behind it {what}: {}",
            one.detail
        );
    }
    any
}

#[cfg(test)]
#[path = "litellm/tests.rs"]
mod tests;
