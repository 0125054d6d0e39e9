//! Ids that were passed over: their rows may still be on their way, for rows commit out of the order of their ids.
//!
//! Must not know: rows, or how they are read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// After that no row comes any more: its transaction was rolled back, or the id was never given to one.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);
/// How many ids are waited for, the highest ones. Servers that count in steps leave a gap after every row.
const MOST: usize = 200;

/// The ids that are still waited for, and since when.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps(BTreeMap<i64, Timestamp>);

impl Gaps {
    /// The ids to ask for once more.
    pub(super) fn missing(&mut self, now: Timestamp) -> Vec<i64> {
        self.0.retain(|_, since| now.duration_since(*since) <= PATIENCE);
        self.0.keys().copied().collect()
    }

    /// These have come.
    pub(super) fn found(&mut self, ids: impl Iterator<Item = i64>) {
        for id in ids {
            self.0.remove(&id);
        }
    }

    /// Of all ids above `after`, these have come, in order; whatever lies between two of them has not.
    pub(super) fn passed(&mut self, after: i64, ids: &[i64], now: Timestamp) {
        let before = std::iter::once(after).chain(ids.iter().copied());
        let holes: Vec<_> = before.zip(ids).map(|(low, high)| low.saturating_add(1)..*high).collect();
        let highest_first = holes.into_iter().rev().flat_map(Iterator::rev);
        self.0.extend(highest_first.take(MOST).map(|id| (id, now)));
        while self.0.len() > MOST {
            self.0.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_row_that_commits_late_is_waited_for_a_while() {
        let mut gaps = Gaps::default();
        gaps.passed(10, &[11, 13, 16], at(0));
        assert_eq!(gaps.missing(at(5)), [12, 14, 15]);
        gaps.found([14].into_iter());
        gaps.passed(16, &[17, 19], at(30));
        assert_eq!(gaps.missing(at(60)), [12, 15, 18]);
        assert_eq!(gaps.missing(at(61)), [18], "the others were rolled back");
        gaps.passed(19, &[], at(61));
        assert_eq!(gaps.missing(at(62)), [18]);
    }

    #[test]
    fn a_leap_of_the_ids_costs_no_more_than_the_highest_few() {
        let mut gaps = Gaps::default();
        gaps.passed(0, &[5, i64::MAX], at(0));
        let missing = gaps.missing(at(0));
        assert_eq!((missing.len(), missing[0], missing[MOST - 1]), (MOST, i64::MAX - 200, i64::MAX - 1));
        gaps.passed(0, &[2], at(1));
        assert_eq!(gaps.missing(at(1)), missing, "lower ones give way");
    }
}
