//! Each right of the document is needed: without it something that the document says needs it fails, and names it.

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::logs::Logs;
use channelwarden::model::ModelName;
use futures::future::join_all;
use jiff::Timestamp;
use std::time::Duration;

use crate::databases::Engine;
use crate::document::{Right, Title, rights};
use crate::gateways::records::LogRow;
use crate::gateways::{ChannelRow, Schema};
use crate::guest::{Guest, SERVERS};

const ALL: [Title; 5] = [Title::Observe, Title::Prices, Title::Logs, Title::Write, Title::Lease];
/// Columns that not every gateway's log has: what MySQL hides is taken for not being there.
const OPTIONAL: [&str; 4] = ["quota", "token_name", "content", "other"];

#[tokio::test]
async fn each_right() {
    let each = SERVERS.map(async |engine| {
        let mut all = 0;
        for schema in Schema::ALL {
            all += one_by_one(engine, schema).await;
        }
        assert!(all > 100, "{engine:?}: {all} rights were tried");
    });
    join_all(each).await;
}

async fn one_by_one(engine: Engine, schema: Schema) -> usize {
    let guest = Guest::new(engine, schema).await;
    guest.db.channel(ChannelRow::new("a,b")).await;
    guest.db.logged(&[LogRow::at(1_700_000_000, 1, "a")]).await;
    if engine == Engine::MySql {
        let error = guest.open().await.unwrap_err().to_string();
        assert!(error.contains("that our user has a right in it"), "{schema:?}: {error}");
    }
    guest.given(&ALL).await;
    let mut tried = 0;
    let own = rights(&guest.block(Title::User));
    for right in ALL.iter().flat_map(|title| rights(&guest.block(*title))).chain(own) {
        assert_eq!(told(&guest, &right).await, None, "{engine:?} {schema:?}: with all rights");
        guest.db.run(&right.revoke()).await;
        let told = told(&guest, &right).await;
        let told = told.unwrap_or_else(|| panic!("{engine:?} {schema:?}: nothing fails without {right:?}"));
        let named = match right.table() {
            "channels" | "abilities" if !right.privilege.starts_with("SELECT") => {
                told.contains(&format!("GRANT it {} ON {}", right.privilege, right.table()))
            }
            "channels" | "abilities" | "options" | "prices" | "logs" | "channelwarden_lease" => {
                told.contains("SELECT") && told.contains(right.table())
                    || told.contains("not found") && told.contains(right.column().unwrap_or(right.table()))
                    || told.contains(&right.privilege) && told.contains(right.table())
            }
            // A schema that may not be used is passed over.
            "public" => told.contains("table channels not found"),
            _ => told.contains("permission denied for database"),
        };
        assert!(named && !told.contains("canary"), "{engine:?} {schema:?} {right:?}: {told}");
        guest.db.run(&right.grant()).await;
        tried += 1;
    }
    tried
}

/// What is told when something fails that needs this right.
async fn told(guest: &Guest, right: &Right) -> Option<String> {
    match right.table() {
        "logs" => log(guest, right.column()).await,
        "options" | "prices" => {
            let gateway = guest.gateway().await;
            let notes = gateway.prices(&[ModelName::parse("a").unwrap()]).await.1;
            gateway.close().await;
            (!notes.is_empty()).then(|| notes.join("; "))
        }
        "channelwarden_lease" => {
            // Taken anew, and kept.
            guest.db.run("DELETE FROM channelwarden_lease").await;
            let open = guest.open().await.unwrap();
            let first = open.clone().with_lease("one", Duration::from_hours(1)).await.unwrap();
            let again = open.clone().with_lease("one", Duration::from_hours(1)).await.unwrap();
            open.close().await;
            first.writable().and(again.writable()).err()
        }
        _ => match guest.open().await {
            Ok(open) => {
                open.close().await;
                open.writable().err()
            }
            Err(error) => Some(error.to_string()),
        },
    }
}

async fn log(guest: &Guest, column: Option<&str>) -> Option<String> {
    let open = guest.open().await.unwrap();
    open.close().await;
    let kind = open.schema().kind;
    let mut logs = match Logs::open(&DatabaseAddress::parse(&guest.address()).unwrap(), kind).await {
        Ok(logs) => logs,
        Err(error) => return Some(error.to_string()),
    };
    let read = logs.read(Timestamp::UNIX_EPOCH).await;
    logs.close().await;
    if let Err(error) = read {
        return Some(error.to_string());
    }
    // No error, but it is not read.
    let column = column.filter(|column| guest.db.engine == Engine::MySql && OPTIONAL.contains(column))?;
    let [_, rows, _] = logs.statements();
    (!rows.contains(&format!("`{column}`"))).then(|| format!("SELECT … FROM logs without {column}"))
}
