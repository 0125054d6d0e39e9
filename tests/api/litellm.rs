//! What stands behind a `LiteLLM`, as it was last seen: every answer is from our store.

use channelwarden::model::{Check, Class, Deployment, Health, Incident, LogFailure, ProcessSeen, SignSource};
use channelwarden::store::Store;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::net::TcpListener;

use crate::client::TOKEN;
use crate::scene::{Scene, TAG, code};

/// A `LiteLLM` that nobody may ask: it counts who knocks.
pub(crate) struct Silent(TcpListener);

impl Silent {
    pub(crate) async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) async fn scene(&self) -> Scene {
        let url = format!("http://{}", self.0.local_addr().unwrap());
        Scene::of(&json!({
            "gateways": { "proxy": { "kind": "litellm", "api": { "url": url, "token": "sk-canary-master" } } },
            "web": { "act_token": TOKEN },
        }))
        .await
    }

    /// Nobody knocked.
    pub(crate) async fn was_left_alone(self) {
        let knock = tokio::time::timeout(std::time::Duration::from_millis(200), self.0.accept()).await;
        assert!(knock.is_err(), "somebody asked it: {knock:?}");
    }
}

fn deployment(id: &str, blocked: bool) -> Deployment {
    Deployment {
        id: id.to_owned(),
        name: TAG.to_owned(),
        upstream: "openrouter/meta/llama".to_owned(),
        api_base: String::new(),
        mode: String::new(),
        in_database: id != "d2",
        blocked,
    }
}

/// Four deployments, each in another state; one trouble that lasts and one that is over; a ladder; failures of a log.
pub(crate) async fn fill(store: &Store, now: Timestamp) {
    let before = |minutes| now.checked_sub(SignedDuration::from_mins(minutes)).unwrap();
    let deployments = [("d1", false), ("d2", false), ("d3", false), ("d4", true)];
    store.keep_deployments("proxy", &deployments.map(|(id, blocked)| (7, deployment(id, blocked)))).await.unwrap();
    let health = |well, class| Health {
        well,
        status: well.map(|well| if well { 200 } else { 402 }),
        class,
        detail: "Insufficient credits".to_owned(),
        at: before(3),
    };
    let found = [
        ("d1".to_owned(), health(Some(true), None)),
        ("d2".to_owned(), health(Some(false), Some(Class::Credits))),
        ("d4".to_owned(), health(Some(false), Some(Class::Auth))),
    ];
    store.keep_health("proxy", &found).await.unwrap();
    let incident = |class, deployment: &str| Incident {
        subject: TAG.to_owned(),
        deployment: deployment.to_owned(),
        class,
        since: before(90),
        last: before(3),
        times: 4,
        detail: "Insufficient credits".to_owned(),
        source: SignSource::Health,
    };
    let (credits, auth) = (incident(Class::Credits, "d2"), incident(Class::Auth, "d1"));
    store.keep_incidents("proxy", &[credits.clone(), auth], before(60)).await.unwrap();
    store.keep_incidents("proxy", &[credits], before(30)).await.unwrap();
    let check = |name: &str, well| Check {
        name: name.to_owned(),
        well,
        detail: "as it said".to_owned(),
        latency_ms: Some(12),
        at: before(1),
    };
    let checks = [
        check("key", Some(false)),
        check("liveliness", Some(true)),
        check("readiness", None),
        check("chat b", Some(true)),
        check("chat a", Some(false)),
    ];
    store.keep_checks("proxy", &checks).await.unwrap();
    let failure = |call: &str, at, class| LogFailure {
        call: call.to_owned(),
        at,
        model: TAG.to_owned(),
        status: Some(402),
        class,
        detail: String::new(),
    };
    let failures = [
        failure("1", before(10), Class::Credits),
        failure("2", before(100), Class::Credits),
        failure("3", before(5), Class::Rate),
        failure("4", before(60 * 48), Class::Credits),
    ];
    store.keep_log("proxy", "log", "{}", &failures).await.unwrap();
    let process = ProcessSeen {
        pid: 42,
        name: "litellm".to_owned(),
        processes: 3,
        started: before(61),
        cpu_percent: 12.5,
        memory_bytes: 335_544_320,
        open_files: None,
        restarts: 1,
        at: before(1),
    };
    store.keep_process("proxy", Some(&process), before(1)).await.unwrap();
    store.keep_process("main", None, before(1)).await.unwrap();
}

fn now() -> Timestamp {
    channelwarden::clock::now()
}

