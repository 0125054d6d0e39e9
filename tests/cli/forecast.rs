//! `plan --cost`: what probing would take, told without asking anybody.

use serde_json::{Value, json};

use crate::scene::{Scene, assert_told};

async fn scene() -> Scene {
    let config = json!({
        "gateways": { "main": { "models": { "exclude": ["secret-*"] } } },
        "probe": { "every": "1h", "kinds": ["chat", "embedding", "rerank", "image"] },
        "budget": { "requests": 100 },
    });
    let mut scene = Scene::with(&config).await;
    let works = |models: &[&'static str]| models.iter().map(|model| (*model, "works")).collect::<Vec<_>>();
    let models = ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "rerank-v3.5", "dall-e-3", "tts-1", "secret-1"];
    scene.channel("Acme", &models.join(","), &works(&models)).await;
    scene.channel("Borealis", "claude-opus-4-5,llama-3:free", &works(&["claude-opus-4-5"])).await;
    scene
        .odd_channel("Cinder", "gpt-4o", &works(&["gpt-4o"]), |row| crate::gateways::ChannelRow {
            status: Some(2),
            ..row
        })
        .await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn what_probing_would_take_is_told_and_nothing_is_asked() {
    let scene = scene().await;
    let before = scene.gateway_bytes();
    assert_told("plan_cost", scene.run_to(0, &["plan", "--cost"]).await);
    let told: Value = serde_json::from_str(&scene.run_to(0, &["plan", "--cost", "--json"]).await.out).unwrap();
    assert_eq!(told["channels"][0]["models"], json!({ "chat": 2, "embedding": 1, "rerank": 1, "image": 1 }));
    assert_eq!(told["channels"][0]["unprobed"], 2);
    // Three a round, and two dear ones a day; the other channel's two a round.
    assert_eq!((&told["round"]["requests"], &told["day"]["requests"]), (&json!(7), &json!(3 * 24 + 2 + 2 * 24)));
    assert_eq!(told["allowed"], 100);
    let dollars = told["day"]["dollars"].as_f64().unwrap();
    assert!(dollars > 0.04 && dollars < 0.1, "a picture, a search, and a day of words: {dollars}");
    for name in ["Acme", "Borealis", "Cinder"] {
        assert_eq!(scene.upstream(name).total(), 0, "{name} was asked");
    }
    assert_eq!(scene.gateway_bytes(), before);
    // Afterwards it is counted.
    scene.run(&["sweep", "--dry-run"]).await;
    let sent: u64 = ["Acme", "Borealis", "Cinder"].into_iter().map(|name| scene.upstream(name).total()).sum();
    let told: Value = serde_json::from_str(&scene.run_to(0, &["plan", "--cost", "--json"]).await.out).unwrap();
    assert_eq!(told["used_today"]["requests"], sent);
    assert!(sent >= 5 && told["used_today"]["tokens"].as_u64() > Some(0), "{told}");
    assert!(told["used_today"]["cost_microdollars"].as_u64() > Some(0), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn free_models_cost_nothing_and_a_fifth_of_the_free_requests_is_theirs() {
    let mut scene = Scene::with(&json!({ "probe": { "every": "10m" } })).await;
    let models: Vec<_> = (0..50).map(|n| format!("acme/model-{n}:free")).collect();
    let openrouter = |row| crate::gateways::ChannelRow { type_number: 20, ..row };
    scene.odd_channel("OpenRouter", &models.join(","), &[], openrouter).await;
    let told: Value = serde_json::from_str(&scene.run_to(0, &["plan", "--cost", "--json"]).await.out).unwrap();
    assert_eq!((&told["day"]["requests"], &told["day"]["dollars"]), (&json!(7200), &json!(0.0)));
    assert_eq!(told["allowed"], 10);
    let limits = told["limits"].to_string();
    assert!(limits.contains("budget.free_share lets 10 of 7200 free requests"), "{limits}");
    assert_eq!(scene.upstream("OpenRouter").total(), 0);
}
