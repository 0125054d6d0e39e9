//! An admin's edit between our look and our write: theirs stays.

use channelwarden::apply::Outcome;
use channelwarden::store::ChangeState;
use serde_json::json;

use crate::databases::{Engine, Lit};
use crate::{AFTER, about_to_change, side_by_side, until};

/// What an admin does to channel "one", in SQL; `ID` is its id.
fn edits(engine: Engine) -> Vec<String> {
    let (key, group, no) = (engine.quote("key"), engine.quote("group"), Lit::Bool(false).sql(engine));
    let edit = |set: &str| format!("UPDATE channels SET {set} WHERE id = ID");
    vec![
        edit("models = 'a,gone,b,mine'"),
        edit("models = 'a,b,new'"),
        edit(&format!("{key} = 'sk-other'")),
        edit("base_url = 'http://127.0.0.1:9'"),
        format!("{}; UPDATE abilities SET enabled = {no} WHERE channel_id = ID", edit("status = 2")),
        edit(&format!("{group} = 'default,vip,new'")),
        edit("model_mapping = '{\"a\": \"b\"}'"),
        format!("{}; UPDATE abilities SET priority = 9 WHERE channel_id = ID", edit("priority = 9")),
        "DELETE FROM channels WHERE id = ID; DELETE FROM abilities WHERE channel_id = ID".to_owned(),
        edit("created_time = 1800000000"),
    ]
}

/// Nobody who goes through the gateway changes only these; they are compared all the same once the row is ours.
const ROUTING_ROWS: &str = "UPDATE abilities SET weight = 77 WHERE channel_id = ID AND model = 'a'";

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_before_the_write_wins() {
    side_by_side(Engine::ALL.map(|engine| async move {
        let setup = about_to_change(engine, &json!({})).await;
        let change = setup.decided().await;
        let id = change.channel.id;
        for edit in edits(engine) {
            let case = format!("{engine:?} {edit}");
            let setup = about_to_change(engine, &json!({})).await;
            let change = setup.decided().await;
            setup.db.run(&edit.replace("ID", &id.to_string())).await;
            let theirs = setup.db.dump().await;
            let outcome = setup.write(&change).await;
            assert!(matches!(outcome, Outcome::Conflict(_)), "{case}: {outcome:?}");
            assert_eq!(setup.db.dump().await, theirs, "{case}");
            // An edit that is seen before anything is written down leaves no line at all.
            assert!(setup.states().await.iter().all(|state| *state == ChangeState::Conflict), "{case}");
        }
        // And without one, the same change goes through.
        assert!(matches!(setup.write(&change).await, Outcome::Applied(_)), "{engine:?}");
        assert_eq!(setup.list().await, AFTER);
        setup.agrees("no edit").await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_committed_while_the_write_waits_for_the_row_wins() {
    side_by_side(Engine::ALL.map(|engine| async move {
        for edit in edits(engine).into_iter().chain([ROUTING_ROWS.to_owned()]) {
            let case = format!("{engine:?} {edit}");
            let setup = about_to_change(engine, &json!({})).await;
            let change = setup.decided().await;
            let gateway = setup.gateway().await;
            let mut admin = setup.db.lock_channel(change.channel.id).await;
            let meanwhile = async {
                until("the intent is written down", || async { setup.open().await == 1 }).await;
                admin.run(&edit.replace("ID", &change.channel.id.to_string())).await;
                admin.commit().await;
                setup.db.dump().await
            };
            let (outcome, theirs) = tokio::join!(setup.write_to(&gateway, &change), meanwhile);
            assert!(matches!(outcome, Outcome::Conflict(_)), "{case}: {outcome:?}");
            assert_eq!(setup.db.dump().await, theirs, "{case}");
            assert_eq!(setup.states().await, [ChangeState::Conflict], "{case}: the journal says so");
        }
    }))
    .await;
}

/// A person takes back what a round is about to build on, and a round under way does not forget it.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_under_way_does_not_forget_what_was_settled_meanwhile() {
    let setup = about_to_change(Engine::Sqlite, &json!({ "probe": { "per_key": 1 } })).await;
    let change = setup.decided().await;
    // The round has read what is known by the time it asks; it stores its findings when the last answer is there.
    let asked = setup.upstreams["one"].asked("b");
    setup.upstreams["one"].set("b", channelwarden::simulate::Behaviour::Slow(std::time::Duration::from_millis(400)));
    let round = async {
        let round = std::sync::Arc::new(setup.opened().await);
        round.run(&channelwarden::round::Scope::default(), false).await.unwrap()
    };
    let meanwhile = async {
        until("the round asks", || async { setup.upstreams["one"].asked("b") > asked }).await;
        assert!(matches!(setup.write(&change).await, Outcome::Applied(_)));
    };
    tokio::join!(round, meanwhile);
    let known = setup.store.standings("main", &change.channel).await.unwrap();
    let (_, gone) = known.iter().find(|(model, _)| model.as_str() == "gone").unwrap();
    assert!(gone.withdrawn.is_some(), "it is ours to put back: {gone:?}");
}
