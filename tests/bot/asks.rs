//! What anybody who may ask is answered.

use std::fmt::Write as _;

use serde_json::json;

use super::{ADMIN, GROUP, HOSTILE, OTHER, Scene};

#[tokio::test]
async fn every_command_is_answered_in_the_language_of_who_asks() {
    let scene = Scene::new(json!({})).await;
    let models = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4", "o3"].map(str::to_owned);
    scene.models("main", 3, "azure", &models).await;
    let mut book = String::new();
    for language in ["en", "zh-hans", "ru"] {
        for command in [
            "/start",
            "/help",
            "/status",
            "/models gpt",
            "/models nothing",
            "/channel",
            "/channel 3",
            "/channel 99",
            "/channel x",
            "/changes",
            "/free",
            "/mute",
            "/mute off",
            "/status nowhere",
            "/pending",
            "/drop",
            "/hold",
            "/release main 3 x",
        ] {
            let said = scene.ask(ADMIN, ADMIN, language, command).await;
            assert!(said.html);
            let buttons: Vec<_> = said.buttons().into_iter().map(|(label, _)| label).collect();
            writeln!(book, "--- {language} {command}\n{}\n{buttons:?}", said.text).unwrap();
        }
        // Twenty at once are answered; the others would be lost.
        channelwarden::clock::advance(std::time::Duration::from_mins(5));
    }
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d", "[time]");
    filters.set_snapshot_path("snapshots");
    filters.bind(|| insta::assert_snapshot!("commands", book));
}

#[tokio::test]
async fn five_hundred_models_are_leafed_through_and_no_page_is_too_long() {
    let scene = Scene::new(json!({})).await;
    let long = |n: usize| format!("{n:03}-{}", "😀<b>".repeat(60));
    let models: Vec<_> = (0..500).map(long).collect();
    scene.models("main", 3, &"名<i>".repeat(100), &models).await;
    let first = scene.ask(ADMIN, GROUP, "en", "/models").await;
    let mut seen = std::collections::BTreeSet::new();
    let (mut page, mut pages) = (first.clone(), 0);
    loop {
        pages += 1;
        assert!(page.text.encode_utf16().count() <= 4096);
        seen.extend((0..500).filter(|n| page.text.contains(&format!("{n:03}-😀"))));
        let Some((_, on)) = page.buttons().into_iter().find(|(label, _)| label == "▶") else { break };
        assert_eq!(scene.press(ADMIN, first.id, &on).await, (String::new(), false));
        let shown = page.text.clone();
        page = scene
            .api
            .until("the page does not turn", |world| {
                world.messages.iter().find(|message| message.id == first.id && message.text != shown).cloned()
            })
            .await;
        // More than one chat may press at once is another test.
        channelwarden::clock::advance(std::time::Duration::from_secs(3));
    }
    assert_eq!((pages, seen.len()), (25, 500));
    assert_eq!(scene.api.world().messages.len(), 1, "one message, leafed through");
    let status = scene.ask(ADMIN, GROUP, "en", "/status").await;
    assert!(status.text.contains("500 models: 🟢 250 🟡 0 🔴 250"), "{}", status.text);
    assert!(status.text.lines().nth(4).unwrap().contains("🔴"), "what fails stands first: {}", status.text);
    let channel = scene.ask(ADMIN, GROUP, "en", "/channel 3").await;
    assert!(channel.text.contains("1–20 of 500"), "{}", channel.text);
}

#[tokio::test]
async fn a_name_is_a_name_wherever_it_is_shown() {
    let scene = Scene::new(json!({})).await;
    scene.models("main", 3, HOSTILE, &[HOSTILE.to_owned(), "o3".to_owned()]).await;
    scene.wants("main", 3, &[HOSTILE]).await;
    for command in ["/status", "/models <b>x", "/channel", "/channel 3", "/pending"] {
        let said = scene.ask(ADMIN, ADMIN, "en", command).await;
        assert!(said.text.contains("<b>x</b>&amp;@admin"), "{command}: {}", said.text);
        assert!(said.entities.iter().all(|entity| entity["type"] != "bold"), "{command}: {:?}", said.entities);
    }
}

#[tokio::test]
async fn several_gateways_are_told_apart() {
    let gateways = json!({ "east": { "database": "sqlite:///a" }, "west": { "database": "sqlite:///b" } });
    let scene = Scene::with(json!({}), gateways).await;
    scene.models("east", 3, "azure", &["east-model".to_owned()]).await;
    scene.models("west", 3, "azure", &["west-model".to_owned()]).await;
    let status = scene.ask(ADMIN, ADMIN, "en", "/status").await;
    assert!(status.text.contains("east-model") && !status.text.contains("west-model"), "{}", status.text);
    let west = status.button("west");
    scene.press(ADMIN, status.id, &west).await;
    scene.api.until("the other gateway", |world| world.messages[0].text.contains("west-model").then_some(())).await;
    assert!(scene.ask(ADMIN, ADMIN, "en", "/status west").await.text.contains("west-model"));
    assert!(scene.ask(ADMIN, ADMIN, "en", "/channel 3").await.text.contains("Several gateways"));
    assert!(scene.ask(ADMIN, ADMIN, "en", "/channel west/3").await.text.contains("west-model"));
    assert!(scene.ask(ADMIN, ADMIN, "en", "/channel west 3").await.text.contains("west-model"));
}

#[tokio::test]
async fn in_a_group_another_bots_command_and_an_unknown_one_are_left_alone() {
    let scene = Scene::new(json!({})).await;
    for text in ["/status@other_bot", "/drop", "hello", "/"] {
        scene.api.says(OTHER, GROUP, "en", text);
    }
    let said = scene.ask(OTHER, GROUP, "ru", "/help@Warden_Test_Bot").await;
    assert!(said.text.contains("какие модели работают") && !said.text.contains("/hold"), "{}", said.text);
    assert_eq!(scene.api.world().messages.len(), 1);
}

#[tokio::test]
async fn a_flood_from_one_chat_is_not_answered_and_keeps_nobody_else_waiting() {
    let scene = Scene::new(json!({})).await;
    for _ in 0..200 {
        scene.api.says(OTHER, GROUP, "en", "/help");
    }
    scene.api.says(ADMIN, ADMIN, "en", "/help");
    scene
        .api
        .until("the admin's answer", |world| world.messages.iter().any(|message| message.chat == ADMIN).then_some(()))
        .await;
    let to_group = scene.api.world().messages.iter().filter(|message| message.chat == GROUP).count();
    assert!((20..30).contains(&to_group), "{to_group}");
}

#[tokio::test]
async fn menus_are_set_in_each_language_and_longer_for_admins() {
    let scene = Scene::new(json!({})).await;
    scene.ask(ADMIN, ADMIN, "en", "/help").await;
    let world = scene.api.world();
    let menu = |language: &str, scope: &str| &world.menus[&(language.to_owned(), scope.to_owned())];
    assert_eq!(menu("", "default"), menu("en", "default"));
    assert_eq!(menu("zh", "default").len(), 10);
    assert_eq!(menu("ru", "default")[0], ("status".to_owned(), "Какие модели работают".to_owned()));
    assert_eq!(menu("", &format!("chat {ADMIN}")).len(), 14);
}
