//! Whatever must not be written is not: someone else's edit wins, a hold holds, a crash trap is not laid.

use channelwarden::gateway::{Gateway, GatewayError, Order, SwapError};
use channelwarden::model::{ListText, Rows};
use channelwarden::store::HoldScope;
use jiff::Timestamp;

use crate::bench::{Bench, GATEWAY};
use crate::databases::{Db, Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

#[tokio::test]
async fn somebody_elses_edit_wins() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let yes = Lit::Bool(true).sql(engine);
        let group = engine.quote("group");
        let edits = [
            ("its list", "UPDATE channels SET models = 'a,b' WHERE id = ID".to_owned()),
            ("its list", "UPDATE channels SET models = 'a,B,c' WHERE id = ID".to_owned()),
            ("its list", "UPDATE channels SET models = 'a,b,c ' WHERE id = ID".to_owned()),
            ("another of its columns", format!("UPDATE channels SET {} = 'sk-new' WHERE id = ID", engine.quote("key"))),
            ("another of its columns", "UPDATE channels SET base_url = NULL WHERE id = ID".to_owned()),
            ("another of its columns", "UPDATE channels SET status = 2 WHERE id = ID".to_owned()),
            ("another of its columns", format!("UPDATE channels SET {group} = 'Default' WHERE id = ID")),
            ("its routing rows", "UPDATE abilities SET model = 'B' WHERE model = 'b' AND channel_id = ID".to_owned()),
            ("its routing rows", "UPDATE abilities SET priority = 5 WHERE model = 'b' AND channel_id = ID".to_owned()),
            (
                "its routing rows",
                format!("INSERT INTO abilities ({group}, model, channel_id, enabled) VALUES ('vip', 'a', ID, {yes})"),
            ),
            ("deleted", "DELETE FROM channels WHERE id = ID".to_owned()),
            ("another channel now", "UPDATE channels SET created_time = 1800000000 WHERE id = ID".to_owned()),
        ];
        for (what, edit) in edits {
            let id = bench.db.channel(ChannelRow::default()).await;
            let intent = bench.intent(id, "a,c").await;
            bench.db.run(&edit.replace("ID", &id.to_string())).await;
            let theirs = bench.db.dump().await;
            let error = bench.commit(intent).await.unwrap_err();
            assert!(matches!(&error, SwapError::Conflict(said) if said.contains(what)), "{engine:?} {edit}: {error}");
            assert_eq!(bench.db.dump().await, theirs, "{engine:?} {edit}");
        }
        let id = bench.db.channel(ChannelRow { models: None, ..ChannelRow::default() }).await;
        let intent = bench.intent(id, "a").await;
        bench.db.edit(id, "models", Lit::text("")).await;
        assert!(matches!(bench.commit(intent).await, Err(SwapError::Conflict(_))), "{engine:?}: NULL is not ''");
    }
}

#[tokio::test]
async fn a_hold_put_after_the_decision_stops_the_write() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let before = bench.db.dump().await;
        let intent = bench.intent(id, "a").await;
        bench.store.hold(&HoldScope::default(), "stop", Timestamp::UNIX_EPOCH).await.unwrap();
        assert!(matches!(bench.commit(intent.clone()).await, Err(SwapError::OnHold(_))), "{engine:?}");
        assert_eq!(bench.db.dump().await, before);
        bench.store.release(&HoldScope::default()).await.unwrap();
        bench.commit(intent).await.unwrap();
        assert_eq!(bench.db.models(id).await.as_deref(), Some("a"), "{engine:?}");
    }
}

#[tokio::test]
async fn a_hold_put_while_the_swap_is_under_way_stops_it() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let before = bench.db.dump().await;
        let intent = bench.intent(id, "a").await;
        let locked = bench.db.lock_channel(id).await;
        let operator = async {
            // Time enough for the swap to begin; it cannot get past the row that we hold.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            bench.store.hold(&HoldScope::default(), "stop", Timestamp::UNIX_EPOCH).await.unwrap();
            locked.release().await;
        };
        let (done, ()) = tokio::join!(bench.commit(intent), operator);
        assert!(matches!(done, Err(SwapError::OnHold(_))), "{engine:?} {done:?}");
        assert_eq!(bench.db.dump().await, before, "{engine:?}");
    }
}

#[tokio::test]
async fn an_edit_that_is_committed_while_the_swap_waits_wins() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let intent = bench.intent(id, "a").await;
        let mut locked = bench.db.lock_channel(id).await;
        locked.run(&format!("UPDATE channels SET models = 'theirs' WHERE id = {id}")).await;
        let admin = async {
            // Time enough for the swap to begin: reading without a lock would show it the old list.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            locked.commit().await;
        };
        let (done, ()) = tokio::join!(bench.commit(intent), admin);
        assert!(matches!(done, Err(SwapError::Conflict(_))), "{engine:?} {done:?}");
        assert_eq!(bench.db.models(id).await.as_deref(), Some("theirs"), "{engine:?}");
    }
}

