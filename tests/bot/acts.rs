//! What admins have done, and nobody else.

use channelwarden::serve::{Act, ActError, Ended};
use serde_json::json;

use super::telegram::Sent;
use super::{ADMIN, GROUP, HOSTILE, OTHER, Scene, done};

/// A message as it stands once this is written under it.
async fn edited(scene: &Scene, id: i64, words: &str) -> Sent {
    let found = |world: &mut super::telegram::World| {
        world.messages.iter().find(|message| message.id == id && message.text.contains(words)).cloned()
    };
    scene.api.until(words, found).await
}

#[tokio::test]
async fn an_admin_approves_what_waits_and_the_message_says_who_and_what_came_of_it() {
    let scene = Scene::new(json!({})).await;
    scene.wants("main", 3, &["a"]).await;
    scene.wants("main", 4, &["b"]).await;
    let pending = scene.ask(ADMIN, GROUP, "en", "/pending").await;
    assert_eq!(pending.buttons().len(), 6, "{:?}", pending.buttons());
    scene.will_answer(Ok(done(3, Ended::Applied, Some(12))));
    let approve = pending.button("Approve #3 with");
    assert_eq!(scene.press(ADMIN, pending.id, &approve).await, ("It is being done.".to_owned(), false));
    let after = edited(&scene, pending.id, "Approved by").await;
    let asked = scene.asked();
    let [Act::Apply { gateway, channel: Some(3), held: true, mark: Some(mark) }] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(gateway == "main" && approve.contains(mark.as_str()), "the very change that was shown: {asked:?}");
    assert!(after.text.starts_with(&pending.text), "what was told stays");
    assert!(
        after.text.contains("✅ Approved by <b>Eve</b> & co") && after.text.contains("(change 12)"),
        "{}",
        after.text
    );
    assert!(after.buttons().iter().all(|(label, _)| label.contains("#4")), "{:?}", after.buttons());
    // The other one is rejected by a press that still knows the old text.
    scene.will_answer(Ok(done(4, Ended::Rejected, None)));
    scene.press(ADMIN, pending.id, &pending.button("Reject #4")).await;
    let after = edited(&scene, pending.id, "Rejected by").await;
    let rejected = &scene.asked()[1];
    assert!(matches!(rejected, Act::Reject { channel: 4, mark: Some(_), .. }), "{rejected:?}");
    assert!(after.text.contains("Approved by") && after.buttons().is_empty(), "{after:?}");
    assert_eq!(scene.api.world().messages.len(), 1);
}

#[tokio::test]
async fn nobody_else_may_press_a_button_or_give_an_order() {
    let scene = Scene::new(json!({ "strangers": "subscribe" })).await;
    scene.wants("main", 3, &["a"]).await;
    let pending = scene.ask(ADMIN, GROUP, "en", "/pending").await;
    for (_, data) in pending.buttons() {
        let (words, alert) = scene.press(OTHER, pending.id, &data).await;
        assert!(alert && words.contains("Only an admin"), "{words}");
    }
    for data in ["un:1", "pe:0", "zz:1", "ap:3:"] {
        assert!(scene.press(OTHER, pending.id, data).await.1, "{data}");
    }
    for order in ["/scan", "/hold main it", "/release", "/pending"] {
        assert!(scene.ask(OTHER, GROUP, "en", order).await.text.contains("Only an admin"), "{order}");
    }
    assert!(scene.asked().is_empty());
    assert_eq!(scene.api.world().messages[0].edits, 0);
}

#[tokio::test]
async fn what_an_admin_forwards_is_no_order() {
    let scene = Scene::new(json!({})).await;
    let chat = scene.api.world().chats[&GROUP].clone();
    let origin = json!({ "type": "hidden_user", "date": 1, "sender_user_name": "Mallory" });
    scene.api.update(json!({ "message": {
        "message_id": 9, "date": 2, "chat": chat, "from": { "id": ADMIN, "is_bot": false, "first_name": "E" },
        "forward_origin": origin, "text": "/release",
    } }));
    scene.idle().await;
    assert!(scene.asked().is_empty() && scene.api.world().messages.is_empty());
}

