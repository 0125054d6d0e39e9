//! The whole loop over a gateway of which nothing but the admin API is given.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use channelwarden::simulate::{Behaviour, Simulated, World};
use channelwarden::store::Store;
use channelwarden::{config, daemon};
use serde_json::json;

use crate::admin::{TOKEN, USER_KEY};
use crate::bench::stand_in;
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};

/// Far less than the hour from one round to the next.
const SOON: Duration = Duration::from_mins(1);

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < SOON, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_hub_without_its_database_is_kept_truthful_and_the_change_is_seen_live() {
    let models = [("works", Behaviour::Works), ("dead", Behaviour::Gone), ("fresh", Behaviour::Works)];
    let models: BTreeMap<_, _> = models.map(|(model, how)| (model.to_owned(), how)).into();
    let upstream = Simulated::start(World { models, ..World::default() }).await.unwrap();
    let stand_in = stand_in(Engine::Sqlite, Schema::OneHub).await;
    let base_url = Some(upstream.base_url());
    let row = ChannelRow { base_url, ..ChannelRow::hub("works,dead,gpt-4*") };
    let id = stand_in.db.channel(row).await;
    stand_in.restart().await;
    let others = stand_in.db.table_without("channels", &["models"]).await;

    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("own.db");
    let once = json!({ "times": 2, "over": "1s" });
    let whole = json!({
        "gateways": { "main": {
            "api": { "url": stand_in.url(), "token": TOKEN, "user_key": USER_KEY }, "mode": "apply",
        } },
        "store": { "path": store },
        "probe": { "every": "1h", "jitter": 0.0 },
        "verdict": { "denied": once, "denied_listed": once },
        "limits": { "last_route": true, "channel_share": 1.0 },
    });
    let file = folder.path().join("config.json5");
    std::fs::write(&file, whole.to_string()).unwrap();
    let config = config::load(&file).unwrap().config;
    tokio::spawn(daemon::run(config, file));

    let listed = async || stand_in.db.models(id).await.unwrap();
    until("the list that works, its wildcard kept", async || listed().await == "works,gpt-4*,fresh").await;
    let store = Store::open(&store).await.unwrap();
    let live = async || {
        let changes = store.changes("main", 10).await.unwrap();
        !changes.is_empty() && changes.iter().all(|change| change.live.is_some())
    };
    until("users see it", live).await;
    assert_eq!(stand_in.db.table_without("channels", &["models"]).await, others, "every other column is as it was");
    assert!(stand_in.count("GET /v1/models") > 0);
}