#[tokio::test]
async fn what_stands_behind_it_is_told_as_it_was_last_seen_and_nobody_is_asked() {
    let silent = Silent::new().await;
    let scene = silent.scene().await;
    for path in ["/api/litellm/models", "/api/litellm/incidents"] {
        assert_eq!(scene.read(path).await, json!([]), "{path}");
    }
    assert_eq!(scene.read("/api/test/litellm").await, json!([{ "gateway": "proxy", "checks": [] }]));
    fill(&scene.setup.store, now()).await;

    let models = scene.read("/api/litellm/models").await;
    let rows = models.as_array().unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap())).collect();
    assert_eq!(states, [("d1", "well"), ("d2", "ill"), ("d3", "unknown"), ("d4", "blocked")], "{models:#}");
    let ill = &rows[1];
    assert_eq!((&ill["name"], &ill["class"], &ill["status"]), (&json!(TAG), &json!("credits"), &json!(402)));
    assert_eq!((&ill["channel"], &ill["in_database"], &ill["blocked"]), (&json!(7), &json!(false), &json!(false)));
    assert!(ill["at"].is_string() && rows[2]["at"].is_null(), "{models:#}");
    assert_eq!(scene.read("/api/litellm/models?state=ill").await, json!([ill]));
    assert_eq!(scene.read("/api/litellm/models?gateway=main").await, json!([]));
    let page = scene.get("/api/litellm/models?limit=1&offset=2").await;
    assert_eq!((page.header("x-total-count"), &page.json()[0]["id"]), (Some("4"), &json!("d3")));

    let incidents = scene.read("/api/litellm/incidents?gateway=proxy").await;
    let [lasting, over] = incidents.as_array().unwrap().as_slice() else { panic!("{incidents:#}") };
    assert_eq!((&lasting["class"], &lasting["over"], &lasting["times"]), (&json!("credits"), &json!(null), &json!(4)));
    assert_eq!((&over["class"], &over["source"], over["over"].is_string()), (&json!("auth"), &json!("health"), true));

    let ladder = scene.read("/api/test/litellm").await;
    let steps = ladder[0]["checks"].as_array().unwrap();
    let told: Vec<_> = steps.iter().map(|step| (step["name"].as_str().unwrap(), step["well"].as_bool())).collect();
    let asked = [
        ("liveliness", Some(true)),
        ("readiness", None),
        ("key", Some(false)),
        ("chat a", Some(false)),
        ("chat b", Some(true)),
    ];
    assert_eq!(told, asked, "in the order in which they are asked");
    silent.was_left_alone().await;
}

#[tokio::test]
async fn metrics_tell_of_it_without_a_models_name() {
    let silent = Silent::new().await;
    let scene = silent.scene().await;
    fill(&scene.setup.store, now()).await;
    let metrics = scene.get("/metrics").await.text();
    for line in [
        "channelwarden_litellm_check{gateway=\"proxy\",check=\"liveliness\"} 1\n",
        "channelwarden_litellm_check{gateway=\"proxy\",check=\"key\"} 0\n",
        "channelwarden_litellm_check{gateway=\"proxy\",check=\"chat\"} 0\n",
        "channelwarden_litellm_deployments{gateway=\"proxy\",state=\"well\"} 1\n",
        "channelwarden_litellm_deployments{gateway=\"proxy\",state=\"ill\"} 1\n",
        "channelwarden_litellm_deployments{gateway=\"proxy\",state=\"unknown\"} 1\n",
        "channelwarden_litellm_deployments{gateway=\"proxy\",state=\"blocked\"} 1\n",
        "channelwarden_litellm_incidents{gateway=\"proxy\",class=\"credits\"} 1\n",
        "channelwarden_litellm_incidents{gateway=\"proxy\",class=\"auth\"} 0\n",
        "channelwarden_litellm_log_failures_day{gateway=\"proxy\",class=\"credits\"} 2\n",
        "channelwarden_litellm_log_failures_day{gateway=\"proxy\",class=\"rate\"} 1\n",
        "channelwarden_litellm_log_failures_day{gateway=\"proxy\",class=\"server\"} 0\n",
        "channelwarden_process_found{gateway=\"proxy\"} 1\n",
        "channelwarden_process_found{gateway=\"main\"} 0\n",
        "channelwarden_process_resident_memory_bytes{gateway=\"proxy\"} 335544320\n",
        "channelwarden_process_cpu_ratios{gateway=\"proxy\"} 0.125\n",
        "channelwarden_process_restarts{gateway=\"proxy\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("check=\"readiness\""), "what is not known is no figure");
    assert!(!metrics.contains("onerror") && !metrics.contains("process_open_fds{"), "{metrics}");
    silent.was_left_alone().await;
}

#[tokio::test]
async fn to_ask_it_now_needs_the_right_to_act_and_a_litellm() {
    let silent = Silent::new().await;
    let scene = silent.scene().await;
    let nobody =
        crate::client::send(scene.at, "POST", "/api/test/litellm", &[("Content-Type", "application/json")], "{}").await;
    assert_eq!((nobody.status, code(&nobody).as_str()), (401, "unauthorized"));
    for body in [json!({ "gateway": "main" }), json!({ "gateway": "nobody" })] {
        let answer = scene.post("/api/test/litellm", &body).await;
        assert_eq!((answer.status, code(&answer).as_str()), (404, "not_found"), "{body}");
    }
    silent.was_left_alone().await;
}
