use super::*;
use crate::model::{Shape, Usage};

const POLICY: fn() -> VerdictPolicy = VerdictPolicy::default;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
}

fn seen(outcome: Outcome, minute: i64) -> Observation {
    let usage = Usage { requests: 1, ..Usage::default() };
    Observation { latency_ms: 10, usage, ..Observation::bare(outcome, at(minute), Shape::MaxTokens, "said so") }
}

fn outcome(letter: char) -> Outcome {
    match letter {
        'w' => Outcome::Works,
        'f' => Outcome::Filtered,
        'g' => Outcome::Gone,
        'a' => Outcome::NoAccess,
        'n' => Outcome::NoRoute,
        'b' => Outcome::Broken,
        't' => Outcome::TimedOut,
        'e' => Outcome::Empty,
        'r' => Outcome::Busy,
        'k' => Outcome::KeyBad,
        'c' => Outcome::KeyBroke,
        'u' => Outcome::Unreachable,
        other => panic!("no outcome {other}"),
    }
}

/// Runs findings written as letter + minute ("g0 g10"), siblings answering unless the letter is upper case, and
/// gives the last verdict in a word.
fn judged(findings: &str) -> &'static str {
    let mut standing = Standing::default();
    let mut last = Verdict::Unknown;
    for finding in findings.split_whitespace() {
        let letter = finding.chars().next().unwrap();
        let minute = finding[1..].parse().unwrap();
        let company = Company { siblings_alive: letter.is_lowercase(), listed: Listed::Absent, masked: false };
        let seen = seen(outcome(letter.to_ascii_lowercase()), minute);
        (standing, last) = judge(&standing, &seen, company, &POLICY(), at(minute));
    }
    match last {
        Verdict::Working => "working",
        Verdict::Withdraw(_) => "withdraw",
        Verdict::Doubtful { .. } => "doubtful",
        Verdict::StillWithdrawn { .. } => "still withdrawn",
        Verdict::Unknown => "unknown",
    }
}

#[test]
fn rows_of_outcomes_and_what_they_say() {
    for (findings, expected) in [
        ("w0", "working"),
        ("f0", "working"),
        // Denied: twice, ten minutes apart, never once, never twice in a hurry.
        ("g0", "doubtful"),
        ("g0 g5", "doubtful"),
        ("g0 g10", "withdraw"),
        ("a0 g10", "withdraw"),
        ("g0 g5 g10", "withdraw"),
        ("g0 w5 g10", "doubtful"),
        // What says nothing neither adds to a row nor breaks it.
        ("g0 r5 g10", "withdraw"),
        ("g0 k5", "unknown"),
        // Failing: three in a row over a quarter of an hour, while siblings answer.
        ("b0 t8", "doubtful"),
        ("b0 t8 e15", "withdraw"),
        ("b0 t1 e2", "doubtful"),
        ("b0 w5 t8 e15", "doubtful"),
        ("B0 B8 B15 B60", "unknown"),
        ("b0 B8 b15", "doubtful"),
        // A rate limit, a bad key, no credit, no connection: never, however often.
        ("r0 r60 r120 r9000", "unknown"),
        ("k0 k60 k120 k9000", "unknown"),
        ("c0 c60 c120 c9000", "unknown"),
        ("u0 u60 u120 u9000", "unknown"),
        // A reseller without a route: six times over a day.
        ("n0 n60 n120 n180 n240 n300", "doubtful"),
        ("n0 n300 n600 n900 n1200 n1440", "withdraw"),
        // A clock that went backwards starts the row anew.
        ("g10 g0", "doubtful"),
    ] {
        assert_eq!(judged(findings), expected, "{findings}");
    }
}

#[test]
fn a_model_that_its_upstream_still_lists_is_not_withdrawn_for_a_missing_route() {
    let mut standing = Standing::default();
    for minute in [0, 300, 600, 900, 1200, 1440] {
        let company = Company { siblings_alive: true, listed: Listed::Named, masked: false };
        let (next, verdict) = judge(&standing, &seen(Outcome::NoRoute, minute), company, &POLICY(), at(minute));
        assert_eq!(verdict, Verdict::Unknown);
        standing = next;
    }
}

