//! Whatever happens, in whatever order: nothing is lost, nothing is told twice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Nothing is held back for longer, however much it flaps.
const HELD: i64 = 6 * 60;

/// What happens at one time.
#[expect(clippy::struct_excessive_bools, reason = "each may happen or not, beside the others")]
#[derive(Clone, Debug)]
struct Step {
    /// Minutes since the one before.
    passed: i64,
    /// Which of the lasting things is there.
    there: u8,
    /// The mark of each.
    mark: u8,
    /// How many pieces of news there are.
    news: i64,
    hushed: bool,
    /// What is told although it is quiet.
    least: Option<Severity>,
    busy: bool,
    /// We are killed between the digest and its being kept.
    killed: bool,
    /// The ledger is written and read again.
    restarted: bool,
}

const LASTING: [Cause; 8] = [
    Cause::KeyBad,
    Cause::Failing,
    Cause::Unreachable,
    Cause::Held,
    Cause::Degraded,
    Cause::Budget,
    Cause::NoCredit,
    Cause::Silent,
];

fn step() -> impl Strategy<Value = Step> {
    let passed = prop_oneof![0_i64..3, 0_i64..30, 0_i64..600];
    let hushed = prop_oneof![
        3 => Just((false, None)),
        1 => Just((true, None)),
        1 => Just((true, Some(Severity::Critical)))
    ];
    let rare = || prop::bool::weighted(0.2);
    (passed, any::<u8>(), 0_u8..3, 0_i64..3, hushed, rare(), rare(), rare()).prop_map(
        |(passed, there, mark, news, (hushed, least), busy, killed, restarted)| Step {
            passed,
            there,
            mark,
            news,
            hushed,
            least,
            busy,
            killed,
            restarted,
        },
    )
}

/// What an audience that reads its messages believes.
#[derive(Default)]
struct Reader {
    believed: BTreeMap<String, Timestamp>,
    /// When each was last spoken of.
    spoken: BTreeMap<String, Timestamp>,
    news: BTreeMap<String, usize>,
}

impl Reader {
    fn read(&mut self, digest: &Digest) {
        for entry in &digest.entries {
            let subject = entry.event.subject.clone();
            if entry.event.cause.happens_once() {
                *self.news.entry(subject).or_default() += 1;
                continue;
            }
            let believed = self.believed.contains_key(&subject);
            match entry.what {
                What::First | What::Already => assert!(!believed, "{subject} is told twice"),
                What::Changed | What::Reminder | What::Resolved => assert!(believed, "{subject} was never told"),
                What::Passed => assert!(!believed, "{subject} passed, and was told before"),
            }
            assert_eq!(entry.until.is_some(), matches!(entry.what, What::Resolved | What::Passed));
            match entry.what {
                What::Resolved | What::Passed => drop(self.believed.remove(&subject)),
                What::First | What::Already | What::Changed | What::Reminder => {
                    self.believed.insert(subject.clone(), digest.at);
                }
            }
            self.spoken.insert(subject, digest.at);
        }
    }
}

fn reread(ledger: &Ledger) -> Ledger {
    let line = |line: &Line| -> Line { serde_json::from_str(&serde_json::to_string(line).unwrap()).unwrap() };
    let state = serde_json::from_str(&serde_json::to_string(&ledger.state).unwrap()).unwrap();
    Ledger { state, lines: ledger.lines.values().map(line).map(|line| (line.key(), line)).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_told_twice(steps in prop::collection::vec(step(), 1..60)) {
        let mut audience = Audience::calm();
        let mut reader = Reader::default();
        let mut seen: BTreeMap<&str, (Timestamp, Timestamp)> = BTreeMap::new();
        let mut owed: Vec<(&str, Timestamp)> = vec![];
        let (mut told_news, mut number) = (0, 0);
        let calm = |passed| Step {
            passed, there: steps.last().map_or(0, |step| step.there), mark: 0, news: 0,
            hushed: false, least: None, busy: false, killed: false, restarted: false,
        };
        // In the end it is calm for long enough that all has settled, and was told.
        let end = [calm(1), calm(HELD), calm(1), calm(HELD), calm(1)];
        for step in steps.iter().chain(&end) {
            audience.now += minutes(step.passed);
            for (bit, cause) in LASTING.iter().enumerate() {
                let subject = cause.as_str();
                let there = step.there & (1 << bit) != 0;
                let was_there = audience.picture.lasting.iter().any(|event| event.subject == subject);
                match (was_there, there) {
                    (false, true) => audience.begins(*cause, subject),
                    (true, false) => audience.ends(subject),
                    (true, true) | (false, false) => {}
                }
                // What is seen is what the ledger that is kept saw.
                if !step.killed && there {
                    seen.entry(subject).or_insert((audience.now, audience.now)).1 = audience.now;
                } else if !step.killed && let Some((first, last)) = seen.remove(subject) {
                    let known = reader.believed.contains_key(subject);
                    if last.duration_since(first) >= minutes(HELD) && !known {
                        owed.push((subject, first));
                    }
                }
            }
            for event in &mut audience.picture.lasting {
                event.mark = step.mark.to_string();
            }
            for _ in 0..step.news {
                number += 1;
                audience.now += SignedDuration::from_secs(1);
                audience.happens(Cause::New, &format!("news {number}"), number);
                told_news += 1;
            }
            let until = audience.now + minutes(60);
            audience.moment.hushed = step.hushed.then_some(Hush { let_through: step.least, until });
            audience.moment.busy = step.busy;
            if step.killed {
                drop(audience.ledger.clone().settle(&audience.picture, &audience.policy, &audience.moment, audience.now));
            } else if let Some(digest) = audience.settle() {
                prop_assert!(!step.busy);
                if step.hushed {
                    let heard = |entry: &Entry| step.least.is_some_and(|least| entry.event.severity() >= least);
                    prop_assert!(digest.entries.iter().all(heard));
                }
                prop_assert!(!digest.entries.is_empty());
                reader.read(&digest);
            }
            if step.restarted {
                let read = reread(&audience.ledger);
                prop_assert_eq!(&read, &audience.ledger);
                audience.ledger = read;
            }
            let next = audience.ledger.next(&audience.policy, &audience.moment, audience.now);
            prop_assert!(step.killed || next.is_none_or(|next| next > audience.now));
        }
        let believed: Vec<_> = reader.believed.keys().map(String::as_str).collect();
        prop_assert_eq!(believed, seen.keys().copied().collect::<Vec<_>>(), "what is so is believed");
        prop_assert_eq!(reader.news.len(), told_news);
        prop_assert!(reader.news.values().all(|times| *times == 1));
        for (subject, since) in owed {
            prop_assert!(reader.spoken.get(subject).is_some_and(|at| *at >= since), "{} was never told", subject);
        }
    }
}
