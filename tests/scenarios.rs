//! Whole rounds from one shared set of scenarios, on every engine and every gateway's tables.
//!
//! A scenario file holds the world, what happens in it, and what must stand in the gateway afterwards. After each
//! scenario, whatever it was about: both tables agree as the gateway would have them, no other column has changed, one
//! more round writes nothing, and undo gives back both tables byte for byte.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use channelwarden::apply::Outcome;
use databases::{Db, Engine, Lit};
use futures::StreamExt as _;
use gateways::{ChannelRow, Schema};
use serde::Deserialize;
use world::{Setup, behaviour, list_behaviour};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What it shows.
    about: String,
    /// Our configuration below the defaults of tests.
    #[serde(default)]
    config: serde_json::Value,
    /// Rows of the gateway's table `options`.
    #[serde(default)]
    options: BTreeMap<String, String>,
    /// Only with these gateways' tables; none: with all.
    #[serde(default)]
    gateways: Vec<String>,
    upstreams: BTreeMap<String, Upstream>,
    channels: Vec<ChannelSpec>,
    rounds: Vec<RoundSpec>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Upstream {
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    models: BTreeMap<String, String>,
    #[serde(default)]
    list: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelSpec {
    name: String,
    /// The upstream behind it; none: nothing listens there.
    #[serde(default)]
    upstream: Option<String>,
    models: Option<String>,
    #[serde(default = "default_group")]
    group: String,
    #[serde(default = "enabled")]
    status: i64,
    #[serde(default)]
    r#type: Option<i64>,
    #[serde(default = "key")]
    key: String,
    #[serde(default)]
    multi_key: bool,
    #[serde(default)]
    mapping: Option<String>,
    #[serde(default)]
    priority: Option<i64>,
    #[serde(default)]
    weight: Option<i64>,
    #[serde(default)]
    tag: Option<String>,
}

fn default_group() -> String {
    "default".to_owned()
}

fn enabled() -> i64 {
    1
}

fn key() -> String {
    "sk-canary-0123456789".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RoundSpec {
    /// `upstream.model` → behaviour, or `upstream` → list behaviour, from this round on.
    change: BTreeMap<String, String>,
    /// `channel.column` → text, edited by an admin before the round.
    edit: BTreeMap<String, String>,
    /// Statements of somebody who edits the database, before the round: `CHANNEL(name)` stands for a channel's id.
    sql: Vec<String>,
    /// `channel: rows: what is told of it`, after the round.
    drift: Vec<String>,
    /// Channel → its list after the round; a channel not named has the list it had.
    lists: BTreeMap<String, String>,
    /// `channel: guard: models`.
    held: Vec<String>,
    /// `channel: words of why it is left alone`.
    skipped: BTreeMap<String, String>,
    /// Words that some note of the report holds.
    notes: Vec<String>,
    /// Words of why nothing was written at all; none: that is not so.
    blackout: Option<String>,
    /// `channel: model: the keys that have it not`.
    some_keys: Vec<String>,
    /// Upstream model → how often it was asked in all.
    asked: BTreeMap<String, u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_holds_on_every_engine_and_gateway() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "the scenarios are gone");
    // Most of a scenario is waiting for databases and for upstreams that hang: several go side by side.
    let mut failed = vec![];
    let mut plays =
        futures::stream::iter(files.iter().flat_map(cases).map(tokio::spawn)).buffer_unordered(SIDE_BY_SIDE);
    while let Some(done) = plays.next().await {
        failed.extend(done.err().map(|error| error.to_string()));
    }
    assert!(failed.is_empty(), "{} scenario runs failed, see above", failed.len());
}

const SIDE_BY_SIDE: usize = 6;

/// A scenario on every engine, with every gateway's tables.
fn cases(file: &PathBuf) -> Vec<impl Future<Output = ()> + Send + 'static> {
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(file).unwrap();
    let mut cases = vec![];
    for engine in Engine::ALL {
        for schema in [Schema::OneApi, Schema::NewApi, Schema::NewApiOverOneApi] {
            let scenario: Scenario = json5::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            if !(scenario.gateways.is_empty() || scenario.gateways.contains(&format!("{schema:?}"))) {
                continue;
            }
            let case = format!("{name} ({}) on {engine:?} {schema:?}", scenario.about);
            cases.push(async move { Box::pin(play(&case, &scenario, engine, schema)).await });
        }
    }
    cases
}

