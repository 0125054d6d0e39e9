//! Never two checks at once: the proxy goes on with what its caller gave up.

use std::time::Duration;

use channelwarden::model::Outcome;
use channelwarden::round::RoundError;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, client};
use crate::litellm::{Deployed, StandIn};

const SLOW: Duration = Duration::from_millis(40);
const PATIENCE: Duration = Duration::from_secs(1);

fn slow(name: &str, takes: Duration) -> [Deployed; 2] {
    let upstream = |provider: &str| format!("{provider}/{name}");
    [
        Deployed { takes, ..Deployed::new(name, &upstream("openai")) },
        Deployed { takes, api_base: None, ..Deployed::new(name, &upstream("openrouter")) },
    ]
}

/// Three names on two channels each, of which the last takes so long.
async fn bench(last: Duration) -> Bench {
    over([slow("a", SLOW), slow("b", SLOW), slow("hangs", last)].concat()).await
}

async fn over(deployments: Vec<Deployed>) -> Bench {
    let stand_in = StandIn::start(deployments).await;
    let mut bench = Bench::over(stand_in, json!({})).await;
    bench.patience(PATIENCE);
    bench
}

#[tokio::test]
async fn two_rounds_side_by_side_over_shared_names_have_one_check_under_way() {
    let bench = bench(SLOW).await;
    let (one, other) = tokio::join!(bench.round(), bench.round());
    assert_eq!((one.outcomes[&Outcome::Works], other.outcomes[&Outcome::Works]), (6, 6));
    let knobs = bench.stand_in.knobs();
    assert_eq!((knobs.most_in_flight, knobs.count("GET /health?")), (1, 6), "{:?}", knobs.calls);
}

#[tokio::test]
async fn the_proxys_own_cap_is_waited_for_and_is_a_failure() {
    let bench = bench(Duration::from_mins(1)).await;
    bench.stand_in.knobs().cap = PATIENCE / 4;
    let report = bench.round().await;
    assert_eq!((report.outcomes[&Outcome::Works], report.outcomes[&Outcome::TimedOut]), (4, 2), "{report:?}");
    assert_eq!(bench.healths().await["id-hangs-openai-hangs"], "ill server");
}

#[tokio::test]
async fn after_one_without_an_answer_none_is_asked_before_the_proxy_is_done() {
    let bench = bench(Duration::from_mins(1)).await;
    // It takes longer than it should: a longer cap, or several in turn. We give up in the middle.
    bench.stand_in.knobs().cap = PATIENCE * 3 / 2;
    for _ in 0..3 {
        let report = bench.round().await;
        assert_eq!((report.down_count, report.doubtful_count), (0, 0), "{report:?}");
        assert!(report.notes.iter().any(|note| note.contains("not asked: the admin API")), "{:?}", report.notes);
    }
    let knobs = bench.stand_in.knobs();
    assert!(knobs.count("GET /health?model=hangs") >= 1);
    assert_eq!(knobs.most_in_flight, 1, "{:?}", knobs.calls);
}

/// A round that is stopped while a check of it is under way.
async fn stop_amid_a_check(bench: &Bench) {
    let stop = CancellationToken::new();
    let (round, ()) = tokio::join!(bench.try_round(&stop), async {
        while bench.stand_in.knobs().in_flight == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    assert!(matches!(round, Err(RoundError::Stopped)));
}

#[tokio::test]
async fn a_round_that_is_stopped_leaves_its_check_to_end() {
    let takes = PATIENCE * 3 / 4;
    let bench = over([slow("a", takes), slow("b", takes)].concat()).await;
    for _ in 0..2 {
        stop_amid_a_check(&bench).await;
    }
    bench.round().await;
    let knobs = bench.stand_in.knobs();
    assert_eq!(knobs.most_in_flight, 1, "{:?}", knobs.calls);
}

#[tokio::test]
async fn a_restart_waits_for_the_check_that_was_under_way() {
    let takes = PATIENCE * 3 / 4;
    let mut bench = over([slow("a", takes), slow("b", takes)].concat()).await;
    stop_amid_a_check(&bench).await;
    // By another address nothing is known of it in memory, as in a new process: only our store knows.
    let elsewhere = bench.stand_in.url().replace("127.0.0.1", "localhost");
    bench.config.gateways.get_mut("main").unwrap().api.as_mut().unwrap().url = elsewhere;
    let report = bench.round().await;
    assert_eq!(report.outcomes[&Outcome::Works], 4, "{report:?}");
    let knobs = bench.stand_in.knobs();
    assert_eq!(knobs.most_in_flight, 1, "{:?}", knobs.calls);
}

#[tokio::test]
async fn what_a_proxy_in_front_of_it_says_is_no_end_of_a_check() {
    for (status, body) in [(503, r#"{"message":"Service Unavailable"}"#), (408, "stream timeout"), (500, "oops")] {
        let mut bench = over(slow("a", SLOW).to_vec()).await;
        bench.patience(PATIENCE);
        bench.stand_in.knobs().instead = vec![("/health?", status, body.to_owned())];
        let began = std::time::Instant::now();
        let report = bench.round().await;
        assert!(report.notes.iter().any(|note| note.contains("not asked: the admin API")), "{:?}", report.notes);
        bench.stand_in.knobs().instead.clear();
        bench.round().await;
        assert!(began.elapsed() >= PATIENCE, "{status}: the next one was asked at once");
    }
}

#[tokio::test]
async fn once_one_had_no_answer_the_same_gateway_asks_no_more() {
    let bench = bench(SLOW).await;
    let litellm = client(&bench.stand_in).await;
    // As a proxy in front of it does, which waits less long.
    bench.stand_in.knobs().instead = vec![("/health?", 504, "<html>Gateway Time-out".to_owned())];
    let first = litellm.health("a").await.unwrap_err().to_string();
    assert!(first.contains("HTTP 504"), "{first}");
    bench.stand_in.knobs().instead.clear();
    assert_eq!(litellm.health("b").await.unwrap_err().to_string(), first);
    assert_eq!(bench.stand_in.knobs().count("GET /health?"), 1);
}

#[tokio::test]
async fn a_bare_health_is_never_asked_for_without_the_operators_word() {
    let bench = bench(SLOW).await;
    let litellm = client(&bench.stand_in).await;
    let error = litellm.background().await.unwrap_err().to_string();
    assert!(error.contains("a bare /health would ask every upstream"), "{error}");
    bench.round().await;
    let bare = bench.stand_in.knobs().calls.iter().any(|call| call == "GET /health");
    assert!(!bare);
}
