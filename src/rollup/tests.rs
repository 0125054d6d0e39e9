use proptest::prelude::*;

use super::*;

fn look() -> impl Strategy<Value = Look> {
    let outcome = proptest::sample::select(Outcome::ALL.to_vec());
    let status = proptest::option::of(proptest::sample::select(vec![200, 404, 429, 503]));
    let (latency_ms, ttft_ms) = (0..4_000_000_u32, proptest::option::of(0..60_000_u32));
    (outcome, status, latency_ms, ttft_ms).prop_map(|(outcome, status, latency_ms, ttft_ms)| Look {
        outcome,
        status,
        latency_ms,
        ttft_ms,
    })
}

fn sum(looks: &[Look]) -> Sums {
    let mut sums = Sums::default();
    for look in looks {
        sums.count(*look);
    }
    sums
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    proptest::collection::vec(look(), 0..80)
}

proptest! {
    #[test]
    fn sums_of_any_split_are_the_sums_of_the_whole(looks in looks(), at in 0.0..1.0_f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
        let (first, second) = looks.split_at((looks.len() as f64 * at) as usize);
        let mut together = sum(second);
        together.add(&sum(first));
        prop_assert_eq!(together, sum(&looks));
    }

    #[test]
    fn what_says_nothing_changes_no_uptime(looks in looks()) {
        let telling: Vec<_> =
            looks.iter().copied().filter(|look| Sight::of(look.outcome) != Sight::Unknown).collect();
        prop_assert_eq!(sum(&looks).uptime(), sum(&telling).uptime());
        let up = telling.iter().filter(|look| Sight::of(look.outcome) == Sight::Up).count();
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let share = (!telling.is_empty()).then(|| up as f64 * 100.0 / telling.len() as f64);
        prop_assert_eq!(sum(&looks).uptime(), share);
        prop_assert_eq!(usize::try_from(sum(&looks).unknown).unwrap(), looks.len() - telling.len());
    }

    #[test]
    fn a_day_is_the_sum_of_its_hours_and_survives_its_bytes(looks in proptest::collection::vec((0..24_i64, look()), 0..80)) {
        let first = 20_000 * 24;
        let mut day = Day::default();
        for (hour, look) in &looks {
            day.count(first + hour, *look);
        }
        let all: Vec<_> = looks.iter().map(|(_, look)| *look).collect();
        prop_assert_eq!(day.whole(), sum(&all));
        for (hour, sums) in day.hours(20_000) {
            let within: Vec<_> = looks.iter().filter(|(at, _)| first + at == hour).map(|(_, look)| *look).collect();
            prop_assert_eq!(sums, &sum(&within));
        }
        prop_assert_eq!(Day::from_bytes(&day.to_bytes()), Some(day.clone()));
        let mut folded = day.folded();
        prop_assert_eq!(Day::from_bytes(&folded.to_bytes()), Some(folded.clone()));
        prop_assert_eq!(folded.whole(), day.whole());
        prop_assert!(folded.is_whole());
        // What comes late still counts.
        let late = Look { outcome: Outcome::Gone, status: Some(404), latency_ms: 1, ttft_ms: None };
        folded.count(first + 5, late);
        prop_assert_eq!(folded.whole().down, day.whole().down + 1);
    }

    #[test]
    fn a_percentile_is_off_by_8_percent_at_most(mut times in proptest::collection::vec(0..4_000_000_u32, 1..200), percent in 1..=100_u64) {
        let mut histogram = Histogram::default();
        for ms in &times {
            histogram.count(*ms);
        }
        times.sort_unstable();
        let rank = (times.len() as u64 * percent).div_ceil(100).max(1);
        let exact = f64::from(times[usize::try_from(rank).unwrap() - 1]);
        let told = f64::from(histogram.percentile(percent).unwrap());
        prop_assert!((told - exact).abs() <= exact * 0.08 + 0.5, "{told} for {exact}");
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Some(day) = Day::from_bytes(&bytes) {
            prop_assert!(day.whole().latency.total() <= u64::from(u32::MAX) * 60);
        }
    }
}

#[test]
fn the_last_24_hours_end_with_the_given_one() {
    let works = Look { outcome: Outcome::Works, status: Some(200), latency_ms: 100, ttft_ms: None };
    let (mut yesterday, mut today) = (Day::default(), Day::default());
    for hour in 0..24 {
        yesterday.count(99 * 24 + hour, works);
        today.count(100 * 24 + hour, works);
    }
    let days = [(99, &yesterday), (100, &today)];
    let hours: Vec<_> = last_hours(&days, 100 * 24 + 5).into_iter().map(|(hour, _)| hour).collect();
    assert_eq!(hours, (100 * 24 - 18..=100 * 24 + 5).collect::<Vec<_>>());
}

#[test]
fn a_rate_limit_is_told_from_a_failure() {
    assert!(is_limited(Outcome::Busy, Some(503)) && is_limited(Outcome::KeyBroke, Some(429)));
    assert!(!is_limited(Outcome::Gone, Some(404)) && !is_limited(Outcome::Works, Some(429)));
}
