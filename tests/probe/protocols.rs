//! Each protocol against an upstream as strict as the real one: lists of several pages, questions of every kind, streams,
//! and what the key and the operator put into the headers.

use std::collections::BTreeMap;

use channelwarden::config::{Manner, ProbeConfig};
use channelwarden::model::{Access, AzureApi, Channel, Kind, ModelName, OpenAiPaths, Outcome, Protocol, Secret, Shape};
use channelwarden::probe::Ask;
use channelwarden::simulate::{Behaviour, ListBehaviour, Simulated, World};
use channelwarden::upstream::{Listing, Target};

use super::{CANARY, assert_no_canary, channel, config, inquiry, name, prober, world};

const OPENAI: Protocol = Protocol::OpenAi(OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true });

fn dated() -> Protocol {
    Protocol::Azure(AzureApi::dated("2025-04-01-preview", false).unwrap())
}

fn every_protocol() -> [Protocol; 7] {
    let v1 = Protocol::Azure(AzureApi::V1);
    [OPENAI, dated(), v1, Protocol::Anthropic, Protocol::Gemini, Protocol::Cohere, Protocol::Ollama]
}

fn target(protocol: Protocol, base: &str) -> Target {
    let access = Access { type_name: "Any", base: base.to_owned(), protocol };
    Target::new(&access, &channel(), &Secret::new(CANARY)).unwrap()
}

fn of_kind(model: &ModelName, kind: Kind) -> Ask<'_> {
    Ask { kind, ..Ask::chat(model) }
}

