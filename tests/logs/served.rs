//! What the gateway's users are served with is not asked by the loop's rounds.

use std::collections::BTreeMap;
use std::time::Duration;

use channelwarden::clock;
use channelwarden::model::{Came, ModelName, Witnessed};
use channelwarden::round::Scope;
use channelwarden::simulate::Behaviour;
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

/// A channel with users that were served five minutes ago with all but `quiet`, whose errors the gateway does not log.
async fn served_lately(list: &str) -> Setup {
    let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &json!({ "limits": { "last_route": true } })).await;
    let models: BTreeMap<_, _> = list.split(',').map(|model| (model.to_owned(), "works".to_owned())).collect();
    setup.upstream("u", &[], &models, None).await;
    let base_url = Some(setup.upstreams["u"].base_url());
    setup.channel("u", ChannelRow { base_url, ..ChannelRow::new(list) }).await;
    let worked = |model: &str| Witnessed {
        channel: setup.channels["u"],
        model: ModelName::parse(model).unwrap(),
        came: Came::Worked(clock::now() - Duration::from_mins(5)),
    };
    let all: Vec<_> = list.split(',').filter(|model| *model != "quiet").map(worked).collect();
    setup.store.take_traffic("main", &LogCursor { source: "logs".to_owned(), last_id: 9 }, &all).await.unwrap();
    setup
}

const LOOPS: Scope = Scope { channels: vec![], models: vec![], due: None, trust_users: true };

#[tokio::test]
async fn users_who_were_served_before_a_channel_went_down_condemn_none_of_its_models() {
    let setup = served_lately("a,b,c,d,quiet").await;
    for model in ["a", "b", "c", "d", "quiet"] {
        setup.upstreams["u"].set(model, Behaviour::Broken);
    }
    for _ in 0..4 {
        let report = setup.round_of(&LOOPS).await;
        assert_eq!((report.down_count, report.doubtful_count, report.served), (1, 0, 0), "{report:#?}");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    assert_eq!(setup.lists().await["u"], "a,b,c,d,quiet");
}

#[tokio::test]
async fn a_model_that_fails_alone_is_compared_with_two_that_are_asked() {
    let setup = served_lately("a,b,c,d,quiet").await;
    setup.upstreams["u"].set("quiet", Behaviour::Broken);
    let report = setup.round_of(&LOOPS).await;
    assert_eq!((report.served, report.probed, report.doubtful_count), (2, 3, 1), "{report:#?}");
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        setup.round_of(&LOOPS).await;
    }
    assert_eq!(setup.lists().await["u"], "a,b,c,d");
}
