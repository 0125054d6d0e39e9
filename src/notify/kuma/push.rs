//! The pushes of one turn, a few at a time to each server.
//!
//! Decides: which answer means taken, and what the log says. Must not know: what is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt as _;
use tokio::task::JoinSet;
use url::Url;

use crate::config::{Config, ProbeConfig};
use crate::http::Http;

/// Pushes under way to one server.
const SIDE_BY_SIDE: usize = 8;
/// So much of an answer is read.
const CAP: usize = 4096;

/// One push.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Push {
    /// Of what, for the log.
    pub(super) what: String,
    /// Where, with all that is said. A secret: no `Debug`.
    pub(super) url: Url,
}

/// Pushes, and remembers which monitor took none.
pub(super) struct Pusher {
    pub(super) http: Arc<Http>,
    /// By what they are of: said once, and once more when it is over.
    pub(super) refused: BTreeSet<String>,
}

impl Pusher {
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        let timeout = config.uptime_kuma.timeout;
        let limits =
            ProbeConfig { connect_timeout: timeout, first_byte_timeout: timeout, timeout, ..config.probe.clone() };
        Ok(Self { http: Arc::new(Http::new(&limits)?), refused: BTreeSet::new() })
    }

    /// All of them. Servers are told side by side, so that one that hangs holds up its own monitors only.
    pub(super) async fn push(&mut self, pushes: Vec<Push>) {
        let mut servers: BTreeMap<String, Vec<Push>> = BTreeMap::new();
        for push in pushes {
            servers.entry(push.url.origin().ascii_serialization()).or_default().push(push);
        }
        let (told, mut ends) = tokio::sync::mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for pushes in servers.into_values() {
            let (http, told) = (Arc::clone(&self.http), told.clone());
            tasks.spawn(async move {
                let each = async |push: Push| {
                    let end = one(&http, &push.url).await;
                    // Nobody hears it any more: the turn is over.
                    let _ = told.send((push.what, end));
                };
                futures::stream::iter(pushes).for_each_concurrent(SIDE_BY_SIDE, each).await;
            });
        }
        drop(told);
        while let Some((what, end)) = ends.recv().await {
            self.tell(what, end);
        }
    }

    /// One line when a monitor takes no push, and one when it does again.
    fn tell(&mut self, what: String, end: Result<(), String>) {
        match end {
            Ok(()) if self.refused.remove(&what) => tracing::info!("Uptime Kuma takes the push of {what} again"),
            Ok(()) => {}
            Err(why) => {
                if !self.refused.contains(&what) {
                    tracing::warn!("Uptime Kuma took no push of {what}: {why}");
                    self.refused.insert(what);
                }
            }
        }
    }
}

/// Kuma answers 200 and `{"ok":true}`; what it says otherwise may name the token, and is not told.
pub(super) async fn one(http: &Http, url: &Url) -> Result<(), String> {
    let reply = http.get(url.as_str(), CAP).await.map_err(|failure| failure.to_string())?;
    let ok = || serde_json::from_slice::<serde_json::Value>(&reply.body).ok()?.get("ok")?.as_bool();
    match reply.status {
        200 if ok() == Some(true) => Ok(()),
        200 => Err("the answer is not Uptime Kuma's; is the address a monitor's Push URL?".to_owned()),
        404 => Err("there is no such push monitor, or it is paused (status 404)".to_owned()),
        status => Err(format!("it answers with status {status}")),
    }
}
