//! Channels that a round cannot read or could not write back: named, left as they are, and no trouble to the others.

use std::collections::BTreeMap;

use serde_json::json;

use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

#[tokio::test]
async fn what_cannot_be_read_or_written_back_is_left_alone_and_named() {
    let mut setup = Setup::new(Engine::Sqlite, Schema::NewApi, &json!({})).await;
    let keys = ["sk-canary-1".to_owned()];
    let models = ["a", "b"].map(|name| (name.to_owned(), "works".to_owned()));
    setup.upstream("up", &keys, &BTreeMap::from(models), Some("a,b")).await;
    let row = |models: &str| ChannelRow {
        key: keys[0].clone(),
        base_url: Some(setup.upstreams["up"].base_url()),
        ..ChannelRow::new(models)
    };
    let rows = [("newline", row("a,b\nc")), ("bytes", row("a")), ("good", row("a"))];
    for (name, row) in rows {
        setup.channel(name, row).await;
    }
    let bytes = setup.channels["bytes"];
    let sql = format!("UPDATE channels SET name = CAST(X'626164ff' AS TEXT), models = 'a,gone' WHERE id = {bytes}");
    setup.db.run(&sql).await;

    let report = setup.round().await;
    let lists = setup.lists().await;
    let skipped: BTreeMap<_, _> = report.skipped.iter().map(|left| (left.channel.id, left.why.as_str())).collect();
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert!(skipped[&bytes].contains("in column name"), "{skipped:?}");
    let newline = skipped[&setup.channels["newline"]];
    assert_eq!(newline, r#"its list holds a name that cannot be written back: "b\nc""#);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(report.channels, 3);
    assert_eq!((lists["newline"].as_str(), lists["bytes"].as_str()), ("a,b\nc", "a,gone"));
    assert_eq!(lists["good"], "a,b", "the others are looked after");
}
