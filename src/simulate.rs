//! A simulated upstream on a loopback port, for `demo`, tests and benchmarks: as strict as the real ones.
//!
//! Decides: what it answers, by a [`World`] that may be changed while it runs. Must not know: who asks.

mod answer;
mod behave;
mod call;
mod forms;
mod refusal;
mod reply;
mod world;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use world::{Behaviour, ListBehaviour, World};

/// A running simulated upstream. Stops when dropped.
#[derive(Debug)]
pub struct Simulated {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What the server and its owner share.
#[derive(Debug)]
struct Shared {
    world: RwLock<World>,
    asked: Mutex<HashMap<String, HashMap<String, u64>>>,
    total: AtomicU64,
    refused: AtomicU64,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Simulated {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(world: World) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: RwLock::new(world),
            asked: Mutex::default(),
            total: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let app = answer::router(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends with the process or with `Drop`; there is nobody to tell of an error in between.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, shared, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without `/v1`, as a channel holds it.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets a model behave so from now on; a model that is not there appears.
    pub fn set(&self, model: &str, behaviour: Behaviour) {
        self.change(|world| {
            world.models.insert(model.to_owned(), behaviour);
        });
    }

    /// Takes a model away: it is then as unknown as any other name.
    pub fn remove(&self, model: &str) {
        self.change(|world| {
            world.models.remove(model);
        });
    }

    /// Changes anything else of the world.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.shared.world.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// How many questions a model was asked at whatever path, refused ones included.
    pub fn asked(&self, model: &str) -> u64 {
        self.shared.asked().values().filter_map(|models| models.get(model)).sum()
    }

    /// How many requests came for a path and model; the list's model is `""`.
    pub fn requests(&self, path: &str, model: &str) -> u64 {
        self.shared.asked().get(path).and_then(|models| models.get(model)).copied().unwrap_or(0)
    }

    /// How many requests came at all.
    pub fn total(&self) -> u64 {
        self.shared.total.load(Ordering::Relaxed)
    }

    /// How many requests no real upstream would have taken (wrong path, no key, fields that models refuse).
    pub fn malformed(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::Relaxed)
    }

    /// Stops listening; open connections end.
    pub fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, HashMap<String, HashMap<String, u64>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one request; gives back how many there were before for the same path and model.
    fn count(&self, path: &str, model: &str) -> u64 {
        self.total.fetch_add(1, Ordering::Relaxed);
        let mut asked = self.asked();
        if let Some(counter) = asked.get_mut(path).and_then(|models| models.get_mut(model)) {
            *counter += 1;
            return *counter - 1;
        }
        asked.entry(path.to_owned()).or_default().insert(model.to_owned(), 1);
        0
    }
}
