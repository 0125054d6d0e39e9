//! Asking upstreams over real sockets: outcomes, shapes, pace, and what never gets out.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/faults.rs"]
mod faults;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use channelwarden::config::ProbeConfig;
use channelwarden::model::{
    Access, Channel, Evidence, Fingerprint, Mapping, ModelName, Observation, OpenAiPaths, Outcome, Protocol, Secret,
    Status,
};
use channelwarden::probe::{Inquiry, Prober, Shape, classify};
use channelwarden::simulate::{Behaviour, ListBehaviour, Simulated, World};
use channelwarden::upstream::{Http, Listing, Reply, Target, Transport, TransportKind};
use faults::{Fault, Faulty};
use proptest::prelude::*;
use serde::Deserialize;

const CANARY: &str = "sk-canary-0123456789abcdef";

fn config() -> ProbeConfig {
    ProbeConfig {
        requests_per_second: 0.0,
        connect_timeout: Duration::from_secs(2),
        first_byte_timeout: Duration::from_millis(400),
        timeout: Duration::from_millis(900),
        ..ProbeConfig::default()
    }
}

fn prober(config: &ProbeConfig) -> Arc<Prober> {
    Arc::new(Prober::new(config).unwrap())
}

fn inquiry() -> Inquiry {
    prober(&config()).inquiry()
}

fn channel() -> Channel {
    Channel {
        id: 1,
        created: 0,
        name: "test".to_owned(),
        type_number: 1,
        status: Status::Enabled,
        base_url: None,
        keys: vec![],
        organization: None,
        models: None,
        group: None,
        mapping: Ok(Mapping::default()),
        other: None,
        proxy: None,
        headers: BTreeMap::new(),
        auto_sync: false,
        ignored_models: vec![],
        test_model: None,
        fingerprint: Fingerprint(String::new()),
    }
}

fn access(type_name: &'static str, base: &str) -> Access {
    let paths = OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true };
    Access { type_name, base: base.to_owned(), protocol: Protocol::OpenAi(paths) }
}

fn target_with(base: &str, key: &str) -> Target {
    Target::new(&access("OpenAI", base), &channel(), &Secret::new(key)).unwrap()
}

fn target(base: &str) -> Target {
    target_with(base, CANARY)
}

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn world(models: &[(&str, Behaviour)]) -> World {
    let models = models.iter().map(|(name, behaviour)| ((*name).to_owned(), behaviour.clone())).collect();
    World { models, list: ListBehaviour::Models, keys: vec![CANARY.to_owned()] }
}

