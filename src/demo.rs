//! A One API database in a temporary folder and the simulated upstreams behind its channels.
//!
//! Decides: which channels there are, and what goes wrong with each. Must not know: rounds; real ones run over it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use crate::model::Kind;
use crate::simulate::{Behaviour, ListBehaviour, Simulated, World};

/// One channel of the demo: its name, what the gateway advertises, its groups and status, what its upstream does.
struct Plot {
    name: &'static str,
    models: &'static str,
    group: &'static str,
    status: i64,
    behaviours: &'static [(&'static str, Behaviour)],
}

const WORKS: Behaviour = Behaviour::Works;

/// What goes wrong, a channel each.
const PLOTS: [Plot; 7] = [
    Plot {
        name: "Acme",
        models: "gpt-4o,gpt-4o-mini,o3-mini,qwq-stream,gpt-3.5-legacy,text-embedding-3-small,gpt-5-codex",
        group: "default,vip",
        status: 1,
        behaviours: &[
            ("gpt-4o", WORKS),
            ("gpt-4o-mini", WORKS),
            ("o3-mini", Behaviour::NeedsCompletionLimit),
            ("qwq-stream", Behaviour::StreamOnly),
            ("gpt-3.5-legacy", Behaviour::Gone),
            ("text-embedding-3-small", Behaviour::Only(Kind::Embedding)),
            ("gpt-5-codex", Behaviour::ResponsesOnly),
            ("gpt-5-mini", WORKS),
        ],
    },
    Plot {
        name: "Borealis",
        models: "gpt-4o,gpt-3.5-legacy,llama-busy,deepseek-flaky,mixtral-8x7b",
        group: "default,vip",
        status: 1,
        behaviours: &[
            ("gpt-4o", WORKS),
            ("gpt-3.5-legacy", WORKS),
            ("llama-busy", Behaviour::RateLimited(Some(1))),
            ("deepseek-flaky", Behaviour::Flapping),
            ("mixtral-8x7b", Behaviour::Slow(Duration::from_millis(400))),
        ],
    },
    Plot {
        name: "Cinder, out of credit",
        models: "gpt-4o,gpt-4o-mini,mistral-large",
        group: "default",
        status: 1,
        behaviours: &[
            ("gpt-4o", Behaviour::NoCredit),
            ("gpt-4o-mini", Behaviour::NoCredit),
            ("mistral-large", Behaviour::NoCredit),
        ],
    },
    Plot {
        name: "Dune",
        models: "gpt-4o-mini,only-here-and-gone,qwen-max",
        group: "default",
        status: 1,
        behaviours: &[("gpt-4o-mini", WORKS), ("only-here-and-gone", Behaviour::Gone), ("qwen-max", WORKS)],
    },
    Plot {
        name: "Ember",
        models: "gpt-4o,qwen-max,gpt-4o-mini,o3-mini",
        group: "default",
        status: 1,
        behaviours: &[
            ("gpt-4o", WORKS),
            ("qwen-max", Behaviour::Gone),
            ("gpt-4o-mini", Behaviour::Gone),
            ("o3-mini", Behaviour::Gone),
        ],
    },
    Plot {
        name: "Fjord, disabled by hand",
        models: "gpt-4o",
        group: "default",
        status: 2,
        behaviours: &[("gpt-4o", Behaviour::Gone)],
    },
    Plot {
        name: "Glacier",
        models: "gpt-4o,mixtral-8x7b,qwen-max,deepseek-flaky",
        group: "default,vip",
        status: 1,
        behaviours: &[
            ("gpt-4o", WORKS),
            ("mixtral-8x7b", Behaviour::Hangs),
            ("qwen-max", WORKS),
            ("deepseek-flaky", WORKS),
        ],
    },
];

/// The demo's world, as long as it lives.
pub struct Demo {
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
    /// Makes the database in `folder` and starts the upstreams.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new().filename(folder.join("one-api.db")).create_if_missing(true);
        let database = SqlitePool::connect_with(options).await.context("cannot make the demo's gateway database")?;
        sqlx::raw_sql(include_str!("demo/one_api.sql")).execute(&database).await?;
        let mut upstreams = vec![];
        for (id, plot) in (1_i64..).zip(&PLOTS) {
            let key = format!("sk-demo-{id}");
            let world = World {
                models: plot.behaviours.iter().map(|(name, how)| ((*name).to_owned(), how.clone())).collect(),
                list: ListBehaviour::Models,
                keys: vec![key.clone()],
                unknown: None,
            };
            let upstream = Simulated::start(world).await.context("cannot start a simulated upstream")?;
            insert(&database, id, plot, &key, &upstream.base_url()).await?;
            upstreams.push(upstream);
        }
        Ok(Self { upstreams, database })
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
        let place = PLOTS.iter().position(|plot| plot.name == channel);
        if let Some(upstream) = place.and_then(|place| self.upstreams.get(place)) {
            upstream.set(model, behaviour);
        }
    }
}

/// One channel and its routing rows, as One API itself would write them.
async fn insert(database: &SqlitePool, id: i64, plot: &Plot, key: &str, base_url: &str) -> anyhow::Result<()> {
    sqlx::query(
        "insert into channels (id, type, key, status, name, created_time, base_url, models, `group`)
         values (?, 1, ?, ?, ?, 1790000000, ?, ?, ?)",
    )
    .bind(id)
    .bind(key)
    .bind(plot.status)
    .bind(plot.name)
    .bind(base_url)
    .bind(plot.models)
    .bind(plot.group)
    .execute(database)
    .await?;
    for group in plot.group.split(',') {
        for model in plot.models.split(',') {
            sqlx::query("insert into abilities (`group`, model, channel_id, enabled, priority) values (?, ?, ?, ?, 0)")
                .bind(group)
                .bind(model)
                .bind(id)
                .bind(plot.status == 1)
                .execute(database)
                .await?;
        }
    }
    Ok(())
}