#[tokio::test]
async fn every_protocol_asks_in_a_form_that_its_upstream_takes() {
    let models = [("m", Behaviour::Works), ("left.out", Behaviour::Gone)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let inquiry = inquiry();
    for protocol in every_protocol() {
        let target = target(protocol, &upstream.base_url());
        let before = upstream.asked("m");
        let stream = Manner { stream: Some(true), ..Manner::default() };
        let model = name("m");
        let whole = inquiry.ask(&target, Ask::chat(&model)).await;
        let streamed = inquiry.ask(&target, Ask { manner: &stream, ..Ask::chat(&model) }).await;
        for seen in [&whole, &streamed] {
            assert_eq!((seen.outcome, seen.marks.len()), (Outcome::Works, 0), "{protocol:?}: {seen:?}");
        }
        assert_eq!((whole.shape, streamed.shape), (Shape::MaxTokens, Shape::LimitedStream), "{protocol:?}");
        assert_eq!(upstream.asked("m"), before + 2, "{protocol:?}");
        assert_eq!(upstream.malformed(), 0, "{protocol:?}: {whole:?} {streamed:?}");
        let gone = inquiry.ask(&target, Ask::chat(&name("no/such"))).await;
        assert_eq!((gone.outcome, gone.status), (Outcome::Gone, Some(404)), "{protocol:?}: {gone:?}");
        assert_no_canary(&(&whole, &streamed, &gone, &target));
    }
    assert_eq!(upstream.malformed(), 0);
    assert_eq!(upstream.asked("no/such"), every_protocol().len() as u64);
}

#[tokio::test]
async fn every_kind_that_a_protocol_has_is_asked_in_its_own_form() {
    let upstream = Simulated::start(world(&[("m", Behaviour::Works), ("imagen-4", Behaviour::Works)])).await.unwrap();
    let inquiry = inquiry();
    for (protocol, kinds) in [
        (OPENAI, &Kind::ALL[..]),
        (
            dated(),
            &[Kind::Responses, Kind::Embedding, Kind::Completion, Kind::Speech, Kind::Transcription, Kind::Image],
        ),
        (Protocol::Gemini, &[Kind::Embedding, Kind::Speech, Kind::Image]),
        (Protocol::Cohere, &[Kind::Embedding, Kind::Rerank]),
        (Protocol::Ollama, &[Kind::Embedding]),
    ] {
        let target = target(protocol, &upstream.base_url());
        for kind in kinds.iter().filter(|kind| kind.has_a_probe()) {
            for model in ["m", "imagen-4"] {
                let seen = inquiry.ask(&target, of_kind(&name(model), *kind)).await;
                assert_eq!(seen.outcome, Outcome::Works, "{protocol:?} {kind} {model}: {seen:?}");
                assert_eq!(Some(seen.shape), kind.first_shape(), "{protocol:?} {kind}");
            }
        }
    }
    assert_eq!(upstream.malformed(), 0);
}

#[tokio::test]
async fn what_a_protocol_has_no_form_for_is_not_asked_in_another() {
    let upstream = Simulated::start(world(&[("m", Behaviour::Works)])).await.unwrap();
    let inquiry = inquiry();
    for (protocol, kind) in [
        (Protocol::Anthropic, Kind::Embedding),
        (Protocol::Gemini, Kind::Rerank),
        (Protocol::Ollama, Kind::Speech),
        (dated(), Kind::Ocr),
    ] {
        let seen = inquiry.ask(&target(protocol, &upstream.base_url()), of_kind(&name("m"), kind)).await;
        assert_eq!((seen.outcome, seen.status), (Outcome::Shape, None), "{protocol:?} {kind}: {seen:?}");
        assert!(seen.detail.contains("has no"), "{seen:?}");
    }
    assert_eq!(upstream.total(), 0);
}

#[tokio::test]
async fn lists_are_read_to_their_last_page() {
    let names: Vec<String> = (0..2_500).map(|n| format!("model-{n:04}")).collect();
    let list = ListBehaviour::Names(names.clone());
    let upstream = Simulated::start(World { list, ..world(&[]) }).await.unwrap();
    let inquiry = inquiry();
    for (protocol, pages) in
        [(OPENAI, 1), (Protocol::Anthropic, 3), (Protocol::Gemini, 3), (Protocol::Cohere, 3), (Protocol::Ollama, 1)]
    {
        let before = upstream.total();
        let listing = inquiry.list(&target(protocol, &upstream.base_url())).await;
        let Listing::Offered(offered) = listing else { panic!("{protocol:?}: {listing:?}") };
        assert!(offered.iter().map(|one| one.name.as_str()).eq(names.iter().map(String::as_str)), "{protocol:?}");
        let told = matches!(protocol, Protocol::Gemini | Protocol::Cohere).then_some(Kind::Chat);
        assert!(offered.iter().all(|one| one.kind == told), "{protocol:?}");
        assert_eq!(upstream.total() - before, pages, "{protocol:?}");
    }
    for azure in [dated(), Protocol::Azure(AzureApi::V1)] {
        assert_eq!(inquiry.list(&target(azure, &upstream.base_url())).await, Listing::Unlisted);
    }
    assert_eq!(upstream.malformed(), 0);
}

#[tokio::test]
async fn ollama_is_never_left_without_a_limit_and_loads_nothing() {
    let models = [("warm", Behaviour::StreamOnly), ("cold:latest", Behaviour::Unloaded)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(Protocol::Ollama, &upstream.base_url()));
    let loaded = inquiry.loaded(&target).await;
    assert_eq!(loaded, Some(super::offered(&["warm"])));
    // Refused shapes lead to no unlimited one, and the operator's stream to the same limit.
    for remembered in [None, Some("max_completion_tokens"), Some("stream")] {
        inquiry.ask(&target, Ask { remembered, ..Ask::chat(&name("warm")) }).await;
    }
    assert_eq!(upstream.malformed(), 0);
    // What sleeps is left asleep, by either name; what is not there at all may be asked for.
    for cold in ["cold", "cold:latest"] {
        let seen = inquiry.ask(&target, Ask::chat(&name(cold))).await;
        assert_eq!((seen.outcome, upstream.asked(cold)), (Outcome::Shape, 0), "{seen:?}");
        assert!(seen.detail.contains("probe.load_models"), "{seen:?}");
    }
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("removed"))).await.outcome, Outcome::Gone);
    let waking = prober(&ProbeConfig { load_models: true, ..config() }).inquiry();
    assert_eq!(waking.ask(&target, Ask::chat(&name("cold:latest"))).await.outcome, Outcome::Works);
    upstream.change(|world| world.list = ListBehaviour::Broken);
    let unsure = super::inquiry().ask(&target, Ask::chat(&name("cold:latest"))).await;
    assert_eq!((unsure.outcome, unsure.status), (Outcome::Shape, None), "{unsure:?}");
    let hosted = Access { type_name: "Ollama", base: "https://ollama.com".to_owned(), protocol: Protocol::Ollama };
    let hosted = Target::new(&hosted, &channel(), &Secret::new(CANARY)).unwrap();
    assert_eq!(inquiry.loaded(&hosted).await, None);
}

