//! What the gateway's users are served with is not asked by the loop's rounds.

use std::collections::BTreeMap;
use std::time::Duration;

use channelwarden::clock;
use channelwarden::model::{Came, ModelName, Witnessed};
use channelwarden::round::Scope;
use channelwarden::store::LogCursor;
use serde_json::json;

use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

#[tokio::test]
async fn a_fresh_success_saves_the_probe_and_a_person_who_asks_gets_an_answer() {
    let config = json!({ "gateways": { "main": { "logs": { "fresh": "30m" } } } });
    let mut setup = Setup::new(Engine::Sqlite, Schema::NewApi, &config).await;
    let models = ["served", "stale", "quiet"].map(|model| (model.to_owned(), "works".to_owned()));
    setup.upstream("u", &[], &BTreeMap::from(models), None).await;
    let base_url = Some(setup.upstreams["u"].base_url());
    setup.channel("u", ChannelRow { base_url, ..ChannelRow::new("served,stale,quiet") }).await;
    let worked = |model, minutes: u64| Witnessed {
        channel: setup.channels["u"],
        model: ModelName::parse(model).unwrap(),
        came: Came::Worked(clock::now() - Duration::from_secs(60 * minutes)),
    };
    let cursor = LogCursor { source: "logs".to_owned(), last_id: 2 };
    setup.store.take_traffic("main", &cursor, &[worked("served", 1), worked("stale", 31)]).await.unwrap();

    let loops = Scope { trust_users: true, ..Scope::default() };
    let report = setup.round_of(&loops).await;
    let asked = || ["served", "stale", "quiet"].map(|model| setup.upstreams["u"].asked(model));
    assert_eq!((report.served, report.probed, asked()), (1, 2, [0, 1, 1]));
    assert_eq!((report.down_count, report.doubtful_count), (0, 0), "{report:#?}");

    let report = setup.round_of(&Scope::default()).await;
    assert_eq!((report.served, report.probed, asked()), (0, 3, [1, 2, 2]));
}
