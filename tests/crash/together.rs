//! Several of us at once, and an admin who edits meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use channelwarden::simulate::{Behaviour, ListBehaviour};
use channelwarden::store::{ChangeState, Store};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::child::{Child, Ended};
use crate::databases::{Engine, Lit};
use crate::world::Setup;
use crate::{AFTER, BEFORE, about_to_change, side_by_side};

/// Rounds of each instance, and edits of the admin.
const TIMES: usize = 5;

impl Setup {
    /// Appends a name to the list of channel "one", and its routing rows, in one transaction as the gateway does it.
    async fn admin_appends(&self, name: &str) {
        let (engine, id) = (self.db.engine, self.channels["one"]);
        let appended = match engine {
            Engine::MySql => format!("CONCAT(models, ',{name}')"),
            Engine::Postgres | Engine::Sqlite => format!("models || ',{name}'"),
        };
        let (group, yes) = (engine.quote("group"), Lit::Bool(true).sql(engine));
        let mut admin = self.db.lock_channel(id).await;
        admin.run(&format!("UPDATE channels SET models = {appended} WHERE id = {id}")).await;
        for in_group in ["default", "vip"] {
            admin
                .run(&format!(
                    "INSERT INTO abilities ({group}, model, channel_id, enabled, priority, weight, tag)
                     VALUES ('{in_group}', '{name}', {id}, {yes}, 3, 0, 'ours')"
                ))
                .await;
        }
        admin.commit().await;
    }

    /// The same gateway in a configuration of its own, with a store of its own.
    fn other_instance(&self, number: usize) -> std::path::PathBuf {
        let file = self.config_file().with_file_name(format!("instance-{number}.json5"));
        let text = std::fs::read_to_string(self.config_file()).unwrap();
        std::fs::write(&file, text.replace("store.db", &format!("store-{number}.db"))).unwrap();
        file
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_with_stores_of_their_own_lose_no_edit() {
    side_by_side(Engine::ALL.map(separate)).await;
}

async fn separate(engine: Engine) {
    let case = format!("{engine:?}");
    let config = json!({ "limits": { "channel_share": 1.0, "round_share": 1.0, "last_route": true } });
    let setup = about_to_change(engine, &config).await;
    // The list names no marker: only the admin puts one on the channel, so one that is lost stays lost.
    let upstream = &setup.upstreams["one"];
    upstream.change(|world| world.list = ListBehaviour::Names(["a", "b", "gone", "new"].map(str::to_owned).into()));
    let markers: Vec<_> = (0..TIMES * 3).map(|n| format!("marker-{n}")).collect();
    for marker in &markers {
        upstream.set(marker, Behaviour::Works);
    }
    let done = AtomicBool::new(false);
    let sweeps = async {
        let files = [1, 2].map(|number| setup.other_instance(number));
        let mut ended = vec![];
        for time in 0..TIMES * 2 {
            // Models come and go, so that both have something to write each time.
            let (flips, other) = if time % 2 == 0 { ("gone", "new") } else { ("new", "gone") };
            upstream.set(flips, Behaviour::Works);
            upstream.set(other, Behaviour::Gone);
            let mut both: Vec<_> = files.iter().map(|file| Child::start(file, &["sweep", "--json"], None)).collect();
            ended.extend(join_all(both.iter_mut().map(Child::ends)).await);
        }
        done.store(true, Ordering::SeqCst);
        ended
    };
    let admin = async {
        for marker in &markers {
            setup.admin_appends(marker).await;
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
        assert!(!done.load(Ordering::SeqCst), "{case}: the admin should edit while sweeps run");
    };
    let (ended, ()) = tokio::join!(sweeps, admin);
    // Done, or someone else's edit won.
    assert!(ended.iter().all(|ended| matches!(ended.code, Some(0 | 3 | 4))), "{case}: {ended:#?}");
    let list = setup.list().await;
    let names: Vec<_> = list.split(',').collect();
    for name in markers.iter().map(String::as_str).chain(["a", "b"]) {
        assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{case}: {name} in {list}");
    }
    setup.agrees(&case).await;
    let mut written = 0;
    for number in [1, 2] {
        let path = setup.config.store.path.with_file_name(format!("store-{number}.db"));
        let store = Store::open(&path).await.unwrap();
        assert!(store.open_intents("main").await.unwrap().is_empty(), "{case}");
        let lines = store.changes("main", 1000).await.unwrap();
        written += lines.iter().filter(|line| line.state == ChangeState::Applied).count();
    }
    assert!(written > 0, "{case}: nothing was written at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_store_write_each_change_once() {
    side_by_side(Engine::ALL.map(shared)).await;
}

async fn shared(engine: Engine) {
    let case = format!("{engine:?}");
    let setup = about_to_change(engine, &json!({})).await;
    let at_once = async || -> Vec<Ended> {
        let mut all: Vec<_> = (0..3).map(|_| setup.start(&["sweep", "--json"])).collect();
        join_all(all.iter_mut().map(Child::ends)).await
    };
    let ended = at_once().await;
    assert!(ended.iter().all(|ended| matches!(ended.code, Some(0 | 4))), "{case}: {ended:#?}");
    let outcomes = |ended: &[Ended]| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in ended.iter().flat_map(|ended| ended.report()["changes"].as_array().unwrap().clone()) {
            let Value::String(result) = &line["outcome"]["result"] else { panic!("{case}: {line}") };
            *counts.entry(result.clone()).or_default() += 1;
        }
        counts
    };
    assert_eq!(outcomes(&ended).get("applied"), Some(&1), "{case}: {ended:#?}");
    let once = [(ChangeState::Applied, BEFORE.to_owned(), AFTER.to_owned())];
    let applied = async || {
        let mut lines = setup.journal().await;
        lines.retain(|(state, ..)| *state == ChangeState::Applied);
        lines
    };
    assert_eq!(applied().await, once, "{case}");
    at_once().await;
    assert_eq!(applied().await, once, "{case}: and not again");
    // Back and away once more: each line of the journal begins where the one before it ended.
    setup.upstreams["one"].set("gone", Behaviour::Works);
    at_once().await;
    setup.upstreams["one"].set("gone", Behaviour::Gone);
    at_once().await;
    at_once().await;
    let lines = applied().await;
    let chained = lines.windows(2).all(|pair| pair[0].2 == pair[1].1);
    assert!(chained && lines.len() == 3, "{case}: {lines:?}");
    assert_eq!(setup.open().await, 0, "{case}");
    assert_eq!(setup.list().await, AFTER, "{case}");
    setup.agrees(&case).await;
}
