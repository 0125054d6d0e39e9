use super::*;

/// A `LiteLLM` with two accounts: channel 1 has `a` and `b`, channel 2 has `a`.
async fn litellm() -> Scene {
    let mut scene = Scene::new().await;
    scene.gateway().kind = Some(crate::model::GatewayKind::LiteLlm);
    let deployment = |id: &str, name: &str| crate::model::Deployment {
        id: id.to_owned(),
        name: name.to_owned(),
        upstream: format!("openai/{id}"),
        api_base: String::new(),
        mode: String::new(),
        in_database: false,
        blocked: false,
    };
    let all = [(1, deployment("a1", "a")), (1, deployment("b1", "b")), (2, deployment("a2", "a"))];
    scene.store.keep_deployments(G, &all).await.unwrap();
    scene
}

fn incident(subject: &str, deployment: &str, class: Class, minute: i64) -> Incident {
    Incident {
        subject: subject.to_owned(),
        deployment: deployment.to_owned(),
        class,
        since: at(minute),
        last: at(minute + 1),
        times: 2,
        detail: "no, by sk-canary12345".to_owned(),
        source: if deployment.is_empty() { SignSource::Log } else { SignSource::Health },
    }
}

#[tokio::test]
async fn what_lasts_behind_a_litellm_is_told_by_name_and_cause_until_it_is_over() {
    use Class::{Auth, Credits, Server};
    let mut scene = litellm().await;
    let all = [
        incident("", "", Server, 3),
        incident("a", "a1", Credits, 2),
        incident("a", "a2", Credits, 1),
        incident("a", "", Server, 1),
        incident("b", "b1", Auth, 1),
    ];
    scene.store.keep_incidents(G, &all, at(4)).await.unwrap();
    let told = [
        "litellm-server : no, by ***",
        "litellm-credits a: 2 of its deployments: no, by ***",
        "litellm-server a: seen in its log: no, by ***",
        "litellm-auth b: openai/b1: no, by ***",
    ];
    assert_eq!(scene.lasting(4).await, told);
    assert_eq!(scene.picture(None, 4).await.lasting[1].since, at(1), "since the first of the two");
    assert_eq!(scene.lasting(60).await, told, "nobody looked for an hour: nothing is over");
    let keys = |picture: &Picture| picture.lasting.iter().map(Event::key).collect::<BTreeSet<_>>();
    assert_eq!(keys(&scene.picture(None, 4).await).len(), 4, "each is one thing");
    scene.store.keep_incidents(G, &all[2..3], at(61)).await.unwrap();
    assert_eq!(scene.lasting(62).await, ["litellm-credits a: openai/a2: no, by ***"]);
    scene.gateway().kind = None;
    assert_eq!(scene.lasting(62).await, [""; 0], "it is no LiteLLM any more");
    scene.gateway().kind = Some(crate::model::GatewayKind::LiteLlm);
    let settings = scene.config.gateways.remove(G).unwrap();
    assert_eq!(scene.picture(None, 62).await.lasting, [], "nobody looks after it");
    scene.config.gateways.insert(G.to_owned(), settings);
    scene.store.keep_incidents(G, &[], at(63)).await.unwrap();
    assert_eq!(scene.lasting(64).await, [""; 0]);
}

#[tokio::test]
async fn what_an_incident_tells_is_told_once_and_not_over_before_it() {
    use crate::notify::event::Absence;
    use Outcome::{Gone, KeyBroke, Works};
    let scene = litellm().await;
    scene.seen(1, "enabled", None, 0).await;
    for minute in 0..3 {
        scene.observed(&[("a", Gone), ("c", Gone), ("b", Works)], minute).await;
    }
    let failing = |name: &str| format!("failing #1 c1 {name}: gone (HTTP 503): <b>no</b> key ***");
    assert_eq!(scene.lasting(3).await, [failing("a"), failing("c")]);
    let before = scene.picture(None, 3).await.lasting[0].key();
    let tell = async |all: &[Incident]| scene.store.keep_incidents(G, all, at(3)).await.unwrap();
    tell(&[incident("a", "a2", Class::Credits, 1)]).await;
    assert_eq!(scene.lasting(3).await.len(), 3, "that is another account's");
    tell(&[incident("a", "a1", Class::Credits, 1)]).await;
    assert_eq!(scene.lasting(3).await, [failing("c"), "litellm-credits a: openai/a1: no, by ***".to_owned()]);
    assert_eq!(scene.picture(None, 3).await.absence(&before), Absence::Unknown);

    scene.seen(1, "enabled", Some((KeyBroke, "words")), 4).await;
    let down = "no-credit #1 c1 : key-broke: words";
    assert_eq!(scene.lasting(5).await, [down, "litellm-credits a: openai/a1: no, by ***"], "b is down too");
    tell(&[incident("a", "a1", Class::Credits, 1), incident("b", "", Class::Credits, 1)]).await;
    assert!(!scene.lasting(5).await.contains(&down.to_owned()));
    assert_eq!(scene.picture(None, 5).await.totals.channels_down, 1, "it is counted all the same");

    scene.store.trouble(G, Some("refused"), at(5)).await.unwrap();
    assert!(scene.lasting(6).await.contains(&"gateway-unreachable : refused".to_owned()));
    tell(&[incident("", "", Class::Server, 5)]).await;
    assert_eq!(scene.lasting(6).await, [down, "litellm-server : no, by ***"]);
    tell(&[]).await;
    assert_eq!(scene.picture(None, 6).await.absence(&before), Absence::Unknown, "the channel is down");
    scene.seen(1, "enabled", None, 7).await;
    scene.observed(&[("a", Works), ("b", Works)], 8).await;
    assert_eq!(scene.picture(None, 8).await.absence(&before), Absence::Over);
}
