//! Every gateway's log on every engine, and what may befall a log between two looks.

use std::path::Path;

use channelwarden::config::{self, DatabaseAddress};
use channelwarden::gateway::GatewayError;
use channelwarden::gateway::logs::{Logs, Page};
use channelwarden::model::{Came, GatewayKind};
use jiff::{SignedDuration, Timestamp};

use crate::databases::{Db, Engine, Lit};
use crate::gateways::Schema;
use crate::gateways::records::LogRow;

const AT: i64 = 1_700_000_000;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(AT + 60).unwrap()
}

pub(crate) async fn open(db: &Db, kind: GatewayKind) -> Result<Logs, GatewayError> {
    Logs::open(&DatabaseAddress::parse(&db.address()).unwrap(), kind).await
}

async fn with_logs(engine: Engine, schema: Schema) -> Db {
    let db = Db::create(engine, schema).await;
    db.make_logs(schema).await;
    db
}

/// `channel/model` of each, with `!` and the status before what failed.
fn told(page: &Page) -> Vec<String> {
    let one = |witnessed: &channelwarden::model::Witnessed| {
        let of = format!("{}/{}", witnessed.channel, witnessed.model);
        match &witnessed.came {
            Came::Worked(_) => of,
            Came::Failed(failure) => format!("!{} {of}", failure.status.unwrap_or_default()),
        }
    };
    page.witnessed.iter().map(one).collect()
}

#[tokio::test]
async fn every_gateways_log_is_understood_on_every_engine() {
    for engine in Engine::ALL {
        for schema in Schema::ALL {
            let db = with_logs(engine, schema).await;
            let mut logs = open(&db, schema.kind()).await.unwrap();
            let empty = logs.read(now()).await.unwrap();
            assert_eq!((told(&empty), empty.last_id, empty.more), (vec![], 0, false), "{engine:?} {schema:?}");

            let one = |model: &str| LogRow::at(AT, 3, model);
            db.logged(&[
                one("a"),
                one("b").without_tokens(),
                one("t").test(),
                one("o").one_api_test(),
                one("c").check_in(),
            ])
            .await;
            let has_other = db.columns("logs").await.contains(&"other".to_owned());
            if has_other {
                let stream = r#"{"stream_status":{"status":"error"}}"#;
                let cut = LogRow { more: vec![("other", Lit::text(stream))], ..one("cut") };
                db.logged(&[
                    one("e").error(404, "model_not_found"),
                    one("f").error(503, ""),
                    one("g").error(429, ""),
                    cut,
                ])
                .await;
            }
            let page = logs.read(now()).await.unwrap();
            let failures = if schema.kind() == GatewayKind::NewApi { vec!["!404 3/e", "!503 3/f"] } else { vec![] };
            assert_eq!(told(&page), [vec!["3/a"], failures].concat(), "{engine:?} {schema:?}");
            assert_eq!((page.last_id, page.advanced, page.more), (if has_other { 9 } else { 5 }, true, false));
            assert_eq!(page.witnessed[0].came, Came::Worked(Timestamp::from_second(AT).unwrap()));
            let again = logs.read(now()).await.unwrap();
            assert_eq!((told(&again), again.advanced), (vec![], false), "{engine:?} {schema:?}: nothing is new");
            logs.close().await;
        }
    }
}

