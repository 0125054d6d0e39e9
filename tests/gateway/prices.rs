//! What gateways' own tables say of prices.

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Database, Gateway};
use channelwarden::model::{ModelName, Price};

use crate::databases::{Db, Engine};
use crate::gateways::Schema;

async fn prices(db: &Db, names: &[&str]) -> (Vec<Price>, Vec<String>) {
    let address = DatabaseAddress::parse(&db.address()).unwrap();
    let database = Database::open("main", &address, None, "salt").await.unwrap();
    let gateway = Gateway::of("main", Some(database), None, None).unwrap();
    let names: Vec<_> = names.iter().map(|name| ModelName::parse(name).unwrap()).collect();
    let (says, notes) = gateway.prices(&names).await;
    assert_eq!(gateway.database().unwrap().statements().writes, 0);
    (names.iter().map(|name| says[name]).collect(), notes)
}

#[tokio::test]
async fn a_hubs_table_has_names_and_prefixes_and_case_counts() {
    for engine in Engine::ALL {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let db = Db::create(engine, schema).await;
            db.make_prices().await;
            for model in ["gpt-4o", "GPT-5", "claude-*"] {
                db.price(model, 1, 2).await;
            }
            let (says, notes) = prices(&db, &["gpt-4o", "gpt-5", "claude-9", "other"]).await;
            assert_eq!(says, [Price::Priced, Price::Unpriced, Price::Priced, Price::Unpriced], "{engine:?}");
            assert_eq!(notes, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn without_the_table_nothing_is_known_and_the_operator_is_told() {
    for engine in Engine::ALL {
        for (schema, table) in [(Schema::NewApi, "options"), (Schema::Veloera, "options"), (Schema::OneHub, "prices")] {
            let (says, notes) = prices(&Db::create(engine, schema).await, &["a"]).await;
            assert_eq!(says, [Price::Unknown], "{engine:?}");
            assert!(notes.len() == 1 && notes[0].contains(&format!("no table {table}")), "{notes:?}");
        }
    }
}

#[tokio::test]
async fn a_long_stored_table_is_read_whole_on_every_engine() {
    let ratios: serde_json::Map<_, _> = (0..5000).map(|n| (format!("model-{n}"), n.into())).collect();
    for engine in Engine::ALL {
        let db = Db::create(engine, Schema::Veloera).await;
        db.make_options().await;
        db.option("ModelRatio", &serde_json::Value::Object(ratios.clone()).to_string()).await;
        db.option("ModelPrice", "{}").await;
        let (says, notes) = prices(&db, &["model-4999", "model-5000"]).await;
        assert_eq!((says, notes), (vec![Price::Priced, Price::Unpriced], vec![]), "{engine:?}");
    }
}
