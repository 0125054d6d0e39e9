//! What stands in a proxy, as channels.

use std::time::Duration;

use channelwarden::model::{Kind, ModelName};
use serde_json::json;

use crate::bench::{all, client, open};
use crate::litellm::{Deployed, MASTER_KEY, StandIn, State};

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

#[tokio::test]
async fn a_channel_is_an_upstream_account_and_its_list_the_open_names() {
    let stand_in = StandIn::start(vec![
        Deployed::new("b", "openai/one"),
        Deployed { blocked: true, in_database: true, ..Deployed::new("off", "openai/two") },
        Deployed::new("a", "openai/three"),
        Deployed { blocked: true, ..Deployed::new("half", "openai/four") },
        Deployed { mode: Some("embedding"), ..Deployed::new("half", "openai/five") },
        Deployed { credential: Some("team".to_owned()), ..Deployed::new("a", "openai/three2") },
        Deployed { api_base: None, ..Deployed::new("wild/*", "openrouter/*") },
        Deployed {
            api_base: Some("https://user:pw@host.test/v1?key=sk-canary-base".to_owned()),
            ..Deployed::new("a", "openai/six")
        },
    ])
    .await;
    let gateway = open(&stand_in, &json!({})).await.unwrap();
    let (channels, told) = all(&gateway).await;
    assert_eq!(told, Vec::<String>::new());
    let lists: Vec<_> = channels.values().map(|one| (&*one.name, one.models.as_deref().unwrap())).collect();
    assert_eq!(
        lists,
        [
            ("openai at 127.0.0.1:8899", "a,b,half"),
            ("openai at 127.0.0.1:8899 (team)", "a"),
            ("openai at host.test", "a"),
            ("openrouter", "wild/*"),
        ]
    );
    let first = &channels["openai at 127.0.0.1:8899"];
    assert!((1..=999_999).contains(&first.id) && first.created > 0 && first.key_hidden);
    assert_eq!(first.kinds[&name("half")], Kind::Embedding);
    assert_eq!(gateway.count().await.unwrap(), 4);
    let bases: Vec<_> = channels.values().filter_map(|one| one.base_url.as_deref()).collect();
    assert_eq!(bases[2], "https://host.test/v1");
    let image = gateway.image(first.id).await.unwrap().unwrap();
    assert_eq!(image.models, "a,b,half");
    let rows: Vec<_> =
        image.abilities.iter().map(|row| (&*row.group, row.enabled.unwrap(), row.tag.as_deref().unwrap())).collect();
    assert_eq!(
        rows,
        [
            ("id-a-openai-three", true, "config"),
            ("id-b-openai-one", true, "config"),
            ("id-half-openai-five", true, "config"),
            ("id-half-openai-four", false, "config"),
            ("id-off-openai-two", false, "db"),
        ]
    );
    let routes = gateway.routes(&[name("a"), name("off"), name("nobody")]).await.unwrap();
    assert_eq!(routes.len(), 3, "{routes:?}");
    // Read again, whatever else came meanwhile, they are the same.
    stand_in.knobs().deployments.insert(0, Deployed::new("new", "azure/x"));
    let again = all(&open(&stand_in, &json!({})).await.unwrap()).await.0;
    for (name, channel) in &channels {
        assert_eq!((again[name].id, again[name].created), (channel.id, channel.created));
        assert_eq!(again[name].fingerprint, channel.fingerprint);
    }
    stand_in.knobs().deployments[2].in_database = false;
    let other = all(&open(&stand_in, &json!({})).await.unwrap()).await.0;
    assert_ne!(other[&first.name].fingerprint, first.fingerprint);
    let seen = gateway.models_of_user().await.unwrap().unwrap();
    assert!(gateway.sees_as_user() && seen.contains("half") && !seen.contains("off"), "{seen:?}");
}

#[tokio::test]
async fn a_name_that_can_stand_in_no_list_is_told_and_hides_no_other() {
    let long = "x".repeat(256);
    let odd = ["a,b", " blank", "line\nbreak", &long];
    let mut deployments: Vec<_> = odd.iter().map(|name| Deployed::new(name, "openai/x")).collect();
    deployments.push(Deployed::new("good", "openai/good"));
    deployments.push(Deployed { id: String::new(), ..Deployed::new("nobody", "openai/y") });
    let stand_in = StandIn::start(deployments).await;
    let (channels, told) = all(&open(&stand_in, &json!({})).await.unwrap()).await;
    let lists: Vec<_> = channels.values().map(|one| one.models.as_deref().unwrap()).collect();
    assert_eq!(lists, ["good"]);
    assert!(told[0].contains("4 of its public names can stand in no list") && told[0].contains("a,b"), "{told:?}");
    assert!(told[1].contains("1 of its models cannot be read"), "{told:?}");
}

