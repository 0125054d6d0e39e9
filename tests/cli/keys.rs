//! A key that does not work: told once, whatever the number of models behind it, and left alone for an hour.

use channelwarden::simulate::Behaviour;
use serde_json::{Value, json};

use crate::gateways::ChannelRow;
use crate::scene::Scene;

/// Sixty models behind a key without credit, and a channel that is well.
async fn broke() -> Scene {
    let mut scene = Scene::new("observe").await;
    let models: Vec<_> = (0..60).map(|number| format!("model-{number}")).collect();
    let behaviours: Vec<_> = models.iter().map(|model| (model.as_str(), "no-credit")).collect();
    scene.channel("Broke", &models.join(","), &behaviours).await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    scene
}

fn report(out: &str) -> Value {
    serde_json::from_str(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_credit_is_one_line_and_not_sixty() {
    let scene = broke().await;
    let first = scene.run_to(0, &["sweep"]).await;
    let about_it: Vec<_> = first.out.lines().filter(|line| line.starts_with("#1 Broke")).collect();
    assert_eq!(about_it.len(), 1, "{first}");
    assert!(about_it[0].contains("its key is key-broke since 2") && about_it[0].contains("tried again after 2"));
    // What was under way when it showed stands in the table; the rest was never sent.
    let rows = first.out.matches("│ #1 Broke").count();
    assert!((2..=8).contains(&rows), "{first}");
    assert!(!first.out.contains("not sent"), "{first}");

    let asked = scene.upstream("Broke").total();
    let second = scene.run_to(0, &["sweep"]).await;
    assert_eq!(scene.upstream("Broke").total(), asked, "it was asked again within the hour");
    assert_eq!(second.out.matches("Broke").count(), 1, "{second}");
    assert!(second.out.contains("main [observe]: 1 checked, 1 channel down"), "{second}");

    let told = report(&scene.run_to(0, &["sweep", "--json"]).await.out);
    assert_eq!(scene.upstream("Broke").total(), asked);
    let keys = told["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1, "{told}");
    assert_eq!((&keys[0]["channel"]["name"], &keys[0]["outcome"]), (&"Broke".into(), &"key-broke".into()));
    assert_eq!((&keys[0]["key"], &keys[0]["of"]), (&1.into(), &1.into()));
    let rests = |key: &Value| {
        let at = |name: &str| key[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        at("until").duration_since(at("since")).as_mins()
    };
    assert_eq!(rests(&keys[0]), 60);
    assert_eq!((&told["probed"], &told["wanted"], &told["notes"]), (&1.into(), &61.into(), &Value::Array(vec![])));
    assert!(told.to_string().matches("model-").count() == 0, "a model behind the key is named: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_key_rests_was_looked_at_all_the_same() {
    let mut scene = broke().await;
    scene.channel("Borealis", "only-here", &[("only-here", "no-credit")]).await;
    scene.run_to(0, &["sweep"]).await;
    let asked = scene.upstream("Broke").total();
    // A person who names the channel has its key tried at once; who names another's model does not.
    let ran = scene.run_to(0, &["sweep", "--model", "only-here"]).await;
    assert!(ran.out.contains("#3 Borealis: nothing answered") && !ran.out.contains("Broke"), "{ran}");
    assert_eq!(scene.upstream("Broke").total(), asked);
    scene.run_to(0, &["sweep", "--channel", "1"]).await;
    let tried = scene.upstream("Broke").total() - asked;
    assert!((1..=2).contains(&tried), "its list and one model: {tried}");
    let none = scene.run_to(1, &["sweep", "--channel", "1", "--model", "nobody-has-this"]).await;
    assert!(none.err.contains("nothing was looked at"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_key_of_two_is_named_and_judges_nothing() {
    let mut scene = Scene::new("apply").await;
    let models: Vec<_> = (0..6).map(|number| format!("model-{number}")).collect();
    let behaviours: Vec<_> = models.iter().map(|model| (model.as_str(), "works")).collect();
    let both = |row: ChannelRow| ChannelRow { key: format!("{}\nsk-canary-of-yesterday", row.key), ..row };
    scene.odd_channel("Twins", &models.join(","), &behaviours, both).await;
    let ran = scene.run_to(0, &["sweep"]).await;
    assert!(ran.out.contains("#1 Twins: key 2 of 2 is key-bad since 2"), "{ran}");
    assert!(ran.out.contains("no model is judged by it: 401"), "{ran}");
    assert!(ran.out.contains("main [apply]: 6 checked\n"), "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_probed_is_told_with_its_reason() {
    let mut scene = Scene::with(&json!({ "gateways": { "main": { "mode": "observe" } } })).await;
    let models: Vec<_> = (0..7).map(|number| format!("dall-e-{number}")).collect();
    scene.channel("Acme", &format!("good,{},sora-2", models.join(",")), &[("good", "works")]).await;
    let ran = scene.run_to(0, &["sweep"]).await;
    let line =
        "#1 Acme: dall-e-0, dall-e-1, dall-e-2, dall-e-3, dall-e-4 and 2 more not probed: image: asked only when";
    assert!(ran.out.contains(line), "{ran}");
    assert!(ran.out.contains("#1 Acme: sora-2 not probed: video: never asked"), "{ran}");
    // What the upstream offers beside the list, and does not serve, is no model that was "kept".
    scene.upstream("Acme").set("ghost", Behaviour::Broken);
    let ghost = scene.run_to(0, &["sweep"]).await;
    assert!(ghost.out.lines().any(|line| line.contains("┆ ghost") && line.contains("┆ not added")), "{ghost}");
    let one = scene.run_to(0, &["sweep", "--model", "good"]).await;
    assert!(!one.out.contains("not probed"), "{one}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_outlasts_rounds_that_learn_nothing_of_it() {
    let scene = Scene::dead_model("propose").await;
    scene.confirm(2).await;
    let planned = async |wanted: bool| {
        let plan = scene.run_to(if wanted { 2 } else { 0 }, &["plan"]).await;
        assert_eq!(plan.out.contains("−dead (gone"), wanted, "{plan}");
    };
    planned(true).await;
    let all = |behaviour: &Behaviour| {
        for model in ["good", "fine", "dead"] {
            scene.upstream("Acme").set(model, behaviour.clone());
        }
    };
    all(&Behaviour::NoCredit);
    // One round in which the answers are about the key, one in which nothing is sent.
    for _ in 0..2 {
        scene.run_to(2, &["sweep"]).await;
        planned(true).await;
    }
    all(&Behaviour::Works);
    scene.run_to(0, &["sweep", "--channel", "1"]).await;
    planned(false).await;
    assert_eq!(scene.list("Acme").await, "good,fine,dead");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_budget_is_used_up_leaves_its_models_to_the_next() {
    let mut scene = Scene::with(&json!({ "budget": { "account_requests": 40 } })).await;
    let models: Vec<_> = (0..60).map(|number| format!("model-{number}")).collect();
    let behaviours: Vec<_> = models.iter().map(|model| (model.as_str(), "works")).collect();
    scene.channel("Acme", &models.join(","), &behaviours).await;
    scene.upstream("Acme").change(|world| world.keys.clear());
    let first = scene.run_to(0, &["sweep"]).await;
    assert!(first.out.contains("models not sent: budget.account_requests lets no more through"), "{first}");
    // The same key at the same host, and one that was not used yet.
    let base = scene.upstream("Acme").base_url();
    let both =
        |row: ChannelRow| ChannelRow { key: format!("{}\nsk-canary-other", row.key), base_url: Some(base), ..row };
    scene.odd_channel("Twins", "model-1,model-2,model-3", &[], both).await;
    let ran = scene.run_to(0, &["sweep", "--channel", "2"]).await;
    assert!(ran.out.contains("main [apply]: 3 checked"), "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_rules_let_little_out_no_control_question_leaves() {
    let rules = json!([{ "policy": "off" }, { "models": ["dead"], "policy": "probe" }]);
    let mut scene = Scene::with(&json!({ "gateways": { "main": { "rules": rules } } })).await;
    scene.channel("Acme", "good,dead", &[("good", "works"), ("dead", "gone")]).await;
    for _ in 0..3 {
        scene.run(&["sweep"]).await;
    }
    let acme = scene.upstream("Acme");
    assert_eq!((acme.asked("good"), acme.asked("dead")), (0, 3));
    assert_eq!(acme.total(), 6, "its list and one model, three times");
}
