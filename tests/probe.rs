//! Asking upstreams over real sockets: outcomes, shapes, pace, and what never gets out.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/faults.rs"]
mod faults;
#[path = "probe/accounts.rs"]
mod accounts;
#[path = "probe/budget.rs"]
mod budget;
#[path = "probe/pace.rs"]
mod pace;
#[path = "probe/protocols.rs"]
mod protocols;
#[path = "probe/samples.rs"]
mod samples;
#[path = "probe/streams.rs"]
mod streams;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use channelwarden::config::ProbeConfig;
use channelwarden::http::{Http, Reply, Transport, TransportKind};
use channelwarden::model::{
    Access, Channel, ModelName, Observation, Offered, OpenAiPaths, Outcome, Protocol, Secret, Shape,
};
use channelwarden::probe::{Ask, Asked, Inquiry, Prober, classify};
use channelwarden::simulate::{Behaviour, ListBehaviour, Simulated, World};
use channelwarden::upstream::{Listing, Target};
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
    Channel { id: 1, type_number: 1, ..Channel::bare("test") }
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
    World { models, list: ListBehaviour::Models, keys: vec![CANARY.to_owned()], unknown: None }
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
        let found = classify(&Asked::chat(row.h.as_deref().unwrap_or("api.example.test:443")), &Ok(reply));
        let shape = found.next_shape.map(Shape::as_str);
        if found.outcome != row.is || shape != row.shape.as_deref() {
            wrong.push(format!("row {number}, status {}: {found:?}, not {} {:?}", row.s, row.is, row.shape));
        }
        seen.insert(found.outcome);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in [TransportKind::TimedOut, TransportKind::Dns] {
        let failure = Transport { kind, why: String::new(), latency: Duration::ZERO };
        seen.insert(classify(&Asked::chat("x.test"), &Err(failure)).outcome);
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
        let found = classify(&Asked::chat("api.example.test"), &Ok(reply(status, body)));
        if matches!(found.outcome, Outcome::Gone | Outcome::NoAccess) {
            prop_assert!(found.by_table);
        }
    }

    #[test]
    fn a_status_alone_never_denies_a_model(status in 100u16..1000, empty in any::<bool>()) {
        let body = if empty { vec![] } else { br#"{"error":{"message":"no"}}"#.to_vec() };
        let found = classify(&Asked::chat("api.example.test"), &Ok(reply(status, body)));
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
        // Once more with room, as a stream.
        ("empty", Behaviour::Empty, Outcome::Empty, "stream", 2),
        ("reasoner", Behaviour::NeedsCompletionLimit, Outcome::Works, "max_completion_tokens", 2),
        ("streams", Behaviour::StreamOnly, Outcome::Works, "max_tokens_stream", 2),
        ("responses", Behaviour::ResponsesOnly, Outcome::Works, "responses", 2),
        ("page", Behaviour::Page, Outcome::ChannelConfig, "max_tokens", 1),
        ("odd", Behaviour::OddJson, Outcome::Suspect, "max_tokens", 1),
        ("filtered", Behaviour::Filtered, Outcome::Filtered, "max_tokens", 1),
    ];
    let models: Vec<_> = cases.iter().map(|case| (case.0, case.1.clone())).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    for (model, _, outcome, shape, requests) in &cases {
        let seen = inquiry.ask(&target, Ask::chat(&name(model))).await;
        assert_eq!((seen.outcome, seen.shape.as_str()), (*outcome, *shape), "{model}: {seen:?}");
        assert_eq!(upstream.asked(model), *requests, "{model}");
    }
    let unlisted = inquiry.ask(&target, Ask::chat(&name("never-heard-of"))).await;
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
        let first = inquiry.ask(&target, Ask { remembered: Some("max_tokens"), ..Ask::chat(&name(model)) }).await;
        let before = upstream.asked(model);
        let again =
            inquiry.ask(&target, Ask { remembered: Some(first.shape.as_str()), ..Ask::chat(&name(model)) }).await;
        assert_eq!((again.outcome, again.shape), (Outcome::Works, first.shape));
        assert_eq!(upstream.asked(model), before + 1, "{model}");
    }
    // A shape that stopped working is left again, and an unknown one never was.
    upstream.set("streams", Behaviour::Works);
    assert_eq!(
        inquiry.ask(&target, Ask { remembered: Some("nonsense"), ..Ask::chat(&name("streams")) }).await.shape,
        Shape::MaxTokens
    );
}

#[tokio::test]
async fn no_shape_is_sent_twice() {
    let refuses =
        r#"{"error":{"message":"use 'max_completion_tokens'","code":"unsupported_parameter","param":"max_tokens"}}"#;
    let upstream = Simulated::start(world(&[("m", Behaviour::Says(400, refuses.to_owned()))])).await.unwrap();
    let inquiry = inquiry();
    let seen = inquiry.ask(&target(&upstream.base_url()), Ask::chat(&name("m"))).await;
    assert_eq!((seen.outcome, upstream.asked("m")), (Outcome::Shape, 3));
}

