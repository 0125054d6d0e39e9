//! OpenRouter's free models as a channel's source of names: a real round over a real database.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/openrouter.rs"]
mod fake;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;

use databases::Engine;
use fake::{KEY, OpenRouter as Fake, everything};
use gateways::{ChannelRow, Schema};
use serde_json::json;
use world::Setup;

/// New API's number for OpenRouter.
const OPENROUTER: i64 = 20;

#[tokio::test]
async fn a_channel_of_openrouter_is_given_the_free_models_that_work_and_no_other_channel_is() {
    let openrouter = Fake::start(everything()).await;
    let config = json!({
        "gateways": { "main": { "models": { "sources": ["openrouter-free", "upstream"] } } },
        "openrouter": { "base_url": openrouter.base_url(), "key": KEY },
    });
    let mut setup = Setup::new(Engine::Sqlite, Schema::NewApi, &config).await;
    let works = |names: &[&str]| -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), "works".to_owned())).collect()
    };
    // What the catalogue calls free and the upstream does not serve is no reason to list it.
    setup.upstream("router", &[], &works(&["acme/paid", "acme/eye-1:free", "acme/quiet:free"]), None).await;
    setup.upstream("other", &[], &works(&["plain", "new", "acme/eye-1:free"]), Some("plain,new")).await;
    for (name, type_number, models) in [("router", OPENROUTER, "acme/paid"), ("other", 1, "plain")] {
        let base_url = Some(setup.upstreams[name].base_url());
        setup.channel(name, ChannelRow { type_number, base_url, ..ChannelRow::new(models) }).await;
    }
    let report = setup.round().await;
    assert_eq!((report.errors, report.notes), (vec![], Vec::<String>::new()));
    let lists = setup.lists().await;
    let mut router: Vec<&str> = lists["router"].split(',').collect();
    router.sort_unstable();
    assert_eq!(router, ["acme/eye-1:free", "acme/paid", "acme/quiet:free"]);
    assert_eq!(lists["other"], "plain,new");
    assert_eq!(openrouter.world().malformed, Vec::<String>::new());
}
