//! What goes on just now, for whoever is looking.
//!
//! Decides: what is told as it happens. Must not know: who looks, and how rounds run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// A round that is told of.
#[derive(Debug)]
pub struct UnderWay {
    live: Live,
    gateway: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.live.running_now().remove(&self.gateway);
        self.live.tell(Event::Round { gateway: self.gateway.clone() });
        self.live.progress();
    }
}

/// So many events wait for a slow reader; then it misses some, and reads everything again.
const KEPT: usize = 64;

/// A round under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Running {
    /// Whose.
    pub gateway: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Whether everything is asked, or only what is due again.
    pub full: bool,
    /// Probes that there are to send, as far as is known yet.
    pub expected: usize,
    /// Probes that were answered.
    pub done: usize,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// How far the rounds under way are.
    Progress {
        /// Those under way; empty: none.
        running: Vec<Running>,
    },
    /// A round ended: everything may be other than it was.
    Round {
        /// Whose.
        gateway: String,
    },
    /// There is a message to send.
    Messages,
    /// A change, a proposal or a hold is other than it was.
    Changes {
        /// Whose.
        gateway: String,
    },
}

/// The news. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    running: Mutex<BTreeMap<String, Running>>,
    told: broadcast::Sender<Event>,
}

impl Default for Live {
    fn default() -> Self {
        Self(Arc::new(Inner { running: Mutex::default(), told: broadcast::Sender::new(KEPT) }))
    }
}

impl Live {
    /// A round begins; it ends, well or not, when what is given back is dropped.
    #[must_use]
    pub fn began(&self, gateway: &str, full: bool, now: Timestamp) -> UnderWay {
        let running = Running { gateway: gateway.to_owned(), since: now, full, expected: 0, done: 0 };
        self.running_now().insert(gateway.to_owned(), running);
        self.progress();
        UnderWay { live: self.clone(), gateway: gateway.to_owned() }
    }

    /// So many probes more are to come, and so many are done.
    pub fn moved(&self, gateway: &str, expected: usize, done: usize) {
        if let Some(running) = self.running_now().get_mut(gateway) {
            running.expected += expected;
            running.done += done;
        }
    }

    /// Something else changed.
    pub fn tell(&self, event: Event) {
        // Nobody may be looking.
        let _ = self.0.told.send(event);
    }

    /// The rounds under way.
    pub fn running(&self) -> Vec<Running> {
        self.running_now().values().cloned().collect()
    }

    /// All news from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.told.subscribe()
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.0.told.receiver_count()
    }

    fn progress(&self) {
        self.tell(Event::Progress { running: self.running() });
    }

    fn running_now(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
