//! Nothing is done twice, and no trouble of Telegram's ends the bot.

use channelwarden::clock;
use channelwarden::serve::Act;
use serde_json::{Value, json};

use super::telegram::refusal;
use super::{ADMIN, GROUP, Scene, at};

#[tokio::test]
async fn an_update_that_comes_twice_is_heeded_once() {
    let scene = Scene::new(json!({})).await;
    scene.api.world().again = 2;
    scene.api.says(ADMIN, GROUP, "en", "/scan");
    scene.api.says(ADMIN, GROUP, "en", "/scan");
    scene.idle().await;
    scene.api.until("both answers", |world| (world.messages.len() == 2).then_some(())).await;
    let polls = |world: &mut super::telegram::World| {
        (world.handed.len() == 2 && world.handed.values().all(|times| *times == 3)).then_some(())
    };
    scene.api.until("the same again", polls).await;
    assert_eq!(scene.asked(), vec![Act::Scan { gateway: None }; 2]);
}

#[tokio::test]
async fn after_a_restart_nothing_is_done_again_even_if_telegram_never_heard_of_it() {
    let mut scene = Scene::new(json!({})).await;
    scene.ask(ADMIN, GROUP, "en", "/scan").await;
    scene.stop().await;
    let last = scene.store.heeded("987654321", clock::now()).await.unwrap().unwrap();
    assert_eq!(last, scene.api.world().next_update - 1);
    // Telegram hands it out once more, as it does where the offset never came.
    let update = json!({ "update_id": last, "message": {
        "message_id": 1, "date": 1, "chat": { "id": GROUP, "type": "supergroup", "title": "Ops" },
        "from": { "id": ADMIN, "is_bot": false, "first_name": "E" }, "text": "/scan",
    } });
    scene.api.world().again = 3;
    scene.api.world().updates.push_back((last, update));
    scene.start();
    scene.ask(ADMIN, GROUP, "en", "/help").await;
    assert_eq!(scene.asked(), [Act::Scan { gateway: None }]);
    assert_eq!(scene.api.world().messages.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_read_is_passed_over() {
    let scene = Scene::new(json!({})).await;
    scene.api.update(json!({ "message": { "of": "a new form" } }));
    scene.api.update(json!({ "something_new": {} }));
    scene.ask(ADMIN, GROUP, "en", "/help").await;
}

#[tokio::test]
async fn telegram_away_another_reader_and_a_flood_are_waited_out() {
    let scene = Scene::new(json!({})).await;
    scene.ask(ADMIN, GROUP, "en", "/help").await;
    scene.api.world().scripted_polls.extend([
        (409, refusal(409, "Conflict: terminated by other getUpdates request", &Value::Null)),
        (429, refusal(429, "Too Many Requests: retry after 1", &json!({ "retry_after": 1 }))),
    ]);
    scene.ask(ADMIN, GROUP, "en", "/help").await;
    scene.ask(ADMIN, GROUP, "en", "/help").await;
    // An answer that comes too soon after another is sent once that may be.
    scene.api.world().paced = true;
    let before = scene.api.world().messages.len();
    scene.api.says(ADMIN, GROUP, "en", "/help");
    scene.api.says(ADMIN, GROUP, "en", "/help");
    scene.answered(before + 1).await;
    assert!(scene.store.subscriber(&at(GROUP)).await.unwrap().is_none());
}