#[test]
fn a_doubtful_model_is_looked_at_again_when_it_could_be_confirmed() {
    let company = Company { siblings_alive: true, listed: Listed::Absent, masked: false };
    let (first, verdict) = judge(&Standing::default(), &seen(Outcome::Gone, 0), company, &POLICY(), at(0));
    let Verdict::Doubtful { next, count, times, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((next, count, times), (at(10), 1, 2));
    assert_eq!(first.next_probe, Some(at(10)));
}

#[test]
fn a_look_that_tells_nothing_is_neither_a_finding_nor_the_end_of_the_doubt() {
    let company = Company { siblings_alive: true, listed: Listed::Absent, masked: false };
    let look =
        |before: &Standing, outcome, minute| judge(before, &seen(outcome, minute), company, &POLICY(), at(minute)).0;
    let doubtful = look(&Standing::default(), Outcome::Gone, 0);
    let limited = look(&doubtful, Outcome::Busy, 10);
    assert_eq!((limited.denied, limited.next_probe), (doubtful.denied, Some(at(15))));
    // One of which nothing bad is known is left to the next round.
    assert_eq!(look(&Standing::default(), Outcome::Busy, 0).next_probe, None);
    let reason = Reason { outcome: Outcome::Gone, count: 2, since: at(0), over_s: 600, detail: String::new() };
    let withdrawn = crate::model::Withdrawn { at: at(0), reason, attempts: 3 };
    let off = Standing { withdrawn: Some(withdrawn), ..Standing::default() };
    let attempts = |standing: Standing| standing.withdrawn.unwrap().attempts;
    assert_eq!(attempts(look(&off, Outcome::Unreachable, 0)), 3);
    assert_eq!(attempts(look(&off, Outcome::Gone, 0)), 4);
}

#[test]
fn a_withdrawn_model_is_probed_with_growing_gaps_and_comes_back_at_once() {
    let reason = Reason { outcome: Outcome::Gone, count: 2, since: at(0), over_s: 600, detail: String::new() };
    let mut standing =
        Standing { withdrawn: Some(crate::model::Withdrawn { at: at(0), reason, attempts: 0 }), ..Standing::default() };
    let company = Company { siblings_alive: true, listed: Listed::Absent, masked: false };
    let mut gaps = vec![];
    let mut minute = 0;
    for _ in 0..10 {
        let (next, verdict) = judge(&standing, &seen(Outcome::Gone, minute), company, &POLICY(), at(minute));
        let due = next.next_probe.unwrap();
        assert_eq!(verdict, Verdict::StillWithdrawn { next: due });
        gaps.push((due.as_second() - at(minute).as_second()) / 3600);
        minute = (due.as_second() - at(0).as_second()) / 60;
        standing = next;
    }
    assert_eq!(gaps, [1, 2, 4, 8, 16, 32, 64, 128, 168, 168]);
    let (back, verdict) = judge(&standing, &seen(Outcome::Works, minute), company, &POLICY(), at(minute));
    assert_eq!(verdict, Verdict::Working);
    assert!(back.withdrawn.is_some(), "only a write that happened takes the mark off");
}

#[test]
fn the_reason_names_what_how_often_and_how_long() {
    let company = Company { siblings_alive: true, listed: Listed::Absent, masked: false };
    let (first, _) = judge(&Standing::default(), &seen(Outcome::Gone, 0), company, &POLICY(), at(0));
    let (_, verdict) = judge(&first, &seen(Outcome::Gone, 12), company, &POLICY(), at(12));
    let Verdict::Withdraw(reason) = verdict else { panic!("{verdict:?}") };
    assert_eq!(reason.to_string(), "gone 2× over 12m: said so");
}

/// What denials at these minutes come to, with that company.
fn denied(minutes: &[i64], company: Company) -> (Standing, Verdict) {
    minutes.iter().fold((Standing::default(), Verdict::Unknown), |(standing, _), minute| {
        judge(&standing, &seen(Outcome::Gone, *minute), company, &POLICY(), at(*minute))
    })
}

#[test]
fn a_model_that_its_upstream_still_lists_needs_three_denials_over_an_hour() {
    let company = |listed| Company { siblings_alive: true, listed, masked: false };
    let is_withdrawn = |minutes: &[i64], listed| matches!(denied(minutes, company(listed)).1, Verdict::Withdraw(_));
    assert!(is_withdrawn(&[0, 10], Listed::Absent) && is_withdrawn(&[0, 10], Listed::Unknown));
    assert!(!is_withdrawn(&[0, 10], Listed::Named));
    assert!(!is_withdrawn(&[0, 60], Listed::Named));
    assert!(!is_withdrawn(&[0, 10, 59], Listed::Named));
    assert!(is_withdrawn(&[0, 30, 60], Listed::Named));
}

#[test]
fn a_denial_where_the_key_or_the_rate_masks_everything_is_none() {
    let company = Company { siblings_alive: true, listed: Listed::Absent, masked: true };
    let (standing, verdict) = denied(&[0, 10, 60, 600], company);
    assert_eq!((standing.denied, verdict), (None, Verdict::Unknown));
}

#[test]
fn a_model_is_odd_when_three_of_its_last_five_answers_were_and_goes_only_if_the_operator_says_so() {
    let company = Company { siblings_alive: true, listed: Listed::Unknown, masked: false };
    let answers = |answers: &str, quality| {
        let policy = VerdictPolicy { quality, ..POLICY() };
        answers.chars().enumerate().fold((Standing::default(), Verdict::Unknown), |(standing, _), (minute, answer)| {
            let marks = if answer == 'x' { vec![Mark::WrongAnswer] } else { vec![] };
            let minute = i64::try_from(minute).unwrap();
            let seen = Observation { marks, ..seen(Outcome::Works, minute) };
            judge(&standing, &seen, company, &policy, at(minute))
        })
    };
    for (row, odd) in
        [("x", false), ("xx", false), ("xxx", true), ("x.x.x", true), ("xxx...", false), ("xx...x", false)]
    {
        let (standing, verdict) = answers(row, QualityAction::Mark);
        assert_eq!(
            (oddness(&standing), verdict),
            (if odd { vec![Mark::WrongAnswer] } else { vec![] }, Verdict::Working),
            "{row}"
        );
        let (_, verdict) = answers(row, QualityAction::Withdraw);
        assert_eq!(matches!(verdict, Verdict::Withdraw(_)), odd, "{row}: {verdict:?}");
    }
}

mod whatever_comes {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<(Outcome, i64, bool, u8, bool)>> {
        let one = (proptest::sample::select(&Outcome::ALL[..]), 0_i64..240, any::<bool>(), 0_u8..3, any::<bool>());
        proptest::collection::vec(one, 1..60)
    }

    fn company(siblings_alive: bool, listed: u8, masked: bool) -> Company {
        Company {
            siblings_alive,
            listed: [Listed::Named, Listed::Absent, Listed::Unknown][usize::from(listed)],
            masked,
        }
    }

    proptest! {
        /// Whatever the row of outcomes: a model is withdrawn only on a finding against it, after enough of that sort
        /// since it last answered, over at least the time that the policy asks for.
        #[test]
        fn nothing_is_withdrawn_without_its_confirmations(row in rows()) {
            let (policy, mut standing, mut minute) = (POLICY(), Standing::default(), 0);
            let mut findings: Vec<(Evidence, i64)> = vec![];
            for (outcome, gap, siblings, listed, masked) in row {
                minute += gap;
                let company = company(siblings, listed, masked);
                let (next, verdict) = judge(&standing, &seen(outcome, minute), company, &policy, at(minute));
                let evidence = outcome.evidence();
                let counts = match evidence {
                    Evidence::Alive => { findings.clear(); false }
                    Evidence::Denied => !masked,
                    Evidence::Unrouted => true,
                    Evidence::Failing => siblings,
                    Evidence::Nothing => false,
                };
                if counts {
                    findings.push((evidence, minute));
                }
                if let Verdict::Withdraw(reason) = &verdict {
                    let confirm = match evidence {
                        Evidence::Denied if company.listed == Listed::Named => policy.denied_listed,
                        Evidence::Denied => policy.denied,
                        Evidence::Failing => policy.failing,
                        Evidence::Unrouted => policy.unrouted,
                        Evidence::Alive | Evidence::Nothing => panic!("withdrawn on {outcome}"),
                    };
                    let same: Vec<i64> = findings.iter().filter(|(sort, _)| *sort == evidence).map(|(_, at)| *at).collect();
                    prop_assert!(u32::try_from(same.len()).unwrap() >= confirm.times);
                    prop_assert_eq!(u32::try_from(same.len()).unwrap(), reason.count);
                    let over = (same[same.len() - 1] - same[0]) * 60;
                    prop_assert!(over >= i64::try_from(confirm.over.as_secs()).unwrap());
                }
                standing = next;
            }
        }

        /// An answer brings back whatever was withdrawn, at once, however long the row before it.
        #[test]
        fn an_answer_ends_everything(row in rows(), withdrawn in any::<bool>()) {
            let (policy, mut minute) = (POLICY(), 0);
            let reason = Reason { outcome: Outcome::Gone, count: 2, since: at(0), over_s: 600, detail: String::new() };
            let off = withdrawn.then(|| crate::model::Withdrawn { at: at(0), reason, attempts: 0 });
            let mut standing = Standing { withdrawn: off, ..Standing::default() };
            for (outcome, gap, siblings, listed, masked) in row {
                minute += gap;
                let (next, verdict) =
                    judge(&standing, &seen(outcome, minute), company(siblings, listed, masked), &policy, at(minute));
                prop_assert!(!(withdrawn && matches!(verdict, Verdict::Withdraw(_))), "withdrawn twice");
                standing = next;
            }
            let (after, verdict) =
                judge(&standing, &seen(Outcome::Works, minute), company(false, 2, true), &policy, at(minute));
            prop_assert_eq!(verdict, Verdict::Working);
            prop_assert_eq!((after.denied, after.failing, after.unrouted, after.next_probe), (None, None, None, None));
        }
    }
}

#[test]
fn what_users_were_served_with_since_when_is_known_until_it_is_asked() {
    let company = Company { siblings_alive: true, listed: Listed::Named, masked: false };
    let served = |minute| Observation { usage: Usage::default(), ..seen(Outcome::Works, minute) };
    let mut standing = Standing::default();
    for (seen, since) in [
        (seen(Outcome::Works, 0), None),
        (served(10), Some(at(10))),
        (served(70), Some(at(10))),
        // Not asked after all: its key rests.
        (Observation { usage: Usage::default(), ..seen(Outcome::Busy, 80) }, Some(at(10))),
        (seen(Outcome::Busy, 90), None),
        (served(100), Some(at(100))),
    ] {
        standing = judge(&standing, &seen, company, &POLICY(), seen.at).0;
        assert_eq!(standing.served_since, since, "{:?} at {}", seen.outcome, seen.at);
    }
}