#[tokio::test]
async fn a_row_that_somebody_holds_for_long_is_locked_and_left() {
    let attempts = Engine::ALL.map(|engine| async move {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        let intent = bench.intent(id, "a").await;
        let locked = bench.db.lock_channel(id).await;
        let error = bench.commit(intent.clone()).await.unwrap_err();
        assert!(matches!(error, SwapError::Database(GatewayError::Locked { .. })), "{engine:?} {error:?}");
        locked.release().await;
        bench.commit(intent).await.unwrap();
        assert_eq!(bench.db.models(id).await.as_deref(), Some("a"), "{engine:?}");
    });
    futures::future::join_all(attempts).await;
}

#[tokio::test]
async fn groups_that_the_collation_takes_for_one_are_refused() {
    // In these gateways' own MySQL collation; on the other engines they are two groups.
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default().group("OPS,Ops")).await;
        let before = bench.db.dump().await;
        let done = bench.commit(bench.intent(id, "a").await).await;
        if engine == Engine::MySql {
            assert!(matches!(&done, Err(SwapError::Refused(why)) if why.contains("OPS")), "{done:?}");
            assert_eq!(bench.db.dump().await, before);
        } else {
            assert_eq!(bench.db.routes(id).await, ["OPS/a", "Ops/a"]);
        }
    }
}

#[tokio::test]
async fn accents_that_the_collation_drops_are_seen_when_read_back() {
    let bench = Bench::new(Engine::MySql, Schema::NewApi).await;
    let id = bench.db.channel(ChannelRow::default()).await;
    let before = bench.db.dump().await;
    let error = bench.commit(bench.intent(id, "cafe,café").await).await.unwrap_err();
    assert!(matches!(&error, SwapError::Conflict(why) if why.contains("collation")), "{error}");
    assert_eq!(bench.db.dump().await, before);
}

#[tokio::test]
async fn too_long_names_and_uncovered_groups_are_refused() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::OneApi).await;
        let id = bench.db.channel(ChannelRow::default().group("default,vip")).await;
        let before = bench.db.dump().await;
        if engine == Engine::MySql {
            let long = "x".repeat(192);
            let error = bench.commit(bench.intent(id, &format!("a,{long}")).await).await.unwrap_err();
            assert!(matches!(&error, SwapError::Refused(why) if why.contains("191")), "{error}");
        }
        let mut intent = bench.intent(id, "a").await;
        let rows = intent.before.abilities.iter().filter(|row| row.group == "vip").cloned().collect();
        intent.rows = Rows::Exactly(rows);
        let error = bench.commit(intent).await.unwrap_err();
        assert!(matches!(&error, SwapError::Refused(why) if why.contains("\"default\"")), "{error}");
        assert_eq!(bench.db.dump().await, before, "{engine:?}");
    }
}

#[tokio::test]
async fn another_gateways_change_and_a_hub_are_refused() {
    let bench = Bench::new(Engine::Sqlite, Schema::NewApi).await;
    let id = bench.db.channel(ChannelRow::default()).await;
    let mut intent = bench.intent(id, "a").await;
    intent.gateway = "other".to_owned();
    let error = bench.commit(intent).await.unwrap_err();
    assert!(matches!(&error, SwapError::Refused(why) if why.contains(GATEWAY)), "{error}");

    for engine in Engine::ALL {
        let hub = Bench::new(engine, Schema::OneHub).await;
        let id = hub.db.channel(ChannelRow::new("gpt-4*,a")).await;
        let before = hub.db.table_without("channels", &[]).await;
        let gateway = Gateway::of(GATEWAY, Some(hub.gateway.clone()), None, None).unwrap();
        let error = gateway.swap(Order::Rehearse(&hub.intent(id, "a").await)).await.unwrap_err();
        assert!(matches!(&error, SwapError::Refused(why) if why.contains("master")), "{error}");
        assert_eq!(hub.db.table_without("channels", &[]).await, before);
    }
}

#[tokio::test]
async fn a_trigger_that_spoils_the_write_rolls_it_back() {
    let db = Db::create(Engine::Sqlite, Schema::NewApi).await;
    db.run(
        "CREATE TRIGGER spoil AFTER UPDATE OF models ON channels BEGIN
           INSERT INTO abilities VALUES ('default', 'spoiled', NEW.id, 1, 0, 0, NULL); END",
    )
    .await;
    let bench = Bench::over(db).await;
    let id = bench.db.channel(ChannelRow::default()).await;
    let before = bench.db.dump().await;
    let mut intent = bench.intent(id, "a").await;
    intent.models = ListText::parse("a,c").unwrap();
    assert!(matches!(bench.commit(intent).await, Err(SwapError::Conflict(_))));
    assert_eq!(bench.db.dump().await, before);
}