fn assert_no_canary(shown: &impl std::fmt::Debug) {
    let shown = format!("{shown:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    s: u16,
    #[serde(default)]
    h: Option<String>,
    #[serde(default)]
    t: Option<String>,
    #[serde(default)]
    hd: BTreeMap<String, String>,
    b: serde_json::Value,
    is: Outcome,
    #[serde(default)]
    shape: Option<String>,
}

#[test]
fn every_answer_met_in_the_field_means_what_it_should() {
    let rows: Vec<Row> = json5::from_str(include_str!("outcomes.json5")).unwrap();
    assert!(rows.len() >= 80);
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let body = row.b.as_str().map_or_else(|| row.b.to_string(), str::to_owned);
        let mut reply = reply(row.s, body.into_bytes());
        let kind = row.t.as_deref().unwrap_or("application/json");
        reply.headers.insert("content-type", kind.parse().unwrap());
        for (header, value) in &row.hd {
            reply.headers.insert(header.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let found = classify(row.h.as_deref().unwrap_or("api.example.test:443"), &Ok(reply));
        let shape = found.next_shape.map(Shape::as_str);
        if found.outcome != row.is || shape != row.shape.as_deref() {
            wrong.push(format!("row {number}, status {}: {found:?}, not {} {:?}", row.s, row.is, row.shape));
        }
        seen.insert(found.outcome);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in [TransportKind::TimedOut, TransportKind::Dns] {
        let failure = Transport { kind, why: String::new(), latency: Duration::ZERO };
        seen.insert(classify("x.test", &Err(failure)).outcome);
    }
    let never: Vec<_> = Outcome::ALL.into_iter().filter(|outcome| !seen.contains(outcome)).collect();
    assert!(never.is_empty(), "no row gives {never:?}");
}

fn reply(status: u16, body: Vec<u8>) -> Reply {
    Reply { status, headers: reqwest::header::HeaderMap::new(), body, truncated: false, latency: Duration::ZERO }
}

proptest! {
    #[test]
    fn no_answer_panics_and_none_denies_a_model_without_a_table(
        status in 100u16..1000,
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "[{\\[:\"a-z0-9,}\\] \n]{0,120}".prop_map(String::into_bytes),
            "(data: )?\\{\"(error|choices|code|message|detail)\": ?(\"[a-z ]{0,20}\"|[0-9]{1,4}|\\[\\]|null|\\{\\})\\}\n?".prop_map(String::into_bytes),
        ],
    ) {
        let found = classify("api.example.test", &Ok(reply(status, body)));
        if matches!(found.outcome, Outcome::Gone | Outcome::NoAccess) {
            prop_assert!(found.by_table);
        }
    }

    #[test]
    fn a_status_alone_never_denies_a_model(status in 100u16..1000, empty in any::<bool>()) {
        let body = if empty { vec![] } else { br#"{"error":{"message":"no"}}"#.to_vec() };
        let found = classify("api.example.test", &Ok(reply(status, body)));
        prop_assert!(!matches!(found.outcome, Outcome::Gone | Outcome::NoAccess), "{found:?}");
    }
}

#[tokio::test]
async fn each_behaviour_shows_as_its_outcome() {
    let cases = [
        ("works", Behaviour::Works, Outcome::Works, "max_tokens", 1),
        ("late", Behaviour::Slow(Duration::from_millis(100)), Outcome::Works, "max_tokens", 1),
        ("gone", Behaviour::Gone, Outcome::Gone, "max_tokens", 1),
        ("closed", Behaviour::NoAccess, Outcome::NoAccess, "max_tokens", 1),
        ("unrouted", Behaviour::NoRoute, Outcome::NoRoute, "max_tokens", 1),
        ("limited", Behaviour::RateLimited(None), Outcome::Busy, "max_tokens", 1),
        ("broken", Behaviour::Broken, Outcome::Broken, "max_tokens", 1),
        ("hangs", Behaviour::Hangs, Outcome::TimedOut, "max_tokens", 1),
        ("empty", Behaviour::Empty, Outcome::Empty, "max_tokens", 1),
        ("reasoner", Behaviour::NeedsCompletionLimit, Outcome::Works, "max_completion_tokens", 2),
        ("streams", Behaviour::StreamOnly, Outcome::Works, "stream", 2),
        ("responses", Behaviour::ResponsesOnly, Outcome::Shape, "max_tokens", 1),
        ("page", Behaviour::Page, Outcome::ChannelConfig, "max_tokens", 1),
        ("odd", Behaviour::OddJson, Outcome::Suspect, "max_tokens", 1),
        ("filtered", Behaviour::Filtered, Outcome::Filtered, "max_tokens", 1),
    ];
    let models: Vec<_> = cases.iter().map(|case| (case.0, case.1.clone())).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    for (model, _, outcome, shape, requests) in &cases {
        let seen = inquiry.ask(&target, &name(model), None).await;
        assert_eq!((seen.outcome, seen.shape), (*outcome, *shape), "{model}: {seen:?}");
        assert_eq!(upstream.asked(model), *requests, "{model}");
    }
    let unlisted = inquiry.ask(&target, &name("never-heard-of"), None).await;
    assert_eq!(unlisted.outcome, Outcome::Gone);
    assert_eq!(upstream.malformed(), 0);
    assert_eq!(inquiry.prober().sent(), upstream.total());
}

#[tokio::test]
async fn the_shape_that_worked_is_sent_first_the_next_time() {
    let models = [("reasoner", Behaviour::NeedsCompletionLimit), ("streams", Behaviour::StreamOnly)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    for (model, _) in &models {
        let first = inquiry.ask(&target, &name(model), Some("max_tokens")).await;
        let before = upstream.asked(model);
        let again = inquiry.ask(&target, &name(model), Some(first.shape)).await;
        assert_eq!((again.outcome, again.shape), (Outcome::Works, first.shape));
        assert_eq!(upstream.asked(model), before + 1, "{model}");
    }
    // A shape that stopped working is left again, and an unknown one never was.
    upstream.set("streams", Behaviour::Works);
    assert_eq!(inquiry.ask(&target, &name("streams"), Some("nonsense")).await.shape, "max_tokens");
}

#[tokio::test]
async fn no_shape_is_sent_twice_and_ollama_never_gets_a_completion_limit() {
    let refuses =
        r#"{"error":{"message":"use 'max_completion_tokens'","code":"unsupported_parameter","param":"max_tokens"}}"#;
    let upstream = Simulated::start(world(&[("m", Behaviour::Says(400, refuses.to_owned()))])).await.unwrap();
    let inquiry = inquiry();
    let seen = inquiry.ask(&target(&upstream.base_url()), &name("m"), None).await;
    assert_eq!((seen.outcome, upstream.asked("m")), (Outcome::Shape, 3));
    let ollama = Target::new(&access("Ollama", &upstream.base_url()), &channel(), &Secret::new(CANARY)).unwrap();
    inquiry.ask(&ollama, &name("m"), None).await;
    assert_eq!(upstream.asked("m"), 3 + 2);
}

#[tokio::test]
async fn a_wrong_key_stops_after_two_models_and_is_shown_nowhere() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works)])).await.unwrap();
    upstream.change(|world| world.keys = vec!["another".to_owned()]);
    let prober = prober(&config());
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let mut seen = Vec::new();
    for model in ["a", "b", "c", "d"] {
        seen.push(inquiry.ask(&target, &name(model), None).await);
    }
    assert!(seen.iter().all(|seen| seen.outcome == Outcome::KeyBad), "{seen:?}");
    assert_eq!(upstream.total(), 2);
    assert!(seen[3].detail.starts_with("not sent"), "{:?}", seen[3]);
    assert_no_canary(&(&seen, &target, &inquiry));
    assert!(matches!(inquiry.list(&target).await, Listing::Failed { outcome: Outcome::KeyBad, .. }));
    // Another round knows nothing of it, and leaves this one what it learnt.
    let next = prober.inquiry();
    let list = next.list(&target).await;
    assert!(matches!(&list, Listing::Failed { outcome: Outcome::KeyBad, why } if why.contains("Incorrect API key")));
    assert_no_canary(&list);
    upstream.change(|world| world.keys = vec![CANARY.to_owned()]);
    assert_eq!(next.ask(&target, &name("a"), None).await.outcome, Outcome::Works);
    assert_eq!(inquiry.ask(&target, &name("a"), None).await.outcome, Outcome::KeyBad);
}

