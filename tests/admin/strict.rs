//! That the stand-ins refuse what the real ones refuse, and do to the tables what the real ones do.

use std::time::Duration;

use serde_json::{Value, json};

use crate::admin::{Fault, Rate, TOKEN, Trial, USER_KEY, When};
use crate::bench::{PROGRAMS, call, get, put, root, stand_in};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

#[tokio::test]
async fn who_they_are_let_in_by() {
    for schema in PROGRAMS {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        let list = async |headers: &[(&str, String)]| {
            let said = call(&gateway, "GET", "/api/channel/?p=0&page_size=10", headers, "").await.unwrap();
            (said.status, said.success(), said.body["code"].as_str().map(str::to_owned))
        };
        let all = root(&gateway);
        assert_eq!(list(&all).await, (200, Some(true), None), "{schema:?}");
        let plain = [("Authorization", TOKEN.to_owned()), all[1].clone(), all[2].clone()];
        assert_eq!(list(&plain).await.1, Some(true), "{schema:?}: without `Bearer`");

        let current = schema == Schema::NewApi;
        let code = |code: &str| current.then(|| code.to_owned());
        assert_eq!(list(&[]).await, (401, Some(false), code("AUTH_UNAUTHORIZED")), "{schema:?}");
        let wrong = [("Authorization", "Bearer nobody's".to_owned()), all[1].clone(), all[2].clone()];
        let status = if current { 401 } else { 200 };
        assert_eq!(list(&wrong).await, (status, Some(false), code("AUTH_UNAUTHORIZED")), "{schema:?}");

        // Who says it must be said too, by two of them.
        let named = [(Schema::NewApiOld, "New-Api-User"), (Schema::Veloera, "Veloera-User")];
        let wanted = named.into_iter().find_map(|(by, name)| (by == schema).then_some(name));
        let bare = &all[..1];
        let status = if wanted.is_some() { 401 } else { 200 };
        assert_eq!(list(bare).await.0, status, "{schema:?}: no user named");
        if let Some(name) = wanted {
            for user in ["x", "4711"] {
                let said = list(&[all[0].clone(), (name, user.to_owned())]).await;
                assert_eq!((said.0, said.1), (401, Some(false)), "{schema:?} {user}");
            }
        }

        gateway.role(10).await;
        assert_eq!(list(&all).await.1, Some(true), "{schema:?}: an admin");
        gateway.role(1).await;
        let status = if current { 403 } else { 200 };
        assert_eq!(list(&all).await, (status, Some(false), code("AUTH_INSUFFICIENT_PRIVILEGE")), "{schema:?}");
    }
}

#[tokio::test]
async fn how_they_list() {
    for schema in PROGRAMS {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        for priority in 0..25 {
            let row = ChannelRow { priority: Some(priority), tag: Some(String::new()), ..ChannelRow::default() };
            gateway.db.channel(row).await;
        }
        let ids = async |query: &str| get(&gateway, &format!("/api/channel/{query}")).await.ids();
        let down = |from: i64, to: i64| (to..=from).rev().collect::<Vec<_>>();
        match schema {
            Schema::OneApi => {
                assert_eq!(ids("?p=0&page_size=100").await, down(25, 16), "ten, whatever is asked for");
                assert_eq!(ids("?p=2").await, down(5, 1));
            }
            Schema::NewApiOld | Schema::Veloera => {
                assert!(ids("?p=0").await.is_empty(), "LIMIT 0");
                assert_eq!(ids("?p=0&page_size=20&id_sort=true").await, down(25, 6), "the first page is 0");
                assert_eq!(ids("?p=1&page_size=20").await, down(5, 1));
            }
            Schema::NewApi => {
                assert_eq!(ids("").await, down(25, 16), "ten");
                assert_eq!(ids("?p=0&page_size=20").await, ids("?p=1&page_size=20").await, "the first page is 1");
                assert_eq!(ids("?p=2&page_size=20&sort_by=id&sort_order=asc").await, [21, 22, 23, 24, 25]);
                let said = get(&gateway, "/api/channel/?p=1&page_size=500").await;
                assert_eq!((&said.body["data"]["page_size"], &said.body["data"]["total"]), (&json!(100), &json!(25)));
            }
            Schema::OneHub | Schema::DoneHub => {
                assert_eq!(ids("?page=0").await, down(25, 16), "ten");
                assert_eq!(ids("?page=2&size=20&order=id").await, [21, 22, 23, 24, 25]);
                assert_eq!(get(&gateway, "/api/channel/?size=101").await.success(), Some(false));
                assert_eq!(get(&gateway, "/api/channel/?order=key").await.success(), Some(false));
            }
            Schema::NewApiOverOneApi => unreachable!(),
        }
        let hub = schema.is_hub();
        let one = get(&gateway, "/api/channel/7").await.body["data"].clone();
        assert_eq!(one["key"], json!(if hub { "sk-test" } else { "" }), "{schema:?}");
        let gone = get(&gateway, "/api/channel/99").await;
        assert_eq!((gone.status, gone.success(), gone.message()), (200, Some(false), "record not found"), "{schema:?}");
        let moved = get(&gateway, "/api/channel?p=1").await;
        assert_eq!(moved.status, 301);
        assert!(moved.head.contains("location: /api/channel/?p=1"), "{}", moved.head);
        assert_eq!(get(&gateway, "/api/nothing").await.status, 404);
        assert_eq!(get(&gateway, "/channels").await.status, 200, "a page of the web interface");
    }
}

