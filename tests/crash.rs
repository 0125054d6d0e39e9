//! Killed, interrupted, held up, raced: what must hold whenever somebody or something comes between.
//!
//! The program under test is the real binary wherever a process matters (kills, signals, two at once), and the library
//! where a test must step between its decision and its write.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

#[path = "crash/child.rs"]
mod child;
#[path = "crash/edited.rs"]
mod edited;
#[path = "crash/held.rs"]
mod held;
#[path = "crash/killed.rs"]
mod killed;
#[path = "crash/left_open.rs"]
mod left_open;
#[path = "crash/signals.rs"]
mod signals;
#[path = "crash/together.rs"]
mod together;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use channelwarden::apply::{self, Outcome};
use channelwarden::daemon;
use channelwarden::gateway::Gateway;
use channelwarden::model::Change;
use channelwarden::round::Scope;
use channelwarden::simulate::Behaviour;
use channelwarden::store::ChangeState;
use databases::Engine;
use futures::future::{BoxFuture, join_all};
use gateways::{ChannelRow, Schema};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use world::Setup;

/// The list of channel "one" before the change that every test is about, and after it.
const BEFORE: &str = "a,gone,b";
const AFTER: &str = "a,b,new";

/// A gateway whose channel "one" is about to lose "gone" and to gain "new": one look was made, the next one confirms.
/// Channel "two" serves the same models, so that no guard for the last route comes in between.
async fn about_to_change(engine: Engine, config: &Value) -> Setup {
    let mut setup = Setup::new(engine, Schema::NewApi, config).await;
    for (name, gone) in [("one", "gone"), ("two", "works")] {
        let models = [("a", "works"), ("b", "works"), ("gone", gone)];
        let models: BTreeMap<_, _> = models.map(|(model, how)| (model.to_owned(), how.to_owned())).into();
        setup.upstream(name, &[], &models, None).await;
        let base_url = Some(setup.upstreams[name].base_url());
        let row = ChannelRow {
            name: Some(name.to_owned()),
            key: format!("sk-canary-{name}"),
            base_url,
            priority: Some(3),
            weight: None,
            tag: Some("ours".to_owned()),
            ..ChannelRow::new(BEFORE).group("default,vip")
        };
        setup.channel(name, row).await;
    }
    setup.round().await;
    setup.upstreams["one"].set("new", Behaviour::Works);
    setup
}

impl Setup {
    /// The list of channel "one".
    async fn list(&self) -> String {
        self.db.models(self.channels["one"]).await.unwrap()
    }

    /// Both tables agree as the gateway would have them.
    async fn agrees(&self, case: &str) {
        let dump = self.db.dump().await;
        assert_eq!(dump, self.as_the_gateway_would().await, "{case}: the tables do not agree");
    }

    /// The journal from the oldest line on: state, list before, list after.
    async fn journal(&self) -> Vec<(ChangeState, String, String)> {
        let mut lines = self.store.changes("main", 1000).await.unwrap();
        lines.reverse();
        let line = |line: channelwarden::store::ChangeRecord| {
            (line.state, line.intent.before.models, line.intent.models.as_str().to_owned())
        };
        lines.into_iter().map(line).collect()
    }

    async fn states(&self) -> Vec<ChangeState> {
        self.journal().await.into_iter().map(|(state, ..)| state).collect()
    }

    /// How many intents are not settled.
    async fn open(&self) -> usize {
        self.store.open_intents("main").await.unwrap().len()
    }

    async fn gateway(&self) -> Gateway {
        self.opened().await.gateway
    }

    async fn opened(&self) -> channelwarden::round::Round {
        let stop = CancellationToken::new();
        daemon::open("main", &self.config, &self.store, &self.prober, &stop).await.unwrap()
    }

    /// Decides the change without writing it.
    async fn decided(&self) -> Change {
        let report = Arc::new(self.opened().await).run(&Scope::default(), false).await.unwrap();
        let change = report.changes.into_iter().find(|line| line.change.channel.id == self.channels["one"]);
        let change = change.unwrap().change;
        assert_eq!((change.before.as_str(), change.after.join().as_str()), (BEFORE, AFTER));
        change
    }

    /// Writes a decided change, as a round does.
    async fn write(&self, change: &Change) -> Outcome {
        self.write_to(&self.gateway().await, change).await
    }

    /// The same on connections that are open already: opening looks whether it may write, which waits for locks.
    async fn write_to(&self, gateway: &Gateway, change: &Change) -> Outcome {
        let turn = self.store.turn().await.unwrap();
        apply::apply(&self.store, gateway, change, None, &turn).await.unwrap()
    }
}

/// Waits until something holds, and fails when it does not within a long time.
async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs cases side by side, a few at a time: most of each is waiting.
fn side_by_side(cases: impl IntoIterator<Item = impl Future<Output = ()> + Send + 'static>) -> BoxFuture<'static, ()> {
    let free = Arc::new(Semaphore::new(AT_ONCE));
    let start = |case| {
        let free = Arc::clone(&free);
        tokio::spawn(async move {
            let _place = free.acquire().await;
            case.await;
        })
    };
    let tasks: Vec<_> = cases.into_iter().map(|case| start(Box::pin(case))).collect();
    Box::pin(async move {
        let failed: Vec<_> = join_all(tasks).await.into_iter().filter_map(Result::err).collect();
        assert!(failed.is_empty(), "{} cases failed, see above", failed.len());
    })
}

const AT_ONCE: usize = 4;
