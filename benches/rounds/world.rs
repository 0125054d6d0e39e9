//! A One API database, an upstream behind all its channels, and rounds over them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use channelwarden::config;
use channelwarden::gateway::{self, Gateway};
use channelwarden::model::{ModelName, Outcome};
use channelwarden::probe::{Ask, Prober};
use channelwarden::round::{Report, Scope};
use channelwarden::simulate::{Behaviour, ListBehaviour, Simulated, World};
use channelwarden::store::Store;
use channelwarden::upstream::Target;
use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// One gateway and its upstream.
pub(crate) struct Bench {
    upstream: Simulated,
    models: usize,
    at_once: usize,
    folder: tempfile::TempDir,
    stores: AtomicUsize,
}

impl Bench {
    /// So many channels of so many models each, in two groups, all behind one upstream.
    pub(crate) async fn start(channels: usize, models: usize, behaviour: Behaviour, at_once: usize) -> Self {
        let names = (0..models).map(|number| (name(number), behaviour.clone()));
        let world = World { models: names.collect(), list: ListBehaviour::Models, keys: vec![], unknown: None };
        let upstream = Simulated::start(world).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let bench = Self { upstream, models, at_once, folder, stores: AtomicUsize::new(0) };
        bench.fill(channels).await;
        bench
    }

    async fn fill(&self, channels: usize) {
        let options =
            SqliteConnectOptions::new().filename(self.folder.path().join("one-api.db")).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sqlx::raw_sql(include_str!("../../src/demo/one_api.sql")).execute(&pool).await.unwrap();
        let list: Vec<_> = (0..self.models).map(name).collect();
        let mut tx = pool.begin().await.unwrap();
        for id in 1..=i64::try_from(channels).unwrap() {
            sqlx::query(
                "insert into channels (id, type, key, status, name, created_time, base_url, models, `group`)
                 values (?1, 1, 'sk-bench-' || ?1, 1, 'channel ' || ?1, 1, ?2, ?3, 'default,vip')",
            )
            .bind(id)
            .bind(self.upstream.base_url())
            .bind(list.join(","))
            .execute(&mut *tx)
            .await
            .unwrap();
            sqlx::query(
                "insert into abilities (`group`, model, channel_id, enabled, priority)
                 select g.value, m.value, ?, 1, 0 from json_each('[\"default\",\"vip\"]') g, json_each(?) m",
            )
            .bind(id)
            .bind(json!(list).to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        pool.close().await;
    }

    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("one-api.db").display())
    }

    pub(crate) fn fresh_store(&self) -> String {
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("store-{number}.db")).display().to_string()
    }

    /// The upstream names models that the channels do not have yet.
    pub(crate) fn offer(&self, models: usize) {
        for number in self.models..models {
            self.upstream.set(&name(number), Behaviour::Works);
        }
    }

    /// The same requests by the bare HTTP client, so many at once.
    pub(crate) async fn bare_loop(&self, at_once: usize, requests: usize) -> Duration {
        let client = bare_client();
        let url = format!("{}/v1/chat/completions", self.upstream.base_url());
        let models = self.models;
        spread(at_once, requests, move |number| {
            let (client, url) = (client.clone(), url.clone());
            async move {
                let body = json!({
                    "model": name(number % models),
                    "messages": [{ "role": "user", "content": "What is 2+2? Reply with the number only." }],
                    "max_tokens": 16,
                    "stream": false,
                });
                let answer = client.post(url).bearer_auth("sk-bench-1").json(&body).send().await.unwrap();
                assert!(answer.status().is_success());
                answer.bytes().await.unwrap();
            }
        })
        .await
    }

    /// The same by our prober: pacing, classification and all.
    pub(crate) async fn probe_loop(&self, at_once: usize, requests: usize) -> Duration {
        let config = configuration(&self.database(), &self.fresh_store(), at_once);
        let inquiry = Arc::new(Arc::new(Prober::new(&config.probe).unwrap()).inquiry());
        let gateway = Gateway::open("bench", &config.gateways["bench"], &config.probe, "salt").await.unwrap();
        let channel = gateway.channel(1).await.unwrap().unwrap();
        let access = gateway::access(gateway.kind(), &channel).unwrap();
        let target = Arc::new(Target::new(&access, &channel, &channel.keys[0]).unwrap());
        let models: Arc<Vec<_>> = Arc::new((0..self.models).map(|n| ModelName::parse(&name(n)).unwrap()).collect());
        spread(at_once, requests, move |number| {
            let (inquiry, target, models) = (Arc::clone(&inquiry), Arc::clone(&target), Arc::clone(&models));
            async move {
                let seen = inquiry.ask(&target, Ask::chat(&models[number % models.len()])).await;
                assert_eq!(seen.outcome, Outcome::Works, "{seen:?}");
            }
        })
        .await
    }

    /// One whole round with a store of its own.
    pub(crate) async fn round(&self) -> Duration {
        run_round(&self.database(), &self.fresh_store(), self.at_once).await.2
    }

    /// The write statements that one round sends to the gateway.
    pub(crate) async fn writes_of_a_round(&self) -> u64 {
        run_round(&self.database(), &self.fresh_store(), self.at_once).await.1
    }
}

/// One round as a service would run it, the write statements it sent and the time it took once all was open. Every
/// pair must have worked.
pub(crate) async fn run_round(database: &str, store: &str, at_once: usize) -> (Report, u64, Duration) {
    let config = configuration(database, store, at_once);
    let store = Store::open(&config.store.path).await.unwrap();
    let prober = Arc::new(Prober::new(&config.probe).unwrap());
    let stop = CancellationToken::new();
    let round = channelwarden::daemon::open("bench", &config, &store, &prober, &stop).await.unwrap();
    let gateway = round.gateway.clone();
    let started = Instant::now();
    let report = Arc::new(round).run(&Scope::default(), true).await.unwrap();
    let took = started.elapsed();
    assert_eq!(report.outcomes.get(&Outcome::Works), Some(&report.probed), "{:?}", report.outcomes);
    store.close().await;
    (report, gateway.database().unwrap().statements().writes, took)
}

fn configuration(database: &str, store: &str, at_once: usize) -> config::Config {
    let text = json!({
        "gateways": { "bench": { "database": database, "mode": "apply" } },
        "store": { "path": store },
        "probe": { "concurrency": at_once, "per_host": at_once, "per_key": at_once, "requests_per_second": 0 },
    });
    config::parse(&text.to_string(), Path::new("bench.json")).unwrap().config
}

#[expect(clippy::disallowed_methods, reason = "the baseline: the same client, bare")]
fn bare_client() -> reqwest::Client {
    // Without a provider no client can be built; it may be there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Runs so many requests, so many at once, each chain in a task of its own.
async fn spread<F, R>(at_once: usize, requests: usize, ask: F) -> Duration
where
    F: Fn(usize) -> R + Clone + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let started = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (next, ask) = (Arc::clone(&next), ask.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return;
                }
                ask(number).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    started.elapsed()
}

fn name(number: usize) -> String {
    format!("model-{number:05}")
}
