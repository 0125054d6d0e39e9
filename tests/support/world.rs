//! A gateway, its upstreams and our own rounds over them.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use channelwarden::apply::{self, Undo};
use channelwarden::config::{self, Config};
use channelwarden::model::{Held, Kind};
use channelwarden::probe::Prober;
use channelwarden::round::{DriftLine, Report, Scope};
use channelwarden::simulate::{Behaviour, ListBehaviour, Simulated, World};
use channelwarden::store::Store;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::databases::{Db, Engine};
use crate::gateways::{ChannelRow, Schema};

/// The text that every key of a scenario holds, and that must be nowhere else.
const CANARY: &str = "sk-canary";

pub(crate) struct Setup {
    pub(crate) db: Arc<Db>,
    pub(crate) upstreams: BTreeMap<String, Simulated>,
    /// Channel ids by name.
    pub(crate) channels: BTreeMap<String, i64>,
    rows: BTreeMap<String, ChannelRow>,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) prober: Arc<Prober>,
    folder: tempfile::TempDir,
}

impl Setup {
    /// A gateway without channels. `config` is laid over the defaults of tests: apply at once, no time between two
    /// looks, short deadlines.
    pub(crate) async fn new(engine: Engine, schema: Schema, config: &Value) -> Self {
        let db = Arc::new(Db::create(engine, schema).await);
        db.make_options().await;
        // New API serves and lists what has no price too, unless a test says otherwise.
        db.option("SelfUseModeEnabled", "true").await;
        let folder = tempfile::tempdir().unwrap();
        let mut whole = json!({
            "gateways": { "main": { "database": db.address(), "mode": "apply" } },
            "store": { "path": folder.path().join("store.db") },
            "probe": {
                "timeout": "500ms", "first_byte_timeout": "500ms", "connect_timeout": "500ms",
                "requests_per_second": 0, "every": "1h",
            },
            "verdict": {
                "denied": { "times": 2, "over": "1ms" },
                "denied_listed": { "times": 3, "over": "1ms" },
                "failing": { "times": 3, "over": "1ms" },
                "unrouted": { "times": 6, "over": "1day" },
                "restore_first": "1ms", "restore_max": "1ms",
            },
            "web": { "listen": "off" },
        });
        lay_over(&mut whole, config);
        let path = folder.path().join("config.json5");
        let text = serde_json::to_string_pretty(&whole).unwrap();
        std::fs::write(&path, &text).unwrap();
        let config = config::load(&path).unwrap_or_else(|error| panic!("{error}\n{text}")).config;
        let store = Store::open(&config.store.path).await.unwrap();
        let prober = Arc::new(Prober::new(&config.probe).unwrap());
        Self {
            db,
            upstreams: BTreeMap::new(),
            channels: BTreeMap::new(),
            rows: BTreeMap::new(),
            config,
            store,
            prober,
            folder,
        }
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.json5")
    }

    pub(crate) async fn upstream(
        &mut self,
        name: &str,
        keys: &[String],
        models: &BTreeMap<String, String>,
        list: Option<&str>,
    ) {
        let world = World {
            models: models
                .iter()
                .map(|(model, how)| (model.clone(), behaviour(how)))
                .filter(|(m, _)| m != "*")
                .collect(),
            list: list.map(list_behaviour).unwrap_or_default(),
            keys: keys.to_vec(),
            unknown: models.get("*").map(|how| behaviour(how)),
        };
        self.upstreams.insert(name.to_owned(), Simulated::start(world).await.unwrap());
    }

    pub(crate) async fn channel(&mut self, name: &str, row: ChannelRow) {
        let id = self.db.channel(row.clone()).await;
        self.channels.insert(name.to_owned(), id);
        self.rows.insert(name.to_owned(), row);
    }

    /// Each channel's list as it stands.
    pub(crate) async fn lists(&self) -> BTreeMap<String, String> {
        let mut lists = BTreeMap::new();
        for (name, id) in &self.channels {
            lists.insert(name.clone(), self.db.models(*id).await.unwrap_or_default());
        }
        lists
    }

    /// Rebuilds a channel's routing rows for the list that stands there, as the gateway does after an admin's edit.
    pub(crate) async fn as_the_gateway(&self, name: &str) {
        let id = self.channels[name];
        let row = ChannelRow { models: self.db.models(id).await, ..self.rows[name].clone() };
        self.db.rebuild(id, &row).await;
    }

    /// Both tables as they would be had the gateway itself written the lists that stand there. Leaves them so.
    pub(crate) async fn as_the_gateway_would(&self) -> String {
        for name in self.channels.keys() {
            self.as_the_gateway(name).await;
        }
        self.db.dump().await
    }

    /// A statement with channels' ids in place of `CHANNEL(name)`.
    pub(crate) fn with_ids(&self, statement: &str) -> String {
        let ids = self.channels.iter();
        ids.fold(statement.to_owned(), |sql, (name, id)| sql.replace(&format!("CHANNEL({name})"), &id.to_string()))
    }

    /// One full round.
    pub(crate) async fn round(&self) -> Report {
        self.counted_round().await.0
    }

    /// From now on what is wrong with a key, and what was used up, is remembered, as the loop does.
    pub(crate) async fn remember_accounts(&mut self) {
        self.prober = Prober::with_accounts(&self.config, &self.store).await.unwrap();
    }