#[tokio::test]
async fn azure_takes_the_dots_out_where_the_gateway_does() {
    let models = [("gpt-41", Behaviour::Works), ("gpt-4.1", Behaviour::Works)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let inquiry = inquiry();
    let dotted = Protocol::Azure(AzureApi::dated("2024-10-21", true).unwrap());
    for (protocol, deployment) in [(dated(), "gpt-41"), (dotted, "gpt-4.1"), (Protocol::Azure(AzureApi::V1), "gpt-4.1")]
    {
        let before = upstream.asked(deployment);
        let seen = inquiry.ask(&target(protocol, &upstream.base_url()), Ask::chat(&name("gpt-4.1"))).await;
        assert_eq!((seen.outcome, upstream.asked(deployment)), (Outcome::Works, before + 1), "{protocol:?}");
    }
}

#[tokio::test]
async fn vendors_keep_their_calls_below_their_own_versions() {
    let upstream = Simulated::start(world(&[("m", Behaviour::Works), ("bot-1", Behaviour::Works)])).await.unwrap();
    let inquiry = inquiry();
    for (version, listed, path) in [
        ("/v1", true, "/v1/chat/completions"),
        ("/api/paas/v4", true, "/api/paas/v4/chat/completions"),
        ("/api/v3", true, "/api/v3/chat/completions"),
        ("/compatible-mode/v1", true, "/compatible-mode/v1/chat/completions"),
        ("/v2", true, "/v2/chat/completions"),
        ("", false, "/chat/completions"),
    ] {
        let paths = OpenAiPaths { version, chat: "/chat/completions", listed };
        let target = target(Protocol::OpenAi(paths), &upstream.base_url());
        let seen = inquiry.ask(&target, Ask::chat(&name("m"))).await;
        assert_eq!((seen.outcome, upstream.requests(path, "m")), (Outcome::Works, 1), "{version}: {seen:?}");
        let listing = inquiry.list(&target).await;
        assert_eq!(matches!(listing, Listing::Offered(_)), listed, "{version}: {listing:?}");
    }
    let ark = OpenAiPaths { version: "/api/v3", chat: "/chat/completions", listed: true };
    inquiry.ask(&target(Protocol::OpenAi(ark), &upstream.base_url()), Ask::chat(&name("bot-1"))).await;
    assert_eq!(upstream.requests("/api/v3/bots/chat/completions", "bot-1"), 1);
    assert_eq!(upstream.malformed(), 0);
}

#[tokio::test]
async fn an_upstream_without_chat_is_asked_for_vectors() {
    let upstream = Simulated::start(world(&[("jina-clip-v2", Behaviour::Only(Kind::Embedding))])).await.unwrap();
    let paths = OpenAiPaths { version: "/v1", chat: "", listed: false };
    let target = target(Protocol::OpenAi(paths), &upstream.base_url());
    let seen = inquiry().ask(&target, Ask::chat(&name("jina-clip-v2"))).await;
    assert_eq!((seen.shape, seen.outcome), (Shape::Embedding, Outcome::Works), "{seen:?}");
    assert_eq!(upstream.requests("/v1/embeddings", "jina-clip-v2"), 1);
}

#[tokio::test]
async fn a_name_leads_to_the_responses_call_and_back_to_chat() {
    let models = [("gpt-5-codex", Behaviour::ResponsesOnly), ("codex-mini", Behaviour::Only(Kind::Chat))];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(OPENAI, &upstream.base_url()));
    let codex = name("gpt-5-codex");
    let seen = inquiry.ask(&target, of_kind(&codex, channelwarden::probe::kind_of(&codex, None))).await;
    assert_eq!(
        (seen.shape, seen.outcome, upstream.asked("gpt-5-codex")),
        (Shape::Responses, Outcome::Works, 1),
        "{seen:?}"
    );
    // The same name, at a reseller that serves it as chat.
    upstream.set("gpt-5-codex", Behaviour::Says(500, r#"{"error":{"message":"convert_request_failed"}}"#.to_owned()));
    let seen = inquiry.ask(&target, of_kind(&codex, Kind::Responses)).await;
    assert_eq!((seen.outcome, seen.shape), (Outcome::Broken, Shape::MaxTokens), "{seen:?}");
    assert_eq!(upstream.malformed(), 0);
}

#[tokio::test]
async fn qianfans_key_names_its_application() {
    let upstream =
        Simulated::start(World { keys: vec!["token-0123456".to_owned()], ..world(&[("m", Behaviour::Works)]) });
    let upstream = upstream.await.unwrap();
    let paths = OpenAiPaths { version: "/v2", chat: "/chat/completions", listed: true };
    let access = Access { type_name: "Baidu v2", base: upstream.base_url(), protocol: Protocol::OpenAi(paths) };
    let target = Target::new(&access, &channel(), &Secret::new("token-0123456|app-0123456")).unwrap();
    assert_eq!(target.headers["appid"], "app-0123456");
    assert_eq!(inquiry().ask(&target, Ask::chat(&name("m"))).await.outcome, Outcome::Works);
    assert!(!format!("{target:?}").contains("0123456"));
    assert_eq!(target.redact("no token-0123456 for app-0123456"), "no *** for ***");
}

#[tokio::test]
async fn an_operators_headers_go_before_the_channels_and_are_kept_secret() {
    let known = "Bearer sk-canary-of-the-operator";
    let says = format!(r#"{{"error":{{"message":"I got {known}","code":"odd"}}}}"#);
    let world =
        World { keys: vec!["sk-canary-of-the-operator".to_owned()], ..world(&[("m", Behaviour::Says(400, says))]) };
    let upstream = Simulated::start(world).await.unwrap();
    let manner = Manner {
        headers: BTreeMap::from([("Authorization".to_owned(), known.to_owned())]),
        user_agent: Some("Known/1.0".to_owned()),
        ..Manner::default()
    };
    let channel = Channel { headers: BTreeMap::from([("x-own".to_owned(), Secret::new("mine"))]), ..channel() };
    let access = Access { type_name: "OpenAI", base: upstream.base_url(), protocol: OPENAI };
    let target = Target::new(&access, &channel, &Secret::new("sk-of-the-channel")).unwrap();
    let model = name("m");
    let seen = inquiry().ask(&target, Ask { manner: &manner, ..Ask::chat(&model) }).await;
    // The fake knew the operator's key only: 400 is its model's own answer.
    assert_eq!((seen.status, upstream.malformed()), (Some(400), 0), "{seen:?}");
    assert_no_canary(&seen);
}

#[tokio::test]
async fn the_configured_stream_is_the_first_shape() {
    let upstream =
        Simulated::start(world(&[("m", Behaviour::Works), ("o", Behaviour::NeedsCompletionLimit)])).await.unwrap();
    let inquiry = prober(&ProbeConfig { stream: true, ..config() }).inquiry();
    let target = target(OPENAI, &upstream.base_url());
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("m"))).await.shape, Shape::LimitedStream);
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("o"))).await.shape, Shape::CompletionLimitedStream);
    assert_eq!((upstream.asked("m"), upstream.asked("o"), upstream.malformed()), (1, 2, 0));
}
