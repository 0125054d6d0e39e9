//! Against a push endpoint that is stricter than Uptime Kuma's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::config::{GatewayConfig, SecretRef, UpWhen};
use crate::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing, Usage};
use crate::store::{ChannelSeen, ChannelStand, Finding, Light, ModelStand, Stands, Works};

/// (token, status, msg, ping, other queries) of every push that was well formed.
type Seen = Vec<(String, String, String, Option<f64>, String)>;

#[derive(Clone, Default)]
struct Kuma {
    seen: Arc<Mutex<Seen>>,
    /// What was malformed.
    wrong: Arc<Mutex<Vec<String>>>,
    url: String,
}

impl Kuma {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kuma = Self { url: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let routes = Router::new().route("/api/push/{token}", get(push)).with_state(kuma.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        kuma
    }

    fn at(&self, token: &str) -> SecretRef {
        SecretRef::literal(format!("{}/api/push/{token}?status=up&msg=OK&ping=", self.url))
    }

    fn seen(&self) -> Seen {
        assert_eq!(*self.wrong.lock().unwrap_or_else(PoisonError::into_inner), [""; 0]);
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        seen
    }
}

/// Kuma's own takes what it does not know for `up` and the ping for none.
async fn push(
    State(kuma): State<Kuma>,
    Path(token): Path<String>,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    if !token.starts_with("canary-") && !token.starts_with("m ") {
        return (StatusCode::NOT_FOUND, Json(json!({ "ok": false, "msg": "Monitor not found or not active." })));
    }
    let status = query.remove("status").filter(|status| matches!(status.as_str(), "up" | "down"));
    let ping = query.remove("ping").map(|ping| ping.parse::<f64>());
    match (status, query.remove("msg"), &ping) {
        (Some(status), Some(msg), None | Some(Ok(_))) => {
            let others = query.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
            let ping = ping.and_then(Result::ok);
            kuma.seen.lock().unwrap_or_else(PoisonError::into_inner).push((token, status, msg, ping, others));
            (StatusCode::OK, Json(json!({ "ok": true })))
        }
        wrong => {
            kuma.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{wrong:?}"));
            (StatusCode::BAD_REQUEST, Json(json!({ "ok": false })))
        }
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn config() -> Config {
    let mut config = Config::default();
    config.gateways.insert("main".to_owned(), GatewayConfig::new(SecretRef::literal("sqlite:x")));
    config
}

fn on(id: i64, model: &str, light: Light, p50_ms: u32) -> ModelStand {
    ModelStand {
        gateway: "main".to_owned(),
        channel: id,
        created: 5,
        model: model.to_owned(),
        listed: true,
        light,
        up: matches!(light, Light::Up | Light::Degraded),
        p50_ms: Some(p50_ms),
    }
}

fn seen(id: i64, status: &str, down: Option<Outcome>) -> ChannelSeen {
    ChannelSeen {
        channel: ChannelRef { id, created: 5, name: format!("c{id}") },
        provider: String::new(),
        status: status.to_owned(),
        groups: String::new(),
        note: down.map(|down| format!("nothing answers: {down}: no key sk-canary12345")).unwrap_or_default(),
        down,
    }
}

fn stands(channels: &[ChannelSeen], models: &[ModelStand]) -> Stands {
    let channel =
        |seen: &ChannelSeen| ChannelStand { gateway: "main".to_owned(), seen: seen.clone(), down_since: None };
    Stands {
        channels: channels.iter().map(channel).collect(),
        works: BTreeMap::new(),
        models: models.to_vec(),
        good: BTreeMap::from([("main".to_owned(), Some(now()))]),
    }
}

/// "model up: msg (ping)" of every model.
fn told(config: &Config, stands: &Stands, named: &[&str]) -> Vec<String> {
    let beats = beats(config, stands, named, now());
    let models = beats.into_iter().filter(|beat| matches!(beat.of, beat::Of::Model { .. }));
    models.map(|beat| format!("{} {}: {} {:?}", beat.of, beat.up, beat.msg, beat.ping_ms)).collect()
}

#[test]
fn a_model_is_up_on_any_or_on_all_of_its_channels() {
    use Light::{Degraded, Down, Unknown, Up};
    let mut config = config();
    let all = [seen(1, "enabled", None), seen(2, "enabled", None), seen(3, "disabled", None)];
    let off = seen(4, "enabled", Some(Outcome::KeyBroke));
    let lights = |first, second| stands(&all, &[on(1, "m", first, 100), on(2, "m", second, 300), on(3, "m", Up, 1)]);
    for (first, second, any, every) in [
        (Up, Up, "true: works on 2 of 2 channels Some(100)", "true: works on 2 of 2 channels Some(300)"),
        (
            Up,
            Down,
            "true: degraded: works on 1 of 2 channels; not on main/2 Some(100)",
            "false: works on 1 of 2 channels; not on main/2 None",
        ),
        (
            Down,
            Degraded,
            "true: degraded: works on 1 of 2 channels; not on main/1 Some(300)",
            "false: works on 1 of 2 channels; not on main/1 None",
        ),
        (
            Degraded,
            Degraded,
            "true: degraded: works on 2 of 2 channels Some(100)",
            "true: degraded: works on 2 of 2 channels Some(300)",
        ),
        (
            Down,
            Down,
            "false: works on 0 of 2 channels; not on main/1, main/2 None",
            "false: works on 0 of 2 channels; not on main/1, main/2 None",
        ),
        (Up, Unknown, "true: works on 1 of 2 channels Some(100)", ""),
        (Down, Unknown, "", "false: works on 0 of 2 channels; not on main/1 None"),
        (Unknown, Unknown, "", ""),
    ] {
        for (rule, expected) in [(UpWhen::Any, any), (UpWhen::All, every)] {
            config.uptime_kuma.up_when = rule;
            let expected: Vec<_> =
                [expected].iter().filter(|text| !text.is_empty()).map(|text| format!("model \"m\" {text}")).collect();
            assert_eq!(told(&config, &lights(first, second), &[]), expected, "{first:?} {second:?} {rule:?}");
        }
    }
    config.uptime_kuma.up_when = UpWhen::Any;
    let withdrawn = ModelStand { listed: false, ..on(1, "m", Up, 9) };
    let again = ModelStand { up: true, ..on(1, "m", Down, 9) };
    for (model, channel, expected) in [
        (withdrawn, &all[0], "false: works on 0 of 1 channels; not on main/1 (withdrawn) None"),
        (again, &all[0], "true: degraded: works on 1 of 1 channels Some(9)"),
        (on(4, "m", Up, 9), &off, "false: works on 0 of 1 channels; not on main/4 None"),
        (on(3, "m", Up, 9), &all[2], "false: no enabled channel has it None"),
    ] {
        let told = told(&config, &stands(std::slice::from_ref(channel), &[model]), &[]);
        assert_eq!(told, [format!("model \"m\" {expected}")]);
    }
}

#[test]
fn what_is_not_known_is_not_pushed() {
    let config = config();
    let mut stands = stands(&[seen(1, "enabled", None)], &[on(1, "m", Light::Up, 9)]);
    assert_eq!(told(&config, &stands, &["gone"]).len(), 2, "no channel has the other: that is known");
    for good in [None, Some(now() - SignedDuration::from_hours(4))] {
        stands.good.insert("main".to_owned(), good);
        assert_eq!(beats(&config, &stands, &["gone"], now()), []);
    }
}

#[test]
fn a_channel_is_up_when_something_on_it_works() {
    let mut config = config();
    let channels = [
        seen(1, "enabled", None),
        seen(2, "enabled", Some(Outcome::KeyBroke)),
        seen(3, "disabled", None),
        seen(4, "enabled", None),
        seen(5, "enabled", None),
        seen(6, "enabled", None),
    ];
    let mut stands = stands(&channels, &[]);
    for (id, known, working) in [(1, 3, 2), (2, 3, 3), (4, 2, 0), (6, 1, 1)] {
        stands.works.insert(("main".to_owned(), id), Works { known, working, mean_ms: Some(70) });
    }
    config.gateways.get_mut("main").unwrap().channels.exclude = vec![6];
    let told: Vec<_> = beats(&config, &stands, &[], now())
        .into_iter()
        .map(|beat| format!("{} {}: {} {:?}", beat.of, beat.up, beat.msg, beat.ping_ms))
        .collect();
    let expected = [
        "channel main/1 \"c1\" true: 2 of 3 models work Some(70)",
        "channel main/2 \"c2\" false: nothing answers: key-broke: no key *** None",
        "channel main/3 \"c3\" false: the channel is disabled None",
        "channel main/4 \"c4\" false: 0 of 2 models work None",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_hostile_name_leads_nowhere_else() {
    let mut config = config();
    let kuma = &mut config.uptime_kuma;
    let of = |text: &str| Some(SecretRef::literal(text));
    kuma.model_template = of("https://kuma.example/api/push/canary-{model}?group={gateway}&status=up#x");
    kuma.channel_template = of("https://kuma.example/{gateway}/{channel}/{name}");
    let url = |kuma: &crate::config::UptimeKumaConfig, model: &str| {
        let of = beat::Of::Model { model: model.to_owned(), gateway: "main".to_owned() };
        let beat = beat::Beat { of, up: false, msg: "a&b=c #".to_owned(), ping_ms: None };
        Addresses::of(kuma).0.push(&beat).map(|push| push.url.to_string())
    };
    for (name, path) in [
        ("a/../../b?status=up#", "canary-a%2F..%2F..%2Fb%3Fstatus%3Dup%23"),
        ("{gateway}", "canary-%7Bgateway%7D"),
        ("模 型%2e", "canary-%E6%A8%A1%20%E5%9E%8B%252e"),
    ] {
        let expected = format!("https://kuma.example/api/push/{path}?group=main&status=down&msg=a%26b%3Dc+%23");
        assert_eq!(url(&config.uptime_kuma, name), Some(expected));
    }
    for name in ["..", ".", ""] {
        assert_eq!(url(&config.uptime_kuma, name), None, "{name}");
    }
    for (template, refused) in
        [("https://{model}/push", true), ("https://kuma.example:8{model}/push", true), ("canary", true)]
    {
        config.uptime_kuma.model_template = of(template);
        assert_eq!(url(&config.uptime_kuma, "evil.example").is_none(), refused);
        let (_, problems) = Addresses::of(&config.uptime_kuma);
        assert!(problems.len() == 1 && !problems[0].contains(template), "{problems:?}");
    }
    let of = beat::Of::Channel { gateway: "main".to_owned(), id: 7, name: "a/b\r\n".to_owned(), alone: true };
    let beat = beat::Beat { of, up: true, msg: "ok".to_owned(), ping_ms: Some(12) };
    let push = Addresses::of(&config.uptime_kuma).0.push(&beat).unwrap();
    assert_eq!(push.url.as_str(), "https://kuma.example/main/7/a%2Fb%0D%0A?status=up&msg=ok&ping=12");
    assert_eq!(push.what, "channel main/7 \"a/b\\r\\n\"");
}

/// A store in which channel 1 of `main` has a model that works and one that is gone, in a round that has just ended.
async fn store(folder: &tempfile::TempDir) -> Store {
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let at = clock::now();
    store.keep_channels("main", [seen(1, "enabled", None)].iter(), &BTreeSet::new(), at).await.unwrap();
    let round = store.begin_round("main", "apply", at).await.unwrap();
    let finding = |model: &str, outcome| {
        let seen = Observation::bare(outcome, at, Shape::MaxTokens, "");
        let usage = Usage { requests: 1, ..Usage::default() };
        let observation = Observation { usage, latency_ms: 250, ..seen };
        Finding { model: ModelName::parse(model).unwrap(), observation, cost: None, standing: Standing::default() }
    };
    let findings = [finding("good", Outcome::Works), finding("bad", Outcome::Gone)];
    let listed: Vec<_> = findings.iter().map(|finding| finding.model.clone()).collect();
    let channel = ChannelRef { id: 1, created: 5, name: "c1".to_owned() };
    store.remember("main", round, &channel, &listed, &findings).await.unwrap();
    store.end_round(round, &json!({ "whole": true }), at).await.unwrap();
    store
}

#[tokio::test]
async fn monitors_are_told_up_and_down_and_a_server_that_hangs_holds_up_no_other() {
    let (folder, kuma) = (tempfile::tempdir().unwrap(), Kuma::start().await);
    let store = store(&folder).await;
    // It takes connections, and never says a word.
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config();
    config.uptime_kuma.every = Duration::from_mins(10);
    config.uptime_kuma.timeout = Duration::from_mins(5);
    let silent = format!("http://{}/canary-silent", hung.local_addr().unwrap());
    let kept = SecretRef::literal(format!("{}/api/push/canary-good?status=up&kept=1&ping=", kuma.url));
    config.uptime_kuma.model_url =
        [("good", kept), ("bad", kuma.at("canary-bad")), ("nobody", kuma.at("canary-nobody"))]
            .into_iter()
            .map(|(model, url)| (model.to_owned(), url))
            .collect();
    config.uptime_kuma.channel_url.insert("1".to_owned(), kuma.at("canary-one"));
    config.uptime_kuma.channel_template = Some(SecretRef::literal(silent));
    config.uptime_kuma.model_template = Some(SecretRef::literal(format!("{}/api/push/m%20{{model}}", kuma.url)));
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(config, store, stop.clone()));
    let mut all = vec![];
    while all.len() < 4 {
        sleep(Duration::from_millis(10)).await;
        all.extend(kuma.seen());
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    stop.cancel();
    running.await.unwrap();
    let told: Vec<_> =
        all.iter().map(|(token, status, msg, _, rest)| format!("{token} {status}: {msg} {rest}")).collect();
    let expected = [
        "canary-bad down: works on 0 of 1 channels; not on main/1 ",
        "canary-good up: works on 1 of 1 channels kept=1",
        "canary-nobody down: no enabled channel has it ",
        "canary-one up: 1 of 2 models work ",
    ];
    // A percentile is known to within 8 %.
    let pings: Vec<_> = all.iter().map(|(.., ping, _)| ping.map(|ping| (230.0..=270.0).contains(&ping))).collect();
    assert_eq!(pings, [None, Some(true), None, Some(true)]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_push_that_is_not_taken_is_told_without_its_address() {
    let kuma = Kuma::start().await;
    let mut config = config();
    config.uptime_kuma.timeout = Duration::from_millis(200);
    let mut pusher = Pusher::new(&config).unwrap();
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs = format!("http://{}/canary-hung", hung.local_addr().unwrap());
    let to_push = |urls: &[&str]| -> Vec<push::Push> {
        let push = |url: &&str| push::Push { what: format!("monitor {}", url.len()), url: url.parse().unwrap() };
        urls.iter().map(push).collect()
    };
    let (unknown, html) = (format!("{}/api/push/other-canary", kuma.url), format!("{}/canary-html", kuma.url));
    let closed = "http://127.0.0.1:1/canary-closed".to_owned();
    for (url, why) in [(&unknown, "404"), (&html, "404"), (&closed, "connect"), (&hangs, "200ms")] {
        let end = push::one(&pusher.http, &url.parse().unwrap()).await.unwrap_err();
        assert!(end.contains(why) && !end.contains("canary"), "{end}");
    }
    pusher.push(to_push(&[&unknown, &hangs])).await;
    assert_eq!(pusher.refused.len(), 2);
    let good = format!("{}/api/push/canary-a?status=up&msg=OK", kuma.url);
    pusher.push(vec![push::Push { what: format!("monitor {}", unknown.len()), url: good.parse().unwrap() }]).await;
    assert_eq!(pusher.refused.len(), 1, "it is taken again");
    assert_eq!(kuma.seen().len(), 1);
}