#[tokio::test]
async fn a_tag_hides_all_but_one_of_its_channels_and_what_is_deleted_is_gone() {
    for schema in [Schema::OneHub, Schema::DoneHub] {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        for tag in ["", "t", "t", "", "u/v"] {
            gateway.db.channel(ChannelRow { tag: Some(tag.to_owned()), ..ChannelRow::default() }).await;
        }
        gateway.db.edit(4, "deleted_at", Lit::text("2026-01-01 00:00:00")).await;
        let ids = async |path: &str| get(&gateway, path).await.ids();
        assert_eq!(ids("/api/channel/?order=id").await, [1, 3, 5]);
        assert_eq!(ids("/api/channel/?order=id&filter_tag=1").await, [1]);
        assert_eq!(ids("/api/channel/?order=id&tag=t").await, [3], "collapsed all the same");
        let tags = get(&gateway, "/api/channel_tag/_all").await;
        assert_eq!(tags.body["data"], json!([{ "id": 0, "tag": "t" }, { "id": 0, "tag": "u/v" }]));
        assert_eq!(ids("/api/channel_tag/t/list").await, [2, 3]);
        assert_eq!(ids("/api/channel_tag/u%2Fv/list").await, [5]);
        assert_eq!(get(&gateway, "/api/channel/4").await.success(), Some(false));
    }
}

#[tokio::test]
async fn a_partial_update_leaves_zeroes_alone() {
    for engine in Engine::ALL {
        for schema in [Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::Veloera] {
            let gateway = stand_in(engine, schema).await;
            let row = ChannelRow::new("a,b").group("default,vip");
            let id = gateway.db.channel(row).await;
            let before = gateway.db.table_without("channels", &["models"]).await;
            let said =
                put(&gateway, "/api/channel/", &json!({ "id": id, "models": "b,c", "name": "", "type": 0 })).await;
            assert_eq!(said.success(), Some(true), "{engine:?} {schema:?} {}", said.body);
            assert_eq!(gateway.db.models(id).await.as_deref(), Some("b,c"));
            assert_eq!(gateway.db.routes(id).await, ["default/b", "default/c", "vip/b", "vip/c"]);
            assert_eq!(gateway.db.table_without("channels", &["models"]).await, before, "{engine:?} {schema:?}");
            put(&gateway, "/api/channel/", &json!({ "id": id, "models": "" })).await;
            assert_eq!(gateway.db.models(id).await.as_deref(), Some("b,c"), "it cannot be emptied");
            let odd = put(&gateway, "/api/channel/", &json!({ "id": id, "models": 7 })).await;
            assert_eq!(odd.success(), Some(false), "{}", odd.body);
        }
    }
}

#[tokio::test]
async fn the_old_new_api_is_left_half_done_by_a_name_that_stands_twice() {
    for schema in [Schema::NewApiOld, Schema::Veloera] {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        let id = gateway.db.channel(ChannelRow::new("a")).await;
        let said = put(&gateway, "/api/channel/", &json!({ "id": id, "models": "b,b" })).await;
        assert_eq!(said.success(), Some(false), "{schema:?}");
        assert_eq!(gateway.db.models(id).await.as_deref(), Some("b,b"));
        assert_eq!(gateway.db.routes(id).await, ["default/a"], "{schema:?}: the routing rows are the old ones");
    }
    let gateway = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = gateway.db.channel(ChannelRow::new("a")).await;
    assert_eq!(put(&gateway, "/api/channel/", &json!({ "id": id, "models": "b,b" })).await.success(), Some(true));
    assert_eq!(gateway.db.routes(id).await, ["default/b"]);
}

