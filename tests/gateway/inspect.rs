//! Whose database it is, and what is said when it is nobody's or cannot be reached.

use std::sync::atomic::{AtomicU32, Ordering};

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Database, Gateway, GatewayError};
use channelwarden::model::GatewayKind;

use crate::bench::{Bench, open};
use crate::databases::{Db, Engine};
use crate::gateways::records::LogRow;
use crate::gateways::{ChannelRow, Schema};

#[tokio::test]
async fn every_gateway_is_recognised_on_every_engine() {
    for engine in Engine::ALL {
        for (schema, kind) in [
            (Schema::OneApi, GatewayKind::OneApi),
            (Schema::NewApiOld, GatewayKind::NewApi),
            (Schema::NewApi, GatewayKind::NewApi),
            (Schema::NewApiOverOneApi, GatewayKind::NewApi),
            (Schema::Veloera, GatewayKind::Veloera),
            (Schema::OneHub, GatewayKind::OneHub),
            (Schema::DoneHub, GatewayKind::DoneHub),
        ] {
            let db = Db::create(engine, schema).await;
            let gateway = open(&db.address()).await.unwrap();
            assert_eq!(gateway.schema().kind, kind, "{engine:?} {schema:?}");
            assert_eq!(gateway.schema().writable, Ok(()), "{engine:?} {schema:?}");
            let hub = matches!(schema, Schema::OneHub | Schema::DoneHub);
            let gateway = Gateway::of("g", Some(gateway), None, None).unwrap();
            assert_eq!(gateway.writable().is_err(), hub, "{engine:?} {schema:?}: nobody tells a hub to read again");
        }
    }
}

#[tokio::test]
async fn limits_and_versions_come_from_the_schema() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let old = Db::create(engine, Schema::NewApiOverOneApi).await;
        assert_eq!(open(&old.address()).await.unwrap().schema().limits.group, 32, "a narrower old type survives");
        let new = open(&Db::create(engine, Schema::NewApi).await.address()).await.unwrap();
        assert_eq!((new.schema().limits.model, new.schema().limits.group), (255, 64));
        assert_eq!(new.schema().version, "since 2025-10");
        let old = open(&Db::create(engine, Schema::NewApiOld).await.address()).await.unwrap();
        assert_eq!(old.schema().version, "before 2025-06");
    }
}

#[tokio::test]
async fn the_configured_kind_goes_before_the_guess() {
    let db = Db::create(Engine::Sqlite, Schema::NewApiOld).await;
    let address = DatabaseAddress::parse(&db.address()).unwrap();
    let gateway = Database::open("g", &address, Some(GatewayKind::OneApi), "").await.unwrap();
    assert_eq!(gateway.schema().kind, GatewayKind::OneApi);
}

#[tokio::test]
async fn missing_tables_and_columns_are_named() {
    for engine in Engine::ALL {
        let db = Db::empty(engine).await;
        let said = open(&db.address()).await.unwrap_err().to_string();
        assert!(said.starts_with("table channels not found in "), "{said}");
        assert!(said.ends_with("is this the gateway's database, and may our user see it?"), "{said}");

        let db = Db::create(engine, Schema::NewApi).await;
        db.run("ALTER TABLE channels DROP COLUMN models").await;
        db.run("ALTER TABLE channels DROP COLUMN name").await;
        let said = open(&db.address()).await.unwrap_err().to_string();
        assert!(said.starts_with("columns name, models of table channels not found"), "{said}");

        let db = Db::create(engine, Schema::NewApi).await;
        db.run("ALTER TABLE abilities DROP COLUMN enabled").await;
        let said = open(&db.address()).await.unwrap_err().to_string();
        assert!(said.starts_with("column enabled of table abilities not found"), "{said}");
        db.run("DROP TABLE abilities").await;
        let said = open(&db.address()).await.unwrap_err().to_string();
        assert!(said.starts_with("table abilities not found"), "{said}");
    }
}