    /// One round over a part of the gateway.
    pub(crate) async fn round_of(&self, scope: &Scope) -> Report {
        let stop = CancellationToken::new();
        let round = channelwarden::daemon::open("main", &self.config, &self.store, &self.prober, &stop).await.unwrap();
        Arc::new(round).run(scope, true).await.unwrap()
    }

    /// One full round, and the write statements it sent to the gateway.
    pub(crate) async fn counted_round(&self) -> (Report, u64) {
        let stop = CancellationToken::new();
        let round = channelwarden::daemon::open("main", &self.config, &self.store, &self.prober, &stop).await.unwrap();
        let gateway = round.gateway.clone();
        let report = Arc::new(round).run(&Scope::default(), true).await.unwrap();
        // Withdrawn models are due again a millisecond later.
        tokio::time::sleep(Duration::from_millis(3)).await;
        (report, gateway.database().unwrap().statements().writes)
    }

    /// Takes back everything we did.
    pub(crate) async fn undo_all(&self) {
        let stop = CancellationToken::new();
        let round = channelwarden::daemon::open("main", &self.config, &self.store, &self.prober, &stop).await.unwrap();
        let turn = self.store.turn().await.unwrap();
        for record in self.store.undoable("main", None, None).await.unwrap() {
            let outcome = apply::undo(&self.store, &round.gateway, &record, Undo::Commit, &turn).await.unwrap();
            assert!(matches!(outcome, apply::Outcome::Applied(_)), "{outcome:?}");
        }
    }

    /// No upstream was sent a request that a real one would have refused as malformed, but one that is called
    /// "locked": its channel has a wrong key.
    pub(crate) fn everything_is_well_formed(&self, case: &str) {
        for (name, upstream) in self.upstreams.iter().filter(|(name, _)| *name != "locked") {
            assert_eq!(upstream.malformed(), 0, "{case}: malformed requests to {name}");
        }
    }

    /// No key of a channel is anywhere in our store.
    pub(crate) async fn no_secret_is_kept(&self, case: &str) {
        self.store.rounds("main", 1).await.unwrap();
        let path = &self.config.store.path;
        for end in ["", "-wal"] {
            let file = format!("{}{end}", path.display());
            let bytes = std::fs::read(&file).unwrap_or_default();
            let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!found, "{case}: a key is in {file}");
        }
    }
}

/// `channel: guard: models`, with the sign of what would have happened.
pub(crate) fn held(held: &Held) -> String {
    let off = held.removals.iter().map(|removal| format!("-{}", removal.model));
    let on = held.additions.iter().map(|model| format!("+{model}"));
    let models: Vec<_> = off.chain(on).collect();
    format!("{}: {}: {}", held.channel.name, held.guard, models.join(" "))
}

/// `channel: rows: what came of it, or why it is left alone`.
pub(crate) fn drift(line: &DriftLine) -> String {
    let then = match (&line.outcome, &line.why) {
        (Some(apply::Outcome::Applied(_)), _) => "repaired".to_owned(),
        (Some(other), _) => format!("{other:?}"),
        (None, Some(why)) => why.clone(),
        (None, None) => "shown".to_owned(),
    };
    format!("{}: {}: {then}", line.channel.name, line.rows)
}

pub(crate) fn behaviour(how: &str) -> Behaviour {
    match how {
        "works" => Behaviour::Works,
        "gone" => Behaviour::Gone,
        "flapping" => Behaviour::Flapping,
        "no-access" => Behaviour::NoAccess,
        "no-route" => Behaviour::NoRoute,
        "rate-limited" => Behaviour::RateLimited(None),
        "no-credit" => Behaviour::NoCredit,
        "broken" => Behaviour::Broken,
        "hangs" => Behaviour::Hangs,
        "empty" => Behaviour::Empty,
        "needs-completion-limit" => Behaviour::NeedsCompletionLimit,
        "stream-only" => Behaviour::StreamOnly,
        "responses-only" => Behaviour::ResponsesOnly,
        "unloaded" => Behaviour::Unloaded,
        "page" => Behaviour::Page,
        "odd-json" => Behaviour::OddJson,
        "filtered" => Behaviour::Filtered,
        // `only-for:KEY`, `only:KIND`, `says:STATUS:BODY`.
        other => match other.split_once(':') {
            Some(("only-for", key)) => Behaviour::OnlyFor(key.to_owned()),
            Some(("says", said)) => {
                let (status, body) = said.split_once(':').unwrap();
                Behaviour::Says(status.parse().unwrap(), body.to_owned())
            }
            Some(("only", kind)) => Behaviour::Only(Kind::parse(kind).unwrap()),
            _ => panic!("no behaviour {other:?}"),
        },
    }
}

pub(crate) fn list_behaviour(how: &str) -> ListBehaviour {
    match how {
        "models" => ListBehaviour::Models,
        "empty" => ListBehaviour::Empty,
        "nothing" => ListBehaviour::Nothing,
        "refused" => ListBehaviour::Refused,
        "broken" => ListBehaviour::Broken,
        "page" => ListBehaviour::Page,
        "hangs" => ListBehaviour::Hangs,
        names => ListBehaviour::Names(names.split(',').map(str::to_owned).collect()),
    }
}

fn lay_over(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (base, over) => *base = over.clone(),
    }
}
