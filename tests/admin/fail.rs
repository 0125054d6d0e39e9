//! What goes wrong at an admin API is named, tried again where that is sane, and leaves nothing half-done.

use std::time::Duration;

use channelwarden::apply::{self, ApplyError, Outcome};
use channelwarden::config::{ApiConfig, ProbeConfig, SecretRef};
use channelwarden::gateway::admin::Trouble;
use channelwarden::gateway::{Admin, GatewayError};
use channelwarden::store::ChangeState;
use futures::future::join_all;

use crate::admin::{Fault, Rate, TOKEN, USER_KEY, When};
use crate::bench::{Bench, PROGRAMS, admin, stand_in};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};

/// A program with one channel that has the models a and b.
async fn bench(schema: Schema) -> (Bench, i64) {
    let stand_in = stand_in(Engine::Sqlite, schema).await;
    let row = if schema.is_hub() { ChannelRow::hub("a,b") } else { ChannelRow::new("a,b") };
    let id = stand_in.db.channel(row).await;
    stand_in.restart().await;
    (Bench::by_api(stand_in).await, id)
}

/// How the last change ended, by our journal.
async fn ended(bench: &Bench) -> ChangeState {
    bench.store.changes("main", 1).await.unwrap().remove(0).state
}

fn trouble(error: &GatewayError) -> &Trouble {
    let GatewayError::Api(error) = error else { panic!("{error:?}") };
    &error.trouble
}