#[tokio::test]
async fn a_wrong_address_is_told_by_its_cause_and_without_the_password() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let good = url::Url::parse(&Db::empty(engine).await.address()).unwrap();
        let refused = |url: &url::Url| {
            let address = url.to_string();
            async move { open(&address).await.unwrap_err() }
        };

        let mut url = good.clone();
        url.set_password(Some("canary-password")).unwrap();
        let error = refused(&url).await;
        assert!(matches!(error, GatewayError::Denied { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");

        let mut url = good.clone();
        url.set_path("no_such_database");
        let error = refused(&url).await;
        assert!(matches!(error, GatewayError::NoDatabase { .. }), "{error:?}");

        // Bound and dropped: nothing listens there now.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut url = good.clone();
        url.set_port(Some(free)).unwrap();
        let error = refused(&url).await;
        assert!(matches!(error, GatewayError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(&free.to_string()), "{error}");
    }
}

#[tokio::test]
async fn an_sqlite_file_that_is_none_is_refused_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.db");
    let error = open(&format!("sqlite:{}", absent.display())).await.unwrap_err();
    assert!(matches!(error, GatewayError::Unreachable { .. }), "{error:?}");
    assert!(!absent.exists());
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to look like a page of something ".repeat(20)).unwrap();
    let error = open(&format!("sqlite:{}", text.display())).await.unwrap_err();
    assert!(matches!(error, GatewayError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn tables_without_transactions_are_read_but_not_written() {
    let db = Db::empty(Engine::MySql).await;
    db.make_tables(Schema::OneApi, "ENGINE=MyISAM").await;
    db.channel(ChannelRow::default()).await;
    let gateway = open(&db.address()).await.unwrap();
    assert_eq!(gateway.count().await.unwrap(), 1);
    let why = gateway.schema().writable.clone().unwrap_err();
    assert!(why.contains("MyISAM") && why.contains("ENGINE=InnoDB"), "{why}");
}

/// A user of its own on a database, with a password to look for.
async fn user(db: &Db) -> (String, url::Url) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("user_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut url = url::Url::parse(&db.address()).unwrap();
    url.set_username(&name).unwrap();
    url.set_password(Some("canary-password")).unwrap();
    match db.engine {
        Engine::Postgres => db.run(&format!("CREATE ROLE {name} LOGIN PASSWORD 'canary-password'")).await,
        Engine::MySql | Engine::Sqlite => {
            db.run(&format!("CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'canary-password'")).await;
        }
    }
    (if db.engine == Engine::MySql { format!("{name}@'127.0.0.1'") } else { name }, url)
}

#[tokio::test]
async fn missing_rights_are_named_and_reading_needs_none_of_them() {
    for engine in [Engine::MySql, Engine::Postgres] {
        for schema in [Schema::OneApi, Schema::NewApi] {
            let db = Db::create(engine, schema).await;
            let id = db.channel(ChannelRow::default()).await;
            let (user, url) = user(&db).await;
            for table in ["channels", "abilities"] {
                db.run(&format!("GRANT SELECT ON {table} TO {user}")).await;
            }
            let before = db.dump().await;
            let gateway = open(url.as_str()).await.unwrap();
            let why = gateway.schema().writable.clone().unwrap_err();
            let all =
                "GRANT it UPDATE (models) ON channels, INSERT ON abilities, UPDATE ON abilities, DELETE ON abilities";
            assert!(why.ends_with(all) && why.contains("denied"), "{engine:?} {why}");
            assert!(!format!("{gateway:?} {why}").contains("canary"), "no password is shown");
            assert!(gateway.channel(id).await.unwrap().is_some());

            // A right on one column of the table is enough, if it is the one.
            db.run(&format!("GRANT UPDATE (name) ON channels TO {user}")).await;
            let why = open(url.as_str()).await.unwrap().schema().writable.clone().unwrap_err();
            assert!(why.contains("UPDATE (models) ON channels"), "{engine:?} {why}");
            db.run(&format!("GRANT UPDATE (models) ON channels TO {user}")).await;
            db.run(&format!("GRANT INSERT, DELETE ON abilities TO {user}")).await;
            let why = open(url.as_str()).await.unwrap().schema().writable.clone().unwrap_err();
            assert!(why.ends_with("GRANT it UPDATE ON abilities"), "{engine:?} {why}");
            db.run(&format!("GRANT UPDATE ON abilities TO {user}")).await;
            assert_eq!(db.dump().await, before, "{engine:?}: looking changes nothing");

            // And these rights are all that a swap takes.
            let mut bench = Bench::over(db).await;
            bench.gateway = open(url.as_str()).await.unwrap();
            assert_eq!(bench.gateway.schema().writable, Ok(()), "{engine:?}");
            bench.commit(bench.intent(id, "c,d").await).await.unwrap();
            assert_eq!(bench.db.routes(id).await, ["default/c", "default/d"], "{engine:?}");
        }
    }
}

#[tokio::test]
async fn a_user_that_may_not_read_is_told_so_at_once() {
    for engine in [Engine::MySql, Engine::Postgres] {
        let db = Db::create(engine, Schema::NewApi).await;
        let (user, url) = user(&db).await;
        db.run(&format!("GRANT SELECT ON channels TO {user}")).await;
        let error = open(url.as_str()).await.unwrap_err();
        assert!(error.to_string().contains("abilities"), "{engine:?} {error}");
        let named = matches!(error, GatewayError::Missing { .. } | GatewayError::Forbidden { .. });
        assert!(named, "{engine:?} {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_named() {
    let db = Db::create(Engine::Postgres, Schema::NewApi).await;
    let (user, url) = user(&db).await;
    db.run(&format!("GRANT ALL ON channels, abilities TO {user}")).await;
    assert_eq!(open(url.as_str()).await.unwrap().schema().writable, Ok(()));
    db.run(&format!("ALTER ROLE {user} SET default_transaction_read_only = on")).await;
    let why = open(url.as_str()).await.unwrap().schema().writable.clone().unwrap_err();
    assert!(why.contains("takes no writes"), "{why}");
}

#[tokio::test]
async fn the_tables_beside_the_channels_change_nothing() {
    for engine in Engine::ALL {
        for schema in Schema::ALL {
            let db = Db::create(engine, schema).await;
            let kind = open(&db.address()).await.unwrap().schema().kind;
            db.make_records(schema).await;
            assert_eq!(open(&db.address()).await.unwrap().schema().kind, kind, "{engine:?} {schema:?}");
            db.logged(&[LogRow::at(1_700_000_000, 1, "a"), LogRow::default().without_tokens()]).await;
            db.option("ModelRatio", "{}").await;
            db.option("ModelRatio", r#"{"a":1}"#).await;
            assert_eq!(db.user("0123456789abcdef0123456789abcdef", 100).await, 1, "{engine:?} {schema:?}");
            let counted = db.rows("SELECT value FROM options").await;
            assert_eq!(counted, [[Some(r#"{"a":1}"#.to_owned())]], "{engine:?} {schema:?}");
        }
    }
}
