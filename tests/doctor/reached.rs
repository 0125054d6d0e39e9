//! Gateways' databases on all three engines, the hosts behind their channels, and our own store.

use std::sync::Arc;
use std::time::Duration;

use channelwarden::store::HoldScope;
use serde_json::json;

use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};
use crate::scene::Scene;
use crate::world::Setup;
use crate::{bad, says};

const NOW: &str = "2026-11-21T12:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_setup_has_nothing_worse_than_notes_and_is_left_as_it_is() {
    let mut scene = Scene::new("observe").await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    let before = scene.gateway_bytes();
    let ran = scene.run(&["doctor", "--json"]).await;
    assert_eq!((bad(&ran), ran.code), (vec![], 0), "{ran}");
    for (check, words) in [
        ("database", "One API (any version) on SQLite"),
        ("database", "1 channel, can be written"),
        ("upstream", "1 of 1 host answered"),
        ("store", "the store can be written"),
        ("holds", "nothing is on hold"),
        ("loop", "never ran"),
        ("quota", "there is no limit"),
        ("cache", "live within 10m"),
    ] {
        assert!(says(&ran, check, words), "{check}: {words}: {ran}");
    }
    assert_eq!(scene.gateway_bytes(), before);
    assert_eq!(scene.upstream("Acme").asked("good"), 0, "no model is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_its_remedy() {
    let config = json!({ "gateways": { "main": { "mode": "apply" } }, "budget": { "requests": 10 } });
    let mut scene = Scene::with(&config).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead = format!("http://{closed}");
    scene.odd_channel("Acme", "good", &[("good", "works")], |row| ChannelRow { base_url: Some(dead), ..row }).await;
    scene.channel("Borealis", "fine", &[("fine", "works")]).await;
    scene.setup.db.edit(1, "group", Lit::text("vip")).await;
    scene.setup.db.run("DELETE FROM abilities WHERE channel_id = 1").await;
    let store = &scene.setup.store;
    store
        .hold(
            &HoldScope { gateway: Some("main".to_owned()), channel: Some(1), model: None },
            "a migration",
            NOW.parse().unwrap(),
        )
        .await
        .unwrap();
    store.beat(NOW.parse().unwrap()).await.unwrap();
    let ran = scene.run(&["doctor", "--json"]).await;
    let found = bad(&ran).join("\n");
    for what in [
        "error database gateways.main.database: the gateway's cache crashes on #1 (group \"vip\")",
        "warning database gateways.main.database: routing rows do not agree with the list of #1",
        "it cannot be reached; needed by #1 of main",
        "warning loop : the loop last said that it is alive at 2026-11-21T12:00:00Z",
    ] {
        assert!(found.contains(what), "{what}:\n{found}");
    }
    assert_eq!(ran.code, 1, "{ran}");
    for (check, words) in [
        ("database", "channelwarden repair --gateway main"),
        ("holds", "channelwarden release --gateway main --channel 1"),
        ("quota", "0 of 10 requests used today"),
        ("upstream", "1 of 2 hosts answered"),
        ("cache", "SYNC_FREQUENCY"),
    ] {
        assert!(says(&ran, check, words), "{check}: {words}: {ran}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_and_isolation_are_seen_where_the_server_shows_them() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let scene = Scene { setup: Setup::new(engine, Schema::NewApi, &json!({})).await };
        let db = Arc::clone(&scene.setup.db);
        db.channel(ChannelRow::new("good")).await;
        let sleep = if engine == Engine::MySql { "SLEEP(30)" } else { "pg_sleep(30)" };
        let lock = format!("BEGIN; UPDATE channels SET name = 'x' WHERE id = 1; SELECT {sleep}; ROLLBACK");
        let holders: Vec<_> = (0..2)
            .map(|_| {
                let (db, lock) = (Arc::clone(&db), lock.clone());
                tokio::spawn(async move { db.attempt(&lock).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ran = scene.run(&["doctor", "--json"]).await;
        let found = bad(&ran).join("\n");
        assert!(
            found.contains("gateways.main.database: 1 transaction at this moment waiting for somebody's lock"),
            "{engine:?}: {found}"
        );
        let server = if engine == Engine::MySql { "on MariaDB 1" } else { "on PostgreSQL 1" };
        assert!(says(&ran, "database", server) && says(&ran, "clock", "agree with ours"), "{engine:?}: {ran}");
        assert_eq!(
            says(&ran, "database", "names that differ only in case"),
            engine == Engine::MySql,
            "{engine:?}: {ran}"
        );
        holders.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_lacking_is_granted_by_the_line_that_is_told() {
    let scene = Scene { setup: Setup::new(Engine::Postgres, Schema::OneApi, &json!({})).await };
    let db = &scene.setup.db;
    let name = db.address().rsplit('/').next().unwrap().to_owned();
    db.run(&format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")).await;
    let role = format!("reader_{name}");
    db.run(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'canary-pw'; GRANT SELECT ON channels, abilities, options TO {role}"
    ))
    .await;
    let mut url = url::Url::parse(&db.address()).unwrap();
    url.set_username(&role).unwrap();
    url.set_password(Some("canary-pw")).unwrap();
    let config = json!({
        "gateways": { "main": { "database": url.to_string(), "mode": "apply" } },
        "store": { "path": "store.db" }, "web": { "listen": "off" },
    });
    scene.configure(&config.to_string());
    let ran = scene.run(&["doctor", "--json"]).await;
    let found = bad(&ran).join("\n");
    assert!(found.contains("error database gateways.main.mode: no change can be written"), "{found}");
    assert!(found.contains("transactions are isolated as serializable"), "{found}");
    assert!(says(&ran, "database", "GRANT UPDATE (models) ON channels TO …; GRANT INSERT ON abilities TO …;"), "{ran}");
    db.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
