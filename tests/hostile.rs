//! Upstreams that answer with whatever may break a reader: each answer is classified, in every form it may be asked for,
//! none takes long, and memory stays flat over thousands of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/faults.rs"]
mod faults;

use std::sync::Arc;
use std::time::{Duration, Instant};

use channelwarden::config::ProbeConfig;
use channelwarden::model::{Access, Channel, ModelName, OpenAiPaths, Outcome, Protocol, Secret};
use channelwarden::probe::{Ask, Prober};
use channelwarden::upstream::{Listing, Target};
use faults::{Ending, Fault, Faulty};
use futures::StreamExt as _;

const OPENAI: Protocol = Protocol::OpenAi(OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true });
/// How each protocol is asked, whole and as a stream.
const WAYS: [(Protocol, &str); 11] = [
    (OPENAI, "max_tokens"),
    (OPENAI, "max_tokens_stream"),
    (OPENAI, "responses"),
    (Protocol::Anthropic, "max_tokens"),
    (Protocol::Anthropic, "max_tokens_stream"),
    (Protocol::Gemini, "max_tokens"),
    (Protocol::Gemini, "max_tokens_stream"),
    (Protocol::Cohere, "max_tokens"),
    (Protocol::Cohere, "max_tokens_stream"),
    (Protocol::Ollama, "max_tokens"),
    (Protocol::Ollama, "max_tokens_stream"),
];
const MIB: usize = 1 << 20;

fn prober(patience: Duration) -> Arc<Prober> {
    let config = ProbeConfig {
        requests_per_second: 0.0,
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: patience,
        timeout: patience * 2,
        load_models: true,
        ..ProbeConfig::default()
    };
    Arc::new(Prober::new(&config).unwrap())
}

fn target(protocol: Protocol, base: &str) -> Target {
    let channel = Channel { id: 1, type_number: 1, ..Channel::bare("hostile") };
    let access = Access { type_name: "Any", base: base.to_owned(), protocol };
    Target::new(&access, &channel, &Secret::new("sk-canary-0123456789")).unwrap()
}

fn json(body: impl Into<Vec<u8>>) -> Fault {
    Fault::Body("application/json", body.into())
}

fn events(body: impl Into<Vec<u8>>) -> Fault {
    Fault::Body("text/event-stream", body.into())
}

/// The head of a successful answer, and what follows it on the wire.
fn wire(head: &str, rest: impl AsRef<[u8]>) -> Fault {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{head}\r\n");
    Fault::Wire([head.as_bytes(), rest.as_ref()].concat())
}

