//! Whose database it is, and what is said when it is nobody's or cannot be reached.

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Gateway, GatewayError};
use channelwarden::model::GatewayKind;

use crate::bench::open;
use crate::databases::{Db, Engine};
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
            let hub = matches!(schema, Schema::OneHub | Schema::DoneHub);
            assert_eq!(gateway.schema().writable.is_err(), hub, "{engine:?} {schema:?}");
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
    let gateway = Gateway::open("g", &address, Some(GatewayKind::OneApi), "").await.unwrap();
    assert_eq!(gateway.schema().kind, GatewayKind::OneApi);
}

#[tokio::test]
async fn missing_tables_and_columns_are_named() {
    for engine in Engine::ALL {
        let db = Db::empty(engine).await;
        let said = open(&db.address()).await.unwrap_err().to_string();
        assert!(said.starts_with("table channels not found in "), "{said}");
        assert!(said.ends_with("is this the gateway's database?"), "{said}");

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

#[tokio::test]
async fn missing_rights_are_named_on_postgres() {
    let db = Db::create(Engine::Postgres, Schema::NewApi).await;
    let role = format!("reader_{}", std::process::id());
    db.run(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'canary-password'; GRANT SELECT ON channels, abilities TO {role}"
    ))
    .await;
    let mut url = url::Url::parse(&db.address()).unwrap();
    url.set_username(&role).unwrap();
    url.set_password(Some("canary-password")).unwrap();
    let gateway = open(url.as_str()).await.unwrap();
    let why = gateway.schema().writable.clone().unwrap_err();
    assert!(why.contains("UPDATE channels.models"), "{why}");
    assert!(!format!("{gateway:?}").contains("canary"), "a debug print of a gateway shows no password");
    db.run(&format!("GRANT UPDATE (models) ON channels TO {role}")).await;
    db.run(&format!("GRANT INSERT, UPDATE, DELETE ON abilities TO {role}")).await;
    assert_eq!(open(url.as_str()).await.unwrap().schema().writable, Ok(()));
}