#[tokio::test]
async fn a_row_that_commits_after_one_with_a_higher_id_is_not_missed() {
    for engine in Engine::ALL {
        let db = with_logs(engine, Schema::NewApi).await;
        let row = |id, model| LogRow { more: vec![("id", Lit::Int(id))], ..LogRow::at(AT, 1, model) };
        let mut logs = open(&db, GatewayKind::NewApi).await.unwrap();
        db.logged(&[row(1, "first"), row(4, "fourth")]).await;
        assert_eq!(told(&logs.read(now()).await.unwrap()), ["1/first", "1/fourth"], "{engine:?}");
        db.logged(&[row(3, "third"), row(5, "fifth")]).await;
        assert_eq!(told(&logs.read(now()).await.unwrap()), ["1/third", "1/fifth"], "{engine:?}");
        // Not waited for without end.
        let later = now() + SignedDuration::from_mins(2);
        assert_eq!(told(&logs.read(later).await.unwrap()), [""; 0], "{engine:?}");
        db.logged(&[row(2, "second")]).await;
        assert_eq!(told(&logs.read(later).await.unwrap()), [""; 0], "{engine:?}");

        // One that restarts has waited for nothing: it reads the end again.
        let mut anew = open(&db, GatewayKind::NewApi).await.unwrap();
        assert_eq!(anew.source(), logs.source());
        anew.resume(5);
        assert_eq!(told(&anew.read(now()).await.unwrap()).len(), 5, "{engine:?}");
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_or_replaced_is_read_anew() {
    for engine in Engine::ALL {
        let db = with_logs(engine, Schema::NewApi).await;
        let row = |id, model| LogRow { more: vec![("id", Lit::Int(id))], ..LogRow::at(AT, 1, model) };
        db.logged(&[row(500, "old")]).await;
        let mut logs = open(&db, GatewayKind::NewApi).await.unwrap();
        assert_eq!(logs.read(now()).await.unwrap().last_id, 500);
        db.run("DELETE FROM logs").await;
        let page = logs.read(now()).await.unwrap();
        assert_eq!((page.last_id, page.advanced), (0, true), "{engine:?}");
        db.logged(&[row(1, "new")]).await;
        assert_eq!(told(&logs.read(now()).await.unwrap()), ["1/new"], "{engine:?}");
    }
}

#[tokio::test]
async fn what_keeps_a_log_from_being_read_is_named() {
    for engine in Engine::ALL {
        let db = Db::create(engine, Schema::NewApi).await;
        let missing = open(&db, GatewayKind::NewApi).await.unwrap_err().to_string();
        assert!(missing.contains("table logs not found in"), "{engine:?} {missing}");
        db.run("CREATE TABLE logs (id bigint, created_at bigint)").await;
        let missing = open(&db, GatewayKind::NewApi).await.unwrap_err().to_string();
        assert!(missing.contains("column type of table logs not found"), "{engine:?} {missing}");
        // A copy that somebody made: with all columns and no index.
        db.run("DROP TABLE logs").await;
        db.run(
            "CREATE TABLE logs (id bigint, created_at bigint, type bigint, channel_id bigint, model_name varchar(191),
               prompt_tokens bigint, completion_tokens bigint)",
        )
        .await;
        let error = open(&db, GatewayKind::NewApi).await.unwrap_err().to_string();
        assert!(error.contains("no index on its column id"), "{engine:?} {error}");
        db.run("CREATE INDEX by_id ON logs (id, created_at)").await;
        assert_eq!(open(&db, GatewayKind::NewApi).await.unwrap().read(now()).await.unwrap().last_id, 0);
    }
}

#[tokio::test]
async fn a_user_without_the_right_is_told_which() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let db = with_logs(engine, Schema::NewApi).await;
        let name = format!("reader_{}", std::process::id());
        let mut url = url::Url::parse(&db.address()).unwrap();
        url.set_username(&name).unwrap();
        url.set_password(Some("canary-password")).unwrap();
        let user = if engine == Engine::MySql {
            db.run(&format!("CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'canary-password'")).await;
            format!("{name}@'127.0.0.1'")
        } else {
            db.run(&format!("CREATE ROLE {name} LOGIN PASSWORD 'canary-password'")).await;
            name
        };
        // So that the user may enter at all.
        db.run(&format!("GRANT SELECT ON channels TO {user}")).await;
        let address = DatabaseAddress::parse(url.as_str()).unwrap();
        let error = match Logs::open(&address, GatewayKind::NewApi).await {
            Ok(mut logs) => logs.read(now()).await.unwrap_err(),
            Err(error) => error,
        };
        let shown = format!("{error} {error:?}");
        let named = shown.contains("grant SELECT on logs") || shown.contains("table logs not found");
        assert!(named && !shown.contains("canary"), "{engine:?} {shown}");
        db.run(&format!("GRANT SELECT ON logs TO {user}")).await;
        let mut logs = Logs::open(&address, GatewayKind::NewApi).await.unwrap();
        assert_eq!(logs.read(now()).await.unwrap().last_id, 0, "{engine:?}: reading is all it takes");
    }
}

#[test]
fn a_log_in_clickhouse_is_named_and_all_else_works() {
    let with = |address: &str| {
        let text =
            format!("{{ gateways: {{ main: {{ database: 'one-api.db', logs: {{ database: '{address}' }} }} }} }}");
        config::parse(&text, Path::new("config.json5"))
    };
    let loaded = with("clickhouse://user:canary@db:9000/logs").unwrap();
    let notes = loaded.notes.join("\n");
    assert!(notes.contains("gateways.main.logs.database: ClickHouse is not read"), "{notes}");
    let why = loaded.config.gateways["main"].logs_address().unwrap_err();
    assert!(why.contains("ClickHouse is not read") && !format!("{notes}{why}").contains("canary"), "{why}");
    let refused = with("oracle://user:canary@db/logs").unwrap_err().to_string();
    assert!(refused.contains("no database address") && !refused.contains("canary"), "{refused}");
}
