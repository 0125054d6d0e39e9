use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::budget::day_end;
use crate::config::BudgetConfig;

const TOKENS: u64 = 40;

fn config() -> BudgetConfig {
    BudgetConfig { requests: 12, account_tokens: 300, free_requests: 25, ..BudgetConfig::default() }
}

fn scopes(account: usize, free: bool) -> Scopes {
    let account = Arc::from(["one", "two"][account]);
    Scopes { account, free: free.then(|| Arc::from(free_scope("host"))) }
}

/// What may happen to two processes that share a store.
#[derive(Clone, Debug)]
enum Step {
    Ask { process: usize, account: usize, free: bool, used: Option<u64> },
    Restart { process: usize },
    Wait { minutes: u64 },
    Midnight,
}

fn step() -> impl Strategy<Value = Step> {
    let used = prop_oneof![Just(None), (0..=TOKENS).prop_map(Some)];
    prop_oneof![
        8 => (0..2_usize, 0..2_usize, any::<bool>(), used)
            .prop_map(|(process, account, free, used)| Step::Ask { process, account, free, used }),
        1 => (0..2_usize).prop_map(|process| Step::Restart { process }),
        2 => (1..300_u64).prop_map(|minutes| Step::Wait { minutes }),
        1 => Just(Step::Midnight),
    ]
}

async fn play(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let budget = Budget::new(&config());
    let open = || Purse::new(store.clone(), budget.clone());
    let mut processes = [open(), open()];
    // By day and scope, as the upstreams would count.
    let mut counted: BTreeMap<(Date, String), Spent> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Restart { process } => processes[process] = open(),
            Step::Wait { minutes } => clock::advance(Duration::from_mins(minutes)),
            Step::Midnight => {
                let now = clock::now();
                clock::advance(Duration::try_from(day_end(now).duration_since(now)).unwrap());
            }
            Step::Ask { process, account, free, used } => {
                let (purse, scopes) = (&processes[process], scopes(account, free));
                let Ok(claim) = purse.claim(scopes.clone(), TOKENS).await else { continue };
                // Whatever the answer is, and should we be killed before it comes: it is written down.
                for (scope, limits) in purse.limits(&scopes) {
                    let spent = counted.entry((claim.day, scope.to_string())).or_default();
                    spent.requests += 1;
                    spent.tokens += used.unwrap_or(TOKENS);
                    let now = clock::now();
                    if let Some(limit) = limits.requests {
                        assert!(spent.requests <= limit.by(now), "{scope}: {spent:?} of {limit:?}");
                        assert_eq!(store.spent_in(claim.day, scope).await.unwrap().requests, spent.requests);
                    }
                    assert!(limits.tokens.is_none_or(|limit| spent.tokens <= limit.by(now)), "{scope}: {spent:?}");
                }
                purse.settle(&claim, used).await;
            }
        }
    }
    for purse in &processes {
        purse.flush().await.unwrap();
    }
    for ((day, scope), spent) in counted {
        let kept = store.spent_in(day, &scope).await.unwrap();
        if scope != "one" && scope != "two" {
            assert_eq!(kept.requests, spent.requests, "{day} {scope:?}");
        } else {
            // Tokens are limited here, so they are exact as well.
            assert_eq!(kept.tokens, spent.tokens, "{day} {scope:?}");
        }
    }
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_limit_is_ever_exceeded_whatever_restarts_and_over_every_midnight(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}

#[tokio::test]
async fn what_has_no_limit_is_counted_here_until_it_is_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let purse = Purse::new(store.clone(), Budget::new(&BudgetConfig::default()));
    for used in [Some(7), None, Some(0)] {
        let claim = purse.claim(scopes(0, false), TOKENS).await.unwrap();
        purse.settle(&claim, used).await;
    }
    purse.cost(&scopes(0, false), 5);
    let today = day(clock::now());
    assert_eq!(store.spent_on(today).await.unwrap(), []);
    let want = Spent { requests: 3, tokens: 7 + TOKENS, cost: 5 };
    for _ in 0..2 {
        purse.flush().await.unwrap();
        assert_eq!(store.spent_on(today).await.unwrap(), [(String::new(), want), ("one".to_owned(), want)]);
    }
    store.close().await;
}

#[tokio::test]
async fn a_request_that_was_sent_twice_counts_twice_unless_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let config = BudgetConfig { requests: 40, ..BudgetConfig::default() };
    let purse = Purse::new(store.clone(), Budget::new(&config));
    let mut claim = purse.claim(scopes(0, false), TOKENS).await.unwrap();
    assert!(purse.again(&mut claim).await);
    assert_eq!(claim.requests, 2);
    assert_eq!(store.spent_in(claim.day, "").await.unwrap().requests, 2);
    let mut free = purse.claim(scopes(0, true), TOKENS).await.unwrap();
    assert!(!purse.again(&mut free).await);
    assert_eq!((free.requests, store.spent_in(claim.day, "").await.unwrap().requests), (1, 3));
    store.close().await;
}

#[tokio::test]
async fn a_shortage_told_by_a_clock_that_was_years_ahead_holds_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let purse = Purse::new(store, Budget::new(&config()));
    let wrong = clock::now() + jiff::SignedDuration::from_hours(5 * 365 * 24);
    let limits = purse.budget.total();
    let shortage = limits.shortage(Spent { requests: 12, ..Spent::default() }, 0, wrong).unwrap();
    locked(&purse.short).insert(Arc::from(EVERYTHING), shortage);
    assert_eq!(purse.claim(scopes(0, false), TOKENS).await.map(|claim| claim.requests), Ok(1));
}
