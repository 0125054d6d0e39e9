//! Channels as every engine and every age of gateway stores them.

use channelwarden::gateway::database::Pages;
use channelwarden::model::{Ability, ModelName, Route, Secret, Status};

use crate::bench::Bench;
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

#[tokio::test]
async fn every_nullable_column_may_be_null() {
    for engine in Engine::ALL {
        for schema in [Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::NewApiOverOneApi, Schema::OneHub] {
            let bench = Bench::new(engine, schema).await;
            let mut nulls: Vec<_> = bench.db.columns("channels").await;
            nulls.retain(|column| !["id", "key"].contains(&column.as_str()));
            let id = bench.db.channel(ChannelRow::default()).await;
            for column in &nulls {
                bench.db.edit(id, column, Lit::Null).await;
            }
            let channel = bench.gateway.channel(id).await.unwrap().unwrap();
            assert_eq!((channel.created, channel.name.as_str(), channel.status), (0, "", Status::Unknown(0)));
            assert_eq!((channel.models, channel.group, channel.base_url), (None, None, None));
            assert!(channel.mapping.unwrap().0.is_empty());
            assert_eq!(channel.keys.len(), 1);
            assert_eq!(bench.gateway.image(id).await.unwrap().unwrap().models, "");
        }
    }
}

#[tokio::test]
async fn a_full_row_is_read_whole() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let info = r#"{"is_multi_key":true,"multi_key_size":3,"multi_key_status_list":{"1":3}}"#;
        let settings =
            r#"{"upstream_model_update_auto_sync_enabled":true,"upstream_model_update_ignored_models":["z"]}"#;
        let row = ChannelRow {
            key: "sk-1\nsk-2\nsk-3".to_owned(),
            status: Some(3),
            name: Some("Über 渠道 'quoted' \\ 🦀".to_owned()),
            base_url: Some("https://up.example/".to_owned()),
            models: Some("gpt-4o, a b,,日本,".to_owned()),
            group: Some("default,vip".to_owned()),
            model_mapping: Some(r#"{"a":"b"}"#.to_owned()),
            priority: Some(i64::MAX),
            weight: Some(5),
            tag: Some("t".to_owned()),
            ..ChannelRow::default()
        }
        .with("channel_info", Lit::Json(info.to_owned()))
        .with("settings", Lit::text(settings))
        .with("setting", Lit::text(r#"{"proxy":"socks5://127.0.0.1:1"}"#))
        .with("header_override", Lit::text(r#"{"X-A":"b"}"#))
        .with("openai_organization", Lit::text("org"))
        .with("test_model", Lit::text("gpt-4o"));
        let id = bench.db.channel(row.clone()).await;
        let channel = bench.gateway.channel(id).await.unwrap().unwrap();
        assert_eq!(channel.name, row.name.unwrap());
        assert_eq!((channel.models, channel.group), (row.models, row.group));
        assert_eq!((channel.created, channel.status, channel.type_number), (1_700_000_000, Status::AutoDisabled, 1));
        let keys: Vec<_> = channel.keys.iter().map(|key| key.expose().to_owned()).collect();
        assert_eq!(keys, ["sk-1", "sk-3"]);
        assert_eq!(channel.mapping.unwrap().0["a"], "b");
        assert_eq!(channel.proxy.as_ref().map(Secret::expose), Some("socks5://127.0.0.1:1"));
        assert_eq!(channel.headers["X-A"].expose(), "b");
        assert_eq!((channel.auto_sync, channel.ignored_models), (true, vec!["z".to_owned()]));
        assert_eq!(channel.organization.as_deref(), Some("org"));
        assert_eq!(channel.test_model.as_deref(), Some("gpt-4o"));

        let image = bench.gateway.image(id).await.unwrap().unwrap();
        assert_eq!(image.abilities.len(), 2 * 4);
        let first = Ability {
            group: "default".to_owned(),
            model: String::new(),
            enabled: Some(false),
            priority: Some(i64::MAX),
            weight: Some(5),
            tag: Some("t".to_owned()),
        };
        assert_eq!(image.abilities[0], first);
    }
}

#[tokio::test]
async fn unreadable_settings_name_the_channel_and_leave_the_others() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let bad = ChannelRow { model_mapping: Some("{oops".to_owned()), ..ChannelRow::default() };
        let bad = bench.db.channel(bad).await;
        let good = bench.db.channel(ChannelRow::default()).await;
        let channels = bench.gateway.pages(None).next().await.unwrap();
        let of = |id| channels.iter().flatten().find(|channel| channel.id == id).unwrap();
        assert!(of(bad).mapping.as_ref().unwrap_err().contains("model_mapping"));
        assert!(of(good).mapping.is_ok());
    }
}

#[tokio::test]
async fn a_row_that_is_no_text_is_named_and_hides_no_other() {
    // Only SQLite stores what is no text in a text column.
    let bench = Bench::new(Engine::Sqlite, Schema::NewApi).await;
    let good = bench.db.channel(ChannelRow::default()).await;
    let bad = bench.db.channel(ChannelRow::default()).await;
    bench.db.run(&format!("UPDATE channels SET `key` = CAST(X'736bff' AS TEXT) WHERE id = {bad}")).await;
    let other = bench.db.channel(ChannelRow::default()).await;
    let page = bench.gateway.pages(None).next().await.unwrap();
    let [Ok(first), Err(unreadable), Ok(last)] = page.as_slice() else { panic!("{page:?}") };
    assert_eq!((first.id, last.id), (good, other));
    assert_eq!((unreadable.channel.id, unreadable.channel.created), (bad, 1_700_000_000));
    assert!(unreadable.why.contains("in column key:") && !unreadable.why.contains("sk"), "{}", unreadable.why);
    assert_eq!(unreadable.channel.name, "plain", "what can be read of it is told");
}

/// Every id, page by page, and how many pages it took.
async fn ids(mut pages: Pages<'_>) -> (Vec<i64>, usize) {
    let (mut ids, mut count) = (vec![], 0);
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            return (ids, count);
        }
        count += 1;
        ids.extend(page.into_iter().flatten().map(|channel| channel.id));
    }
}

