//! The Telegram bot: answers people, and hands on what they ask for.
//!
//! Decides: who is answered what, and that nothing asked for is done twice. Must not know: how anything is done: it reads
//! our store, as the dashboard does, and hands orders on.

mod command;
mod door;
mod greeting;
mod hands;
mod show;
mod talk;
mod told;

use std::sync::Arc;
use std::time::Duration;

use frankenstein::methods::GetUpdatesParams;
use frankenstein::types::AllowedUpdate;
use frankenstein::updates::Update;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::door::Door;
use self::hands::{Hands, Job};
use super::telegram::{Telegram, Trouble};
use crate::clock;
use crate::config::{Config, Language, ReceiverConfig};
use crate::serve::{Acts, Live};
use crate::store::{Store, StoreError};

/// Telegram holds a question for updates so long while there are none.
const POLL: Duration = Duration::from_secs(50);
/// What an answer may take beyond that.
const PATIENCE: Duration = Duration::from_secs(20);
/// A refused token is tried again after so long: it may be changed at Telegram's end only.
const REFUSED: Duration = Duration::from_mins(5);
/// What is under way when we stop may take so long.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// So many orders wait; more are refused.
const WAITING: usize = 16;

/// What every answer needs.
#[derive(Debug)]
struct Bot {
    /// The receiver's name in the configuration.
    name: String,
    telegram: Arc<Telegram>,
    /// The bot's own name, once it is known.
    username: String,
    door: Door,
    config: Arc<Config>,
    store: Store,
    live: Live,
    /// Of the receiver.
    language: Language,
    zone: TimeZone,
    /// The way to who acts.
    hands: mpsc::Sender<Job>,
    /// The latest update that was heeded, as far as numbers are in order.
    last: Option<i64>,
}

/// Answers a receiver's bot until `stop` is set. Returns at once where it is none, or is not to answer.
///
/// # Errors
/// A sentence on the key of the configuration that cannot be used; never a secret.
pub async fn run(
    name: &str,
    settings: &ReceiverConfig,
    config: Arc<Config>,
    store: Store,
    acts: Acts,
    live: Live,
    stop: CancellationToken,
) -> Result<(), String> {
    let Some(telegram) = settings.telegram.as_ref().filter(|telegram| settings.enabled && telegram.commands) else {
        return Ok(());
    };
    let at = |why: String| format!("notify.receivers.{name}.{why}");
    let open = |patience| Telegram::new(telegram, settings.proxy.as_ref(), &config.probe, patience).map_err(at);
    let (calls, polls) = (Arc::new(open(PATIENCE)?), open(POLL + PATIENCE)?);
    let zone = super::zone(&config.notify)?;
    let (hands, jobs) = mpsc::channel(WAITING);
    let working = tokio::spawn(Hands::new(Arc::clone(&calls), store.clone(), Arc::clone(&config), acts).work(jobs));
    let bot = Bot {
        name: name.to_owned(),
        telegram: calls,
        username: String::new(),
        door: Door::new(telegram.clone()),
        language: settings.language.unwrap_or(config.notify.language),
        zone,
        config,
        store,
        live,
        hands,
        last: None,
    };
    bot.listen(&polls, &stop).await;
    // What was handed on is done; who asked for it is told if that does not take long.
    if timeout(LAST_WORDS, working).await.is_err() {
        tracing::warn!(receiver = name, "stopped before everybody was told what came of what they asked for");
    }
    Ok(())
}

/// Why listening failed for once.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Telegram(#[from] Trouble),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failed {
    /// How long to wait after so many failures in a row.
    fn pause(&self, failures: u32) -> Duration {
        match self {
            Self::Telegram(Trouble::TooMuch { after, .. }) => *after,
            Self::Telegram(Trouble::BadToken { .. }) => REFUSED,
            Self::Telegram(
                Trouble::Away { .. }
                | Trouble::Rival { .. }
                | Trouble::Gone { .. }
                | Trouble::NoRight { .. }
                | Trouble::Moved { .. }
                | Trouble::Refused { .. },
            )
            | Self::Store(_) => door::pause(failures),
        }
    }
}

impl Bot {
    async fn listen(mut self, polls: &Telegram, stop: &CancellationToken) {
        let (mut failures, mut told) = (0_u32, String::new());
        loop {
            // Whatever is cut short here was either not heeded yet, or is with the hands already.
            let turn = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.turn(polls) => turn,
            };
            let Err(failed) = turn else {
                (failures, told) = (0, String::new());
                continue;
            };
            failures = failures.saturating_add(1);
            // One trouble is one line, however long it lasts.
            let words = failed.to_string();
            if words != told {
                tracing::warn!(receiver = %self.name, "the Telegram bot: {words}");
                told = words;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(failed.pause(failures)) => {}
            }
        }
    }

    /// Asks once for what is new, and answers it.
    async fn turn(&mut self, polls: &Telegram) -> Result<(), Failed> {
        if self.username.is_empty() {
            self.username = self.greet().await?;
        }
        self.last = self.store.heeded(self.telegram.id(), clock::now()).await?;
        let asked = GetUpdatesParams::builder()
            .maybe_offset(self.last.map(|last| last + 1))
            .timeout(u32::try_from(POLL.as_secs()).unwrap_or_default())
            .allowed_updates(vec![AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember])
            .build();
        let mut updates: Vec<(i64, Value)> = polls
            .call::<Vec<Value>>("getUpdates", &asked)
            .await?
            .into_iter()
            .filter_map(|update| Some((update.get("update_id")?.as_i64()?, update)))
            .collect();
        updates.sort_by_key(|(id, _)| *id);
        let newest = updates.last().map(|(id, _)| *id);
        for (id, update) in updates {
            if self.last.is_some_and(|last| id <= last) {
                continue;
            }
            // One that is of a new form must not keep us from all that follow.
            match serde_json::from_value::<Update>(update) {
                Ok(update) => self.answer(id, update.content).await?,
                Err(error) => tracing::debug!(receiver = %self.name, "an update cannot be read: {error}"),
            }
            self.last = Some(id);
        }
        match newest {
            Some(newest) => Ok(self.heed(newest).await?),
            None => Ok(()),
        }
    }

    /// Notes an update as heeded: before anything is done about it.
    async fn heed(&self, update: i64) -> Result<(), StoreError> {
        if self.last.is_some_and(|last| update < last) {
            return Ok(());
        }
        self.store.heed(self.telegram.id(), update, clock::now()).await
    }
}
