//! Bad input: a clear error, exit code 1, no secret told, nothing lost.

use serde_json::json;

use crate::databases::Lit;
use crate::scene::{Ran, Scene, assert_told, run_in};

/// The binary refuses with these words, and the gateway's file stays as it is.
async fn refused(scene: &Scene, args: &[&str], words: &[&str]) -> Ran {
    let before = std::fs::read(scene.gateway_file()).ok();
    let ran = scene.run(args).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{args:?}: {ran}");
    for word in words {
        assert!(ran.err.contains(word), "no {word:?} in {ran}");
    }
    assert_eq!(std::fs::read(scene.gateway_file()).ok(), before, "{args:?}: the gateway's file has changed");
    ran
}

#[tokio::test]
async fn without_a_configuration_it_lists_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["sweep"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert_told("no_configuration", ran);
    let missing = run_in(folder.path(), &["-c", "nowhere.json5", "sweep"]).await;
    assert_eq!((missing.code, missing.out.as_str()), (1, ""));
    assert!(missing.err.contains("nowhere.json5"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_mistakes() {
    let scene = Scene::new("apply").await;
    let gateway = "gateways: { main: { database: 'root:canary@tcp(127.0.0.1:3306)/oneapi' } }";
    let cases = [
        ("broken_json5", "{\n  gateways: {\n    main: { database: 'canary.db' \n".to_owned(), vec!["config.json5:"]),
        (
            "unknown_key",
            format!("{{\n  {gateway},\n  probe: {{ concurency: 3 }},\n}}\n"),
            vec!["config.json5:3:12", "concurency", "concurrency"],
        ),
        ("wrong_type", format!("{{ {gateway}, limits: {{ channel_count: 'many' }} }}"), vec!["limits.channel_count"]),
        ("bad_mode", "{ gateways: { main: { database: 'x.db', mode: 'aply' } } }".to_owned(), vec!["apply"]),
        ("empty", String::new(), vec!["config.example.json5"]),
        (
            "bad_time_period",
            "{ \"db_dsn\": \"root:canary@tcp(127.0.0.1:3306)/oneapi\",\n  \"time_period\": \"abc\" }".to_owned(),
            vec!["config.json5:2:", "time_period", "1h"],
        ),
    ];
    for (name, text, words) in cases {
        scene.configure(&text);
        for command in ["sweep", "run", "healthcheck"] {
            refused(&scene, &[command], &words).await;
        }
        assert_told(&format!("config_{name}"), refused(&scene, &["config", "check"], &words).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = Scene::new("apply").await;
    let folder = scene.folder();
    std::fs::write(folder.join("text.db"), "this is no database, only a text that is long enough".repeat(40)).unwrap();
    let cases = [
        ("mysql_url", format!("mysql://root:canary@{closed}/oneapi"), "gateway main"),
        ("mysql_dsn", format!("root:canary@tcp({closed})/oneapi"), "gateway main"),
        ("postgres", format!("postgres://root:canary@{closed}/oneapi"), "gateway main"),
        ("missing_file", format!("sqlite:{}/nowhere.db", folder.display()), "nowhere.db"),
        ("a_folder", format!("sqlite:{}", folder.display()), "gateway main"),
        ("a_text", "sqlite:text.db".to_owned(), "gateway main"),
    ];
    for (name, address, word) in cases {
        scene.configure(&format!("{{ gateways: {{ main: {{ database: '{address}', mode: 'apply' }} }} }}"));
        for command in [&["sweep"][..], &["apply"]] {
            refused(&scene, command, &[word]).await;
        }
        assert_told(&format!("database_{name}"), refused(&scene, &["sweep", "--json"], &[word]).await);
    }
    assert!(!folder.join("nowhere.db").exists(), "a database was made where none was");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gateway_that_is_not_there_does_not_stop_the_others() {
    let scene = Scene::dead_model("apply").await;
    let main = scene.setup.db.address();
    scene.configure(&format!(
        "{{ gateways: {{ a: {{ database: 'sqlite:nowhere.db' }}, b: {{ database: '{main}' }} }} }}"
    ));
    let ran = scene.run_to(1, &["sweep"]).await;
    assert!(ran.out.contains("b [observe]: 5 checked"), "{ran}");
    assert!(ran.err.contains("gateway a"), "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_not_the_gateways() {
    let scene = Scene::new("apply").await;
    scene.setup.db.run("DROP TABLE abilities").await;
    assert_told("no_abilities", refused(&scene, &["sweep"], &["abilities"]).await);
    scene.setup.db.run("DROP TABLE channels").await;
    assert_told("no_channels", refused(&scene, &["sweep"], &["channels"]).await);
    scene.setup.db.run("CREATE TABLE channels (id integer PRIMARY KEY, name text)").await;
    assert_told("no_columns", refused(&scene, &["sweep"], &["models"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_somebody_holds_is_waited_for_but_not_for_ever() {
    let scene = Scene::dead_model("apply").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scene.gateway_file());
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let before = scene.gateway_bytes();
    let held = pool.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    // Not `refused`: reading the file in this process would let go of its lock.
    let ran = scene.run_to(1, &["sweep"]).await;
    held.rollback().await.unwrap();
    assert_eq!(scene.gateway_bytes(), before);
    assert!(ran.err.contains("is locked"), "{ran}");
    assert_told("locked", ran);
    scene.run_to(0, &["sweep"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be() {
    let scene = Scene::dead_model("apply").await;
    let gateway = scene.setup.db.address();
    let folder = scene.folder();
    let folder = folder.to_str().unwrap();
    // A folder where a file should be, a folder that is not there, and one in which nobody can make a file.
    for (name, path) in
        [("folder", folder), ("nowhere", &format!("{folder}/not/there.db")), ("read_only", "/proc/channelwarden.db")]
    {
        scene.configure(&format!(
            "{{ gateways: {{ main: {{ database: '{gateway}', mode: 'apply' }} }}, store: {{ path: '{path}' }} }}"
        ));
        for command in [&["run"][..], &["plan"], &["undo", "--last"], &["hold"], &["history"]] {
            refused(&scene, command, &["store", path]).await;
        }
        assert_told(&format!("store_{name}"), refused(&scene, &["sweep"], &["store", path]).await);
    }
    // The gateway's own database is no store either, and stays without our tables.
    let file = scene.gateway_file();
    scene.configure(&format!(
        "{{ gateways: {{ main: {{ database: '{gateway}' }} }}, store: {{ path: '{}' }} }}",
        file.display()
    ));
    assert_told("store_gateway", refused(&scene, &["sweep"], &["store"]).await);
    assert_eq!(scene.upstream("Acme").total(), 0, "upstreams were asked although nothing could be kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_cannot_be_read_is_named_and_the_others_are_done() {
    let mut scene = Scene::dead_model("apply").await;
    let works = [("good", "works")];
    scene.odd_channel("No address", "good", &works, |row| row).await;
    scene.odd_channel("No mapping", "good", &works, |row| row).await;
    scene.odd_channel("No models", "good", &works, |row| row).await;
    scene.odd_channel("No key", "good", &works, |row| row).await;
    for (id, column, value) in [
        (3, "base_url", "not an address canary"),
        (4, "model_mapping", "{\"good\": canary"),
        (5, "models", " , ,"),
        (6, "key", ""),
    ] {
        scene.setup.db.edit(id, column, Lit::text(value)).await;
    }
    assert_told("odd_channels", scene.confirm(0).await);
    assert_eq!(scene.list("Acme").await, "good,fine");
    for name in ["No address", "No mapping", "No models", "No key"] {
        assert_eq!(scene.upstream(name).total(), 0, "{name}");
    }
    assert_eq!(scene.list("No models").await, " , ,");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_with_mistakes() {
    let scene = Scene::dead_model("apply").await;
    scene.confirm(0).await;
    for (name, args, words) in [
        ("unknown_command", &["sweeep"][..], &["sweeep", "sweep"][..]),
        ("unknown_flag", &["sweep", "--dryrun"], &["--dryrun", "--dry-run"]),
        ("unknown_gateway", &["sweep", "--gateway", "mian"], &["mian", "main"]),
        ("undo_unknown", &["undo", "99"], &["99", "history"]),
        ("undo_nothing_named", &["undo"], &["--last", "--since"]),
        ("undo_since_nonsense", &["undo", "--since", "yesterdayish"], &["yesterdayish", "2h"]),
        ("hold_model_alone", &["hold", "--model", "good"], &["--channel"]),
        ("hold_unknown_gateway", &["hold", "--gateway", "mian"], &["mian", "main"]),
        ("sweep_no_number", &["sweep", "--channel", "one"], &["--channel"]),
        ("confirm_nonsense", &["sweep", "--confirm=soon"], &["--confirm"]),
        ("model_nonsense", &["sweep", "--model", "a,b"], &["a,b"]),
    ] {
        assert_told(name, refused(&scene, args, words).await);
    }
    assert_eq!(scene.list("Acme").await, "good,fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_an_address_is_in_no_output() {
    let mut scene = Scene::with(&json!({ "log": { "level": "trace" } })).await;
    scene.odd_channel("Leaky", "good,dead", &[("good", "works"), ("dead", "gone")], |row| row).await;
    let base = scene.upstream("Leaky").base_url().replace("http://", "http://user:canary-password@");
    scene.setup.db.edit(1, "base_url", Lit::text(&base)).await;
    for args in [&["sweep", "--all"][..], &["sweep", "--json"], &["plan", "--json"], &["history", "--json"]] {
        // What is printed is looked through by the runner itself.
        assert_ne!(scene.run(args).await.code, -1, "{args:?}");
    }
}
