//! Of several loops one looks after a gateway: on one store by a lock beside it, on several by a lease in the gateway's
//! database where the operator allows that.
//!
//! Decides: when our rounds may begin. Must not know: what a round does.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{HEARTBEAT, Watch};
use crate::clock;
use crate::gateway::{Gateway, Lease};
use crate::store::{self, Store};

/// How long the lease in a gateway's database is ours without a word from us: three heartbeats.
pub(super) const TERM: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());

/// From one look at the lock beside our store to the next.
const LOOK: Duration = Duration::from_secs(5);

/// The right to begin rounds.
pub(super) struct Keeping {
    _alone: store::Lease,
    kept: Option<Kept>,
}

/// The lease in the gateway's database.
struct Kept {
    lease: watch::Receiver<Lease>,
    /// Dropped, it ends the keeper.
    end: DropGuard,
    keeper: JoinHandle<()>,
}

/// Waits until no other loop on our store has the lease of that name; who has it is told once.
pub(super) async fn alone(store: &Store, name: &str, tell: impl Fn(&str)) -> store::Lease {
    let mut told = false;
    loop {
        match store.lease(name, clock::now()).await {
            Ok(Ok(alone)) => return alone,
            Ok(Err(holder)) if !told => {
                told = true;
                tell(&holder.map_or_else(|| "another loop".to_owned(), |holder| holder.to_string()));
            }
            Ok(Err(_)) => {}
            Err(error) => tracing::error!(lease = name, "{error}"),
        }
        sleep(LOOK).await;
    }
}

impl Watch {
    /// Waits until no other loop on our store looks after the gateway, and begins to keep the lease in its database;
    /// `None` when we are to stop.
    pub(super) async fn keeping(&self) -> Option<Keeping> {
        let gateway = self.name.as_str();
        let tell = |who: &str| tracing::warn!(gateway, "{who} looks after it: no round here until that one ends");
        let alone = tokio::select! {
            alone = alone(&self.store, gateway, tell) => alone,
            () = self.stop.cancelled() => return None,
            () = self.retire.cancelled() => return None,
        };
        let wanted = self.config.gateways.get(&self.name).is_some_and(|settings| settings.lease);
        let kept = wanted.then(|| {
            let (sender, lease) = watch::channel(Lease::Unasked);
            let end = CancellationToken::new();
            let keeper = tokio::spawn(self.clone().keep(sender, end.clone()));
            Kept { lease, end: end.drop_guard(), keeper }
        });
        Some(Keeping { _alone: alone, kept })
    }

    /// Takes the lease, and again before it runs out; gives it back at the end.
    async fn keep(self, lease: watch::Sender<Lease>, end: CancellationToken) {
        let (mut gateway, mut told) = (None, None);
        loop {
            match self.lease(gateway.take()).await {
                Ok(ours) => {
                    let now = ours.lease().clone();
                    // How long it is theirs yet changes all the time; whose it is was told already.
                    let sort = Some(std::mem::discriminant(&now));
                    if let (Lease::Theirs(why) | Lease::Impossible(why), true) = (&now, told != sort) {
                        tracing::warn!(gateway = self.name, "{why}");
                    }
                    told = sort;
                    lease.send_replace(now);
                    gateway = Some(ours);
                }
                Err(error) => tracing::error!(gateway = self.name, "the lease is not kept: {error:#}"),
            }
            tokio::select! {
                () = sleep(HEARTBEAT) => {}
                () = end.cancelled() => break,
            }
        }
        if let Some(gateway) = gateway {
            if let Err(error) = gateway.release_lease().await {
                tracing::error!(gateway = self.name, "the lease is not given back, it runs out: {error}");
            }
            gateway.close().await;
        }
    }

    /// The gateway with the lease taken or renewed, if it can be.
    async fn lease(&self, gateway: Option<Gateway>) -> anyhow::Result<Gateway> {
        match gateway {
            Some(gateway) => Ok(gateway.with_lease(&self.store.instance(), TERM).await?),
            None => Ok(super::open(&self.name, &self.config, &self.store, &self.prober, &self.stop).await?.gateway),
        }
    }
}

impl Keeping {
    /// Waits until no other instance looks after the gateway.
    pub(super) async fn ours(&mut self) {
        if let Some(kept) = &mut self.kept {
            // Ended, the keeper stops nothing.
            let _ = kept.lease.wait_for(|lease| !matches!(lease, Lease::Theirs(_) | Lease::Unasked)).await;
        }
    }

    /// Whether no other instance looks after the gateway.
    pub(super) fn is_ours(&self) -> bool {
        let theirs = |kept: &Kept| matches!(*kept.lease.borrow(), Lease::Theirs(_) | Lease::Unasked);
        !self.kept.as_ref().is_some_and(theirs)
    }

    /// Gives the gateway to whoever wants it next.
    pub(super) async fn end(self) {
        if let Some(kept) = self.kept {
            drop(kept.end);
            // What it could not give back runs out.
            let _ = kept.keeper.await;
        }
    }
}
