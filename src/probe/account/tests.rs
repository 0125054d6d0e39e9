use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn model(name: &str) -> ModelName {
    ModelName::parse(name).unwrap()
}

fn account() -> Account {
    Account::new(Arc::from("test"), HOUR)
}

fn note(account: &Account, name: &str, outcome: Outcome) -> bool {
    account.note(hashed(&model(name)), outcome, "in its words", None, clock::now())
}

fn is_open(account: &Account) -> bool {
    account.is_open(Some(&model("any")))
}

/// A key that two models showed as being without credit.
fn broke() -> Account {
    let account = account();
    assert!(!note(&account, "a", Outcome::KeyBroke));
    assert!(note(&account, "b", Outcome::KeyBroke));
    account
}

#[test]
fn a_key_that_two_models_in_a_row_show_as_bad_is_not_asked_again() {
    let account = account();
    for (name, outcome) in
        [("a", Outcome::KeyBad), ("a", Outcome::KeyBad), ("b", Outcome::Works), ("c", Outcome::KeyBad)]
    {
        assert!(!note(&account, name, outcome));
        assert!(is_open(&account), "{name}");
    }
    assert!(note(&account, "d", Outcome::KeyBad));
    assert!(!is_open(&account));
    let rest = account.rest(None).unwrap();
    assert_eq!((rest.outcome, rest.detail.as_str()), (Outcome::KeyBad, "in its words"));
    assert_eq!(rest.until.duration_since(rest.since), SignedDuration::from_hours(1));
}

#[test]
fn one_model_alone_shows_it_the_second_time_it_is_asked() {
    let account = account();
    assert!(!note(&account, "a", Outcome::KeyBroke));
    clock::advance(Duration::from_mins(10));
    assert!(note(&account, "a", Outcome::KeyBroke));
}

#[test]
fn a_model_that_does_not_exist_proves_a_key_but_no_credit() {
    for (failed, stays) in [(Outcome::KeyBad, false), (Outcome::KeyBroke, true)] {
        let account = account();
        note(&account, "a", failed);
        note(&account, "b", Outcome::Gone);
        note(&account, "c", failed);
        assert_eq!(!is_open(&account), stays, "{failed}");
        note(&account, "d", Outcome::TimedOut);
        assert_eq!(!is_open(&account), stays, "{failed}");
        note(&account, "e", Outcome::Works);
        assert!(is_open(&account), "{failed}");
    }
}

#[test]
fn an_upstream_that_names_the_reset_is_believed_at_once() {
    let account = account();
    let (now, reset) = (clock::now(), clock::now() + SignedDuration::from_hours(5));
    assert!(account.note(1, Outcome::KeyBroke, "", Some(reset), now));
    assert_eq!(account.rest(None).unwrap().until, reset);
}

