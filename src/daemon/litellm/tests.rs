//! A watch against a small proxy on loopback, which answers what the samples have.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::*;
use crate::config::{ApiConfig, SecretRef};
use crate::litellm::incidents::{Found, Sign};
use crate::model::{Class, Deployment, Health, LogFailure};

const G: &str = "proxy";
const KEY: &str = "sk-canary-master";

/// What the proxy does.
#[derive(Default)]
struct Proxy {
    ill: AtomicBool,
    /// It knows no key any more.
    locked: AtomicBool,
    questions: AtomicUsize,
    others: AtomicUsize,
}

async fn answer(State(proxy): State<Arc<Proxy>>, uri: Uri, headers: HeaderMap) -> Response {
    let sample = |status: u16, text: &'static str| (StatusCode::from_u16(status).unwrap(), text).into_response();
    let known = headers.get("authorization").is_some_and(|key| key.as_bytes() == format!("Bearer {KEY}").as_bytes());
    let known = known && !proxy.locked.load(Ordering::Relaxed);
    let ill = proxy.ill.load(Ordering::Relaxed);
    match uri.path() {
        "/health/liveliness" => sample(200, include_str!("../../../tests/litellm/samples/health-liveliness.json")),
        "/health/readiness" if ill => sample(503, r#"{"detail":"Service Unhealthy (database is stalled)"}"#),
        "/health/readiness" => sample(200, include_str!("../../../tests/litellm/samples/health-readiness.json")),
        "/v1/models" if known => sample(200, include_str!("../../../tests/litellm/samples/v1models.json")),
        "/v1/models" => sample(400, include_str!("../../../tests/litellm/samples/v1models-wrongkey.json")),
        "/v1/chat/completions" if known => {
            proxy.questions.fetch_add(1, Ordering::Relaxed);
            sample(
                402,
                r#"{"error":{"message":"litellm.APIError: APIError: OpenrouterException - {\"error\":{\"message\":\"Insufficient credits\",\"code\":402}}","type":"invalid_request_error","param":null,"code":"402"}}"#,
            )
        }
        _ => {
            proxy.others.fetch_add(1, Ordering::Relaxed);
            sample(404, r#"{"detail":"Not Found"}"#)
        }
    }
}

struct Scene {
    proxy: Arc<Proxy>,
    config: Config,
    store: Store,
    serving: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new(chat: &[&str]) -> Self {
        let proxy = Arc::new(Proxy::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&proxy));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut settings = GatewayConfig::new(SecretRef::literal(""));
        settings.database = None;
        settings.kind = Some(GatewayKind::LiteLlm);
        let api = ApiConfig { url, token: SecretRef::literal(KEY), user: None, user_key: None, test_channels: false };
        settings.api = Some(api);
        settings.litellm.check = Duration::from_millis(40);
        settings.litellm.logs.process = false;
        settings.litellm.chat = chat.iter().map(ToString::to_string).collect();
        let mut config = Config::default();
        config.gateways.insert(G.to_owned(), settings);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        Self { proxy, config, store, serving, _folder: folder }
    }

    fn settings(&mut self) -> &mut GatewayConfig {
        self.config.gateways.get_mut(G).unwrap()
    }

    async fn watch(&self) -> LitellmWatch {
        LitellmWatch {
            name: G.to_owned(),
            config: self.config.clone(),
            store: self.store.clone(),
            prober: Prober::with_accounts(&self.config, &self.store).await.unwrap(),
            live: Live::default(),
            bell: Arc::default(),
            stop: CancellationToken::new(),
            retire: CancellationToken::new(),
        }
    }

    /// "name well detail" of each step.
    async fn checks(&self) -> Vec<String> {
        let seen = self.store.checks(Some(G)).await.unwrap();
        seen.iter().map(|seen| line(&seen.check)).collect()
    }

    async fn trouble(&self) -> Option<String> {
        let mut glance = self.store.glance(&[G], &BTreeMap::new(), 0, clock::now()).await.unwrap();
        glance.troubles.remove(G).map(|(_, why)| why)
    }

    /// What lasts: "subject deployment class".
    async fn lasting(&self) -> Vec<String> {
        let all = self.store.incidents().await.unwrap().remove(G).unwrap_or_default();
        all.iter().map(|one| format!("{} {} {}", one.subject, one.deployment, one.class)).collect()
    }

    /// Waits until this lasts, no longer than that takes on a busy machine.
    async fn until_lasts(&self, expected: &[&str]) {
        for _ in 0..600 {
            if self.lasting().await == expected {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?} lasts, not {expected:?}", self.lasting().await);
    }
}

fn line(check: &Check) -> String {
    format!("{} {:?} {}", check.name, check.well, check.detail)
}

fn look<'a>(watch: &'a LitellmWatch, alive: &'a AtomicBool) -> Look<'a> {
    Look {
        watch,
        settings: &watch.config.gateways[G],
        litellm: None,
        ladder: vec![],
        chat: BTreeMap::new(),
        signs: Signs::default(),
        rung: BTreeMap::new(),
        alive,
        refused: false,
    }
}

#[tokio::test]
async fn the_free_checks_tell_a_wrong_key_from_a_proxy_that_is_down_and_ask_no_upstream() {
    let mut scene = Scene::new(&[]).await;
    let now = async |scene: &Scene| -> Vec<String> {
        check_now(G, &scene.config, &scene.store).await.unwrap().iter().map(line).collect()
    };
    let first = now(&scene).await;
    assert_eq!(
        first[..3],
        ["liveliness Some(true) ", "readiness Some(true) database: Not connected", "key Some(true) "]
    );
    assert!(first[3].starts_with("models Some(true) ") && !first[3].ends_with(' '), "{first:?}");
    assert_eq!(scene.checks().await.len(), 4);

    scene.proxy.ill.store(true, Ordering::Relaxed);
    let ill = now(&scene).await;
    assert!(ill[1].starts_with("readiness Some(false) HTTP 503: Service Unhealthy"), "{ill:?}");
    scene.settings().api.as_mut().unwrap().token = SecretRef::literal("sk-canary-wrong");
    let wrong = now(&scene).await;
    assert!(wrong[2].starts_with("key Some(false) "), "{wrong:?}");
    assert_eq!(wrong[3], "models None not known without a key");
    scene.settings().api.as_mut().unwrap().token = serde_json::from_str("\"file:/not/there#X\"").unwrap();
    let unread = now(&scene).await;
    assert!(unread[3].starts_with("key Some(false) ") && unread[3].contains("/not/there"), "{unread:?}");

    scene.settings().api.as_mut().unwrap().token = SecretRef::literal(KEY);
    scene.serving.abort();
    let _ = (&mut scene.serving).await;
    let down = now(&scene).await;
    assert!(down[0].starts_with("liveliness Some(false) "), "{down:?}");
    assert!(down[1..].iter().all(|line| line.contains("None not asked: it does not answer")), "{down:?}");
    assert_eq!((scene.proxy.questions.load(Ordering::Relaxed), scene.proxy.others.load(Ordering::Relaxed)), (0, 0));
    let shown = format!("{ill:?}{wrong:?}{unread:?}{down:?}");
    assert!(!shown.contains("canary"), "{shown}");

    assert!(check_now("other", &scene.config, &scene.store).await.unwrap_err().contains("no gateway other"));
    scene.settings().kind = None;
    assert!(check_now(G, &scene.config, &scene.store).await.unwrap_err().contains("is no LiteLLM"));
}

#[tokio::test]
async fn a_proxy_that_is_not_ready_is_a_trouble_until_it_is_and_questions_are_counted() {
    let scene = Scene::new(&["gpt"]).await;
    let watch = scene.watch().await;
    let stop = watch.stop.clone();
    let running = tokio::spawn(watch.keep_going());
    scene.until_lasts(&["gpt  credits"]).await;
    assert_eq!(scene.proxy.questions.load(Ordering::Relaxed), 1, "once in `chat_every`");
    let spent = scene.store.glance(&[], &BTreeMap::new(), 0, clock::now()).await.unwrap().spent;
    assert_eq!(spent.requests, 1, "it is in the budget");
    let checks = scene.checks().await;
    assert!(checks[0].starts_with("chat gpt Some(false) ") && checks[0].contains("Insufficient credits"), "{checks:?}");

    scene.proxy.ill.store(true, Ordering::Relaxed);
    scene.until_lasts(&["  server", "gpt  credits"]).await;
    scene.proxy.ill.store(false, Ordering::Relaxed);
    scene.until_lasts(&["gpt  credits"]).await;
    check_now(G, &scene.config, &scene.store).await.unwrap();
    assert_eq!(scene.checks().await.len(), 5, "what was asked of models stays");
    assert_eq!(scene.trouble().await, None);
    scene.proxy.locked.store(true, Ordering::Relaxed);
    while scene.trouble().await.is_none_or(|why| !why.starts_with("its key: ")) {
        sleep(Duration::from_millis(20)).await;
    }
    scene.proxy.locked.store(false, Ordering::Relaxed);
    while scene.trouble().await.is_some() {
        sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    running.await.unwrap();
    let past = scene.store.past_incidents(9).await.unwrap();
    assert_eq!(past.len(), 1, "{past:?}");
    assert!(scene.store.lease(&format!(".litellm.{G}"), clock::now()).await.unwrap().is_ok(), "given back");
}

#[tokio::test]
async fn what_rounds_and_the_log_found_is_weighed_each_once_and_kept_over_a_restart() {
    let scene = Scene::new(&[]).await;
    let (watch, alive) = (scene.watch().await, AtomicBool::new(false));
    let now = clock::now();
    let deployment = |id: &str, name: &str| Deployment {
        id: id.to_owned(),
        name: name.to_owned(),
        upstream: "openai/x".to_owned(),
        api_base: String::new(),
        mode: String::new(),
        in_database: false,
        blocked: false,
    };
    let all = [(1, deployment("a1", "a")), (1, deployment("b1", "b"))];
    scene.store.keep_deployments(G, &all).await.unwrap();
    let seen = |well: bool, class, at| Health { well: Some(well), status: None, class, detail: "no".to_owned(), at };
    let ill = [
        ("a1".to_owned(), seen(false, Some(Class::Auth), now)),
        ("b1".to_owned(), seen(true, None, now - SignedDuration::from_mins(1))),
    ];
    scene.store.keep_health(G, &ill).await.unwrap();
    let failed = |call: &str, class| LogFailure {
        call: call.to_owned(),
        at: now,
        model: "b".to_owned(),
        status: Some(402),
        class,
        detail: "no credit".to_owned(),
    };
    scene.store.keep_log(G, "file", "1", &[failed("1", Class::Credits)]).await.unwrap();
    let mut first = look(&watch, &alive);
    first.weigh(now).await.unwrap();
    let both = ["a a1 auth", "b  credits"];
    assert_eq!(scene.lasting().await, both);
    let times = async || scene.store.incidents().await.unwrap()[G].iter().map(|one| one.times).collect::<Vec<_>>();
    first.weigh(now).await.unwrap();
    let mut again = look(&watch, &alive);
    again.remember().await.unwrap();
    again.weigh(now + SignedDuration::from_secs(9)).await.unwrap();
    assert_eq!((scene.lasting().await, times().await), (both.map(str::to_owned).to_vec(), vec![1, 1]));

    let later = now + SignedDuration::from_mins(5);
    scene.store.keep_health(G, &[("a1".to_owned(), seen(true, None, later))]).await.unwrap();
    again.weigh(later).await.unwrap();
    assert_eq!(scene.lasting().await, ["b  credits"]);
    again.weigh(now + SignedDuration::from_mins(70)).await.unwrap();
    assert_eq!(scene.lasting().await, [""; 0], "the log is silent");

    let then = now + SignedDuration::from_mins(80);
    scene.store.keep_health(G, &[("a1".to_owned(), seen(false, Some(Class::Auth), then))]).await.unwrap();
    again.weigh(then).await.unwrap();
    assert_eq!(scene.lasting().await, ["a a1 auth"]);
    scene.store.keep_deployments(G, &[]).await.unwrap();
    again.weigh(then + SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!(scene.lasting().await, [""; 0], "its last deployment was taken away");
}

#[tokio::test]
async fn a_name_that_a_cooldown_hides_is_asked_for_once() {
    let scene = Scene::new(&[]).await;
    let (watch, alive) = (scene.watch().await, AtomicBool::new(false));
    let now = clock::now();
    let deployment = Deployment {
        id: "a1".to_owned(),
        name: "a".to_owned(),
        upstream: "openai/x".to_owned(),
        api_base: String::new(),
        mode: String::new(),
        in_database: true,
        blocked: false,
    };
    scene.store.keep_deployments(G, &[(7, deployment)]).await.unwrap();
    let seen = crate::store::ChannelSeen {
        channel: crate::model::ChannelRef { id: 7, created: 5, name: "openai".to_owned() },
        provider: "openai".to_owned(),
        status: "enabled".to_owned(),
        groups: "default".to_owned(),
        note: String::new(),
        down: None,
    };
    scene.store.keep_channels(G, [seen].iter(), &BTreeSet::new(), now).await.unwrap();
    let mut look = look(&watch, &alive);
    let masked = Sign {
        subject: "a".to_owned(),
        deployment: String::new(),
        found: Found::Trouble(Class::Masked),
        detail: String::new(),
        source: SignSource::Log,
        at: now,
    };
    look.signs.add(Some(masked));
    look.weigh(now).await.unwrap();
    let rung = watch.bell.take();
    assert_eq!(rung.iter().map(|one| (one.channel.id, one.model.as_str())).collect::<Vec<_>>(), [(7, "a")]);
    look.weigh(now + SignedDuration::from_secs(30)).await.unwrap();
    assert!(watch.bell.take().is_empty());
    assert_eq!(scene.lasting().await, [""; 0], "nobody knows why");
}
