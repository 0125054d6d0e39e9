//! One Hub's database: no routing rows, soft-deleted channels, wildcards.

use channelwarden::gateway::SwapError;
use channelwarden::model::{ModelName, Route};

use crate::bench::{Bench, undo};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

#[tokio::test]
async fn a_hubs_list_is_swapped_and_nothing_else() {
    for engine in Engine::ALL {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let bench = Bench::new(engine, schema).await;
            let id = bench.db.channel(ChannelRow::new("gpt-4*, a,b,a,")).await;
            let other = bench.db.channel(ChannelRow::new("b")).await;
            let before = bench.db.table_without("channels", &[]).await;
            let intent = bench.intent(id, "gpt-4*,b").await;
            let swapped = bench.commit(intent.clone()).await.unwrap();
            assert_eq!((swapped.after.models.as_str(), swapped.after.abilities.len()), ("gpt-4*,b", 0));
            assert_eq!(bench.gateway.image(id).await.unwrap(), Some(swapped.after.clone()), "{engine:?}");
            assert_eq!(bench.gateway.image(other).await.unwrap().unwrap().models, "b");
            bench.commit(undo(&intent, &swapped)).await.unwrap();
            assert_eq!(bench.db.table_without("channels", &[]).await, before, "{engine:?} {schema:?}");
        }
    }
}

#[tokio::test]
async fn a_deleted_channel_is_not_there() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::OneHub).await;
        let id = bench.db.channel(ChannelRow::new("a,b")).await;
        let intent = bench.intent(id, "a").await;
        bench.db.edit(id, "deleted_at", Lit::text("2026-01-02 03:04:05")).await;
        assert_eq!(bench.gateway.image(id).await.unwrap(), None, "{engine:?}");
        let error = bench.commit(intent).await.unwrap_err();
        assert!(matches!(&error, SwapError::Conflict(why) if why.contains("deleted")), "{error}");
    }
}

#[tokio::test]
async fn routes_come_from_the_lists_of_enabled_channels() {
    let name = |name: &str| ModelName::parse(name).unwrap();
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::OneHub).await;
        let one = bench.db.channel(ChannelRow::new(" a ,GPT-4o")).await;
        let wild = bench.db.channel(ChannelRow::new("gpt-4*")).await;
        let off = bench.db.channel(ChannelRow::new("a,gpt-4o")).await;
        bench.db.edit(off, "status", Lit::Int(3)).await;
        let gone = bench.db.channel(ChannelRow::new("a")).await;
        bench.db.edit(gone, "deleted_at", Lit::text("2026-01-02 03:04:05")).await;
        let found = bench.gateway.routes(&[name("a"), name("gpt-4o"), name("b")]).await.unwrap();
        let route = |model: &str, channel| Route { group: "default".to_owned(), model: name(model), channel };
        assert_eq!(found, [route("a", one), route("gpt-4o", wild)], "{engine:?}");
    }
}
