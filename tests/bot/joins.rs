//! Who is told, and who may ask.

use std::time::Duration;

use channelwarden::clock;
use serde_json::json;

use super::{ADMIN, GROUP, OTHER, Scene, at};

#[tokio::test]
async fn a_stranger_is_told_its_number_once_an_hour_and_nothing_else() {
    let scene = Scene::new(json!({})).await;
    let said = scene.ask(OTHER, OTHER, "en", "/subscribe").await;
    assert!(said.text.contains(&format!("This chat is {OTHER};")), "{}", said.text);
    for text in ["/status", "/subscribe", "/help", "/scan", "/hold all of it"] {
        scene.api.says(OTHER, OTHER, "en", text);
    }
    scene.idle().await;
    assert_eq!(scene.api.world().messages.len(), 1);
    clock::advance(Duration::from_mins(61));
    scene.ask(OTHER, OTHER, "en", "/status").await;
    assert!(scene.store.subscribers("bot").await.unwrap().is_empty());
    assert!(scene.asked().is_empty());
}

#[tokio::test]
async fn a_stranger_may_subscribe_where_the_configuration_says_so() {
    let scene = Scene::new(json!({ "strangers": "subscribe" })).await;
    let said = scene.ask(OTHER, OTHER, "zh-hans", "/subscribe").await;
    assert!(said.text.contains("从现在起"), "{}", said.text);
    assert!(scene.store.subscriber(&at(OTHER)).await.unwrap().unwrap().wanted);
    let said = scene.ask(OTHER, OTHER, "en", "/language ru").await;
    assert!(said.text.contains("по-русски"), "{}", said.text);
    let said = scene.ask(OTHER, OTHER, "en", "/unsubscribe").await;
    assert!(said.text.contains("больше не получает"), "a chat's language stands above the user's: {}", said.text);
    let kept = scene.store.subscriber(&at(OTHER)).await.unwrap().unwrap();
    assert_eq!((kept.wanted, kept.language.as_str()), (false, "ru"));
    for admins in ["/scan", "/hold it", "/release", "/pending"] {
        assert!(scene.ask(OTHER, OTHER, "en", admins).await.text.contains("администратор"), "{admins}");
    }
    assert!(scene.asked().is_empty());
}

#[tokio::test]
async fn a_configured_chat_is_muted_or_silenced_by_admins_alone() {
    let scene = Scene::new(json!({})).await;
    for text in ["/mute 2h", "/unsubscribe", "/language ru"] {
        assert!(scene.ask(OTHER, GROUP, "en", text).await.text.contains("Only an admin"), "{text}");
    }
    assert!(scene.store.subscribers("bot").await.unwrap().is_empty());
    assert!(scene.ask(ADMIN, GROUP, "en", "/mute 2h").await.text.contains("left in peace until"));
    let mutes = scene.store.mutes(clock::now()).await.unwrap();
    assert_eq!(mutes.len(), 1);
    assert_eq!(mutes[0].0, format!("bot/{GROUP}"));
    let left = mutes[0].1.duration_since(clock::now());
    assert!((7100..=7200).contains(&left.as_secs()), "{left}");
    assert!(scene.ask(ADMIN, GROUP, "en", "/mute off").await.text.contains("told again"));
    assert!(scene.store.mutes(clock::now()).await.unwrap().is_empty());
    scene.ask(ADMIN, GROUP, "en", "/unsubscribe").await;
    assert!(!scene.store.subscriber(&at(GROUP)).await.unwrap().unwrap().wanted);
    // A language alone does not unsubscribe a configured chat, and does not subscribe another.
    scene.ask(ADMIN, ADMIN, "en", "/language zh").await;
    assert!(!scene.store.subscriber(&at(ADMIN)).await.unwrap().unwrap().wanted);
}

#[tokio::test]
async fn who_throws_the_bot_out_is_not_told_any_more() {
    let scene = Scene::new(json!({ "strangers": "subscribe" })).await;
    scene.ask(OTHER, OTHER, "en", "/subscribe").await;
    scene.api.membership(OTHER, "kicked");
    scene.api.membership(GROUP, "kicked");
    scene.idle().await;
    assert!(!scene.store.subscriber(&at(OTHER)).await.unwrap().unwrap().wanted);
    assert!(!scene.store.subscriber(&at(GROUP)).await.unwrap().unwrap().wanted);
    scene.api.membership(OTHER, "member");
    scene.api.membership(GROUP, "member");
    scene.idle().await;
    assert!(!scene.store.subscriber(&at(OTHER)).await.unwrap().unwrap().wanted, "it must ask again");
    assert!(scene.store.subscriber(&at(GROUP)).await.unwrap().unwrap().wanted, "the configuration wants it");
    // A block that is noticed by an answer that is not taken.
    scene.ask(OTHER, OTHER, "en", "/subscribe").await;
    scene.api.world().blocked.insert(OTHER);
    scene.api.says(OTHER, OTHER, "en", "/help");
    scene.idle().await;
    assert!(!scene.store.subscriber(&at(OTHER)).await.unwrap().unwrap().wanted);
}

#[tokio::test]
async fn a_configured_chat_that_was_given_up_is_told_again_once_somebody_starts_the_bot() {
    let scene = Scene::new(json!({})).await;
    let wanted = async || scene.store.subscriber(&at(GROUP)).await.unwrap().map(|kept| kept.wanted);
    assert!(!scene.ask(ADMIN, GROUP, "en", "/start").await.text.contains("told from now on"), "it is told already");
    assert_eq!(wanted().await, None);
    // As a message that Telegram refuses leaves it: there was no such chat yet.
    scene.store.subscribe(&at(GROUP), false, clock::now()).await.unwrap();
    assert!(!scene.ask(OTHER, GROUP, "en", "/start").await.text.contains("told from now on"), "a matter for admins");
    assert_eq!(wanted().await, Some(false));
    assert!(scene.ask(ADMIN, GROUP, "en", "/start").await.text.contains("told from now on"));
    assert_eq!(wanted().await, Some(true));
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_told_there() {
    let scene = Scene::new(json!({})).await;
    let chat = scene.api.world().chats[&GROUP].clone();
    scene.api.update(json!({ "message": {
        "message_id": 9, "date": 1, "chat": chat, "from": { "id": OTHER, "is_bot": false, "first_name": "E" },
        "migrate_to_chat_id": -100_777,
    } }));
    scene.idle().await;
    assert!(scene.store.subscriber(&at(-100_777)).await.unwrap().unwrap().wanted);
    assert!(!scene.store.subscriber(&at(GROUP)).await.unwrap().unwrap().wanted);
}
