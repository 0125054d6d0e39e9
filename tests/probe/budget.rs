//! What probing may use up: free quotas, limits against cost, and quotas that an upstream says are used up.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use channelwarden::budget::{day, day_end};
use channelwarden::clock;
use channelwarden::config::{BudgetConfig, Config};
use channelwarden::model::Outcome;
use channelwarden::probe::Ask;
use channelwarden::simulate::{Behaviour, Simulated};
use channelwarden::store::Store;
use futures::future::join_all;
use jiff::SignedDuration;

use super::accounts::remembering;
use super::{CANARY, config, name, target, target_with, world};

fn to_midnight() {
    let now = clock::now();
    // The clock is put ahead by whole milliseconds.
    clock::advance(Duration::try_from(day_end(now).duration_since(now)).unwrap() + Duration::from_millis(1));
}

#[tokio::test]
async fn fifty_free_models_get_ten_probes_a_day_spread_and_none_twice() {
    const MODELS: usize = 50;
    const STEP: Duration = Duration::from_mins(24);
    let names: Vec<_> = (0..MODELS).map(|n| format!("vendor/m-{n:02}:free")).collect();
    let kinds = [Behaviour::Works, Behaviour::NeedsCompletionLimit, Behaviour::Broken, Behaviour::Empty];
    let models: Vec<_> =
        names.iter().zip(kinds.iter().cycle()).map(|(name, kind)| (name.as_str(), kind.clone())).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let target = target(&upstream.base_url());
    let (folder, config) = (tempfile::tempdir().unwrap(), Config { probe: config(), ..Config::default() });
    let path = folder.path().join("store.db");
    let host = target.endpoints.host.clone();
    let open = || async {
        let prober = remembering(&config, &path).await;
        prober.set_free_quota(&host, 50);
        prober
    };
    let reader = Store::open(&path).await.unwrap();

    to_midnight();
    let mut prober = open().await;
    let mut looked: HashMap<String, jiff::Timestamp> = HashMap::new();
    let (mut days, mut sent) = (BTreeMap::new(), vec![]);
    let end = clock::now() + SignedDuration::from_hours(5 * 24);
    let mut step = 0;
    while clock::now() < end {
        let allowed = prober.free_allowance(&target).await.unwrap().unwrap();
        assert!(allowed <= 1, "no burst: {allowed}");
        let mut inquiry = prober.inquiry();
        let mut order = names.clone();
        order.sort_by_key(|name| (looked.get(name).copied(), name.clone()));
        let before = upstream.total();
        for (place, model) in order.iter().enumerate() {
            if step % 7 == 3 && place == 1 {
                // Restarted in the middle.
                prober = open().await;
                inquiry = prober.inquiry();
            }
            let seen = inquiry.ask(&target, Ask::chat(&name(model))).await;
            if place < allowed {
                assert_eq!((seen.usage.requests, upstream.total()), (1, before + 1), "{seen:?}");
                looked.insert(model.clone(), clock::now());
            } else {
                assert!(seen.outcome == Outcome::Busy && seen.detail.starts_with("not sent"), "{seen:?}");
                assert_eq!(seen.usage.requests, 0);
            }
        }
        let asked = upstream.total() - before;
        assert_eq!(asked, allowed as u64);
        if asked > 0 {
            sent.push(clock::now());
        }
        let today = day(clock::now());
        let sum = days.entry(today).or_insert(0);
        *sum += asked;
        let kept = reader.spent_in(today, &format!("free:{host}")).await.unwrap();
        assert_eq!(kept.requests, *sum);
        step += 1;
        clock::advance(STEP);
    }
    assert_eq!(days.values().copied().collect::<Vec<_>>(), [10; 5], "{days:?}");
    let apart = SignedDuration::from_mins(144 - 24);
    assert!(sent.windows(2).all(|two| two[1].duration_since(two[0]) >= apart), "{sent:?}");
    // Each was looked at once in those days, and once only.
    for name in &names {
        assert_eq!(upstream.asked(name), 1, "{name}");
    }
}

