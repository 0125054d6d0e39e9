//! What a round makes of a proxy's checks.

use std::collections::BTreeMap;
use std::time::Duration;

use channelwarden::config::HealthBy;
use channelwarden::cost::Rates;
use channelwarden::daemon;
use channelwarden::model::Outcome;
use channelwarden::probe::Prober;
use channelwarden::{budget, clock};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::bench::Bench;
use crate::litellm::{Deployed, MASTER_KEY, StandIn, State};
use crate::log::Log;

async fn seen(bench: &Bench, round: i64) -> BTreeMap<String, String> {
    let rows = bench.store.observed_in(round, true, 100).await.unwrap();
    rows.into_iter().map(|row| (row.model, row.outcome)).collect()
}

#[tokio::test]
async fn each_name_is_asked_once_and_is_as_well_as_the_best_of_its_deployments() {
    let stand_in = StandIn::start(vec![
        Deployed::new("fine", "openai/fine"),
        // Two accounts and three deployments behind one name.
        Deployed::new("shared", "openai/shared"),
        Deployed::ill("shared", "openai/shared-broke", "oai-nocredit"),
        Deployed { api_base: None, ..Deployed::ill("shared", "openrouter/shared", "or-badkey") },
        Deployed { api_base: None, ..Deployed::ill("dead", "openrouter/dead", "or-gone") },
        Deployed { blocked: true, ..Deployed::new("dead-too", "openai/blocked") },
        Deployed::ill("dead-too", "openai/gone", "gpt-gone"),
        Deployed { state: State::Omitted, ..Deployed::new("left-out", "openai/left-out") },
    ])
    .await;
    let bench = Bench::over(stand_in, json!({})).await;
    let report = bench.round().await;
    assert_eq!(report.outcomes[&Outcome::Works], 2, "{report:?}");
    assert_eq!(report.outcomes[&Outcome::Gone], 2, "{report:?}");
    assert_eq!(report.outcomes[&Outcome::KeyBad], 1, "by the account without any other key: {report:?}");
    assert_eq!(report.probed, 5);
    let seen = seen(&bench, report.round).await;
    assert_eq!(seen["fine"], "works");
    assert_eq!((&*seen["dead"], &*seen["dead-too"]), ("gone", "gone"));
    assert!(!seen.contains_key("left-out"), "nothing is known of it: {seen:?}");
    assert!(report.notes.iter().any(|note| note.contains("1 model not asked: LiteLLM says nothing")), "{report:?}");
    let healths = bench.healths().await;
    let expected = [
        ("id-dead-openrouter-dead", "ill config"),
        ("id-dead-too-openai-blocked", "well"),
        ("id-dead-too-openai-gone", "ill config"),
        ("id-fine-openai-fine", "well"),
        ("id-left-out-openai-left-out", "unknown"),
        ("id-shared-openai-shared", "well"),
        ("id-shared-openai-shared-broke", "ill credits"),
        ("id-shared-openrouter-shared", "ill auth"),
    ];
    assert_eq!(healths, expected.map(|(id, how)| (id.to_owned(), how.to_owned())).into());
    let knobs = bench.stand_in.knobs();
    assert_eq!(knobs.count("GET /health?model="), 5, "{:?}", knobs.calls);
    assert_eq!(knobs.count("GET /health?model=shared"), 1);
    assert_eq!((knobs.most_in_flight, knobs.calls.contains(&"GET /health".to_owned())), (1, false));
}

#[tokio::test]
async fn a_deployment_that_is_gone_leaves_our_store_and_a_mended_one_is_well() {
    let bench = Bench::over(
        StandIn::start(vec![Deployed::ill("a", "openai/a", "gpt-badkey"), Deployed::new("b", "openai/b")]).await,
        json!({}),
    )
    .await;
    bench.round().await;
    assert_eq!(bench.healths().await["id-a-openai-a"], "ill auth");
    {
        let mut knobs = bench.stand_in.knobs();
        knobs.find("id-a-openai-a").state = State::Well;
        knobs.deployments.truncate(1);
    }
    bench.round().await;
    assert_eq!(bench.healths().await, [("id-a-openai-a".to_owned(), "well".to_owned())].into());
}

#[tokio::test]
async fn background_checks_are_read_once_a_round_and_ask_nobody() {
    let stand_in = StandIn::start(vec![
        Deployed::new("a", "openai/a"),
        Deployed { api_base: None, ..Deployed::ill("b", "openrouter/b", "or-gone") },
        Deployed { api_base: None, ..Deployed::new("c", "openrouter/c") },
    ])
    .await;
    stand_in.knobs().background = Some(false);
    let api = json!({ "url": stand_in.url(), "token": MASTER_KEY });
    let more =
        json!({ "gateways": { "main": { "kind": "litellm", "api": api, "litellm": { "health": "background" } } } });
    let bench = Bench::over(stand_in, more).await;
    // `{}` until the first cycle ended: nothing is known, and nothing is down.
    let report = bench.round().await;
    assert_eq!((report.probed, report.down_count, report.doubtful_count), (0, 0, 0), "{report:?}");
    assert!(bench.healths().await.values().all(|how| how == "unknown"));
    bench.stand_in.knobs().background = Some(true);
    bench.stand_in.knobs().calls.clear();
    let report = bench.round().await;
    assert_eq!((report.outcomes[&Outcome::Works], report.outcomes[&Outcome::Gone]), (2, 1), "{report:?}");
    let knobs = bench.stand_in.knobs();
    assert_eq!((knobs.count("GET /health"), knobs.count("GET /health?")), (1, 0), "{:?}", knobs.calls);
    assert_eq!(knobs.checked, Vec::<String>::new());
}

