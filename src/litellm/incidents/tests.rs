use proptest::prelude::*;

use super::*;
use crate::probe::litellm_answer;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn at(seconds: i64) -> Timestamp {
    START + SignedDuration::from_secs(seconds)
}

fn sign(source: SignSource, subject: &str, deployment: &str, found: Found, seconds: i64) -> Sign {
    let (subject, deployment) = (subject.to_owned(), deployment.to_owned());
    Sign { subject, deployment, found, detail: format!("at {seconds}"), source, at: at(seconds) }
}

fn health(deployment: &str, class: Class, seconds: i64) -> Sign {
    sign(SignSource::Health, "m", deployment, Found::Trouble(class), seconds)
}

fn well(deployment: &str, seconds: i64) -> Sign {
    sign(SignSource::Health, "m", deployment, Found::Well, seconds)
}

fn log(class: Class, seconds: i64) -> Sign {
    sign(SignSource::Log, "m", "", Found::Trouble(class), seconds)
}

fn chat(found: Found, seconds: i64) -> Sign {
    sign(SignSource::Chat, "m", "", found, seconds)
}

fn check(found: Found, seconds: i64) -> Sign {
    sign(SignSource::Check, "", "", found, seconds)
}

fn present(ids: &[&str]) -> Vec<(String, String)> {
    ids.iter().map(|id| ("m".to_owned(), (*id).to_owned())).collect()
}

/// What lasts, as deployment, class, since, times.
fn told(weighed: &Weighed) -> Vec<(&str, Class, i64, u32)> {
    let row = |one: &'_ Incident| (one.class, one.since.as_second(), one.times);
    weighed.lasting.iter().map(|one| (one.deployment.as_str(), row(one))).map(|(d, (c, s, t))| (d, c, s, t)).collect()
}

fn weighed(signs: &[Sign], now: i64) -> Weighed {
    weigh(&[], signs, None, at(now))
}

#[test]
fn money_and_keys_at_once_a_server_when_it_is_sure() {
    use Class::{Auth, Credits, Server};
    for (signs, now, expected) in [
        (vec![health("a", Credits, 0)], 0, vec![("a", Credits, 0, 1)]),
        (vec![log(Auth, 0)], 0, vec![("", Auth, 0, 1)]),
        (vec![health("a", Server, 0)], 59, vec![]),
        (vec![health("a", Server, 0)], 60, vec![("a", Server, 0, 1)]),
        (vec![health("a", Server, 0), health("a", Server, 5)], 5, vec![("a", Server, 0, 2)]),
        (vec![health("a", Server, 0), health("b", Server, 5)], 5, vec![]),
        (vec![health("a", Server, 0), well("a", 3), health("a", Server, 5)], 5, vec![]),
        (vec![health("a", Server, 0), well("a", 3)], 90, vec![]),
        (vec![log(Server, 0), log(Server, 5)], 900, vec![]),
        (vec![log(Server, 0), log(Server, 5), log(Server, 600)], 600, vec![("", Server, 0, 3)]),
        (vec![log(Server, 0), log(Server, 5), log(Server, 601)], 601, vec![]),
        (vec![log(Server, 0), log(Server, 5), chat(Found::Well, 6), log(Server, 7)], 7, vec![]),
        (vec![chat(Found::Trouble(Server), 0)], 900, vec![]),
        (vec![chat(Found::Trouble(Server), 0), chat(Found::Trouble(Server), 600)], 600, vec![("", Server, 0, 2)]),
        (vec![check(Found::Trouble(Server), 0)], 30, vec![]),
        (vec![check(Found::Trouble(Server), 0), check(Found::Trouble(Server), 30)], 30, vec![("", Server, 0, 2)]),
        (vec![check(Found::Trouble(Server), 0), check(Found::Well, 9), check(Found::Trouble(Server), 30)], 30, vec![]),
        // From the future; of nobody.
        (vec![health("a", Credits, 10)], 9, vec![]),
        (vec![sign(SignSource::Log, "", "", Found::Trouble(Credits), 0)], 0, vec![]),
    ] {
        assert_eq!(told(&weighed(&signs, now)), expected, "{signs:?}");
    }
}

