//! The swap itself: both tables in step, nothing else touched, and taken back byte for byte.

use channelwarden::gateway::Order;
use channelwarden::model::Image;

use crate::bench::{Bench, undo};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

const WRITABLE: [Schema; 4] = [Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::NewApiOverOneApi];

/// Swaps, and compares with the tables that the gateway itself would have made of the same edit.
async fn as_the_gateway(bench: &Bench, row: ChannelRow, models: &str) {
    let bystander = bench.db.channel(ChannelRow::new("a,b, x").group("default,vip")).await;
    let id = bench.db.channel(row.clone()).await;
    let untouched = bench.db.dump().await;
    let columns = bench.db.table_without("channels", &["models"]).await;

    let intent = bench.intent(id, models).await;
    let swapped = bench.commit(intent.clone()).await.unwrap();
    assert_eq!(bench.db.models(id).await.as_deref(), Some(models));
    assert_eq!(bench.db.table_without("channels", &["models"]).await, columns, "no other column");
    assert_eq!(bench.gateway.image(id).await.unwrap().unwrap(), swapped.after);
    let ours = bench.db.dump().await;
    bench.db.rebuild(id, &ChannelRow { models: Some(models.to_owned()), ..row }).await;
    assert_eq!(bench.db.dump().await, ours, "{:?}: the rows the gateway would have written", bench.db.engine);

    // Once more: nothing is left to do, and nothing is written.
    let again = bench.commit(bench.intent(id, models).await).await.unwrap();
    assert_eq!(again.statements.writes, 0);
    bench.commit(undo(&intent, &swapped)).await.unwrap();
    assert_eq!(bench.db.dump().await, untouched, "{:?}: taken back byte for byte", bench.db.engine);
    assert!(!bench.db.routes(bystander).await.is_empty());
}

#[tokio::test]
async fn both_tables_are_as_the_gateway_would_have_them() {
    for engine in Engine::ALL {
        for schema in WRITABLE {
            let bench = Bench::new(engine, schema).await;
            as_the_gateway(&bench, ChannelRow::new("a,b,c"), "a,c,d").await;
            as_the_gateway(&bench, ChannelRow::new("a,b,c").group("default,vip"), "c,日本,it's").await;
            let nulls = ChannelRow { priority: None, weight: None, tag: None, ..ChannelRow::new("a,b") };
            as_the_gateway(&bench, nulls, "b,n").await;
            as_the_gateway(&bench, ChannelRow::new("a, b,,c,").group("default,"), "a,c").await;
            as_the_gateway(&bench, ChannelRow { status: Some(3), ..ChannelRow::new("a,b") }, "b,n").await;
            as_the_gateway(&bench, ChannelRow { status: None, ..ChannelRow::new("a,b") }, "b,n").await;
        }
        let bench = Bench::new(engine, Schema::NewApi).await;
        let valued =
            ChannelRow { priority: Some(-3), weight: Some(7), tag: Some("t".to_owned()), ..ChannelRow::new("a,b") }
                .with("channel_info", Lit::Json(r#"{"is_multi_key":false}"#.to_owned()));
        as_the_gateway(&bench, valued, "b,n").await;
        // On MySQL the two are one row; in the list both stay.
        as_the_gateway(&bench, ChannelRow::new("GPT-4o,gpt-4o,x"), "gpt-4o,GPT-4o").await;
    }
}

#[tokio::test]
async fn drifted_rows_are_set_right_and_come_back_as_they_were() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow { priority: Some(1), ..ChannelRow::new("a,b,c") }).await;
        let no = Lit::Bool(false).sql(engine);
        bench.db.run(&format!("UPDATE abilities SET enabled = {no}, priority = NULL WHERE model = 'a'")).await;
        bench.db.run("UPDATE abilities SET weight = 3, tag = 'old', enabled = NULL WHERE model = 'b'").await;
        bench.db.run("UPDATE abilities SET model = 'stray' WHERE model = 'c'").await;
        let drifted = bench.db.dump().await;

        let intent = bench.intent(id, "a,b").await;
        let swapped = bench.commit(intent.clone()).await.unwrap();
        assert_eq!(bench.db.routes(id).await, ["default/a", "default/b"]);
        let ours = bench.db.dump().await;
        bench.db.rebuild(id, &ChannelRow { priority: Some(1), ..ChannelRow::new("a,b") }).await;
        assert_eq!(bench.db.dump().await, ours);

        bench.commit(undo(&intent, &swapped)).await.unwrap();
        assert_eq!(bench.db.dump().await, drifted, "{engine:?}");
    }
}

#[tokio::test]
async fn a_rehearsal_sends_the_same_statements_and_changes_nothing() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::new("a,b,c").group("default,vip")).await;
        let before = bench.db.dump().await;
        let intent = bench.intent(id, "a,n").await;
        let rehearsed = bench.gateway.swap(&Order::Rehearse(&intent)).await.unwrap();
        assert_eq!(bench.db.dump().await, before, "{engine:?}");
        assert!(rehearsed.statements.writes > 0);
        let done = bench.commit(intent).await.unwrap();
        assert_eq!(done, rehearsed, "{engine:?}: same statements, same outcome");
    }
}

#[tokio::test]
async fn writes_are_few_however_long_the_list() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let names = |range: std::ops::Range<i32>| range.map(|n| format!("model-{n}")).collect::<Vec<_>>().join(",");
        let id = bench.db.channel(ChannelRow::new(&names(0..1200)).group("default,vip")).await;
        // Every sort of write at once: list, 2200 rows out, 200 in, and the rest to be levelled.
        bench.db.run("UPDATE abilities SET weight = 5").await;
        let total = bench.gateway.statements().writes;
        let done = bench.commit(bench.intent(id, &names(1100..1300)).await).await.unwrap();
        assert!(done.statements.writes <= 6 + 200_u64.div_ceil(50), "{engine:?} {:?}", done.statements);
        assert_eq!(bench.gateway.statements().writes - total, done.statements.writes);
        assert_eq!(bench.db.routes(id).await.len(), 400);
        let reading = bench.gateway.statements().writes;
        bench.gateway.pages(None).next().await.unwrap();
        assert_eq!(bench.gateway.statements().writes, reading, "reading writes nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_swaps_at_once_exactly_one_wins() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::new("a,b,c").group("default,vip")).await;
        for n in 0..5 {
            let (one, other) =
                (bench.intent(id, &format!("a,one{n}")).await, bench.intent(id, &format!("b,two{n}")).await);
            let (one, other) = tokio::join!(bench.commit(one), bench.commit(other));
            let results = [one, other];
            let won: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "{engine:?} {results:?}");
            let Image { models, abilities } = bench.gateway.image(id).await.unwrap().unwrap();
            assert_eq!((&models, &abilities), (&won[0].after.models, &won[0].after.abilities), "{engine:?}");
        }
    }
}