/// Answers over which no time is lost, and what each of them shows, however it was asked for.
fn quick() -> Vec<(&'static str, Fault, Outcome)> {
    let page = "<!DOCTYPE html><html><body>It works!</body></html>";
    let gone = r#"{"error":{"message":"The model `m` does not exist","code":"model_not_found"}}"#;
    vec![
        ("an error object", json(gone), Outcome::Gone),
        ("an error object as an event", events(format!("data: {gone}\n\n")), Outcome::Gone),
        ("an error of a server", json(r#"{"error":{"code":502,"message":"died"}}"#), Outcome::Busy),
        ("an error in a list of one", json(r#"[{"error":{"code":502,"message":"died"}}]"#), Outcome::Busy),
        ("nothing", json(""), Outcome::Empty),
        ("blank lines", json("\r\n \n\t".repeat(100)), Outcome::Empty),
        ("events without data", events("event: x\n\n: y\n\ndata:\n\nretry: 1\n\n".repeat(50)), Outcome::Empty),
        ("only the end", events("data: [DONE]\n\n"), Outcome::Empty),
        ("a page", Fault::Body("text/html; charset=utf-8", page.into()), Outcome::ChannelConfig),
        ("a page called JSON", json(page), Outcome::ChannelConfig),
        ("a page called events", events(page), Outcome::ChannelConfig),
        ("a picture", Fault::Body("image/png", vec![0x89, b'P', b'N', b'G', 0, 255, 254]), Outcome::Suspect),
        ("words", Fault::Body("text/plain", b"pong".to_vec()), Outcome::Suspect),
        ("null", json("null"), Outcome::Suspect),
        ("a number", json("1e999"), Outcome::Suspect),
        ("a text", json("\"choices\""), Outcome::Suspect),
        ("an empty object", json("{}"), Outcome::Suspect),
        ("numbers", json(format!("[{}0]", "0,".repeat(20_000))), Outcome::Suspect),
        ("broken off", json(r#"{"choices":[{"message":{"content":"4"#), Outcome::Suspect),
        ("broken off within an event", events("data: {\"choices\":[{\"delta\":{\"con"), Outcome::Empty),
        ("invalid UTF-8", json(b"{\"choices\":[{\"message\":{\"content\":\"\xff\xfe\"}}]}".to_vec()), Outcome::Suspect),
        ("invalid UTF-8 in events", events(b"data: {\"a\":\"\xff\"}\n\ndata: \xc3\x28\n\n".to_vec()), Outcome::Empty),
        ("deep lists", json("[".repeat(60_000)), Outcome::Suspect),
        ("deep objects", json("{\"a\":".repeat(12_000)), Outcome::Suspect),
        ("deep and closed", json(format!("{}{}", "[".repeat(30_000), "]".repeat(30_000))), Outcome::Suspect),
        ("a deep event", events(format!("data: {}\n\n", "[{\"a\":".repeat(9_000))), Outcome::Empty),
        ("one long line", events(format!("data: {}", "x".repeat(MIB))), Outcome::Suspect),
        ("objects", json(format!("{{\"result\":[{}{{}}]}}", "{\"\":0},".repeat(7_000))), Outcome::Suspect),
        ("headers without end", Fault::HugeHeaders, Outcome::ChannelConfig),
        ("many headers", wire(&"a: b\r\n".repeat(5_000), "{}"), Outcome::ChannelConfig),
        ("fewer bytes than said", Fault::ShortBody, Outcome::Suspect),
        ("a length beyond all", wire("Content-Length: 18446744073709551615\r\n", "{}"), Outcome::ChannelConfig),
        ("a length of terabytes", wire("Content-Length: 9999999999999\r\n", "{}"), Outcome::Suspect),
        ("a chunk of no size", wire("Transfer-Encoding: chunked\r\n", "zzz\r\n{}"), Outcome::Suspect),
        ("a chunk beyond all", wire("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n{}"), Outcome::Suspect),
        ("no HTTP", Fault::Garbage, Outcome::ChannelConfig),
        ("no gzip", Fault::BadGzip, Outcome::Suspect),
        ("a bomb", Fault::GzipBomb, Outcome::Suspect),
        ("blanks without end", Fault::Endless, Outcome::Suspect),
        ("closed", Fault::Close, Outcome::Unreachable),
    ]
}

/// Answers that never come to an end by themselves.
fn slow() -> Vec<(&'static str, Fault, Outcome)> {
    let drip = |piece: &str| Fault::Script(vec![(Duration::from_millis(150), piece.to_owned()); 60], Ending::Never);
    vec![
        ("silence", Fault::Silence, Outcome::TimedOut),
        ("a blank now and then", Fault::Trickle, Outcome::TimedOut),
        ("told to go on", Fault::Continue, Outcome::TimedOut),
        ("letters now and then", drip("d"), Outcome::TimedOut),
        ("comments now and then", drip(": wait\n\n"), Outcome::TimedOut),
        ("events now and then", drip("data: {\"choices\":[],\"type\":\"ping\"}\n\n"), Outcome::TimedOut),
    ]
}

/// Lists of a size that as one value would take hundreds of megabytes.
fn large() -> Vec<(&'static str, Fault, Outcome)> {
    let full = |piece: &str| piece.repeat(6 * MIB / piece.len());
    vec![
        ("a list of objects", json(format!("{{\"data\":[{}{{}}]}}", full("{\"\":0},"))), Outcome::Suspect),
        ("a list of numbers", json(format!("[{}0]", full("0,"))), Outcome::Suspect),
        ("an entry of objects", json(format!("{{\"data\":[[{}{{}}]]}}", full("{\"\":0},"))), Outcome::Suspect),
    ]
}

/// What the answer shows when it is asked for so.
async fn asked(prober: &Arc<Prober>, upstream: &Faulty, (protocol, shape): (Protocol, &str)) -> Outcome {
    let model = ModelName::parse("m").unwrap();
    let ask = Ask { remembered: Some(shape), ..Ask::chat(&model) };
    let seen = prober.inquiry().ask(&target(protocol, &upstream.base_url()), ask).await;
    assert!(!format!("{seen:?}").contains("canary"), "{seen:?}");
    seen.outcome
}

async fn assert_no_list(prober: &Arc<Prober>, upstream: &Faulty, protocol: Protocol, about: &str) {
    let list = prober.inquiry().list(&target(protocol, &upstream.base_url())).await;
    assert!(matches!(list, Listing::Failed { .. } | Listing::Empty), "{about}, {protocol:?}: {list:?}");
    assert!(!format!("{list:?}").contains("canary"), "{list:?}");
}

async fn started(faults: Vec<(&'static str, Fault, Outcome)>) -> Vec<(&'static str, Faulty, Outcome)> {
    let mut upstreams = vec![];
    for (about, fault, outcome) in faults {
        upstreams.push((about, Faulty::start(fault).await, outcome));
    }
    upstreams
}

/// Asks each upstream in every way for an answer and its list.
async fn round(prober: &Arc<Prober>, upstreams: &[(&'static str, Faulty, Outcome)], at_once: usize) {
    let all = upstreams.iter().flat_map(|upstream| WAYS.map(|way| (upstream, way)));
    let each = all.map(|((about, upstream, outcome), way)| async move {
        let seen = asked(prober, upstream, way).await;
        assert_no_list(prober, upstream, way.0, about).await;
        (seen != *outcome).then(|| format!("{about}, {way:?}: {seen}, not {outcome}"))
    });
    let wrong: Vec<String> =
        futures::stream::iter(each).buffer_unordered(at_once).filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_ends_is_late_in_every_form() {
    let slow = started(slow()).await;
    round(&prober(Duration::from_millis(800)), &slow, usize::MAX).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_answer_is_classified_and_memory_stays_flat() {
    let prober = prober(Duration::from_secs(10));
    let quick = started(quick()).await;
    round(&prober, &quick, 8).await;
    round(&prober, &quick, 8).await;
    let (before, started_at, sent) = (resident(), Instant::now(), prober.sent());
    while prober.sent() < sent + 2_000 {
        round(&prober, &quick, 8).await;
    }
    let after = resident();
    println!(
        "{} requests in {:?}, {} to {} MiB",
        prober.sent() - sent,
        started_at.elapsed(),
        before / MIB,
        after / MIB
    );
    assert!(after < before * 3 / 2, "{} MiB, then {} MiB", before / MIB, after / MIB);
    for (about, fault, _) in large() {
        let upstream = Faulty::start(fault).await;
        assert_no_list(&prober, &upstream, OPENAI, about).await;
    }
    // A vector may be long: its answer is read further than others.
    let objects = json(format!("{{\"data\":[{}{{}}]}}", "{\"\":0},".repeat(130_000)));
    let upstream = Faulty::start(objects).await;
    assert_eq!(asked(&prober, &upstream, (OPENAI, "embedding")).await, Outcome::Suspect);
    println!("at most {} MiB", peak() / MIB);
    assert!(peak() < before + 128 * MIB, "{} MiB, and then {} MiB at most", before / MIB, peak() / MIB);
}

#[tokio::test]
async fn a_list_without_end_is_none_and_a_slow_one_is_late() {
    // The page before every page: each names another one.
    let page = r#"{"data":[{"id":"a"}],"has_more":true,"last_id":"NEXT"}"#;
    for (slow, outcome, why) in [
        (Duration::ZERO, Outcome::Suspect, "the list has no end"),
        (Duration::from_millis(150), Outcome::TimedOut, "not all of its pages within"),
    ] {
        let upstream = Faulty::start(Fault::Pages(slow, page)).await;
        // All pages within three answers' time: of 50, half would take longer.
        let prober = prober(Duration::from_millis(600));
        let list = prober.inquiry().list(&target(OPENAI, &upstream.base_url())).await;
        let Listing::Failed { outcome: seen, why: told } = &list else { panic!("{list:?}") };
        assert!(*seen == outcome && told.starts_with(why), "{list:?}");
        assert!(prober.sent() <= 50 && (slow.is_zero() || prober.sent() < 40), "{}", prober.sent());
    }
}

#[tokio::test]
async fn a_reseller_without_a_route_to_one_model_is_asked_for_the_others() {
    let body = r#"{"error":{"message":"No available channel for model m","code":"model_not_found"}}"#;
    let head = "HTTP/1.1 503 Unavailable\r\nRetry-After: 3600\r\nConnection: close\r\nContent-Type: application/json";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let upstream = Faulty::start(Fault::Wire(answer.into_bytes())).await;
    let inquiry = prober(Duration::from_secs(5)).inquiry();
    for model in ["a", "b", "c"] {
        let seen =
            inquiry.ask(&target(OPENAI, &upstream.base_url()), Ask::chat(&ModelName::parse(model).unwrap())).await;
        assert_eq!((seen.outcome, seen.status), (Outcome::NoRoute, Some(503)), "{model}: {seen:?}");
    }
}

fn resident() -> usize {
    status("VmRSS:")
}

fn peak() -> usize {
    status("VmHWM:")
}

/// In bytes.
fn status(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}