#[test]
fn what_says_nothing_of_the_upstream_account_neither_opens_nor_ends() {
    use Class::{Auth, Blocked, Config, Masked, ProxyAuth, Rate, Unknown};
    for class in [Rate, Config, Blocked, ProxyAuth, Unknown, Masked] {
        let signs: Vec<_> = (0..9).flat_map(|n| [health("a", class, n), log(class, n)]).collect();
        assert_eq!(told(&weighed(&signs, 500)), [], "{class}");
        let ill = [vec![health("a", Auth, 0)], signs].concat();
        let lasting = weighed(&ill, 500).lasting;
        assert_eq!((lasting.len(), lasting[0].class), (1, Auth), "{class}");
    }
}

#[test]
fn what_ends_a_trouble() {
    use Class::{Auth, Credits, Server};
    let both = present(&["a", "b"]);
    for (signs, now, expected) in [
        (vec![health("a", Auth, 0), well("a", 9)], 9, vec![]),
        (vec![health("a", Auth, 0), well("b", 9)], 9, vec![("a", Auth, 0, 1)]),
        // Another deployment, or a fallback, answered.
        (vec![health("a", Auth, 0), chat(Found::Well, 9)], 9, vec![("a", Auth, 0, 1)]),
        (vec![log(Auth, 0), chat(Found::Well, 9)], 9, vec![]),
        (vec![chat(Found::Trouble(Auth), 0), chat(Found::Well, 9)], 9, vec![]),
        // All of a name, and not before users met it.
        (vec![log(Auth, 0), well("a", 9)], 9, vec![("", Auth, 0, 1)]),
        (vec![log(Auth, 0), well("a", 9), well("b", 9)], 9, vec![]),
        (vec![log(Auth, 20), well("a", 9), well("b", 9)], 20, vec![("", Auth, 20, 1)]),
        // Nor does it begin anew by what comes then.
        (vec![log(Auth, 0), well("a", 9), well("b", 9), health("a", Class::Rate, 20)], 20, vec![]),
        (vec![log(Auth, 0), well("a", 9), well("b", 9), health("a", Server, 20)], 20, vec![]),
        // A log that has no more to say.
        (vec![log(Auth, 0)], 3599, vec![("", Auth, 0, 1)]),
        (vec![log(Auth, 0)], 3600, vec![]),
        (vec![health("a", Auth, 0)], 360_000, vec![("a", Auth, 0, 1)]),
        // A newer cause in place of the older.
        (vec![health("a", Auth, 0), health("a", Credits, 9)], 9, vec![("a", Credits, 9, 1)]),
        (vec![health("a", Auth, 0), health("a", Server, 9)], 9, vec![("a", Auth, 0, 1)]),
        (vec![health("a", Auth, 0), health("a", Server, 9), health("a", Server, 20)], 20, vec![("a", Server, 9, 2)]),
        // Behind a name, each deployment has its own.
        (vec![log(Auth, 0), log(Credits, 9)], 9, vec![("", Auth, 0, 1), ("", Credits, 9, 1)]),
        // What is known of a name is then known of a deployment: one trouble, not two.
        (vec![log(Auth, 0), health("a", Auth, 9), log(Auth, 12)], 12, vec![("a", Auth, 0, 3)]),
        // Gone.
        (vec![health("gone", Auth, 0)], 0, vec![]),
    ] {
        assert_eq!(told(&weigh(&[], &signs, Some(&both), at(now))), expected, "{signs:?}");
    }
    let checks = [check(Found::Trouble(Server), 0), check(Found::Trouble(Server), 9), check(Found::Well, 12)];
    assert_eq!(told(&weigh(&[], &checks[..2], Some(&[]), at(9))), [("", Server, 0, 2)], "the proxy is no deployment");
    assert_eq!(told(&weighed(&checks, 12)), []);
    // Nobody knows what is there.
    assert_eq!(told(&weighed(&[health("gone", Auth, 0)], 0)).len(), 1);
}