fn offered(names: &[&str]) -> Listing {
    Listing::Offered(names.iter().map(|text| Offered::named(name(text))).collect())
}

#[tokio::test]
async fn lists_of_every_sort_are_told_apart() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works), ("b", Behaviour::Works), ("x", Behaviour::Gone)]))
        .await
        .unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    assert_eq!(inquiry.list(&target).await, offered(&["a", "b"]));
    let names = |names: &[&str]| ListBehaviour::Names(names.iter().map(|name| (*name).to_owned()).collect());
    let says = |body: &str| ListBehaviour::Says(200, body.to_owned());
    let deep = "[".repeat(100_000);
    for (list, want) in [
        (ListBehaviour::Empty, Ok(Listing::Empty)),
        (ListBehaviour::Nothing, Ok(Listing::Empty)),
        (names(&["b", "a", "b", "evil,name", "x\u{7}"]), Ok(offered(&["b", "a"]))),
        (says(r#"[{"id":"one"}]"#), Ok(offered(&["one"]))),
        (says(r#"{"data":[],"has_more":true,"last_id":"z"}"#), Ok(Listing::Empty)),
        (says(r#"{"data":[{"id":"a"}],"links":{"next":"https://evil.test/"}}"#), Ok(offered(&["a"]))),
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
        (Fault::GzipBomb, Outcome::Suspect),
        (Fault::Body("application/json", "[".repeat(60_000).into_bytes()), Outcome::Suspect),
        (Fault::Body("application/json", "{\"choices\":".repeat(5_000).into_bytes()), Outcome::Suspect),
        (
            Fault::Body("application/json", b"{\"choices\":[{\"message\":{\"content\":\"\xff\xfe\"}}]}".to_vec()),
            Outcome::Suspect,
        ),
        (Fault::Body("text/plain", vec![0; 1000]), Outcome::Suspect),
        (Fault::Body("text/html", b"<html><form>Sign in</form></html>".to_vec()), Outcome::ChannelConfig),
    ] {
        let upstream = Faulty::start(fault.clone()).await;
        let inquiry = inquiry();
        let seen = inquiry.ask(&target(&upstream.base_url()), Ask::chat(&name("m"))).await;
        assert_eq!(seen.outcome, outcome, "{fault:?}: {seen:?}");
        // Only a closed connection is tried again.
        let connections = upstream.connections.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(connections, if matches!(fault, Fault::Close) { 2 } else { 1 }, "{fault:?}");
        assert_no_canary(&seen);
        assert!(!seen.detail.contains("127.0.0.1"), "{seen:?}");
        let endless = matches!(fault, Fault::Endless | Fault::GzipBomb);
        assert_eq!(seen.detail.contains("far more than was asked for"), endless, "{fault:?}: {seen:?}");
        let taken = upstream.written.load(std::sync::atomic::Ordering::SeqCst);
        assert!(taken < 32 << 20, "{fault:?}: {taken} bytes of an endless body were taken");
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
        let seen: Observation = inquiry.ask(&target(&base), Ask::chat(&name("m"))).await;
        assert_eq!((seen.outcome, seen.status), (Outcome::Unreachable, None), "{base}: {seen:?}");
    }
    // TLS to a port that speaks none.
    let plain = Simulated::start(world(&[])).await.unwrap();
    let seen = inquiry.ask(&target(&format!("https://{}", plain.address())), Ask::chat(&name("m"))).await;
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
    .map(|(name, value)| (name.to_owned(), Secret::new(value)))
    .into();
    assert!(!format!("{channel:?}").contains("hidden-value"));
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
    channel.proxy = Some(Secret::new("gopher://user:hunter2-hunter2@x"));
    assert!(!format!("{channel:?}").contains("hunter2"));
    let target = Target::new(&access("OpenAI", "http://127.0.0.1:9"), &channel, &Secret::new(CANARY)).unwrap();
    let seen = inquiry.ask(&target, Ask::chat(&name("m"))).await;
    assert!(matches!(seen.outcome, Outcome::ChannelConfig | Outcome::Unreachable), "{seen:?}");
    assert!(!format!("{seen:?} {target:?}").contains("hunter2"), "{seen:?}");
}

#[test]
fn a_missing_ca_file_is_named() {
    let config = ProbeConfig { ca_file: Some("/nonexistent/ca.pem".into()), ..ProbeConfig::default() };
    let error = Http::new(&config).unwrap_err();
    assert!(error.contains("probe.ca_file /nonexistent/ca.pem"), "{error}");
}
