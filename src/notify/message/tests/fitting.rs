//! What is left out, that it is counted, and that this is quick.

use std::cell::Cell;

use proptest::prelude::*;

use super::*;

fn length(message: &Message) -> usize {
    plain::text(message).chars().count()
}

/// So many entries on so many channels, of several causes.
fn many(entries: usize, channels: usize) -> Digest {
    let causes = [Cause::Failing, Cause::NoCredit, Cause::Held, Cause::Degraded];
    let event = |n: usize| Event {
        channel: Some(ChannelName {
            id: i64::try_from(n % channels).unwrap(),
            name: format!("channel {}", n % channels),
        }),
        evidence: format!("seen {}", n % 7),
        ..event(causes[n % causes.len()], &format!("model-{n}"))
    };
    digest((0..entries).map(|n| entry(What::First, event(n))).collect())
}

/// Sections and names, those left out among them.
fn counted(message: &Message) -> (usize, Vec<usize>) {
    let names = message.sections.iter().map(|section| section.subjects.len() + section.hidden);
    (message.sections.len() + message.hidden, names.collect())
}

#[test]
fn ten_thousand_entries_are_looked_at_a_few_times_only() {
    for channels in [1, 40, 10_000] {
        let message = english(&many(10_000, channels));
        for limit in [300, 4096, 100_000] {
            let looks = Cell::new(0);
            let fit = message.fit(limit, |message| {
                looks.set(looks.get() + 1);
                length(message)
            });
            assert!(length(&fit) <= limit);
            assert!(looks.get() < 60, "{channels} channels, {limit}: {} looks", looks.get());
            assert_eq!(counted(&fit).0, counted(&message).0);
        }
    }
}

#[test]
fn names_go_first_then_evidence_then_sections_then_advice_and_the_totals_last() {
    let message = english(&many(400, 5));
    let whole = length(&message);
    assert_eq!(message.fit(whole, length), message);
    let fit = |limit| message.fit(limit, length);
    let names = fit(whole * 3 / 4);
    assert!(names.sections.iter().all(|section| section.evidence.is_some() && section.subjects.len() > 3));
    assert!(names.sections.iter().any(|section| section.more.is_some()));
    let few = fit(1200);
    assert!(few.sections.len() < message.sections.len() && few.sections[0].hint.is_some());
    assert_eq!(few.more, Some(format!("and {} more", message.sections.len() - few.sections.len())));
    let bare = fit(240);
    assert_eq!((bare.sections.len(), bare.sections[0].hint.as_ref()), (1, None));
    let none = fit(70);
    assert_eq!((none.sections.len(), plain::text(&none).as_str()), (0, message.totals.as_str()));
    assert_eq!(plain::text(&fit(10)), "2 of 45 m…");
    assert_eq!(plain::text(&fit(0)), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_left_fits_and_what_went_is_counted(entries in 0_usize..60, channels in 1_usize..9, limit in 0_usize..3000) {
        let message = english(&many(entries, channels));
        let fit = message.fit(limit, length);
        prop_assert!(length(&fit) <= limit);
        let ((all, names), (left, left_names)) = (counted(&message), counted(&fit));
        prop_assert!(left_names.iter().zip(&names).all(|(left, all)| left == all));
        if limit >= 300 {
            prop_assert_eq!(left, all);
            prop_assert_eq!(&fit.totals, &message.totals);
            prop_assert_eq!(fit.more.is_some(), fit.hidden > 0);
            prop_assert!(plain::text(&fit).starts_with(&message.totals));
        }
        prop_assert_eq!(&fit.fit(limit, length), &fit, "once is enough");
    }
}