#[tokio::test]
async fn a_used_up_free_quota_rests_for_every_key_until_midnight_and_paid_models_go_on() {
    let daily = r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}"#;
    let models =
        [("a:free", Behaviour::Says(429, daily.to_owned())), ("b:free", Behaviour::Works), ("paid", Behaviour::Works)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    upstream.change(|world| world.keys.push("second".to_owned()));
    let targets = [target(&upstream.base_url()), target_with(&upstream.base_url(), "second")];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let budget = BudgetConfig { free_share: 1.0, ..BudgetConfig::default() };
    let config = Config { probe: config(), budget, ..Config::default() };
    to_midnight();
    clock::advance(Duration::from_hours(12));
    let open = || async {
        let prober = remembering(&config, &path).await;
        prober.set_free_quota(&targets[0].endpoints.host, 50);
        prober
    };
    let prober = open().await;
    let inquiry = prober.inquiry();
    assert_eq!(prober.free_allowance(&targets[0]).await.unwrap(), Some(10));
    let seen = inquiry.ask(&targets[0], Ask::chat(&name("a:free"))).await;
    assert_eq!((seen.outcome, seen.status), (Outcome::Busy, Some(429)));
    let again = open().await;
    for (prober, inquiry) in [(&prober, inquiry), (&again, again.inquiry())] {
        let before = upstream.total();
        for target in &targets {
            assert_eq!(prober.free_allowance(target).await.unwrap(), Some(0));
            let seen = inquiry.ask(target, Ask::chat(&name("b:free"))).await;
            assert!(seen.outcome == Outcome::Busy && seen.detail.contains("quota for the day is used up until"));
            assert_eq!(upstream.total(), before);
        }
        assert_eq!(inquiry.ask(&targets[1], Ask::chat(&name("paid"))).await.outcome, Outcome::Works);
    }
    to_midnight();
    assert_eq!(prober.inquiry().ask(&targets[1], Ask::chat(&name("b:free"))).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn a_models_own_quota_rests_that_model_alone() {
    let daily = r#"{"error":{"message":"Rate limit reached for model `a` on requests per day (RPD): Limit 1000, Used 1000","code":"rate_limit_exceeded"}}"#;
    let models = [("a", Behaviour::Says(429, daily.to_owned())), ("b", Behaviour::Works)];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let target = target(&upstream.base_url());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let config = Config { probe: config(), ..Config::default() };
    for asked in [1, 1] {
        let inquiry = remembering(&config, &path).await.inquiry();
        for model in ["a", "a", "b"] {
            let seen = inquiry.ask(&target, Ask::chat(&name(model))).await;
            assert_eq!(seen.outcome, if model == "b" { Outcome::Works } else { Outcome::Busy }, "{seen:?}");
        }
        assert_eq!(upstream.asked("a"), asked);
        assert_eq!(inquiry.key_states(std::slice::from_ref(&target)), []);
    }
    upstream.set("a", Behaviour::Works);
    to_midnight();
    let inquiry = remembering(&config, &path).await.inquiry();
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("a"))).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn limits_hold_over_everything_and_per_account_and_between_processes() {
    let names: Vec<_> = (0..40).map(|n| format!("m-{n:02}")).collect();
    let models: Vec<_> = names.iter().map(|name| (name.as_str(), Behaviour::Works)).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    upstream.change(|world| world.keys.push("second".to_owned()));
    let targets = [target(&upstream.base_url()), target_with(&upstream.base_url(), "second")];
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    to_midnight();
    clock::advance(Duration::from_hours(23));
    for (budget, sent, key) in [
        (BudgetConfig { requests: 30, ..BudgetConfig::default() }, 30, "budget.requests"),
        (BudgetConfig { account_requests: 12, ..BudgetConfig::default() }, 24, "budget.account_requests"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let config = Config { probe: config(), budget, ..Config::default() };
        let inquiries = [remembering(&config, &path).await.inquiry(), remembering(&config, &path).await.inquiry()];
        let before = upstream.total();
        let ask = |(inquiry, target)| {
            join_all(names.iter().map(move |name| {
                let (inquiry, target): (&channelwarden::probe::Inquiry, _) = (inquiry, target);
                inquiry.ask(target, Ask::chat(name))
            }))
        };
        let pairs = inquiries.iter().flat_map(|inquiry| targets.iter().map(move |target| (inquiry, target)));
        let seen: Vec<_> = join_all(pairs.map(ask)).await.into_iter().flatten().collect();
        assert_eq!(upstream.total() - before, sent);
        let works = seen.iter().filter(|seen| seen.outcome == Outcome::Works).count() as u64;
        assert_eq!(works, sent);
        let told = format!("not sent: {key} lets no more through than");
        for seen in seen.iter().filter(|seen| seen.outcome != Outcome::Works) {
            assert!(seen.outcome == Outcome::Busy && seen.detail.starts_with(&told), "{seen:?}");
        }
        let kept = Store::open(&path).await.unwrap();
        inquiries[0].prober().flush().await.unwrap();
        inquiries[1].prober().flush().await.unwrap();
        let kept = kept.spent_on(day(clock::now())).await.unwrap();
        assert_eq!(kept.iter().map(|(scope, spent)| (scope.is_empty(), spent.requests)).max(), Some((true, sent)));
        assert_eq!(kept.len(), 3);
        assert!(!format!("{kept:?}").contains(CANARY));
    }
}