#[tokio::test]
async fn a_silent_upstream_is_left_alone_for_the_round() {
    const PER_KEY: usize = 4;
    let names: Vec<_> = (0..40).map(|n| format!("m-{n}")).collect();
    let models: Vec<_> = names.iter().map(|name| (name.as_str(), Behaviour::Hangs)).collect();
    let upstream = Simulated::start(World { keys: vec![], ..world(&models) }).await.unwrap();
    let prober = prober(&ProbeConfig { per_key: PER_KEY, ..config() });
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    let seen = futures::future::join_all(names.iter().map(|name| inquiry.ask(&target, name, None))).await;
    // Five without an answer, and those that were under way by then.
    let (late, unsent): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.outcome == Outcome::TimedOut);
    assert!((5..5 + PER_KEY).contains(&late.len()), "{seen:?}");
    assert_eq!(upstream.total(), late.len() as u64);
    for seen in unsent {
        assert_eq!((seen.outcome.evidence(), seen.status, seen.retry_after), (Evidence::Nothing, None, None));
        assert_eq!(seen.detail, "not sent: the last 5 models got no answer");
    }
    assert!(matches!(inquiry.list(&target).await, Listing::Failed { outcome: Outcome::Unreachable, .. }));
    // Another key may be served, and the next round asks anew; this one has made up its mind.
    upstream.change(|world| world.models.values_mut().for_each(|behaviour| *behaviour = Behaviour::Works));
    let other = target_with(&upstream.base_url(), "second");
    assert_eq!(inquiry.ask(&other, &names[0], None).await.outcome, Outcome::Works);
    assert_eq!(prober.inquiry().ask(&target, &names[0], None).await.outcome, Outcome::Works);
    assert_eq!(inquiry.ask(&target, &names[0], None).await.outcome, Outcome::Unreachable);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_left_alone_for_the_round() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (inquiry, target) = (inquiry(), target(&format!("http://127.0.0.1:{port}")));
    for n in 0..12 {
        let seen = inquiry.ask(&target, &name(&format!("m-{n}")), None).await;
        assert_eq!((seen.outcome, seen.detail.starts_with("not sent")), (Outcome::Unreachable, n >= 5), "{seen:?}");
    }
    assert_eq!(inquiry.prober().sent(), 5);
}

