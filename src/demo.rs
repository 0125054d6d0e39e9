//! A One API database in a temporary folder and the simulated upstreams behind its channels.
//!
//! Decides: how the world stands up and what changes in it. Must not know: rounds; real ones run over it.

mod free;
mod past;
mod plots;

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use self::plots::{Plot, WORKS, plots};
use crate::model::ChannelRef;
use crate::openrouter;
use crate::simulate::{Behaviour, ListBehaviour, Simulated, World};
use crate::store::{Store, StoreError};

/// When every channel was made, in unix seconds.
const CREATED: i64 = 1_790_000_000;

/// The demo's world, as long as it lives.
pub struct Demo {
    channels: Vec<(ChannelRef, Plot)>,
    /// A channel's, in the same order.
    upstreams: Vec<Simulated>,
    /// The gateway's database.
    database: SqlitePool,
}

/// A channel's list as it stands in the gateway.
pub struct ListLine {
    /// `#id name`.
    pub channel: String,
    /// `channels.models`.
    pub models: String,
}

impl Demo {
    /// Makes the database in `folder` and starts the upstreams. With `crowd`, one channel more has so many models; it is
    /// disabled by hand, so nobody asks them.
    pub async fn start(folder: &Path, crowd: u32) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new().filename(folder.join("one-api.db")).create_if_missing(true);
        let database = SqlitePool::connect_with(options).await.context("cannot make the demo's gateway database")?;
        sqlx::raw_sql(include_str!("demo/one_api.sql")).execute(&database).await?;
        let (mut channels, mut upstreams) = (vec![], vec![]);
        let crowd = (crowd > 0).then(|| plots::crowd(crowd));
        for (id, plot) in (1_i64..).zip(plots().into_iter().chain(crowd)) {
            let key = format!("sk-demo-{id}");
            let world = World {
                models: plot.behaviours.iter().map(|(name, how)| ((*name).to_owned(), how.clone())).collect(),
                list: ListBehaviour::Models,
                keys: vec![key.clone()],
                unknown: None,
            };
            let upstream = Simulated::start(world).await.context("cannot start a simulated upstream")?;
            insert(&database, id, &plot, &key, &upstream.base_url()).await?;
            upstreams.push(upstream);
            channels.push((ChannelRef { id, created: CREATED, name: plot.name.to_owned() }, plot));
        }
        Ok(Self { channels, upstreams, database })
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// A random token with which a person may act, from SQLite's own random source.
    pub async fn token(&self) -> anyhow::Result<String> {
        Ok(sqlx::query_scalar("select lower(hex(randomblob(12)))").fetch_one(&self.database).await?)
    }

    /// Lets `store` remember a week of rounds and a list of free models that never were, so that every page has something
    /// to show.
    pub async fn remember(&self, store: &Store, gateway: &str, now: Timestamp) -> Result<(), StoreError> {
        past::remember(store, gateway, &self.channels, now).await?;
        openrouter::keep(store, &free::models(now)).await
    }

    /// What the gateway advertises now.
    pub async fn lists(&self) -> anyhow::Result<Vec<ListLine>> {
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("select id, name, models from channels order by id").fetch_all(&self.database).await?;
        Ok(rows.into_iter().map(|(id, name, models)| ListLine { channel: format!("#{id} {name}"), models }).collect())
    }

    /// The upstream of Glacier mends its hanging model: it should come back by itself.
    pub fn mend(&self) {
        self.set("Glacier", "mixtral-8x7b", WORKS);
    }

    /// The same model hangs again.
    pub fn hurt(&self) {
        self.set("Glacier", "mixtral-8x7b", Behaviour::Hangs);
    }

    fn set(&self, channel: &str, model: &str, behaviour: Behaviour) {
        let place = self.channels.iter().position(|(known, _)| known.name == channel);
        if let Some(upstream) = place.and_then(|place| self.upstreams.get(place)) {
            upstream.set(model, behaviour);
        }
    }
}

/// One channel and its routing rows, as One API itself would write them.
async fn insert(database: &SqlitePool, id: i64, plot: &Plot, key: &str, base_url: &str) -> anyhow::Result<()> {
    // Together: a row a transaction would take its time.
    let mut tx = database.begin().await?;
    sqlx::query(
        "insert into channels (id, type, key, status, name, created_time, base_url, models, `group`)
         values (?, 1, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(key)
    .bind(plot.status)
    .bind(plot.name)
    .bind(CREATED)
    .bind(base_url)
    .bind(&plot.models)
    .bind(plot.group)
    .execute(&mut *tx)
    .await?;
    for group in plot.group.split(',') {
        for model in plot.models.split(',') {
            sqlx::query("insert into abilities (`group`, model, channel_id, enabled, priority) values (?, ?, ?, ?, 0)")
                .bind(group)
                .bind(model)
                .bind(id)
                .bind(plot.status == 1)
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(tx.commit().await?)
}
