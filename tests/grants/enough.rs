//! What the document grants is enough for what it says, with the real binary.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::databases::Engine;
use crate::document::Title;
use crate::gateways::Schema;
use crate::guest::{ANOTHER, Guest, SERVERS};
use crate::scene::Scene;
use crate::world::Setup;

/// The scene's configuration with this of its gateway changed.
fn configure(scene: &Scene, gateway: &Value) {
    let text = std::fs::read_to_string(scene.setup.config_file()).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    for (key, value) in gateway.as_object().unwrap() {
        config["gateways"]["main"][key] = value.clone();
    }
    scene.configure(&config.to_string());
}

async fn scene(engine: Engine, schema: Schema) -> (Scene, Guest) {
    let mut scene = Scene { setup: Setup::new(engine, schema, &json!({})).await };
    scene.setup.db.make_records(schema).await;
    scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;
    scene.channel("Borealis", "dead,good", &[("dead", "works"), ("good", "works")]).await;
    let guest = Guest::of(&scene.setup.db, schema).await;
    configure(&scene, &json!({ "database": guest.address(), "mode": "observe" }));
    (scene, guest)
}

async fn observed(scene: &Scene, guest: &Guest, case: &str) {
    guest.given(&[Title::Observe, Title::Prices, Title::Logs]).await;
    let before = scene.setup.db.dump().await;
    scene.run_to(0, &["config", "check"]).await;
    scene.run_to(0, &["sweep", "--dry-run"]).await;
    let ran = scene.run_to(2, &["sweep"]).await;
    assert!(ran.out.contains("dead") && !ran.out.contains("could not be read"), "{case}: {ran}");
    let ran = scene.run(&["doctor", "--json"]).await;
    assert!(ran.out.contains("2 channels, read only"), "{case}: {ran}");
    assert_eq!(scene.setup.db.dump().await, before, "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_observe_to_write_to_take_back_to_repair_and_to_keep_a_lease() {
    for engine in SERVERS {
        let schemas = Schema::ALL.into_iter().filter(|schema| !schema.is_hub());
        join_all(schemas.map(|schema| whole(engine, schema))).await;
    }
}

async fn whole(engine: Engine, schema: Schema) {
    let case = format!("{engine:?} {schema:?}");
    let (scene, guest) = scene(engine, schema).await;
    observed(&scene, &guest, &case).await;
    scene.setup.db.run("DELETE FROM abilities WHERE model = 'fine'").await;
    let refused = scene.run_to(1, &["repair"]).await;
    scene.setup.as_the_gateway_would().await;
    assert!(refused.to_string().contains("GRANT it UPDATE (models) ON channels"), "{case}: {refused}");

    guest.given(&[Title::Write]).await;
    configure(&scene, &json!({ "mode": "apply" }));
    let before = scene.setup.db.dump().await;
    let ran = scene.run(&["doctor", "--json"]).await;
    assert!(ran.out.contains("2 channels, can be written"), "{case}: {ran}");
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(scene.list("Acme").await, "good,fine", "{case}");
    let written = scene.setup.db.dump().await;
    assert_eq!(written, scene.setup.as_the_gateway_would().await, "{case}");
    scene.run_to(0, &["undo", "--last", "--rehearse"]).await;
    scene.run_to(0, &["undo", "--last"]).await;
    assert_eq!(scene.setup.db.dump().await, before, "{case}: taken back");

    guest.given(&[Title::Lease]).await;
    configure(&scene, &json!({ "lease": true }));
    scene.setup.db.run("DELETE FROM abilities WHERE model = 'fine'").await;
    scene.setup.db.run("UPDATE abilities SET priority = 5 WHERE model = 'good'").await;
    scene.run_to(0, &["repair"]).await;
    assert_eq!(scene.setup.db.dump().await, before, "{case}: repaired");
    let holders = scene.setup.db.rows("SELECT holder FROM channelwarden_lease").await;
    assert!(holders[0][0].as_deref().is_some_and(|holder| holder.starts_with("store ")), "{case}: {holders:?}");
    ended(&scene, &guest, &case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_observe_a_hub() {
    for engine in SERVERS {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let case = format!("{engine:?} {schema:?}");
            let (scene, guest) = scene(engine, schema).await;
            observed(&scene, &guest, &case).await;
            ended(&scene, &guest, &case).await;
        }
    }
}

/// Another password, then no user any more.
async fn ended(scene: &Scene, guest: &Guest, case: &str) {
    guest.given(&[Title::Password]).await;
    let refused = scene.run_to(1, &["sweep", "--dry-run"]).await;
    assert!(refused.to_string().contains("refuses our user"), "{case}: {refused}");
    configure(scene, &json!({ "database": guest.address_with(ANOTHER) }));
    let ran = scene.run(&["sweep", "--dry-run"]).await;
    assert!(ran.code != 1 && ran.out.contains("Acme"), "{case}: {ran}");
    guest.given(&[Title::Removal]).await;
    let refused = scene.run_to(1, &["sweep", "--dry-run"]).await;
    assert!(refused.to_string().contains("refuses our user"), "{case}: {refused}");
}