#[tokio::test]
async fn channels_come_in_pages_and_deleted_ones_never() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::OneHub).await;
        for id in 1..=5 {
            bench.db.channel(ChannelRow { id: Some(id), ..ChannelRow::default() }).await;
        }
        bench.db.edit(3, "deleted_at", Lit::text("2026-01-02 03:04:05")).await;
        assert_eq!(ids(bench.gateway.pages(None)).await, (vec![1, 2, 4, 5], 1));
        assert_eq!(bench.gateway.count().await.unwrap(), 4);
        assert!(bench.gateway.channel(3).await.unwrap().is_none());

        let many: Vec<_> = (6..250).map(|id| format!("({id}, 'k', 'a')")).collect();
        let key = engine.quote("key");
        bench.db.run(&format!("INSERT INTO channels (id, {key}, models) VALUES {}", many.join(", "))).await;
        let all: Vec<_> = (1..250).filter(|id| *id != 3).collect();
        assert_eq!(ids(bench.gateway.pages(None)).await, (all, 3));
    }
}

#[tokio::test]
async fn only_the_channels_asked_for_are_read() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        for id in 1..=5 {
            bench.db.channel(ChannelRow { id: Some(id), ..ChannelRow::default() }).await;
        }
        assert_eq!(ids(bench.gateway.pages(Some(vec![4, 2, 4, 99]))).await.0, [2, 4]);
        let before = bench.gateway.statements().all;
        assert_eq!(ids(bench.gateway.pages(Some(vec![]))).await.0, [0; 0]);
        assert_eq!(bench.gateway.statements().all, before, "{engine:?}: nothing to ask for");
        // Whole pages of channels that are gone are no end.
        let most_gone = (-300..=1).chain([5]).chain(1000..1300).collect();
        assert_eq!(ids(bench.gateway.pages(Some(most_gone))).await.0, [1, 5]);
    }
}

#[tokio::test]
async fn the_fingerprint_sees_every_edit_but_no_traffic() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let print = || async { bench.gateway.channel(id).await.unwrap().unwrap().fingerprint };
        let info = |n| Lit::Json(format!(r#"{{"is_multi_key":false,"multi_key_polling_index":{n}}}"#));
        bench.db.edit(id, "channel_info", info(1)).await;
        let mut last = print().await;
        for (column, value) in [
            ("used_quota", Lit::Int(99)),
            ("balance", Lit::Int(3)),
            ("response_time", Lit::Int(5)),
            ("test_time", Lit::Int(5)),
            ("channel_info", info(2)),
            ("settings", Lit::text(r#"{"upstream_model_update_last_check_time":5}"#)),
        ] {
            bench.db.edit(id, column, value).await;
            assert_eq!(print().await, last, "{engine:?} {column}");
        }
        for (column, value) in [
            ("models", Lit::text("a,b,C")),
            ("models", Lit::text("a,b,C ")),
            ("key", Lit::text("sk-other")),
            ("base_url", Lit::Null),
            ("group", Lit::text("vip")),
            ("status", Lit::Int(2)),
            ("priority", Lit::Null),
            ("weight", Lit::Int(9)),
            ("tag", Lit::text("")),
            ("model_mapping", Lit::text("{}")),
            ("type", Lit::Int(8)),
            ("created_time", Lit::Int(1)),
            ("header_override", Lit::text("{}")),
            ("setting", Lit::text("{}")),
            ("settings", Lit::text(r#"{"upstream_model_update_auto_sync_enabled":true}"#)),
        ] {
            bench.db.edit(id, column, value).await;
            let now = print().await;
            assert_ne!(now, last, "{engine:?} {column}");
            last = now;
        }
    }
}

#[tokio::test]
async fn routes_are_those_of_enabled_channels_by_exact_name() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let one = bench.db.channel(ChannelRow::new("gpt-4o,x").group("default,vip")).await;
        bench.db.channel(ChannelRow::new("GPT-4o")).await;
        bench.db.channel(ChannelRow { status: Some(2), ..ChannelRow::new("gpt-4o") }).await;
        let name = ModelName::parse("gpt-4o").unwrap();
        let other = ModelName::parse("nobody's").unwrap();
        let mut routes = bench.gateway.routes(&[name.clone(), other]).await.unwrap();
        routes.sort_by(|a, b| a.group.cmp(&b.group));
        let route = |group: &str| Route { group: group.to_owned(), model: name.clone(), channel: one };
        assert_eq!(routes, [route("default"), route("vip")]);

        let many: Vec<_> = (0..450).map(|n| ModelName::parse(&format!("m{n}")).unwrap()).chain([name]).collect();
        assert_eq!(bench.gateway.routes(&many).await.unwrap().len(), 2);
    }
}