#[tokio::test]
async fn what_the_current_new_api_takes_from_whom() {
    let gateway = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = gateway.db.channel(ChannelRow::new("a")).await;
    let before = gateway.db.dump().await;
    let refused = async |body: Value| {
        assert_eq!(put(&gateway, "/api/channel/", &body).await.success(), Some(false), "{body}");
        assert_eq!(gateway.db.dump().await, before, "{body}");
    };
    refused(json!({ "id": id, "models": "b", "status": 1 })).await;
    refused(json!({ "id": 99, "models": "b" })).await;
    refused(json!({ "id": id, "models": "m".repeat(256) })).await;
    gateway.role(10).await;
    refused(json!({ "id": id, "models": "b", "base_url": "https://elsewhere" })).await;
    refused(json!({ "id": id, "models": "b", "key": "sk-other" })).await;
    assert_eq!(put(&gateway, "/api/channel/", &json!({ "id": id, "models": "b" })).await.success(), Some(true));
    let path = format!("/api/channel/{id}/status");
    let headers = root(&gateway);
    let said = call(&gateway, "POST", &path, &headers, "{\"status\":2}").await.unwrap();
    assert_eq!(said.success(), Some(true));
    assert!(gateway.offered().await.is_empty());
    assert_eq!(call(&gateway, "POST", &path, &headers, "{\"status\":3}").await.unwrap().success(), Some(false));
}

#[tokio::test]
async fn a_hub_writes_every_column_or_only_those_that_are_there() {
    for engine in Engine::ALL {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let gateway = stand_in(engine, schema).await;
            let id = gateway.db.channel(ChannelRow::hub("a,b")).await;
            gateway.restart().await;
            let whole = gateway.db.table_without("channels", &["models"]).await;
            let mut object = get(&gateway, &format!("/api/channel/{id}")).await.body["data"].clone();

            // The whole object, back: only the list differs.
            object["models"] = json!("a,c");
            assert_eq!(put(&gateway, "/api/channel/", &object).await.success(), Some(true));
            assert_eq!(gateway.db.table_without("channels", &["models"]).await, whole, "{engine:?} {schema:?}");
            assert_eq!(gateway.offered().await, ["a", "c"], "loaded at once");

            // A part of it, without models: the others stay.
            put(&gateway, "/api/channel/", &json!({ "id": id, "name": "renamed", "weight": 1 })).await;
            let object = get(&gateway, &format!("/api/channel/{id}")).await.body["data"].clone();
            assert_eq!((&object["name"], &object["custom_parameter"]), (&json!("renamed"), &json!("{\"a\":1}")));

            // A part of it with models: all that was left out is gone, but for what was used up.
            put(&gateway, "/api/channel/", &json!({ "id": id, "models": "a" })).await;
            let object = get(&gateway, &format!("/api/channel/{id}")).await.body["data"].clone();
            assert_eq!(object["used_quota"], json!(12_345));
            for (name, left) in [("name", json!("")), ("key", json!("")), ("weight", Value::Null), ("group", json!(""))]
            {
                assert_eq!(object[name], left, "{engine:?} {schema:?} {name}");
            }
            assert!(object["plugin"].is_null() && object.get("disabled_stream").is_none());
        }
    }
}

#[tokio::test]
async fn a_hub_serves_what_it_loaded() {
    let gateway = stand_in(Engine::Sqlite, Schema::OneHub).await;
    let id = gateway.db.channel(ChannelRow::hub(" a ,,gpt-4*")).await;
    assert!(gateway.offered().await.is_empty());
    gateway.restart().await;
    assert_eq!(gateway.offered().await, ["a", "gpt-4*"], "trimmed, and without the empty one");
    gateway.db.edit(id, "models", Lit::text("b,gpt-4*")).await;
    assert_eq!(gateway.offered().await, ["a", "gpt-4*"], "committed, and not live");
    let before = gateway.db.dump().await;
    let said = put(&gateway, "/api/channel/batch/del_model", &json!({ "value": "no-such", "ids": [id] })).await;
    assert_eq!((said.success(), &said.body["data"]), (Some(true), &json!(1)));
    assert_eq!(gateway.offered().await, ["b", "gpt-4*"]);
    assert_eq!(gateway.db.dump().await, before);
    for odd in [json!({ "value": "", "ids": [id] }), json!({ "value": "b", "ids": [] }), json!({ "ids": [id] })] {
        assert_eq!(put(&gateway, "/api/channel/batch/del_model", &odd).await.success(), Some(false), "{odd}");
    }
}

