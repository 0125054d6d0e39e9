//! A full round that somebody wants now.
//!
//! Decides: whether one is waited for already. Must not know: who asks, and how a round runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// One for each gateway. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Scans(BTreeMap<String, Arc<Wish>>);

/// Somebody wants one.
#[derive(Debug, Default)]
struct Wish {
    asked: AtomicBool,
    told: Notify,
}

impl Scans {
    /// For these gateways.
    pub fn of<'a>(gateways: impl Iterator<Item = &'a String>) -> Self {
        Self(gateways.map(|name| (name.clone(), Arc::default())).collect())
    }

    /// Wants a full round of a gateway; `false` when one is waited for already.
    pub fn ask(&self, gateway: &str) -> bool {
        let Some(wish) = self.0.get(gateway) else { return false };
        let first = !wish.asked.swap(true, Ordering::AcqRel);
        if first {
            wish.told.notify_one();
        }
        first
    }

    /// Waits until a full round of a gateway is wanted. It begins now: from here on, another may be asked for.
    pub async fn asked(&self, gateway: &str) {
        let Some(wish) = self.0.get(gateway) else { return std::future::pending().await };
        wish.told.notified().await;
        wish.asked.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_is_waited_for_at_a_time() {
        let scans = Scans::of([&"a".to_owned(), &"b".to_owned()].into_iter().cloned().collect::<Vec<_>>().iter());
        assert!(scans.ask("a"));
        assert!(!scans.ask("a"), "one is waited for");
        assert!(scans.ask("b") && !scans.ask("nobody"));
        scans.asked("a").await;
        assert!(scans.ask("a"));
    }
}
