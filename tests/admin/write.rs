//! A swap by the admin API leaves exactly what the gateway's own edit leaves, and nothing else has changed.

use std::time::Duration;

use channelwarden::apply::{self, Outcome, Undo};
use channelwarden::config::WriteBy;
use serde_json::json;

use crate::admin::When;
use crate::bench::{Bench, Given, PROGRAMS, get, put, stand_in};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

/// The channels of the gallery that every program has and that anybody would write to, and some of single programs.
fn written(schema: Schema) -> Vec<&'static str> {
    let mut names = vec!["plain", "two groups", "alias", "address with a slash", "switched off"];
    names.extend(match schema {
        Schema::OneHub | Schema::DoneHub => &["wildcard", "tag 1"] as &[&str],
        Schema::NewApi | Schema::NewApiOverOneApi => &["NULL", "one key", "three keys", "keys in an array"],
        Schema::OneApi | Schema::NewApiOld | Schema::Veloera => &["NULL"],
    });
    names
}

#[tokio::test]
async fn a_swap_leaves_what_the_gateways_own_edit_leaves() {
    for engine in Engine::ALL {
        for schema in PROGRAMS {
            // Once over every engine, and once more where nothing but the API is known.
            let ways =
                if engine == Engine::Sqlite { &[Given::Api, Given::Database] as &[_] } else { &[Given::Database] };
            for &given in ways {
                let (ours, own) = (stand_in(engine, schema).await, stand_in(engine, schema).await);
                let ids = ours.db.gallery(schema).await;
                own.db.gallery(schema).await;
                let bench = Bench::over(ours, given, WriteBy::AdminApi).await;
                let others = bench.stand_in.db.table_without("channels", &["models"]).await;
                for name in written(schema) {
                    let id = ids[name];
                    let change = bench.change(id, "c,new-model,a").await;
                    let outcome = bench.apply(&change).await.unwrap();
                    assert!(
                        matches!(outcome, Outcome::Applied(_)),
                        "{engine:?} {schema:?} {given:?} {name}: {outcome:?}"
                    );
                    // As its pages do it: a hub's send all of the channel, the others' here only what was changed.
                    let body = if schema.is_hub() {
                        let mut object = get(&own, &format!("/api/channel/{id}")).await.body["data"].clone();
                        object["models"] = json!("c,new-model,a");
                        object
                    } else {
                        json!({ "id": id, "models": "c,new-model,a" })
                    };
                    assert_eq!(put(&own, "/api/channel/", &body).await.success(), Some(true));
                }
                let db = &bench.stand_in.db;
                assert_eq!(db.dump().await, own.db.dump().await, "{engine:?} {schema:?} {given:?}");
                let after = db.table_without("channels", &["models"]).await;
                assert_eq!(after, others, "{engine:?} {schema:?} {given:?}: only lists have changed");
                assert!(bench.stand_in.offered().await.contains(&"new-model".to_owned()), "{schema:?}: it is live");
                // One write a change, and never a status.
                assert_eq!(bench.stand_in.count("PUT"), written(schema).len(), "{schema:?}");
                let bodies = bench.stand_in.bodies("PUT");
                assert!(schema.is_hub() || bodies.iter().all(|body| body.get("status").is_none()), "{schema:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_hubs_columns_of_versions_to_come_survive() {
    for engine in Engine::ALL {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let stand_in = stand_in(engine, schema).await;
            stand_in.db.run("ALTER TABLE channels ADD COLUMN future_column text").await;
            stand_in.db.run("ALTER TABLE channels ADD COLUMN future_nothing text").await;
            let balance = if engine == Engine::Postgres { Lit::Real(0.1) } else { Lit::Real(0.1 + 0.2) };
            let row =
                ChannelRow::hub("a,b,gpt-4*").with("future_column", Lit::text("{\"kept\": [1, 2.50, \"é\\n🦀 <&>\"]}"));
            let id = stand_in.db.channel(row).await;
            stand_in.db.edit(id, "used_quota", Lit::Int(9_007_199_254_740_993)).await;
            stand_in.db.edit(id, "balance", balance).await;
            stand_in.restart().await;
            let before = stand_in.db.table_without("channels", &["models"]).await;
            let bench = Bench::by_api(stand_in).await;
            let change = bench.change(id, "b,gpt-4*").await;
            assert!(matches!(bench.apply(&change).await.unwrap(), Outcome::Applied(_)));
            let db = &bench.stand_in.db;
            assert_eq!(db.table_without("channels", &["models"]).await, before, "{engine:?} {schema:?}");
            assert_eq!(db.models(id).await.as_deref(), Some("b,gpt-4*"));
            assert_eq!(bench.stand_in.offered().await, ["b", "gpt-4*"], "and it is live");
        }
    }
}

#[tokio::test]
async fn an_undo_brings_the_list_back() {
    for schema in PROGRAMS {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        let row = if schema.is_hub() { ChannelRow::hub("a,b,c") } else { ChannelRow::new("a,b,c") };
        let id = stand_in.db.channel(row.group("default,vip")).await;
        stand_in.restart().await;
        let before = stand_in.db.dump().await;
        let bench = Bench::by_api(stand_in).await;
        let change = bench.change(id, "c,b").await;
        let Outcome::Applied(number) = bench.apply(&change).await.unwrap() else { panic!("{schema:?}") };
        assert_ne!(bench.stand_in.db.dump().await, before, "{schema:?}");
        let turn = bench.store.turn().await.unwrap();
        let record = bench.store.change(number).await.unwrap().unwrap();
        let undo = async |how| apply::undo(&bench.store, &bench.gateway, &record, how, &turn).await.unwrap();
        assert_eq!(undo(Undo::Rehearse).await, Outcome::Rehearsed, "{schema:?}");
        assert_eq!(bench.stand_in.count("PUT"), 1, "{schema:?}: a rehearsal sends nothing");
        assert!(matches!(undo(Undo::Commit).await, Outcome::Applied(_)), "{schema:?}");
        assert_eq!(bench.stand_in.db.dump().await, before, "{schema:?}: both tables byte for byte");
        assert_eq!(bench.stand_in.offered().await, ["a", "b", "c"], "{schema:?}");
    }
}

#[tokio::test]
async fn what_others_changed_stays() {
    for schema in PROGRAMS {
        for given in [Given::Api, Given::Database] {
            let stand_in = stand_in(Engine::Sqlite, schema).await;
            let row = || if schema.is_hub() { ChannelRow::hub("a,b") } else { ChannelRow::new("a,b") };
            let (id, other) = (stand_in.db.channel(row()).await, stand_in.db.channel(row()).await);
            let bench = Bench::over(stand_in, given, WriteBy::AdminApi).await;
            let (change, another) = (bench.change(id, "b").await, bench.change(other, "b").await);
            let db = &bench.stand_in.db;

            // Between our look and our write: the list, another column, another channel under the same number.
            for (column, theirs, back) in [
                ("models", Lit::text("a,b,theirs"), Lit::text("a,b")),
                ("base_url", Lit::text("https://elsewhere"), Lit::text("")),
                ("created_time", Lit::Int(1_800_000_000), Lit::Int(1_700_000_000)),
            ] {
                db.edit(id, column, theirs).await;
                let stands = db.dump().await;
                let outcome = bench.apply(&change).await.unwrap();
                assert!(matches!(outcome, Outcome::Conflict(_)), "{schema:?} {given:?} {column}: {outcome:?}");
                assert_eq!(db.dump().await, stands, "{schema:?} {given:?} {column}");
                db.edit(id, column, back).await;
            }
            assert_eq!(bench.stand_in.count("PUT"), 0, "{schema:?} {given:?}");

            // After our write, before we look at what came of it.
            let theirs = format!("UPDATE channels SET models = 'theirs' WHERE id = {id}");
            bench.stand_in.meanwhile(When::After, "PUT", theirs);
            let outcome = bench.apply(&change).await.unwrap();
            assert!(matches!(outcome, Outcome::Conflict(_)), "{schema:?} {given:?}: {outcome:?}");
            assert_eq!(db.models(id).await.as_deref(), Some("theirs"), "{schema:?}");

            // And what is not there any more.
            db.run(&format!("DELETE FROM channels WHERE id = {other}")).await;
            let outcome = bench.apply(&another).await.unwrap();
            assert!(matches!(outcome, Outcome::Conflict(_)), "{schema:?} {given:?}: {outcome:?}");
            assert_eq!(bench.stand_in.count("PUT"), 1, "{schema:?}: no routing rows for a channel that is gone");
        }
    }
}

#[tokio::test]
async fn a_hub_written_by_its_database_is_told_to_read_it_again() {
    for schema in [Schema::OneHub, Schema::DoneHub] {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        let id = stand_in.db.channel(ChannelRow::hub("a,b")).await;
        stand_in.restart().await;
        let bench = Bench::over(stand_in, Given::Database, WriteBy::Database).await;
        let before = bench.stand_in.db.table_without("channels", &["models"]).await;
        let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied(_)), "{schema:?} {outcome:?}");
        assert_eq!(bench.stand_in.offered().await, ["b"], "{schema:?}");
        assert_eq!(bench.stand_in.count("PUT /api/channel/batch/del_model"), 1);
        assert_eq!(bench.stand_in.db.table_without("channels", &["models"]).await, before, "{schema:?}");

        // It cannot be told: committed, and not live, and said so.
        bench.stand_in.knobs().answers_left = Some(0);
        let Outcome::Applied(number) = bench.apply(&bench.change(id, "a").await).await.unwrap() else {
            panic!("{schema:?}")
        };
        assert_eq!(bench.stand_in.db.models(id).await.as_deref(), Some("a"));
        assert_eq!(bench.stand_in.offered().await, ["b"], "{schema:?}");
        let note = bench.store.change(number).await.unwrap().unwrap().note;
        assert!(note.contains("not live"), "{schema:?}: {note:?}");
    }
}

#[tokio::test]
async fn a_lease_that_is_lost_while_the_channel_is_compared_stops_the_write() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("a,b")).await;
    let mut bench = Bench::over(stand_in, Given::Database, WriteBy::AdminApi).await;
    bench.gateway = bench.gateway.with_lease("we", Duration::from_mins(1)).await.unwrap();
    let taken = "UPDATE channelwarden_lease SET holder = 'they', epoch = epoch + 1";
    bench.stand_in.meanwhile(When::Before, "GET /api/channel/", taken);
    let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
    assert!(matches!(&outcome, Outcome::Conflict(why) if why.contains("took over: they")), "{outcome:?}");
    assert_eq!(bench.stand_in.count("PUT"), 0);
}