#[tokio::test]
async fn what_users_see() {
    for schema in PROGRAMS {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        let row = if schema.is_hub() { ChannelRow::hub("a,b") } else { ChannelRow::new("a,b") };
        gateway.db.channel(row).await;
        gateway.restart().await;
        gateway.knobs().unpriced.insert("b".to_owned());
        let seen = async || {
            let key = [("Authorization", format!("Bearer {USER_KEY}"))];
            let said = call(&gateway, "GET", "/v1/models", &key, "").await.unwrap();
            let names =
                said.body["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        let current = schema == Schema::NewApi;
        assert_eq!(seen().await, if current { vec!["a"] } else { vec!["a", "b"] }, "{schema:?}");
        // A stored table takes the built-in one's place, whole.
        gateway.db.option("ModelRatio", r#"{"b":1}"#).await;
        assert_eq!(seen().await, if current { vec!["b"] } else { vec!["a", "b"] }, "{schema:?}");
        gateway.db.option("SelfUseModeEnabled", "true").await;
        assert_eq!(seen().await, ["a", "b"], "{schema:?}");
        let said = call(&gateway, "GET", "/v1/models", &root(&gateway), "").await.unwrap();
        assert_eq!(said.status, 401, "{schema:?}: an admin's token is no user's key");
        assert!(get(&gateway, "/api/status").await.body["data"]["version"].is_string());
    }
}

#[tokio::test]
async fn the_gateways_own_tests() {
    for schema in PROGRAMS {
        let gateway = stand_in(Engine::Sqlite, schema).await;
        let hub = schema.is_hub();
        let id = gateway.db.channel(if hub { ChannelRow::hub("a,b") } else { ChannelRow::new("a,b") }).await;
        gateway.restart().await;
        let test = async |model: &str| get(&gateway, &format!("/api/channel/test/{id}?model={model}")).await;
        let asked = || std::mem::take(&mut gateway.knobs().asked);

        assert_eq!(test("b").await.success(), Some(true), "{schema:?}");
        assert_eq!(asked(), [(id, "b".to_owned())]);
        test("c").await;
        let instead = if schema == Schema::OneApi { "a" } else { "c" };
        assert_eq!(asked(), [(id, instead.to_owned())], "{schema:?}: what is in no list");

        gateway.knobs().trials.insert("b".to_owned(), Trial::Fails(404, "no such model".to_owned()));
        let said = test("b").await;
        assert_eq!((said.status, said.success()), (200, Some(false)), "{schema:?}");
        assert!(said.message().contains("no such model"));
        asked();

        gateway.knobs().unpriced.insert("a".to_owned());
        let said = test("a").await;
        let priced = matches!(schema, Schema::NewApi | Schema::NewApiOld | Schema::Veloera);
        assert_eq!(said.success(), Some(!priced), "{schema:?}");
        let code = if schema == Schema::NewApi { json!("model_price_error") } else { Value::Null };
        assert_eq!(said.body["error_code"], code, "{schema:?}");
        assert_eq!(asked().is_empty(), priced, "{schema:?}: refused before anything is asked");

        // A hub's test may switch the channel off.
        gateway.db.option("AutomaticDisableChannelEnabled", "true").await;
        gateway.knobs().trials.insert("b".to_owned(), Trial::Fails(401, "invalid key".to_owned()));
        test("b").await;
        let status = gateway.db.rows("SELECT CAST(status AS TEXT) FROM channels").await[0][0].clone().unwrap();
        assert_eq!(status, if hub { "3" } else { "1" }, "{schema:?}");
    }
}

#[tokio::test]
async fn too_many_calls_and_what_else_may_happen_to_one() {
    let gateway = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = gateway.db.channel(ChannelRow::new("a")).await;
    let (headers, body) = (root(&gateway), json!({ "id": id, "models": "b" }).to_string());
    let write = async || call(&gateway, "PUT", "/api/channel/", &headers, &body).await;

    gateway.next("PUT", Fault::CutBefore);
    assert!(write().await.is_none());
    assert_eq!(gateway.db.models(id).await.as_deref(), Some("a"));
    gateway.next("PUT", Fault::SaysNo("not today".to_owned()));
    assert_eq!(write().await.unwrap().message(), "not today");
    gateway.next("PUT", Fault::Says(502, "<html>".to_owned()));
    assert_eq!(write().await.unwrap().status, 502);
    assert_eq!(gateway.db.models(id).await.as_deref(), Some("a"));
    gateway.next("PUT", Fault::CutAfter);
    assert!(write().await.is_none());
    assert_eq!(gateway.db.models(id).await.as_deref(), Some("b"), "done all the same");

    gateway.meanwhile(When::Before, "GET /api/channel/1", "UPDATE channels SET models = 'theirs'");
    assert_eq!(get(&gateway, "/api/channel/1").await.body["data"]["models"], json!("theirs"));

    gateway.knobs().rate = Some(Rate { calls: 2, within: Duration::from_mins(3), retry_after: None });
    assert_eq!(get(&gateway, "/api/status").await.status, 200);
    assert_eq!(get(&gateway, "/api/channel/1").await.status, 200);
    let late = get(&gateway, "/api/channel/1").await;
    assert!(late.status == 429 && !late.head.contains("retry-after"), "{}", late.head);
    assert_eq!(gateway.count("GET /api/channel/1"), 3, "refused ones are counted");

    gateway.knobs().rate = None;
    gateway.knobs().answers_left = Some(1);
    assert_eq!(get(&gateway, "/api/status").await.status, 200);
    assert!(call(&gateway, "GET", "/api/status", &headers, "").await.is_none());
}