#[tokio::test]
async fn empty_lists_are_no_failure() {
    let stand_in = StandIn::start(vec![Deployed::new("a", "openai/a"), Deployed::new("b", "openai/b")]).await;
    let empty = r#"{"healthy_endpoints":[],"unhealthy_endpoints":[],"healthy_count":0,"unhealthy_count":0}"#;
    stand_in.knobs().instead = vec![("/health?", 503, empty.to_owned())];
    let bench = Bench::over(stand_in, json!({})).await;
    for _ in 0..3 {
        let report = bench.round().await;
        assert_eq!((report.probed, report.down_count, report.doubtful_count), (0, 0, 0), "{report:?}");
        assert!(report.changes.is_empty() && report.notes.iter().any(|note| note.contains("2 models not asked")));
    }
    assert!(bench.healths().await.values().all(|how| how == "unknown"));
}

#[tokio::test]
async fn a_question_takes_from_the_days_budget_whatever_the_number_of_channels() {
    let mut deployments = vec![];
    for name in ["a", "b", "c", "d", "e", "f"] {
        deployments.push(Deployed::new(name, "openai/x"));
        deployments.push(Deployed { api_base: None, ..Deployed::new(name, "openrouter/x") });
    }
    let bench = Bench::over(StandIn::start(deployments).await, json!({ "budget": { "requests": 4 } })).await;
    let mut asked = 0;
    for _ in 0..3 {
        let report = bench.round().await;
        let now = bench.stand_in.knobs().count("GET /health?");
        // Each answer is of both channels.
        assert_eq!(report.probed, (now - asked) * 2, "{report:?}");
        asked = now;
        assert!(report.notes.iter().any(|note| note.contains("budget.requests lets no more through")), "{report:?}");
    }
    // Each is two requests, of which the first alone is asked whether it may.
    assert!((1..=2).contains(&asked), "{asked}");
    let spent = bench.store.spent_on(budget::day(clock::now())).await.unwrap();
    let of_all = spent.iter().find(|(scope, _)| scope.is_empty()).unwrap().1.requests;
    assert_eq!(of_all, 2 * u64::try_from(asked).unwrap());
}

#[tokio::test]
async fn what_it_takes_is_foreseen_and_nothing_is_asked() {
    let stand_in = StandIn::start(vec![
        Deployed::new("a", "openai/a"),
        Deployed::new("a", "openai/a2"),
        Deployed { api_base: None, ..Deployed::new("a", "openrouter/a") },
    ])
    .await;
    let bench = Bench::over(stand_in, json!({})).await;
    let prober = Prober::with_accounts(&bench.config, &bench.store).await.unwrap();
    let stop = CancellationToken::new();
    let round = daemon::open("main", &bench.config, &bench.store, &prober, &stop).await.unwrap();
    let forecast = round.forecast(&Rates::default()).await.unwrap();
    assert_eq!((forecast.round.requests, forecast.channels.len()), (3, 2), "{forecast:?}");
    assert_eq!(bench.stand_in.knobs().count("GET /health"), 0);
}

#[tokio::test]
async fn what_is_off_is_left_alone_with_a_word() {
    let mut bench = Bench::over(StandIn::start(vec![Deployed::new("a", "openai/a")]).await, json!({})).await;
    bench.config.gateways.get_mut("main").unwrap().litellm.health = HealthBy::Off;
    let report = bench.round().await;
    assert!(report.skipped[0].why.contains("litellm.health is off"), "{report:?}");
    assert_eq!(bench.stand_in.knobs().count("GET /health"), 0);
    assert_eq!(bench.healths().await["id-a-openai-a"], "unseen");
}

#[tokio::test]
async fn the_master_key_stays_where_it_is() {
    let echo =
        format!("litellm.AuthenticationError: OpenAIException - no such key {MASTER_KEY} of Bearer {MASTER_KEY}");
    let stand_in = StandIn::start(vec![
        Deployed { state: State::Says(401, echo), ..Deployed::new("a", "openai/a") },
        Deployed { takes: Duration::from_secs(9), ..Deployed::new("slow", "openai/c") },
    ])
    .await;
    let mut bench = Bench::over(stand_in, json!({})).await;
    bench.patience(Duration::from_millis(200));
    let (log, logged) = Log::listen();
    let report = bench.round().await;
    drop(logged);
    let log = log.text();
    assert!(!log.is_empty());
    let said = format!("{report:?} {:?} {log}", bench.healths().await);
    assert!(!said.contains(MASTER_KEY), "{said}");
    let bytes = bench.bytes().await;
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("id-a-openai-a") && !holds(MASTER_KEY));
}