fn keeps_secrets(told: &str) {
    for secret in [TOKEN, USER_KEY, "nobody's", "sk-test"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn a_token_that_is_wrong_or_not_enough_is_named() {
    join_all(PROGRAMS.map(async |schema| {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        stand_in.db.channel(ChannelRow::default()).await;
        let open = async |api: ApiConfig| {
            let error = Admin::open("main", &api, None, &ProbeConfig::default(), "").await.unwrap_err();
            keeps_secrets(&format!("{error} {error:?}"));
            error
        };
        let wrong = ApiConfig { token: SecretRef::literal("nobody's"), ..stand_in.api() };
        let error = open(wrong).await;
        assert!(matches!(trouble(&error), Trouble::WrongToken(_)), "{schema:?} {error}");
        assert!(error.to_string().contains("system access token"), "{schema:?}: what to do: {error}");
        if matches!(schema, Schema::NewApiOld | Schema::Veloera) {
            for user in [None, Some(4711)] {
                let error = open(ApiConfig { user, ..stand_in.api() }).await;
                assert!(matches!(trouble(&error), Trouble::WrongToken(_)), "{schema:?} {error}");
                assert!(error.to_string().contains("api.user"), "{schema:?}: {error}");
            }
        }
        stand_in.role(1).await;
        let error = open(stand_in.api()).await;
        assert!(matches!(trouble(&error), Trouble::NotAllowed(_)), "{schema:?} {error}");
        assert!(error.to_string().contains("admin"), "{schema:?} {error}");

        let elsewhere = ApiConfig { url: format!("{}/channels", stand_in.url()), ..stand_in.api() };
        let error = open(elsewhere).await;
        assert!(matches!(trouble(&error), Trouble::NoSuchCall(_)), "{schema:?} {error}");
        let url = stand_in.url();
        drop(stand_in);
        let nobody =
            ApiConfig { url, token: SecretRef::literal(TOKEN), user: None, user_key: None, test_channels: false };
        assert!(matches!(trouble(&open(nobody).await), Trouble::Silent(_)), "{schema:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_write_that_is_refused_changes_nothing() {
    join_all(PROGRAMS.map(async |schema| {
        let (bench, id) = bench(schema).await;
        let change = bench.change(id, "b").await;
        let before = bench.stand_in.db.dump().await;
        for (fault, word) in [
            (Fault::SaysNo("database is locked".to_owned()), "database is locked"),
            (Fault::SaysNo("无权进行此操作，权限不足".to_owned()), "does not allow our user"),
            (Fault::Says(401, r#"{"success":false,"message":"expired"}"#.to_owned()), "does not know our token"),
            (Fault::Says(502, "<html>Bad Gateway</html>".to_owned()), "502"),
            (Fault::Says(200, "{}".to_owned()), "success"),
        ] {
            bench.stand_in.next("PUT", fault.clone());
            let puts = bench.stand_in.count("PUT");
            let outcome = bench.apply(&change).await.unwrap();
            let Outcome::Failed(why) = &outcome else { panic!("{schema:?} {fault:?}: {outcome:?}") };
            assert!(why.contains(word), "{schema:?} {fault:?}: {why}");
            keeps_secrets(why);
            assert_eq!(bench.stand_in.db.dump().await, before, "{schema:?} {fault:?}");
            assert_eq!(ended(&bench).await, ChangeState::Abandoned, "{schema:?} {fault:?}");
            assert_eq!(bench.stand_in.count("PUT"), puts + 1, "{schema:?} {fault:?}: it is not sent again by itself");
        }
        // And the next one is done.
        assert!(matches!(bench.apply(&change).await.unwrap(), Outcome::Applied(_)), "{schema:?}");
    }))
    .await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_settled_by_looking() {
    join_all(PROGRAMS.map(async |schema| {
        let (bench, id) = bench(schema).await;
        let before = bench.stand_in.db.dump().await;
        bench.stand_in.next("PUT", Fault::CutBefore);
        let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
        assert!(matches!(&outcome, Outcome::Failed(why) if why.contains("does not answer")), "{schema:?} {outcome:?}");
        assert_eq!(bench.stand_in.db.dump().await, before, "{schema:?}");
        assert_eq!(ended(&bench).await, ChangeState::Abandoned, "{schema:?}");

        bench.stand_in.next("PUT", Fault::CutAfter);
        let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied(_)), "{schema:?} {outcome:?}");
        assert_eq!(ended(&bench).await, ChangeState::Applied, "{schema:?}");
        assert_eq!(bench.stand_in.offered().await, ["b"], "{schema:?}");
        assert_eq!(bench.stand_in.count("PUT"), 2, "{schema:?}: nothing is done a second time");
    }))
    .await;
}

#[tokio::test]
async fn what_a_gateway_did_by_halves_is_told() {
    join_all([Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::Veloera].map(async |schema| {
        for words in ["Error 1205: Lock wait timeout exceeded", "ERROR: permission denied for table abilities"] {
            let (bench, id) = bench(schema).await;
            // The list is saved, and the routing rows are not.
            let saved = format!("UPDATE channels SET models = 'b' WHERE id = {id}");
            bench.stand_in.meanwhile(When::After, "PUT", saved);
            bench.stand_in.next("PUT", Fault::SaysNo(words.to_owned()));
            let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
            assert!(matches!(outcome, Outcome::Applied(_)), "{schema:?} {outcome:?}");
            let told = apply::unseen(&bench.store, &outcome).await.unwrap().unwrap();
            assert!(told.contains(words) && told.contains("routing rows"), "{schema:?} {told}");
            let kept = bench.store.changes("main", 1).await.unwrap().remove(0);
            assert!(kept.state == ChangeState::Applied && kept.note.contains(words), "{schema:?} {kept:?}");
        }
    }))
    .await;
}

#[tokio::test]
async fn a_gateway_that_goes_away_in_the_middle_leaves_an_intent_that_is_settled_later() {
    join_all(PROGRAMS.map(async |schema| {
        for (fault, state, models) in
            [(Fault::CutBefore, ChangeState::Abandoned, "a,b"), (Fault::CutAfter, ChangeState::Applied, "b")]
        {
            let (bench, id) = bench(schema).await;
            let change = bench.change(id, "b").await;
            // Whatever is asked before the write is answered, and nothing after it.
            bench.stand_in.knobs().calls.clear();
            apply::rehearse(&bench.gateway, &change).await.unwrap();
            let asked = bench.stand_in.knobs().calls.len();
            bench.stand_in.next("PUT", fault.clone());
            bench.stand_in.knobs().answers_left = Some(asked + 1);
            let error = bench.apply(&change).await.unwrap_err();
            assert!(
                matches!(&error, ApplyError::Gateway(error) if matches!(trouble(error), Trouble::Silent(_))),
                "{error}"
            );
            assert_eq!(bench.stand_in.db.models(id).await.as_deref(), Some(models), "{schema:?} {fault:?}");
            assert_eq!(ended(&bench).await, ChangeState::Open, "{schema:?} {fault:?}");

            bench.stand_in.knobs().answers_left = None;
            let turn = bench.store.turn().await.unwrap();
            let settled = apply::recover(&bench.store, &bench.gateway, &turn).await.unwrap();
            assert_eq!(settled.len(), 1, "{schema:?} {fault:?}");
            assert_eq!(ended(&bench).await, state, "{schema:?} {fault:?}");
            assert_eq!(
                bench.stand_in.db.models(id).await.as_deref(),
                Some(models),
                "{schema:?}: nothing is done again"
            );
        }
    }))
    .await;
}

#[tokio::test]
async fn too_many_calls_are_waited_out() {
    let (bench, id) = bench(Schema::NewApi).await;
    let change = bench.change(id, "b").await;
    let rate = Rate { calls: 2, within: Duration::from_millis(900), retry_after: Some(1) };
    bench.stand_in.knobs().rate = Some(rate);
    let outcome = bench.apply(&change).await.unwrap();
    assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
    assert!(bench.stand_in.knobs().too_soon > 0, "some came too soon");
    assert_eq!(bench.stand_in.offered().await, ["b"]);
}

#[tokio::test]
async fn too_many_calls_for_good_are_named_and_nothing_is_done() {
    let (bench, id) = bench(Schema::NewApi).await;
    let change = bench.change(id, "b").await;
    let before = bench.stand_in.db.dump().await;
    bench.stand_in.knobs().rate = Some(Rate { calls: 0, within: Duration::from_mins(3), retry_after: Some(0) });
    let error = bench.apply(&change).await.unwrap_err();
    assert!(error.to_string().contains("429"), "{error}");
    assert_eq!(bench.stand_in.db.dump().await, before);
    assert!(bench.store.changes("main", 1).await.unwrap().is_empty(), "nothing was even intended");
    let error = admin(&bench.stand_in).await.unwrap_err();
    assert!(matches!(trouble(&error), Trouble::TooMany(_)), "{error}");
}

#[tokio::test]
async fn what_the_gateway_would_do_by_halves_is_not_asked_of_it() {
    // The old ones fail over a name that is there twice, after they have changed the list.
    for schema in [Schema::NewApiOld, Schema::Veloera] {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        let id = stand_in.db.channel(ChannelRow::new("a,b").group("default,default")).await;
        let before = stand_in.db.dump().await;
        let bench = Bench::by_api(stand_in).await;
        let outcome = bench.apply(&bench.change(id, "b").await).await.unwrap();
        assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("twice")), "{schema:?} {outcome:?}");
        assert_eq!((bench.stand_in.db.dump().await, bench.stand_in.count("PUT")), (before, 0), "{schema:?}");
    }
}
