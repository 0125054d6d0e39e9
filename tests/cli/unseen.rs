//! A hub whose database is written and that did not read it again: that is told wherever a write is told, and made up for.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::admin::{Fault, StandIn, TOKEN};
use crate::databases::Engine;
use crate::gateways::Schema;
use crate::scene::{Ran, Scene};
use crate::world::Setup;

/// A One Hub whose channel has one model that is dead, its database and its admin API given.
pub(crate) async fn hub(mode: &str, write: &str) -> (Scene, StandIn) {
    let mut scene = Scene { setup: Setup::new(Engine::Sqlite, Schema::OneHub, &json!({})).await };
    let works = [("good", "works"), ("fine", "works"), ("dead", "gone")];
    scene.channel("Acme", "good,fine,dead", &works).await;
    scene.channel("Borealis", "dead,good", &[("dead", "works"), ("good", "works")]).await;
    let stand_in = StandIn::start(Arc::clone(&scene.setup.db), Schema::OneHub).await;
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(scene.setup.config_file()).unwrap()).unwrap();
    config["gateways"]["main"]["mode"] = mode.into();
    config["gateways"]["main"]["write"] = write.into();
    config["gateways"]["main"]["api"] = json!({ "url": stand_in.url(), "token": TOKEN });
    scene.configure(&config.to_string());
    (scene, stand_in)
}

fn fails(stand_in: &StandIn) {
    stand_in.next("PUT", Fault::Says(500, "oops".to_owned()));
}

fn tells(ran: &Ran) {
    assert!(ran.out.contains("committed but not live: the admin API"), "{ran}");
    assert!(!ran.out.contains("live at once"), "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_did_not_read_is_told_by_sweep_and_history_and_made_to_later() {
    let (scene, stand_in) = hub("apply", "database").await;
    scene.run_to(0, &["sweep"]).await;
    fails(&stand_in);
    tells(&scene.run_to(0, &["sweep"]).await);
    assert_eq!((scene.list("Acme").await.as_str(), stand_in.offered().await.len()), ("good,fine", 3));
    assert_eq!(stand_in.count("PUT"), 1);
    let history = scene.run_to(0, &["history", "--json"]).await;
    assert!(history.out.contains("committed but not live"), "{history}");
    // Still down in the next round: told again. Then it reads.
    fails(&stand_in);
    tells(&scene.run_to(0, &["sweep"]).await);
    let swept = scene.run_to(0, &["sweep"]).await;
    assert!(!swept.out.contains("not live"), "{swept}");
    assert_eq!(stand_in.count("PUT"), 3);
    scene.run_to(0, &["sweep"]).await;
    assert_eq!(stand_in.count("PUT"), 3, "once it has read, it is left in peace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_did_not_read_is_told_by_apply_and_undo() {
    let (scene, stand_in) = hub("propose", "database").await;
    scene.confirm(2).await;
    fails(&stand_in);
    tells(&scene.run_to(0, &["apply"]).await);
    fails(&stand_in);
    tells(&scene.run_to(0, &["undo", "--last"]).await);
    assert_eq!(scene.list("Acme").await, "good,fine,dead");
}