#[test]
fn a_cooldown_without_a_cause_is_asked_after() {
    use Class::{Auth, Config, Masked, Unknown};
    let masked = |seconds| log(Masked, seconds);
    for (signs, now, asked) in [
        (vec![masked(0), masked(1)], 1, true),
        (vec![masked(0)], 601, false),
        (vec![log(Unknown, 0), masked(1)], 1, true),
        (vec![chat(Found::Well, 0), masked(1)], 1, true),
        (vec![log(Config, 0), masked(1)], 1, false),
        (vec![log(Config, 0), masked(602)], 602, true),
        (vec![health("a", Auth, 0), masked(1)], 1, false),
        (vec![masked(0), well("a", 1)], 1, false),
        (vec![masked(0), health("a", Class::Rate, 1)], 1, false),
        (vec![masked(0), well("a", 1), masked(2)], 2, true),
    ] {
        let names = weighed(&signs, now).confirm;
        assert_eq!(names, if asked { vec!["m".to_owned()] } else { vec![] }, "{signs:?}");
    }
}

/// The signs of a recorded burst: some calls within a second.
fn burst(start: &str, many: i64) -> Vec<Sign> {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/litellm/samples");
    let call = |number: i64| {
        let body = std::fs::read(folder.join(format!("{start}-{number}.json"))).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let status = value["error"]["code"].as_str().unwrap().parse().unwrap();
        log(litellm_answer(status, &body).class.unwrap(), number)
    };
    (1..=many).map(call).collect()
}

#[test]
fn a_recorded_burst_is_one_trouble_or_none() {
    for (start, many, expected) in [
        ("single-burst-gpt-badkey", 6, vec![("", Class::Auth, 1, 6)]),
        ("single-burst-or-nocredit", 6, vec![("", Class::Credits, 1, 6)]),
        ("single-burst-gpt-gone", 6, vec![]),
        ("route-burst-auth", 4, vec![("", Class::Auth, 1, 4)]),
        ("route-burst-credit", 4, vec![("", Class::Credits, 1, 4)]),
    ] {
        let signs = burst(start, many);
        let all = weighed(&signs, 10);
        assert_eq!(told(&all), expected, "{start}");
        assert_eq!(all.confirm, Vec::<String>::new(), "{start}");
        // One by one, as they come: begun once, never over.
        let mut lasting = vec![];
        for (number, one) in (1..).zip(&signs) {
            lasting = weigh(&lasting, std::slice::from_ref(one), None, at(number)).lasting;
            assert_eq!(lasting.len(), expected.len(), "{start}-{number}");
        }
        assert_eq!(told(&Weighed { lasting, confirm: vec![] }), expected, "{start}");
    }
    // Only the cooldown was seen.
    let masked = weighed(&burst("single-burst-gpt-badkey", 6)[1..], 10);
    assert_eq!((masked.lasting, masked.confirm), (vec![], vec!["m".to_owned()]));
}

fn any_sign() -> impl Strategy<Value = Sign> {
    use SignSource::{Chat, Check, Health, Log};
    let found = prop_oneof![
        2 => Just(Found::Well),
        5 => proptest::sample::select(Class::ALL.to_vec()).prop_map(Found::Trouble),
    ];
    let whose = prop_oneof![
        4 => (Just(Health), proptest::sample::select(vec!["m", "n"]), proptest::sample::select(vec!["a", "b"])),
        2 => (Just(Log), proptest::sample::select(vec!["m", "n"]), Just("")),
        2 => (Just(Chat), proptest::sample::select(vec!["m", "n"]), Just("")),
        1 => (Just(Check), Just(""), Just("")),
    ];
    (whose, found, 0i64..4000).prop_map(|((source, subject, deployment), found, seconds)| {
        sign(
            source,
            subject,
            &format!("{subject}{deployment}").repeat(usize::from(!deployment.is_empty())),
            found,
            seconds,
        )
    })
}