#[tokio::test]
async fn models_that_hang_among_answering_siblings_are_late_every_time() {
    const HANGING: usize = 6;
    let names: Vec<_> = (0..40).map(|n| format!("m-{n:02}")).collect();
    let models: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let slow = Behaviour::Slow(Duration::from_millis(100));
            (name.as_str(), if n < HANGING { Behaviour::Hangs } else { slow })
        })
        .collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    // They hang side by side and end together, before their siblings are through: a mere row of five there is.
    let first_byte_timeout = Duration::from_secs(1);
    let timeout = Duration::from_secs(2);
    let prober = prober(&ProbeConfig { per_key: HANGING + 2, first_byte_timeout, timeout, ..config() });
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    let seen = futures::future::join_all(names.iter().map(|name| inquiry.ask(&target, name, None))).await;
    for (n, seen) in seen.iter().enumerate() {
        assert_eq!(seen.outcome, if n < HANGING { Outcome::TimedOut } else { Outcome::Works }, "{n}: {seen:?}");
    }
    // One alone, as often as it is asked.
    let inquiry = self::inquiry();
    for _ in 0..7 {
        assert_eq!(inquiry.ask(&target, &names[0], None).await.outcome, Outcome::TimedOut);
    }
    assert_eq!(inquiry.ask(&target, &names[HANGING], None).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn requests_a_second_are_kept_per_key_over_all_rounds() {
    const RATE: u32 = 10;
    const BURST: u32 = RATE / 2;
    let upstream = Simulated::start(World { keys: vec![], ..world(&[("m", Behaviour::Works)]) }).await.unwrap();
    let prober = prober(&ProbeConfig { requests_per_second: RATE.into(), per_key: 50, per_host: 50, ..config() });
    let (here, there) = (prober.inquiry(), prober.inquiry());
    let (key, other) = (target(&upstream.base_url()), target_with(&upstream.base_url(), "second"));
    let model = name("m");
    let asking = |count: u32, inquiry, target| {
        let model = &model;
        let ask = move |_| async move { Inquiry::ask(inquiry, target, model, None).await };
        async move {
            let seen = futures::future::join_all((0..count).map(ask)).await;
            assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works), "{seen:?}");
            Instant::now()
        }
    };
    let start = Instant::now();
    let (one, two, free) =
        tokio::join!(asking(BURST + 5, &here, &key), asking(5, &there, &key), asking(5, &here, &other));
    let done = one.max(two);
    // Ten more than may leave at once, whichever round asks; a hair is left to the clocks.
    let took = done - start + Duration::from_millis(20);
    assert!(took >= Duration::from_secs(1) * 10 / RATE, "{took:?}");
    assert!(free < done);
    assert_eq!(upstream.total(), u64::from(BURST) + 5 + 5 + 5);
}

#[tokio::test]
async fn bounds_hold_per_key_per_host_and_over_everything() {
    let slow = || world(&[("m", Behaviour::Slow(Duration::from_millis(30)))]);
    for (per_key, per_host, concurrency) in [(2, 50, 50), (50, 3, 50), (50, 50, 4)] {
        let upstream = Simulated::start(World { keys: vec![], ..slow() }).await.unwrap();
        let inquiry = prober(&ProbeConfig { per_key, per_host, concurrency, ..config() }).inquiry();
        let target = target(&upstream.base_url());
        let model = name("m");
        let seen = futures::future::join_all((0..24).map(|_| inquiry.ask(&target, &model, None))).await;
        assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works));
        assert_eq!(upstream.most_at_once(), per_key.min(per_host).min(concurrency));
        // Waiting in our own queues is not the model's latency.
        assert!(seen.iter().all(|seen| seen.latency_ms < 24 * 30 / 4), "{seen:?}");
    }
}

#[tokio::test]
async fn a_slow_key_does_not_hold_back_another() {
    let (slow, fast) = tokio::join!(
        Simulated::start(world(&[("m", Behaviour::Hangs)])),
        Simulated::start(world(&[("m", Behaviour::Works)]))
    );
    let (slow, fast) = (slow.unwrap(), fast.unwrap());
    let inquiry = prober(&ProbeConfig { per_key: 1, concurrency: 2, ..config() }).inquiry();
    let (model, stuck, free) = (name("m"), target(&slow.base_url()), target(&fast.base_url()));
    let waiting = futures::future::join_all((0..4).map(|_| inquiry.ask(&stuck, &model, None)));
    let passing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        inquiry.ask(&free, &model, None).await;
        Instant::now()
    };
    let waiting = async {
        waiting.await;
        Instant::now()
    };
    let (stuck_done, free_done) = tokio::join!(waiting, passing);
    assert!(free_done < stuck_done);
}