#[tokio::test]
async fn after_its_rest_one_question_tries_the_key_and_the_others_wait_for_it() {
    let (account, name) = (broke(), model("x"));
    assert!(account.enter(Some(&name)).await.is_err());
    assert!(account.enter(None).await.is_err());
    clock::advance(HOUR);
    // Not a list, some of which are given to anybody: it may be asked for, and tries nothing.
    assert!(account.enter(None).await.unwrap().is_none());
    let trial = account.enter(Some(&name)).await.unwrap().unwrap();
    trial.begin(clock::now());
    let others = async { futures::future::join_all((0..3).map(|_| account.enter(Some(&name)))).await };
    let ends = async {
        tokio::task::yield_now().await;
        let before = account.rest(None).unwrap();
        assert!(note(&account, "x", Outcome::KeyBroke));
        assert_eq!(account.rest(None).unwrap().since, before.since);
        drop(trial);
    };
    let (others, ()) = tokio::join!(others, ends);
    assert!(others.iter().all(Result::is_err), "{others:?}");
    clock::advance(HOUR);
    let trial = account.enter(Some(&name)).await.unwrap().unwrap();
    let others = async { futures::future::join_all((0..3).map(|_| account.enter(Some(&name)))).await };
    let ends = async {
        tokio::task::yield_now().await;
        trial.begin(clock::now());
        assert!(note(&account, "x", Outcome::Works));
        drop(trial);
    };
    let (others, ()) = tokio::join!(others, ends);
    assert!(others.iter().all(|other| matches!(other, Ok(None))), "{others:?}");
    assert!(account.enter(None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_trial_that_was_not_sent_or_shows_nothing_leaves_it_to_another_and_the_third_rests_it_anew() {
    let (account, name) = (broke(), model("x"));
    for _ in 0..2 {
        clock::advance(HOUR);
        drop(account.enter(Some(&name)).await.unwrap().unwrap());
        // A model that is gone, limited or silent is not the key's fault.
        for outcome in [Outcome::Gone, Outcome::Busy, Outcome::TimedOut] {
            let trial = account.enter(Some(&name)).await.unwrap().unwrap();
            trial.begin(clock::now());
            assert!(!note(&account, "x", outcome));
            drop(trial);
        }
        assert!(account.enter(Some(&name)).await.is_err());
    }
    clock::advance(HOUR);
    for (outcome, rests) in [(Outcome::Gone, false), (Outcome::KeyBroke, true)] {
        let trial = account.enter(Some(&name)).await.unwrap().unwrap();
        trial.begin(clock::now());
        note(&account, "x", outcome);
        drop(trial);
        assert_eq!(account.enter(Some(&name)).await.is_err(), rests, "{outcome}");
    }
    clock::advance(HOUR);
    for outcome in [Outcome::Gone, Outcome::Works] {
        let trial = account.enter(Some(&name)).await.unwrap().unwrap();
        trial.begin(clock::now());
        note(&account, "x", outcome);
        drop(trial);
    }
    assert!(account.enter(Some(&name)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_used_up_quota_needs_no_trial_when_its_day_is_over() {
    let account = account();
    let now = clock::now();
    let until = now + SignedDuration::from_hours(3);
    let rest = Rest { outcome: Outcome::Busy, since: now, until, detail: String::new() };
    account.suspend(Some(&model("one")), rest.clone());
    assert!(account.is_open(Some(&model("another"))) && account.is_open(None));
    assert!(!account.is_open(Some(&model("one"))));
    account.suspend(None, rest);
    assert!(!account.is_open(Some(&model("another"))) && !account.is_open(None));
    clock::advance(3 * HOUR);
    for name in ["one", "another"] {
        assert!(account.enter(Some(&model(name))).await.unwrap().is_none());
    }
    assert!(!account.is_resting(clock::now()));
}

#[tokio::test]
async fn a_person_has_a_key_tried_at_once_and_a_quota_not() {
    let account = broke();
    assert!(account.enter(Some(&model("a"))).await.is_err());
    account.wake(clock::now());
    assert!(account.enter(Some(&model("a"))).await.unwrap().is_some(), "the question that tries it");
    let limited = self::account();
    let until = clock::now() + SignedDuration::from_hours(5);
    limited.suspend(None, Rest { outcome: Outcome::Busy, since: clock::now(), until, detail: String::new() });
    limited.wake(clock::now());
    assert_eq!(limited.rest(None).unwrap().until, until);
}

#[test]
fn a_list_alone_shows_no_key_as_bad_but_agrees_with_a_model() {
    let account = account();
    for _ in 0..4 {
        assert!(!account.note(THE_LIST, Outcome::KeyBad, "", None, clock::now()));
        clock::advance(Duration::from_mins(10));
    }
    assert!(is_open(&account));
    assert!(note(&account, "a", Outcome::KeyBad));
    assert!(!is_open(&account));
}

#[tokio::test]
async fn a_key_of_which_only_the_list_is_asked_does_not_rest_for_ever() {
    let account = broke();
    clock::advance(HOUR);
    for _ in 0..3 {
        assert!(account.enter(None).await.unwrap().is_none());
        assert!(!account.note(THE_LIST, Outcome::KeyBroke, "", None, clock::now()));
        clock::advance(HOUR);
    }
    // And it has not kept a model from trying the key.
    assert!(account.enter(Some(&model("x"))).await.unwrap().is_some());
}

#[tokio::test]
async fn a_rest_noted_by_a_clock_that_was_years_ahead_is_over() {
    let (account, name) = (account(), model("x"));
    let wrong = clock::now() + SignedDuration::from_hours(5 * 365 * 24);
    let rest =
        |outcome| Rest { outcome, since: wrong, until: wrong + SignedDuration::from_hours(1), detail: String::new() };
    account.suspend(Some(&name), rest(Outcome::Busy));
    assert!(account.enter(Some(&name)).await.unwrap().is_none());
    account.suspend(None, rest(Outcome::KeyBroke));
    let trial = account.enter(Some(&name)).await.unwrap().unwrap();
    trial.begin(clock::now());
    assert!(note(&account, "x", Outcome::KeyBroke));
    drop(trial);
    // It still is, and now for an hour by the right clock.
    assert!(account.enter(Some(&name)).await.is_err());
    let rest = account.rest(None).unwrap();
    assert!(rest.since <= clock::now() && rest.until <= clock::now() + SignedDuration::from_hours(1));
}
