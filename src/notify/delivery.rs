//! A receiver's messages, handed over one after another until each is taken or given up.
//!
//! Decides: what comes of a refusal. Must not know: why a message was made, what a receiver is.

mod pace;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::trial::{Tried, tell_without_store, try_out};
use super::{Digest, Letter, Receiver, Refusal};
use crate::clock;
use crate::config::{Config, Language, ReceiverConfig};
use crate::crash::crash_point;
use crate::store::{Address, Post, Posting, Store, StoreError, Subscriber, UNWANTED};

/// A receiver has so long for one message, whatever it does; each has tighter limits of its own.
const PATIENCE: Duration = Duration::from_mins(1);
/// So many addresses of one receiver are served side by side.
const SIDE_BY_SIDE: usize = 4;
/// The outbox is looked at so often unasked: another process may have put a message there, or asked for one again.
const LOOK: Duration = Duration::from_secs(30);
/// What is being handed over when we are to stop has so long to end. After that it waits for the next start.
const GRACE: Duration = Duration::from_secs(3);

/// Hands over what is due for one receiver, until `stop`. `wake` says that there is something new; `settled` is told
/// when a message is on its way no more, so that the next may be made.
pub async fn run(mut delivery: Delivery, wake: Arc<Notify>, settled: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let stopped = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let done = tokio::select! {
            biased;
            done = delivery.deliver_due(clock::now()) => done,
            () = stopped => return,
        };
        let next = done.unwrap_or_else(|error| {
            tracing::warn!(receiver = delivery.name, %error, "messages wait for our own store");
            Some(pace::later(clock::now(), LOOK))
        });
        if std::mem::take(&mut delivery.settled) {
            settled.notify_one();
        }
        let pause = next.map_or(LOOK, |at| pace::until(clock::now(), at).min(LOOK));
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One receiver and its messages.
#[derive(Debug)]
pub struct Delivery {
    store: Store,
    name: String,
    receiver: Receiver,
    manner: Manner,
    /// What came of messages, as far as the store did not take note of it. While there is any, nothing is sent: it
    /// would be sent again and again.
    unnoted: BTreeMap<i64, Note>,
    /// The addresses at which messages are not taken.
    failing: BTreeSet<String>,
    /// Whether a message was taken, or given up, since that was asked last.
    settled: bool,
}

/// How the receiver is spoken to.
#[derive(Debug)]
struct Manner {
    language: Language,
    link: Option<String>,
    zone: TimeZone,
    give_up: Duration,
    /// The chats that the configuration names; `None`: it has no say in addresses.
    chats: Option<BTreeSet<String>>,
    /// How long the receiver may take for one message.
    patience: Duration,
}

impl Manner {
    fn new(settings: &ReceiverConfig, config: &Config) -> Result<Self, String> {
        Ok(Self {
            language: settings.language.unwrap_or(config.notify.language),
            link: config.web.public_url.clone(),
            zone: super::zone(&config.notify)?,
            give_up: config.notify.give_up,
            chats: settings.telegram.as_ref().map(|bot| bot.chats.iter().map(|chat| chat.0.clone()).collect()),
            patience: PATIENCE,
        })
    }
}

impl Manner {
    /// Whether a chat that said nothing is told.
    fn names(&self, chat: &str) -> bool {
        self.chats.as_ref().is_none_or(|chats| chats.contains(chat))
    }
}

/// What came of trying a message.
#[derive(Clone, Debug)]
struct Note {
    post: Post,
    answer: Result<(), Refusal>,
    /// When the answer was there.
    at: Timestamp,
}

impl Delivery {
    /// What waits in `store` for the receiver of that name and settings.
    ///
    /// # Errors
    /// The time zone cannot be used.
    pub fn new(
        store: Store,
        name: &str,
        receiver: Receiver,
        settings: &ReceiverConfig,
        config: &Config,
    ) -> Result<Self, String> {
        let manner = Manner::new(settings, config)?;
        let (unnoted, failing) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { store, name: name.to_owned(), receiver, manner, unnoted, failing, settled: false })
    }

    /// Hands over the first message of each address, where it is due; when the next one is, which may be at once. `None`:
    /// there is none.
    pub async fn deliver_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        while let Some((id, note)) = self.unnoted.first_key_value() {
            let (id, note) = (*id, note.clone());
            self.note(&note).await?;
            self.unnoted.remove(&id);
        }
        let mut due = self.store.next_posts(&self.name).await?;
        due.retain(|post| pace::is_due(post.at, now));
        let this = &*self;
        let begun = Instant::now();
        let mut answers = stream::iter(due)
            .map(async |post| {
                let answer = this.hand_over(&post, now).await;
                // A slow answer is not an old one.
                let at = pace::later(now, begun.elapsed());
                let note = Note { post, answer, at };
                crash_point("sent-not-noted").await;
                let noted = this.note(&note).await;
                (note, noted)
            })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut tried = vec![];
        while let Some(done) = answers.next().await {
            tried.push(done);
        }
        drop(answers);
        let mut failed = Ok(());
        for (note, noted) in tried {
            self.tell(&note);
            self.settled |= !matches!(note.answer, Err(Refusal::Later { .. } | Refusal::Moved { .. }));
            if let Err(error) = noted {
                self.unnoted.insert(note.post.id, note);
                failed = Err(error);
            }
        }
        failed?;
        Ok(self.store.next_posts(&self.name).await?.iter().map(|post| post.at).min())
    }

    /// Asks the receiver to take a message. Whatever happens in there stays in there.
    async fn hand_over(&self, post: &Post, now: Timestamp) -> Result<(), Refusal> {
        let digest: Digest = serde_json::from_str(&post.body)
            .map_err(|error| Refusal::Never { why: format!("our own store's message cannot be read: {error}") })?;
        let id = format!("{}-{}", self.store.mark(), post.id);
        let Manner { language, link, zone, .. } = &self.manner;
        // Whether it unsubscribed cannot be read: it waits.
        let said = self.said(&post.to).await;
        let said = said.map_err(|error| Refusal::Later { why: error.to_string(), after: None })?;
        if said.as_ref().map_or_else(|| !self.manner.names(&post.to.chat), |said| !said.wanted) {
            return Err(Refusal::Never { why: UNWANTED.to_owned() });
        }
        let own = said.and_then(|said| serde_json::from_value(said.language.into()).ok());
        let letter = Letter {
            id: &id,
            to: &post.to.chat,
            digest: &digest,
            language: own.unwrap_or(*language),
            link: link.as_deref(),
            zone,
            at: now,
        };
        contained(self.receiver.deliver(&letter), self.manner.patience).await
    }

    /// What a chat said of itself.
    async fn said(&self, to: &Address) -> Result<Option<Subscriber>, StoreError> {
        if to.chat.is_empty() { Ok(None) } else { self.store.subscriber(to).await }
    }

    /// Takes note of what came of it.
    async fn note(&self, note: &Note) -> Result<(), StoreError> {
        let Note { post, answer, at } = note;
        let given_up = pace::later(post.made, self.manner.give_up) <= *at;
        let posted = async |state, at, why: &str| self.store.posted(post.id, state, at, why).await;
        match answer {
            Ok(()) => posted(Posting::Sent, *at, "").await,
            Err(Refusal::Never { why }) => posted(Posting::Dead, *at, why).await,
            Err(Refusal::Later { why, .. }) if given_up => {
                let after = humantime::format_duration(self.manner.give_up);
                posted(Posting::Dead, *at, &format!("given up after {after}: {why}")).await
            }
            Err(Refusal::Later { why, after }) => {
                let wait = pace::wait(post.attempts, *after, fastrand::f64());
                posted(Posting::Waiting, pace::later(*at, wait), why).await
            }
            Err(Refusal::Gone { why }) => {
                posted(Posting::Dead, *at, why).await?;
                self.store.bury(&post.to, why, *at).await?;
                self.store.subscribe(&post.to, false, *at).await.map(drop)
            }
            Err(refusal @ Refusal::Moved { to }) => {
                // At once the first time; a chat that moves in circles is a failing one.
                let wait =
                    if post.attempts == 0 { Duration::ZERO } else { pace::wait(post.attempts, None, fastrand::f64()) };
                let waits = (Posting::Waiting, pace::later(*at, wait));
                let (state, next) = if given_up { (Posting::Dead, *at) } else { waits };
                posted(state, next, &refusal.to_string()).await?;
                self.store.move_subscriber(&post.to, to, *at).await
            }
        }
    }

    /// One line when an address begins to fail, one when it works again, one for each message that is lost.
    fn tell(&mut self, note: &Note) {
        let Note { post, answer, at } = note;
        let (receiver, kind, chat) = (self.name.as_str(), self.receiver.kind(), post.to.chat.as_str());
        let given_up = pace::later(post.made, self.manner.give_up) <= *at;
        match answer {
            Ok(()) => {
                if self.failing.remove(chat) {
                    tracing::info!(receiver, kind, chat, "messages are taken again");
                }
            }
            Err(Refusal::Later { why, .. }) if !given_up => {
                if self.failing.insert(chat.to_owned()) {
                    tracing::warn!(receiver, kind, chat, %why, "a message is not taken; it is tried again");
                }
            }
            Err(Refusal::Moved { to }) => tracing::info!(receiver, kind, chat, to, "the chat has a new address"),
            Err(why) => {
                tracing::warn!(receiver, kind, chat, %why, "a message is given up: `channelwarden notify outbox --dead`");
            }
        }
    }
}

/// Whatever happens in there stays in there.
async fn contained(taken: impl Future<Output = Result<(), Refusal>>, patience: Duration) -> Result<(), Refusal> {
    let later = |why: &str| Refusal::Later { why: why.to_owned(), after: None };
    match tokio::time::timeout(patience, AssertUnwindSafe(taken).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(later("a bug of ours: the receiver's code panicked; please report it")),
        Err(_) => Err(later("it took more than its time, and was left")),
    }
}

#[cfg(test)]
#[path = "delivery/tests.rs"]
mod tests;