#[tokio::test]
async fn what_is_wrong_with_the_way_to_it_is_said_in_words() {
    let stand_in = StandIn::start(vec![Deployed::new("a", "openai/a")]).await;
    let api = |token: &str| json!({ "api": { "url": stand_in.url(), "token": token } });
    let said = async |more: serde_json::Value| open(&stand_in, &more).await.unwrap_err().to_string();
    let wrong = "sk-canary-wrong-0123456789";
    for (database, no_prisma, part) in [
        (false, false, "it has no database to look an unknown key up in"),
        (true, false, "Invalid proxy server token"),
        (false, true, "without its package `prisma`"),
    ] {
        (stand_in.knobs().database, stand_in.knobs().no_prisma) = (database, no_prisma);
        let error = said(api(wrong)).await;
        assert!(error.contains("does not know our key") && error.contains(part), "{error}");
        assert!(error.contains("LITELLM_MASTER_KEY") && !error.contains(wrong), "{error}");
    }
    stand_in.knobs().no_prisma = false;
    let error = said(json!({ "kind": null })).await;
    assert!(error.contains("gateways.main.kind: what answers at api.url is a LiteLLM"), "{error}");
    let error = said(json!({ "kind": "new-api" })).await;
    assert!(error.contains("is a LiteLLM: set kind: \"litellm\""), "{error}");
    let error = said(json!({ "database": "sqlite:///nowhere.db" })).await;
    assert!(error.contains("gateways.main.database: a LiteLLM is read and written by its API alone"), "{error}");
    let error = said(json!({ "api": null })).await;
    assert!(error.contains("gateways.main.api: a LiteLLM is reached by its API"), "{error}");
    for (status, body) in [(200, "<html>hello"), (404, "{}"), (200, r#"{"success":true,"data":{}}"#)] {
        stand_in.knobs().instead = vec![("/", status, body.to_owned())];
        let error = said(json!({})).await;
        assert!(error.contains("gateways.main.kind: it is LiteLLM, but what answers at api.url is none"), "{error}");
    }
    // It is one, and no reason to doubt that.
    stand_in.knobs().instead = vec![("/model/info", 502, "<html>bad gateway".to_owned())];
    let error = said(json!({})).await;
    assert!(error.contains("answered oddly: HTTP 502"), "{error}");
    drop(stand_in);
}

#[tokio::test]
async fn foreign_answers_of_any_form_are_no_more_than_nothing() {
    let stand_in = StandIn::start(vec![Deployed::new("a", "openai/a")]).await;
    for body in [
        r#"{"data":[]}"#,
        r#"{"data":[null,1,"x",[],{}, {"model_name":1,"model_info":{"id":2}}]}"#,
        r#"{"data":[{"model_name":"a","model_info":{"id":"i","blocked":"yes","mode":{}},"litellm_params":{"model":7}}]}"#,
    ] {
        stand_in.knobs().instead = vec![("/model/info", 200, body.to_owned())];
        let gateway = open(&stand_in, &json!({})).await.unwrap();
        let (channels, told) = all(&gateway).await;
        assert!(channels.len() + told.len() <= 1, "{body}");
    }
    stand_in.knobs().instead.clear();
    for (status, body) in [
        (200, "{}"),
        (200, r#"{"healthy_endpoints":null,"unhealthy_endpoints":null}"#),
        (503, r#"{"healthy_endpoints":[],"unhealthy_endpoints":[]}"#),
        (
            200,
            r#"{"healthy_endpoints":[1,null,"x",{"model_id":5},{"model_id":"stranger"}],"unhealthy_endpoints":[[]]}"#,
        ),
    ] {
        let litellm = client(&stand_in).await;
        stand_in.knobs().instead = vec![("/health?", status, body.to_owned())];
        assert_eq!(litellm.health("a").await.unwrap(), vec![], "{body}");
        stand_in.knobs().instead.clear();
    }
}

#[tokio::test]
async fn without_ids_a_check_is_of_whom_it_names_and_of_nobody_where_that_is_not_sure() {
    let stand_in = StandIn::start(vec![
        Deployed::new("a", "openai/one"),
        Deployed::ill("a", "openai/two", "gpt-badkey"),
        Deployed { id: "twin-1".to_owned(), ..Deployed::new("twins", "openai/same") },
        Deployed { id: "twin-2".to_owned(), ..Deployed::ill("twins", "openai/same", "gpt-badkey") },
        Deployed::new("other", "openai/one"),
    ])
    .await;
    stand_in.knobs().old = true;
    let litellm = client(&stand_in).await;
    let told = |found: Vec<(String, channelwarden::gateway::litellm::RawHealth)>| -> Vec<(String, bool)> {
        found.into_iter().map(|(id, health)| (id, health.well)).collect()
    };
    let expected = [("id-a-openai-one".to_owned(), true), ("id-a-openai-two".to_owned(), false)];
    assert_eq!(told(litellm.health("a").await.unwrap()), expected);
    assert_eq!(told(litellm.health("twins").await.unwrap()), vec![]);
    stand_in.knobs().details = false;
    assert_eq!(told(litellm.health("a").await.unwrap()), expected);
}

#[tokio::test]
async fn its_own_endpoints_and_a_question_are_told_as_they_answer() {
    let stand_in = StandIn::start(vec![
        Deployed::new("a", "openai/a"),
        Deployed { state: State::Ill("gpt-badkey"), takes: Duration::ZERO, ..Deployed::new("bad", "openai/badkey") },
    ])
    .await;
    let litellm = client(&stand_in).await;
    assert_eq!(litellm.liveliness().await.unwrap().body, br#""I'm alive!""#);
    assert_eq!(litellm.readiness().await.unwrap().body, br#"{"status":"healthy","db":"Not connected"}"#);
    assert_eq!(litellm.models().await.unwrap().status, 200);
    let answer = litellm.chat("a").await.unwrap();
    assert_eq!((answer.status, answer.model_id.as_deref(), answer.fallbacks), (200, Some("id-a-openai-a"), 0));
    assert_eq!(litellm.chat("bad").await.unwrap().status, 401);
    assert_eq!(litellm.chat("bad").await.unwrap().status, 429, "in cooldown");
    assert_eq!(litellm.chat("nobody").await.unwrap().status, 400);
    let words = format!("{litellm:?} {}", litellm.shown(&format!("the key {MASTER_KEY} is\nnone")));
    assert!(!words.contains(MASTER_KEY) && words.ends_with("the key *** is none"), "{words}");
    let url = stand_in.url();
    drop(stand_in);
    let error = litellm.liveliness().await.unwrap_err().to_string();
    assert!(error.contains(&url) && error.contains("does not answer"), "{error}");
}