fn everything() -> Vec<(String, String)> {
    ["m", "n"].iter().flat_map(|name| ["a", "b"].map(|id| ((*name).to_owned(), format!("{name}{id}")))).collect()
}

proptest! {
    #[test]
    fn each_cause_lasts_once_and_only_those_that_may(signs in prop::collection::vec(any_sign(), 0..40)) {
        let lasting = weigh(&[], &signs, Some(&everything()), at(4000)).lasting;
        let mut keys: Vec<_> = lasting.iter().map(|one| (&one.subject, &one.deployment, one.class)).collect();
        keys.sort_unstable();
        let many = keys.len();
        keys.dedup();
        prop_assert_eq!(many, keys.len());
        for one in &lasting {
            prop_assert!(matches!(one.class, Class::Credits | Class::Auth | Class::Server));
            prop_assert!(one.since <= one.last && one.last <= at(4000) && one.times > 0);
        }
    }

    #[test]
    fn what_was_weighed_changes_nothing(signs in prop::collection::vec(any_sign(), 0..40)) {
        let (all, now) = (everything(), at(4000));
        let once = weigh(&[], &signs, Some(&all), now);
        let twice = weigh(&once.lasting, &signs, Some(&all), now);
        let told = |weighed: &Weighed| {
            let one = |one: &Incident| (one.subject.clone(), one.deployment.clone(), one.class, one.since);
            let mut lasting: Vec<_> = weighed.lasting.iter().map(one).collect();
            lasting.sort();
            (lasting, weighed.confirm.clone())
        };
        prop_assert_eq!(told(&once), told(&twice));
    }

    #[test]
    fn neither_silence_nor_what_nobody_can_judge_ends_what_health_found(
        signs in prop::collection::vec(any_sign(), 0..40),
        later in prop::collection::vec((any_sign(), proptest::sample::select(vec![
            Class::Masked, Class::Unknown, Class::Rate, Class::Config, Class::Blocked, Class::ProxyAuth,
        ])), 0..20),
        days in 0i64..400,
    ) {
        let found = weigh(&[], &signs, Some(&everything()), at(4000)).lasting;
        let later: Vec<_> = later.into_iter().map(|(sign, class)| {
            Sign { found: Found::Trouble(class), at: sign.at + SignedDuration::from_secs(4000), ..sign }
        }).collect();
        let then = weigh(&found, &later, None, at(8000 + days * 86_400)).lasting;
        for one in found.iter().filter(|one| matches!(one.source, SignSource::Health | SignSource::Check)) {
            let key = |other: &&Incident| {
                (&other.subject, &other.deployment, other.class, other.since)
                    == (&one.subject, &one.deployment, one.class, one.since)
            };
            prop_assert!(then.iter().any(|other| key(&other)), "{one:?}");
        }
    }

    #[test]
    fn every_trouble_ends_when_all_is_well(signs in prop::collection::vec(any_sign(), 0..40)) {
        let all = everything();
        let found = weigh(&[], &signs, Some(&all), at(4000)).lasting;
        let mut recovery: Vec<_> =
            all.iter().map(|(name, id)| sign(SignSource::Health, name, id, Found::Well, 4001)).collect();
        recovery.push(check(Found::Well, 4001));
        prop_assert_eq!(weigh(&found, &recovery, Some(&all), at(4001)).lasting, vec![]);
        // Also with what was seen before, handed in once more.
        let both = [signs, recovery].concat();
        prop_assert_eq!(weigh(&found, &both, Some(&all), at(4001)).lasting, vec![]);
    }
}