#[tokio::test]
async fn a_forged_button_leads_to_an_empty_page_and_no_further() {
    let scene = Scene::new(json!({ "strangers": "subscribe" })).await;
    scene.models("main", 3, "azure", &["a", "b"].map(str::to_owned)).await;
    let page = scene.ask(OTHER, GROUP, "en", "/status").await;
    for data in ["st:{}:0", "mo:{}:", "cs:{}", "ch:{}:0:3", "cg:{}", "fr:{}"] {
        scene.press(OTHER, page.id, &data.replace("{}", &u64::MAX.to_string())).await;
    }
    scene.press(OTHER, page.id, "st:0:18446744073709551615").await;
    assert!(scene.ask(OTHER, GROUP, "en", "/help").await.text.contains("/status"), "the bot still answers");
}

#[tokio::test]
async fn a_button_for_what_was_decided_anew_does_nothing() {
    let scene = Scene::new(json!({})).await;
    scene.wants("main", 3, &["a"]).await;
    let pending = scene.ask(ADMIN, GROUP, "en", "/pending").await;
    scene.wants("main", 3, &["a", "b"]).await;
    for (_, data) in pending.buttons() {
        let (words, alert) = scene.press(ADMIN, pending.id, &data).await;
        assert!(alert && words.contains("has changed since"), "{words}");
    }
    assert!(scene.asked().is_empty());
    // Pressed twice at once: the second finds nothing to do.
    let pending = scene.ask(ADMIN, GROUP, "en", "/pending").await;
    scene.will_answer(Ok(done(3, Ended::Applied, Some(1))));
    let data = pending.button("Approve #3 with");
    scene.press(ADMIN, pending.id, &data).await;
    edited(&scene, pending.id, "Approved by").await;
    scene.store.withdraw_proposal("main", 3).await.unwrap();
    assert!(scene.press(ADMIN, pending.id, &data).await.0.contains("has changed since"));
    assert_eq!(scene.asked().len(), 1);
}

#[tokio::test]
async fn what_could_not_be_done_is_said_and_may_be_tried_again() {
    let scene = Scene::new(json!({})).await;
    scene.wants("main", 3, &["a"]).await;
    let pending = scene.ask(ADMIN, GROUP, "ru", "/pending").await;
    scene.will_answer(Err(ActError::Refused(format!("the mode is observe {HOSTILE}"))));
    scene.press(ADMIN, pending.id, &pending.button("Одобрить #3 вместе")).await;
    let after = edited(&scene, pending.id, "⚠️").await;
    assert_eq!(after.buttons(), pending.buttons());
    // An undo, by whatever message it stands under.
    scene.will_answer(Ok(done(3, Ended::Conflict, None)));
    scene.press(ADMIN, pending.id, "un:12").await;
    let after = edited(&scene, pending.id, "⚠️ Undo, asked for by").await;
    assert!(after.text.contains("theirs stays"), "{}", after.text);
    assert_eq!(scene.asked()[1], Act::Undo { change: 12 });
}

#[tokio::test]
async fn orders_are_given_by_commands_in_groups_as_well() {
    let scene = Scene::new(json!({})).await;
    let said = scene.ask(ADMIN, GROUP, "en", "/scan").await;
    assert!(said.text.contains("✅ Scan, asked for by <b>Eve</b> & co"), "{}", said.text);
    scene.ask(ADMIN, GROUP, "en", "/scan@warden_test_bot main").await;
    scene.ask(ADMIN, GROUP, "en", "/hold main 3 the key sk-0123456789abcdef0123 is odd").await;
    scene.ask(ADMIN, ADMIN, "en", "/hold everything is odd").await;
    scene.ask(ADMIN, ADMIN, "en", "/release main #3").await;
    scene.will_answer(Err(ActError::NotFound("there is no such hold".to_owned())));
    let said = scene.ask(ADMIN, ADMIN, "en", "/release").await;
    assert!(said.text.contains("nothing to do") && said.text.contains("no such hold"), "{}", said.text);
    let main = Some("main".to_owned());
    let asked = scene.asked();
    assert_eq!(asked[..2], [Act::Scan { gateway: None }, Act::Scan { gateway: main.clone() }]);
    let Act::Hold { gateway, channel: Some(3), model: None, reason } = &asked[2] else { panic!("{asked:?}") };
    assert_eq!(*gateway, main);
    assert!(reason.contains("is odd") && !reason.contains("0123456789abcdef"), "{reason}");
    let Act::Hold { gateway: None, channel: None, reason, .. } = &asked[3] else { panic!("{asked:?}") };
    assert!(reason.contains("everything is odd") && reason.contains("Eve"), "{reason}");
    assert_eq!(asked[4], Act::Release { gateway: main, channel: Some(3), model: None });
}
