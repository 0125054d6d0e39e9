//! Streams over real sockets: when what comes, how they break, and on which connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use channelwarden::model::{Mark, ModelName, Observation, Outcome};
use channelwarden::probe::{Ask, Inquiry};
use channelwarden::simulate::{Behaviour, Simulated};

use super::faults::{Ending, Fault, Faulty};
use super::{inquiry, name, target, world};

/// Long enough for two stamps to differ, short enough for every deadline of these tests.
const STEP: Duration = Duration::from_millis(40);

const ROLE: &str = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const THOUGHT: &str = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
const WORD: &str = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"many\"}}]}\n\n";
const END: &str = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const COUNTS: &str = "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";

fn streamed(model: &ModelName) -> Ask<'_> {
    Ask { remembered: Some("max_tokens_stream"), ..Ask::chat(model) }
}

async fn upstream(pieces: &[&str], ending: Ending) -> Faulty {
    Faulty::start(Fault::Script(pieces.iter().map(|piece| (STEP, (*piece).to_owned())).collect(), ending)).await
}

async fn ask(inquiry: &Inquiry, upstream: &Faulty) -> Observation {
    inquiry.ask(&target(&upstream.base_url()), streamed(&name("m"))).await
}

#[tokio::test]
async fn each_stamp_is_later_than_the_one_before_and_no_keep_alive_is_a_token() {
    let pieces = [": keep-alive\n\n", ROLE, THOUGHT, WORD, END, COUNTS];
    let upstream = upstream(&pieces, Ending::Properly).await;
    let seen = ask(&inquiry(), &upstream).await;
    assert_eq!((seen.outcome, seen.shape.as_str()), (Outcome::Works, "max_tokens_stream"), "{seen:?}");
    let timing = seen.timing;
    let stamps = [
        timing.headers_ms,
        timing.first_byte_ms,
        timing.first_event_ms,
        timing.first_token_ms,
        timing.first_answer_ms,
        Some(seen.latency_ms),
    ];
    assert!(stamps.iter().all(Option::is_some), "{seen:?}");
    assert!(stamps.is_sorted_by(|before, after| before < after), "{seen:?}");
    assert_eq!((seen.usage.prompt_tokens, seen.usage.completion_tokens), (Some(21), Some(7)));
    assert_eq!(seen.usage.requests, 1);
}

#[tokio::test]
async fn a_whole_answer_has_no_events_but_its_counts() {
    let upstream = Simulated::start(world(&[("m", Behaviour::Works)])).await.unwrap();
    let seen = inquiry().ask(&target(&upstream.base_url()), Ask::chat(&name("m"))).await;
    assert!(seen.timing.headers_ms.is_some() && seen.timing.first_byte_ms.is_some(), "{seen:?}");
    assert_eq!((seen.timing.first_event_ms, seen.timing.first_token_ms), (None, None));
    assert_eq!((seen.usage.prompt_tokens, seen.usage.completion_tokens), (Some(20), Some(1)));
}

#[tokio::test]
async fn a_broken_stream_is_told_by_what_was_said_before() {
    let error = "data: {\"error\":{\"code\":502,\"message\":\"died\"}}\n\n";
    for (pieces, ending, outcome, marks) in [
        (&[ROLE, WORD][..], Ending::Properly, Outcome::Works, &[Mark::CutOff][..]),
        (&[ROLE, WORD], Ending::Cut, Outcome::Works, &[Mark::CutOff]),
        (&[ROLE, WORD, END], Ending::Cut, Outcome::Works, &[Mark::WrongAnswer]),
        (&[ROLE], Ending::Properly, Outcome::Empty, &[]),
        (&[ROLE], Ending::Cut, Outcome::Suspect, &[]),
        (&[": ping\n\n"], Ending::Properly, Outcome::Empty, &[]),
        (&["data: [DONE]\n\n"], Ending::Properly, Outcome::Empty, &[]),
        (&[ROLE, WORD, error], Ending::Properly, Outcome::Busy, &[]),
        (&[], Ending::Properly, Outcome::Empty, &[]),
    ] {
        let upstream = upstream(pieces, ending).await;
        let seen = ask(&inquiry(), &upstream).await;
        assert_eq!((seen.outcome, &seen.marks[..]), (outcome, marks), "{pieces:?} {ending:?}: {seen:?}");
    }
}

#[tokio::test]
async fn a_stream_that_stands_still_is_late_and_a_complete_one_is_not() {
    for (pieces, ending, outcome) in [
        (&[ROLE][..], Ending::Never, Outcome::TimedOut),
        (&[ROLE, WORD], Ending::Never, Outcome::TimedOut),
        // What only keeps the connection open is no progress.
        (&[ROLE, WORD], Ending::Comments, Outcome::TimedOut),
        (&[], Ending::Comments, Outcome::TimedOut),
        (&[ROLE, WORD, END, COUNTS], Ending::Never, Outcome::Works),
        (&[ROLE, WORD, END], Ending::Comments, Outcome::Works),
    ] {
        let upstream = upstream(pieces, ending).await;
        let seen = ask(&inquiry(), &upstream).await;
        assert_eq!(seen.outcome, outcome, "{pieces:?} {ending:?}: {seen:?}");
    }
    let upstream = upstream(&[ROLE], Ending::Comments).await;
    let seen = ask(&inquiry(), &upstream).await;
    assert!(seen.detail.contains("stood still for 400ms"), "{seen:?}");
}

#[tokio::test]
async fn a_second_opinion_comes_over_another_connection() {
    let upstream = upstream(&[ROLE, WORD, END, COUNTS], Ending::Properly).await;
    let inquiry = inquiry();
    let connections = || upstream.connections.load(Ordering::SeqCst);
    let first = ask(&inquiry, &upstream).await;
    assert!(first.timing.cold && connections() == 1, "{first:?}");
    let second = ask(&inquiry, &upstream).await;
    assert!(!second.timing.cold && connections() == 1, "{second:?}");
    let model = name("m");
    let fresh = inquiry.ask(&target(&upstream.base_url()), Ask { fresh: true, ..streamed(&model) }).await;
    assert!(fresh.timing.cold && connections() == 2, "{fresh:?}");
    let fourth = ask(&inquiry, &upstream).await;
    assert!(!fourth.timing.cold && connections() == 2, "{fourth:?}");
}

#[tokio::test]
async fn the_answer_is_weighed_and_stays_an_answer() {
    let says = |model: &str, text: &str| {
        let answer =
            serde_json::json!({"model": model, "choices": [{"message": {"content": text}, "finish_reason": "stop"}]});
        Behaviour::Says(200, answer.to_string())
    };
    let models = [
        ("right", Behaviour::Works),
        ("wrong", says("wrong", "I like it")),
        ("gpt-4o", says("gpt-4o-mini", "I like it")),
        ("advert", says("advert", "额度已用尽，请充值")),
    ];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    for (model, outcome, marks) in [
        ("right", Outcome::Works, &[][..]),
        ("wrong", Outcome::Works, &[Mark::WrongAnswer]),
        ("gpt-4o", Outcome::Works, &[Mark::WrongAnswer, Mark::Substituted]),
        ("advert", Outcome::KeyBroke, &[]),
    ] {
        let seen = inquiry().ask(&target(&upstream.base_url()), Ask::chat(&name(model))).await;
        assert_eq!((seen.outcome, &seen.marks[..]), (outcome, marks), "{seen:?}");
    }
}
