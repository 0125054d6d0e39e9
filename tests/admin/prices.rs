//! Prices, asked of the gateway itself where no database tells them.

use channelwarden::model::{ModelName, Price};

use crate::bench::{Bench, Given, stand_in};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use channelwarden::config::WriteBy;

async fn bench(schema: Schema, given: Given) -> Bench {
    let stand_in = stand_in(Engine::Sqlite, schema).await;
    let row = if schema.is_hub() { ChannelRow::hub("a") } else { ChannelRow::new("a") };
    stand_in.db.channel(row).await;
    stand_in.knobs().unpriced.insert("dear".to_owned());
    Bench::over(stand_in, given, WriteBy::AdminApi).await
}

async fn says(bench: &Bench) -> (Vec<Price>, Vec<String>) {
    let names = ["comes", "dear"].map(|name| ModelName::parse(name).unwrap());
    let (says, notes) = bench.gateway.prices(&names).await;
    (names.iter().map(|name| says[name]).collect(), notes)
}

#[tokio::test]
async fn root_is_told_what_is_built_in() {
    for schema in [Schema::NewApi, Schema::NewApiOld, Schema::Veloera, Schema::OneApi] {
        let bench = bench(schema, Given::Api).await;
        assert_eq!(says(&bench).await, (vec![Price::Priced, Price::Unpriced], vec![]), "{schema:?}");
    }
}

#[tokio::test]
async fn the_database_comes_first_and_the_gateway_tells_the_rest() {
    let bench = bench(Schema::NewApi, Given::Database).await;
    assert_eq!(says(&bench).await.0, [Price::Priced, Price::Unpriced], "no row stands there, but the gateway knows");
    assert_eq!(bench.stand_in.count("GET /api/option/"), 1);
    bench.stand_in.db.option("ModelRatio", r#"{"dear":1,"comes":1}"#).await;
    assert_eq!(says(&bench).await.0, [Price::Priced, Price::Priced]);
    assert_eq!(bench.stand_in.count("GET /api/option/"), 1, "what the database tells is not asked");
}

#[tokio::test]
async fn an_admin_who_is_not_root_is_told_less_and_never_wrong() {
    let bench = bench(Schema::NewApi, Given::Api).await;
    bench.stand_in.role(10).await;
    let (told, notes) = says(&bench).await;
    assert_eq!(told, [Price::Unknown, Price::Unknown]);
    assert!(notes.len() == 1 && notes[0].contains("root"), "{notes:?}");
    bench.stand_in.db.option("ExposeRatioEnabled", "true").await;
    assert_eq!(says(&bench).await.0, [Price::Priced, Price::Unknown]);
    bench.stand_in.db.option("SelfUseModeEnabled", "true").await;
    assert_eq!(says(&bench).await.0, [Price::Priced, Price::Priced]);
}

#[tokio::test]
async fn a_hub_tells_its_table() {
    for schema in [Schema::OneHub, Schema::DoneHub] {
        let bench = bench(schema, Given::Api).await;
        bench.stand_in.db.price("com*", 1, 1).await;
        assert_eq!(says(&bench).await, (vec![Price::Priced, Price::Unpriced], vec![]));
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_leaves_them_unknown_and_says_why() {
    let bench = bench(Schema::NewApi, Given::Api).await;
    bench.stand_in.knobs().answers_left = Some(0);
    let (told, notes) = says(&bench).await;
    assert_eq!(told, [Price::Unknown, Price::Unknown]);
    assert!(notes.len() == 1 && notes[0].contains("could not be read"), "{notes:?}");
}