#[tokio::test]
async fn a_short_wait_is_kept_and_a_long_one_is_told() {
    let models = [
        ("soon", Behaviour::RateLimited(Some(1))),
        ("later", Behaviour::RateLimited(Some(600))),
        ("later-too", Behaviour::RateLimited(Some(600))),
        ("works", Behaviour::Works),
    ];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let prober = prober(&config());
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let first = inquiry.ask(&target, &name("soon"), None).await;
    assert_eq!((first.outcome, first.retry_after), (Outcome::Busy, Some(Duration::from_secs(1))));
    let start = Instant::now();
    assert_eq!(inquiry.ask(&target, &name("works"), None).await.outcome, Outcome::Works);
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    // One model's own long wait leaves the others alone; a second one's is the key's.
    inquiry.ask(&target, &name("later"), None).await;
    assert_eq!(inquiry.ask(&target, &name("works"), None).await.outcome, Outcome::Works);
    inquiry.ask(&target, &name("later-too"), None).await;
    let before = upstream.total();
    let held = inquiry.ask(&target, &name("works"), None).await;
    assert_eq!((held.outcome, held.status, upstream.total()), (Outcome::Busy, None, before));
    assert!(held.detail.contains("asked to wait until") && held.retry_after.is_some(), "{held:?}");
    // So it does in the next round.
    drop(inquiry);
    let inquiry = prober.inquiry();
    assert_eq!(inquiry.ask(&target, &name("works"), None).await.outcome, Outcome::Busy);
    assert_eq!(upstream.total(), before);
    // Another key of the same host goes on.
    upstream.change(|world| world.keys.push("second".to_owned()));
    let other = target_with(&upstream.base_url(), "second");
    assert_eq!(inquiry.ask(&other, &name("works"), None).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn lists_of_every_sort_are_told_apart() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works), ("b", Behaviour::Works), ("x", Behaviour::Gone)]))
        .await
        .unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    assert_eq!(inquiry.list(&target).await, Listing::Offered(vec![name("a"), name("b")]));
    let names = |names: &[&str]| ListBehaviour::Names(names.iter().map(|name| (*name).to_owned()).collect());
    let says = |body: &str| ListBehaviour::Says(200, body.to_owned());
    let deep = "[".repeat(100_000);
    for (list, want) in [
        (ListBehaviour::Empty, Ok(Listing::Empty)),
        (ListBehaviour::Nothing, Ok(Listing::Empty)),
        (names(&["b", "a", "b", "evil,name", "x\u{7}"]), Ok(Listing::Offered(vec![name("b"), name("a")]))),
        (says(r#"[{"id":"one"}]"#), Ok(Listing::Offered(vec![name("one")]))),
        (says(r#"{"data":[],"has_more":true,"last_id":"z"}"#), Ok(Listing::Empty)),
        (says(r#"{"data":[{"id":"a"}],"links":{"next":"https://evil.test/"}}"#), Ok(Listing::Offered(vec![name("a")]))),
        (ListBehaviour::Refused, Err(Outcome::KeyBad)),
        (ListBehaviour::Broken, Err(Outcome::Broken)),
        (ListBehaviour::Page, Err(Outcome::ChannelConfig)),
        (ListBehaviour::Hangs, Err(Outcome::TimedOut)),
        (says(r#"{"error":{"message":"x","code":"insufficient_quota"}}"#), Err(Outcome::KeyBroke)),
        (says(r#"{"success":false,"message":"no"}"#), Err(Outcome::Unknown)),
        (says(&deep), Err(Outcome::Suspect)),
        (says(r#"{"data":[{"id":"a"#), Err(Outcome::Suspect)),
    ] {
        upstream.change(|world| world.list = list.clone());
        let got = inquiry.list(&target).await;
        let got = match got {
            Listing::Failed { outcome, .. } => Err(outcome),
            other @ (Listing::Offered(_) | Listing::Empty | Listing::Unlisted) => Ok(other),
        };
        assert_eq!(got, want, "{:?}", format!("{list:?}").chars().take(200).collect::<String>());
    }
}

#[tokio::test]
async fn what_breaks_below_http_says_nothing_about_the_model() {
    let elsewhere = Faulty::start(Fault::Close).await;
    for (fault, outcome) in [
        (Fault::Close, Outcome::Unreachable),
        (Fault::Silence, Outcome::TimedOut),
        (Fault::Garbage, Outcome::ChannelConfig),
        (Fault::ShortBody, Outcome::Suspect),
        (Fault::HugeHeaders, Outcome::ChannelConfig),
        (Fault::Trickle, Outcome::TimedOut),
        (Fault::Redirect(elsewhere.address), Outcome::ChannelConfig),
        (Fault::BadGzip, Outcome::Suspect),
        (Fault::Endless, Outcome::Suspect),
    ] {
        let upstream = Faulty::start(fault.clone()).await;
        let inquiry = inquiry();
        let seen = inquiry.ask(&target(&upstream.base_url()), &name("m"), None).await;
        assert_eq!(seen.outcome, outcome, "{fault:?}: {seen:?}");
        // Only a closed connection is tried again.
        let connections = upstream.connections.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(connections, if matches!(fault, Fault::Close) { 2 } else { 1 }, "{fault:?}");
        assert_no_canary(&seen);
        assert!(!seen.detail.contains("127.0.0.1"), "{seen:?}");
        let list = inquiry.list(&target(&upstream.base_url())).await;
        assert!(matches!(list, Listing::Failed { .. }), "{fault:?}: {list:?}");
    }
    // The redirect was an answer: nobody was asked there, with or without the key.
    assert_eq!(elsewhere.connections.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let inquiry = inquiry();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for base in [format!("http://127.0.0.1:{port}"), "http://no-such-host.invalid".to_owned()] {
        let seen: Observation = inquiry.ask(&target(&base), &name("m"), None).await;
        assert_eq!((seen.outcome, seen.status), (Outcome::Unreachable, None), "{base}: {seen:?}");
    }
    // TLS to a port that speaks none.
    let plain = Simulated::start(world(&[])).await.unwrap();
    let seen = inquiry.ask(&target(&format!("https://{}", plain.address())), &name("m"), None).await;
    assert_eq!(seen.outcome, Outcome::Unreachable, "{seen:?}");
}

#[tokio::test]
async fn a_channels_headers_go_out_and_its_secrets_do_not() {
    let mut channel = channel();
    channel.organization = Some("org-1".to_owned());
    channel.headers = [
        ("x-extra", "token {api_key} hidden-value"),
        ("x-client", "{client_header:User-Agent}"),
        ("*", "all"),
        ("regex:^x-", "some"),
        ("Content-Length", "3"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let target = Target::new(&access("OpenAI", "https://api.openai.com"), &channel, &Secret::new(CANARY)).unwrap();
    assert_eq!(target.headers["x-extra"], format!("token {CANARY} hidden-value"));
    assert_eq!(target.headers["openai-organization"], "org-1");
    assert_eq!(target.headers.len(), 3);
    assert_no_canary(&target);
    assert!(!format!("{target:?}").contains("hidden-value"));
    assert_eq!(target.redact(&format!("I got token {CANARY} hidden-value")), "I got ***");
    let keyless = Target::new(&access("Ollama", "http://localhost:11434"), &channel, &Secret::new("")).unwrap();
    assert!(!keyless.headers.contains_key("authorization") && !keyless.headers.contains_key("openai-organization"));
    let error =
        Target::new(&access("OpenAI", "https://x.test"), &channel, &Secret::new("sk-canary-\u{1}bad")).unwrap_err();
    assert!(!error.contains("canary"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_the_channels_fault() {
    let inquiry = inquiry();
    let mut channel = channel();
    channel.proxy = Some("gopher://user:hunter2-hunter2@x".to_owned());
    let target = Target::new(&access("OpenAI", "http://127.0.0.1:9"), &channel, &Secret::new(CANARY)).unwrap();
    let seen = inquiry.ask(&target, &name("m"), None).await;
    assert!(matches!(seen.outcome, Outcome::ChannelConfig | Outcome::Unreachable), "{seen:?}");
    assert!(!format!("{seen:?} {target:?}").contains("hunter2"), "{seen:?}");
}

#[test]
fn a_missing_ca_file_is_named() {
    let config = ProbeConfig { ca_file: Some("/nonexistent/ca.pem".into()), ..ProbeConfig::default() };
    let error = Http::new(&config).unwrap_err();
    assert!(error.contains("probe.ca_file /nonexistent/ca.pem"), "{error}");
}