async fn play(case: &str, scenario: &Scenario, engine: Engine, schema: Schema) {
    let mut setup = Setup::new(engine, schema, &scenario.config).await;
    for (key, value) in &scenario.options {
        setup.db.option(key, value).await;
    }
    for (name, upstream) in &scenario.upstreams {
        setup.upstream(name, &upstream.keys, &upstream.models, upstream.list.as_deref()).await;
    }
    for channel in &scenario.channels {
        let row = row(channel, &setup, schema);
        setup.channel(&channel.name, row).await;
    }
    let first = setup.db.dump().await;
    let others = setup.db.table_without("channels", &["models"]).await;
    let mut lists = setup.lists().await;
    let edited = scenario.rounds.iter().any(|round| !round.edit.is_empty() || !round.sql.is_empty());
    for (number, round) in scenario.rounds.iter().enumerate() {
        let case = format!("{case}, round {}", number + 1);
        for (what, how) in &round.change {
            match what.split_once('.') {
                Some((upstream, model)) => setup.upstreams[upstream].set(model, behaviour(how)),
                None => setup.upstreams[what].change(|world| world.list = list_behaviour(how)),
            }
        }
        for (what, text) in &round.edit {
            let (channel, column) = what.split_once('.').unwrap();
            setup.db.edit(setup.channels[channel], column, Lit::text(text)).await;
            if column == "models" {
                lists.insert(channel.to_owned(), text.clone());
                setup.as_the_gateway(channel).await;
            }
        }
        for statement in &round.sql {
            setup.db.run(&setup.with_ids(statement)).await;
        }
        let report = setup.round().await;
        let drift: Vec<_> = report.drift.iter().map(world::drift).collect();
        assert_eq!(drift, round.drift, "{case}: drift");
        assert_eq!(report.errors, Vec::<String>::new(), "{case}");
        lists.extend(round.lists.clone());
        assert_eq!(setup.lists().await, lists, "{case}: the lists\n{report:#?}");
        let held: Vec<_> = report.held.iter().map(world::held).collect();
        assert_eq!(held, round.held, "{case}: held\n{report:#?}");
        for (channel, words) in &round.skipped {
            let told = report.skipped.iter().any(|skip| skip.channel.name == *channel && skip.why.contains(words));
            assert!(told, "{case}: {channel} should be left alone for {words:?}: {:?}", report.skipped);
        }
        for words in &round.notes {
            assert!(report.notes.iter().any(|note| note.contains(words)), "{case}: {words:?} in {:?}", report.notes);
        }
        let some_keys = report.some_keys.iter().map(|line| {
            let keys: Vec<_> = line.keys.keys().map(usize::to_string).collect();
            format!("{}: {}: {}", line.channel.name, line.model, keys.join(","))
        });
        assert_eq!(some_keys.collect::<Vec<_>>(), round.some_keys, "{case}: some keys\n{report:#?}");
        match (&round.blackout, &report.blackout) {
            (Some(words), Some((_, why))) => assert!(why.contains(words), "{case}: {words:?} in {why:?}"),
            (None, None) => {}
            (expected, found) => panic!("{case}: blackout {found:?}, expected {expected:?}"),
        }
        for (what, times) in &round.asked {
            let (upstream, model) = what.split_once('.').unwrap();
            assert_eq!(setup.upstreams[upstream].asked(model), *times, "{case}: questions to {what}");
        }
        let standing = report.drift.iter().filter(|line| !matches!(line.outcome, Some(Outcome::Applied(_))));
        if standing.count() == 0 {
            assert_eq!(setup.db.dump().await, setup.as_the_gateway_would().await, "{case}: abilities");
        }
    }
    if !edited {
        assert_eq!(setup.db.table_without("channels", &["models"]).await, others, "{case}: another column changed");
    }
    setup.everything_is_well_formed(case);
    settled(case, &setup).await;
    setup.no_secret_is_kept(case).await;
    if !edited {
        setup.undo_all().await;
        assert_eq!(setup.db.dump().await, first, "{case}: undo");
    }
}

/// One more round with nothing new writes nothing.
async fn settled(case: &str, setup: &Setup) {
    let before = setup.db.dump().await;
    let (report, writes) = setup.counted_round().await;
    assert_eq!(setup.db.dump().await, before, "{case}: one more round\n{report:#?}");
    assert_eq!(writes, 0, "{case}: write statements of a round that changes nothing");
}

fn row(spec: &ChannelSpec, setup: &Setup, schema: Schema) -> ChannelRow {
    let base_url = match &spec.upstream {
        Some(upstream) => setup.upstreams[upstream].base_url(),
        // The discard port: nothing listens there.
        None => "http://127.0.0.1:9".to_owned(),
    };
    let mut row = ChannelRow {
        type_number: spec.r#type.unwrap_or(1),
        key: spec.key.clone(),
        status: Some(spec.status),
        name: Some(spec.name.clone()),
        base_url: Some(base_url),
        models: spec.models.clone(),
        group: Some(spec.group.clone()),
        model_mapping: spec.mapping.clone(),
        priority: spec.priority,
        weight: spec.weight,
        tag: spec.tag.clone().filter(|_| schema != Schema::OneApi),
        ..ChannelRow::default()
    };
    if schema == Schema::NewApi {
        let keys = spec.key.lines().count();
        let info = format!(r#"{{"is_multi_key":{},"multi_key_size":{keys}}}"#, spec.multi_key);
        row = row.with("channel_info", Lit::Json(info));
    }
    if schema == Schema::OneApi {
        row.tag = None;
    }
    row
}

/// The harness itself must be able to fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_expectation_is_noticed() {
    let db = Db::create(Engine::Sqlite, Schema::OneApi).await;
    db.channel(ChannelRow::new("a,b")).await;
    let before = db.dump().await;
    db.edit(1, "models", Lit::text("a,B")).await;
    assert_ne!(db.dump().await, before);
}
