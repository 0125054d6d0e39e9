//! Several loops over one gateway: one of them has rounds.

use serde_json::json;

use crate::run::Loop;
use crate::scene::{Scene, run_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_loop_on_the_store_waits_until_the_first_ends() {
    let mut scene = Scene::new("apply").await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    let mut first = Loop::start_in(&scene.folder());
    first.until("1 checked").await;
    let mut second = Loop::start_in(&scene.folder());
    let told = second.until("looks after it").await;
    assert!(told.contains("pid ") && told.contains(" on host "), "{told}");
    assert_eq!(scene.upstream("Acme").asked("good"), 1, "the second probes nothing");
    // A person may look all the same, and a reload loses nothing to the one that waits.
    scene.run_to(0, &["sweep"]).await;
    first.signal("HUP");
    first.until("1 checked").await;
    assert_eq!(scene.upstream("Acme").asked("good"), 3);
    first.signal("KILL");
    second.until("1 checked").await;
    assert_eq!(scene.upstream("Acme").asked("good"), 4);
    assert_eq!(second.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_instances_with_stores_of_their_own_one_has_the_lease() {
    let mut scene = Scene::with(&json!({ "gateways": { "main": { "lease": true } } })).await;
    scene.channel("Acme", "good,fine", &[("good", "works"), ("fine", "works")]).await;
    scene.setup.db.run("DELETE FROM abilities WHERE model = 'fine'").await;
    let other = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(scene.setup.config_file()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["store"]["path"] = other.path().join("store.db").to_str().unwrap().into();
    std::fs::write(other.path().join("config.json5"), config.to_string()).unwrap();

    let mut first = Loop::start_in(&scene.folder());
    first.until("2 checked").await;
    let mut second = Loop::start_in(other.path());
    let told = second.until("another instance looks after it").await;
    assert!(told.contains(": store ") && told.contains(" on host "), "{told}");
    assert_eq!(scene.upstream("Acme").asked("good"), 1, "the second probes nothing");

    // Commands of the first one's store have its lease; those of the other write nothing.
    let before = scene.setup.db.dump().await;
    let refused = run_in(other.path(), &["repair"]).await;
    assert!(refused.code == 1 && refused.out.contains("another instance looks after it"), "{refused}");
    let observed = run_in(other.path(), &["sweep"]).await;
    assert!(observed.out.contains("only observed: another instance looks after it"), "{observed}");
    assert_eq!(scene.setup.db.dump().await, before);
    scene.run_to(0, &["repair"]).await;
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);

    // Stopped, it gives the lease back.
    assert_eq!(first.stop().await, Some(0));
    let code = run_in(other.path(), &["repair"]).await;
    assert_eq!(code.code, 0, "{code}");
    assert!(!code.out.contains("another instance"), "{code}");
    assert_eq!(second.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_keeps_no_lease() {
    let mut scene = Scene::with(&json!({ "gateways": { "main": { "lease": true } } })).await;
    scene.channel("Acme", "good,fine", &[("good", "works"), ("fine", "works")]).await;
    scene.setup.db.run("DELETE FROM abilities WHERE model = 'fine'").await;
    let bytes = scene.gateway_bytes();
    for look in [&["sweep", "--dry-run"][..], &["repair", "--dry-run"], &["apply", "--rehearse"], &["plan", "--cost"]] {
        scene.run_to(0, look).await;
        assert_eq!(scene.gateway_bytes(), bytes, "{look:?}");
    }
    scene.run_to(0, &["repair"]).await;
    let bytes = scene.gateway_bytes();
    scene.run_to(0, &["undo", "--last", "--rehearse"]).await;
    assert_eq!(scene.gateway_bytes(), bytes);
}
