//! The watch over a gateway's own traffic: what its log says is kept, and a model that fails for its users is asked at
//! once.
//!
//! Decides: when the log is read, and which failures are worth waking the loop for. Must not know: what a row of a log
//! means, or what is asked and thought of a model.

mod alarms;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(super) use self::alarms::{Alarm, Bell};
pub use self::alarms::{Alarms, Failing, Recent};
use crate::clock;
use crate::config::{Config, DatabaseAddress, GatewayConfig};
use crate::gateway::Gateway;
use crate::gateway::logs::Logs;
use crate::model::{Came, ChannelRef, Status, Traffic, Witnessed};
use crate::store::{LogCursor, Store};

/// The longest pause between two tries to read a log that cannot be read.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Watches one gateway's log.
#[derive(Clone)]
pub(super) struct TrafficWatch {
    pub(super) name: String,
    pub(super) config: Config,
    pub(super) store: Store,
    /// Rung for the gateway's loop.
    pub(super) bell: Arc<Bell>,
    pub(super) stop: CancellationToken,
    pub(super) retire: CancellationToken,
}

/// A log that is open.
struct Reader {
    logs: Logs,
    /// To see whether a failing model is on its channel's list.
    gateway: Gateway,
    /// What the pages of this look said, until its end.
    recent: Recent,
}

impl TrafficWatch {
    /// Runs until one of the tokens is set, and runs again should it ever panic.
    pub(super) async fn keep_going(self) {
        super::keep_going(&self.name, "reading its log", [&self.stop, &self.retire], || self.clone().run()).await;
    }

    async fn run(self) {
        let Some(settings) = self.config.gateways.get(&self.name).filter(|gateway| gateway.logs.read) else { return };
        let address = match settings.logs_address() {
            Ok(Some(address)) => address,
            Ok(None) => return,
            Err(why) => return self.tell(&format!("gateways.{}.logs.database: {why}", self.name)),
        };
        let (mut reader, mut alarms) = (None, Alarms::default());
        let (mut told, mut failures) = (None, 0);
        loop {
            let looked = tokio::select! {
                looked = self.look(settings, &address, &mut reader, &mut alarms) => looked,
                // What a look has read is kept page by page.
                () = self.stop.cancelled() => return,
                () = self.retire.cancelled() => return,
            };
            let pause = match looked {
                Ok(more) => {
                    failures = 0;
                    if told.take().is_some() {
                        tracing::info!(gateway = self.name, "its log is read again");
                    }
                    if more { Duration::ZERO } else { settings.logs.every }
                }
                Err(error) => {
                    close(reader.take()).await;
                    let why = format!("{error:#}");
                    if told.as_ref() != Some(&why) {
                        self.tell(&why);
                        told = Some(why);
                    }
                    failures += 1;
                    settings.logs.every.saturating_mul(1 << failures.min(10_u32)).min(LONGEST_PAUSE)
                }
            };
            if self.is_over(pause).await {
                return close(reader).await;
            }
        }
    }

    /// Waits; true when we are to end.
    async fn is_over(&self, pause: Duration) -> bool {
        tokio::select! {
            () = sleep(pause) => false,
            () = self.stop.cancelled() => true,
            () = self.retire.cancelled() => true,
        }
    }

    fn tell(&self, why: &str) {
        tracing::warn!(
            gateway = self.name,
            "its traffic counts for nothing while its log cannot be read (logs.database says where it is, logs.read: false ends the tries): {why}"
        );
    }

    /// Reads a page, keeps what it says, and at the end of all pages wakes the loop for what fails. Whether there is
    /// more already.
    async fn look(
        &self,
        settings: &GatewayConfig,
        address: &DatabaseAddress,
        reader: &mut Option<Reader>,
        alarms: &mut Alarms,
    ) -> anyhow::Result<bool> {
        let reader = match reader {
            Some(reader) => reader,
            None => reader.insert(self.open(settings, address).await?),
        };
        let now = clock::now();
        let page = reader.logs.read(now).await?;
        let oldest = now.saturating_sub(signed(settings.logs.fresh))?;
        let fresh: Vec<Witnessed> = page.witnessed.into_iter().filter(|one| when(&one.came) >= oldest).collect();
        if page.advanced || !fresh.is_empty() {
            let cursor = LogCursor { source: reader.logs.source().to_owned(), last_id: page.last_id };
            self.store.take_traffic(&self.name, &cursor, &fresh).await?;
        }
        for one in fresh {
            reader.recent.take(one);
        }
        if !page.more {
            let chosen = alarms.choose(std::mem::take(&mut reader.recent).failing(now), now);
            self.raise(settings, &reader.gateway, chosen).await?;
        }
        Ok(page.more)
    }

    async fn open(&self, settings: &GatewayConfig, address: &DatabaseAddress) -> anyhow::Result<Reader> {
        let gateway = Gateway::open(&self.name, settings, &self.config.probe, self.store.salt()).await?;
        let mut logs = Logs::open(address, gateway.kind()).await?;
        if let Some(cursor) = self.store.log_cursor(&self.name).await?
            && cursor.source == logs.source()
        {
            logs.resume(cursor.last_id);
        }
        Ok(Reader { logs, gateway, recent: Recent::default() })
    }

    /// Wakes the loop for those that are ours to look after and on their channel's list.
    async fn raise(&self, settings: &GatewayConfig, gateway: &Gateway, failing: Vec<Failing>) -> anyhow::Result<()> {
        for of_channel in failing.chunk_by(|one, next| one.channel == next.channel) {
            let Some(id) = of_channel.first().map(|one| one.channel) else { continue };
            if settings.channels.excludes(id) {
                continue;
            }
            let Some(channel) = gateway.channel(id).await? else { continue };
            let enabled = channel.status == Status::Enabled || settings.channels.auto_disabled;
            let Some(list) = channel.advertised().filter(|_| enabled) else { continue };
            let reference = ChannelRef { id, created: channel.created, name: channel.name };
            let traffic = self.store.traffic(&self.name, &reference).await?;
            for one in of_channel.iter().filter(|one| list.names().contains(&one.model)) {
                // A success that an earlier look told of may be the later one.
                let Some(failure) = traffic.get(&one.model).and_then(Traffic::fails) else { continue };
                if settings.models.is_excluded(&one.model) || one.model.as_str().contains('*') {
                    continue;
                }
                let (channel, model) = (reference.to_string(), one.model.as_str());
                tracing::info!(
                    gateway = self.name,
                    channel,
                    model,
                    status = failure.status,
                    "it fails for its users and is asked at once: {}",
                    failure.detail
                );
                let alarm = Alarm { channel: reference.clone(), model: one.model.clone(), failed: failure.at };
                self.bell.ring(alarm);
            }
        }
        Ok(())
    }
}

async fn close(reader: Option<Reader>) {
    if let Some(reader) = reader {
        reader.logs.close().await;
        reader.gateway.close().await;
    }
}

fn when(came: &Came) -> Timestamp {
    match came {
        Came::Worked(at) => *at,
        Came::Failed(failure) => failure.at,
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
