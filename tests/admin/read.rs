//! Channels by the admin API: all of them, each once, and as the database has them but for their keys.

use std::collections::BTreeSet;

use channelwarden::gateway::Gateway;
use channelwarden::model::{Channel, Fingerprint, ModelName, Secret};

use crate::admin::{StandIn, When};
use crate::bench::{Bench, PROGRAMS, admin, all, database, stand_in};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};

async fn by_api(stand_in: &StandIn) -> Gateway {
    Gateway::of("main", None, Some(admin(stand_in).await.unwrap()), None).unwrap()
}

/// What both sides must agree on: all but the keys, and what Go makes of NULL.
fn comparable(channel: &Channel) -> String {
    let plain = Channel {
        keys: vec![],
        closed_keys: vec![],
        key_hidden: false,
        fingerprint: Fingerprint(String::new()),
        other: channel.other.clone().filter(|other| !other.is_empty()),
        ..channel.clone()
    };
    format!("{plain:?}")
}

#[tokio::test]
async fn channels_are_read_as_the_database_has_them() {
    for engine in Engine::ALL {
        for schema in PROGRAMS {
            let stand_in = stand_in(engine, schema).await;
            stand_in.db.gallery(schema).await;
            let before = stand_in.db.dump().await;
            let gateway = by_api(&stand_in).await;
            assert_eq!(gateway.kind(), schema.kind(), "{engine:?} {schema:?}: told from what it answers");
            let direct = Gateway::of("main", Some(database(&stand_in).await), None, None).unwrap();
            let (read, stored) = (all(&gateway).await, all(&direct).await);
            let ids =
                |channels: &std::collections::BTreeMap<i64, Channel>| channels.keys().copied().collect::<Vec<_>>();
            assert_eq!(ids(&read), ids(&stored), "{engine:?} {schema:?}");
            assert_eq!(gateway.count().await.unwrap(), stored.len() as u64, "{engine:?} {schema:?}");
            for (id, channel) in &read {
                assert_eq!(comparable(channel), comparable(&stored[id]), "{engine:?} {schema:?}");
                let keys =
                    |channel: &Channel| channel.keys.iter().map(|key| key.expose().to_owned()).collect::<Vec<_>>();
                // A hub gives the key away, the others keep it.
                let expected = if schema.is_hub() { keys(&stored[id]) } else { vec![] };
                assert_eq!((keys(channel), channel.key_hidden), (expected, !schema.is_hub()), "{engine:?} {schema:?}");
            }
            let some = [*ids(&read).first().unwrap(), 4711];
            let mut pages = gateway.pages(Some(some.to_vec())).unwrap();
            let among = pages.next().await.unwrap();
            assert_eq!(among.iter().flatten().map(|channel| channel.id).collect::<Vec<_>>(), some[..1], "{schema:?}");
            assert!(gateway.channel(4711).await.unwrap().is_none() && gateway.image(4711).await.unwrap().is_none());
            assert_eq!(stand_in.db.dump().await, before, "{engine:?} {schema:?}: looking changes nothing");
        }
    }
}

#[tokio::test]
async fn a_long_list_is_read_whole_while_it_moves() {
    for schema in PROGRAMS {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        for number in 0..250 {
            let tag = ["", "t", "a/b c"][number % 3].to_owned();
            let row = if schema.is_hub() { ChannelRow::hub("a") } else { ChannelRow::new("a") };
            let priority = i64::try_from(number % 7).unwrap();
            stand_in.db.channel(ChannelRow { tag: Some(tag), priority: Some(priority), ..row }).await;
        }
        let gateway = by_api(&stand_in).await;
        let every: BTreeSet<_> = (1..=250).collect();
        let read: BTreeSet<_> = all(&gateway).await.into_keys().collect();
        assert_eq!(read, every, "{schema:?}");

        // A channel is made before the second page, and one of the first page is deleted before the third.
        let (second, third) = match schema {
            Schema::OneApi => ("GET /api/channel/?p=1", "GET /api/channel/?p=2"),
            Schema::NewApiOld | Schema::Veloera => ("GET /api/channel/?p=1&", "GET /api/channel/?p=2&"),
            Schema::NewApi | Schema::NewApiOverOneApi => ("GET /api/channel/?p=2&", "GET /api/channel/?p=3&"),
            Schema::OneHub | Schema::DoneHub => ("GET /api/channel_tag/_all", "GET /api/channel_tag/t/list"),
        };
        let copy = "INSERT INTO channels (type, key, status, name, models, `group`, tag)
                    SELECT type, key, status, name, models, `group`, tag FROM channels WHERE id = 250";
        let copy = if schema == Schema::OneApi { copy.replace(", tag", "") } else { copy.to_owned() };
        stand_in.meanwhile(When::Before, second, copy);
        stand_in.meanwhile(When::Before, third, "DELETE FROM channels WHERE id = 249");
        let read: BTreeSet<_> = all(&gateway).await.into_keys().collect();
        assert!(stand_in.knobs().meanwhile.is_empty(), "{schema:?}: both came about");
        let missed: Vec<_> = every.difference(&read).filter(|id| **id != 249).collect();
        assert!(missed.is_empty(), "{schema:?}: {missed:?}");
    }
}

#[tokio::test]
async fn routes_are_those_of_the_database() {
    for schema in PROGRAMS {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        for (models, status) in [("a,b", 1), ("b,c", 1), ("a,c", 2)] {
            let row = if schema.is_hub() { ChannelRow::hub(models) } else { ChannelRow::new(models) };
            stand_in.db.channel(ChannelRow { status: Some(status), ..row }.group("default,vip")).await;
        }
        let names: Vec<_> = ["a", "c", "x"].into_iter().filter_map(ModelName::parse).collect();
        let of = async |gateway: &Gateway| {
            let routes = gateway.routes(&names).await.unwrap();
            let told = routes.iter().map(|route| format!("{} {} {}", route.group, route.model, route.channel));
            told.collect::<BTreeSet<_>>()
        };
        let expected: BTreeSet<_> = ["default a 1", "vip a 1", "default c 2", "vip c 2"].map(str::to_owned).into();
        let direct = Gateway::of("main", Some(database(&stand_in).await), None, None).unwrap();
        assert_eq!(of(&direct).await, expected, "{schema:?}: by the database");
        assert_eq!(of(&by_api(&stand_in).await).await, expected, "{schema:?}: by the admin API");
    }
}

#[tokio::test]
async fn a_database_beside_the_api_gives_the_keys() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let ids = stand_in.db.gallery(Schema::NewApi).await;
    let bench = Bench::over(stand_in, crate::bench::Given::Database, channelwarden::config::WriteBy::AdminApi).await;
    let channel = bench.gateway.channel(ids["three keys"]).await.unwrap().unwrap();
    assert_eq!(channel.keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["sk-1", "sk-3"]);
    assert!(!channel.key_hidden);
}
