//! What is told when our own store fails: without it there is no ledger and no outbox.
//!
//! Decides: when that is told, and that it is told once. Must not know: how. Pure.

use jiff::{SignedDuration, Timestamp};

use super::{Digest, Entry, Event, Totals, What};
use crate::model::Cause;

/// A store that is busy for a moment is nobody's business.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// Whether our own store works, and whether it was told that it does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emergency {
    failing: Option<(Timestamp, String)>,
    told: bool,
    /// How things stood in all when the store last said so.
    totals: Totals,
}

impl Emergency {
    /// The store failed, with these words: what is to be told, once it has failed for long.
    pub fn failed(&mut self, why: &str, now: Timestamp) -> Option<Digest> {
        let (since, _) = self.failing.get_or_insert_with(|| (now, why.to_owned()));
        if self.told || now.duration_since(*since) < PATIENCE {
            return None;
        }
        self.told = true;
        Some(digest(What::First, *since, why, self.totals, now))
    }

    /// The store works, and says how things stand: what is to be told, where the contrary was.
    pub fn works(&mut self, totals: Totals, now: Timestamp) -> Option<Digest> {
        self.totals = totals;
        let (since, why) = self.failing.take()?;
        std::mem::take(&mut self.told).then(|| digest(What::Resolved, since, &why, totals, now))
    }
}

fn digest(what: What, since: Timestamp, why: &str, totals: Totals, now: Timestamp) -> Digest {
    let event = Event {
        cause: Cause::StoreUnreachable,
        gateway: String::new(),
        channel: None,
        subject: String::new(),
        since,
        evidence: why.to_owned(),
        mark: String::new(),
        change: None,
    };
    let until = (what == What::Resolved).then_some(now);
    let entries = vec![Entry { what, event, until, flapping: false }];
    Digest { at: now, totals, entries, test: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_fails_for_long_is_told_once_and_so_is_its_return() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let after = |minutes| now + SignedDuration::from_mins(minutes);
        let what = |digest: Option<Digest>| digest.map(|digest| digest.entries[0].what);
        let mut emergency = Emergency::default();
        let totals = Totals { models: 45, down: 2, ..Totals::default() };
        assert_eq!(emergency.works(totals, now), None, "nothing was said");
        assert_eq!(emergency.failed("disk full", now), None);
        assert_eq!(emergency.works(totals, after(1)), None, "a moment");
        assert_eq!(emergency.failed("disk full", after(2)), None);
        let told = emergency.failed("disk full", after(4));
        assert_eq!(told.as_ref().map(|told| told.totals), Some(totals), "as it last stood");
        assert_eq!(what(told), Some(What::First));
        assert_eq!(emergency.failed("disk full", after(60)), None, "once");
        assert_eq!(what(emergency.works(totals, after(61))), Some(What::Resolved));
        assert_eq!(emergency.works(totals, after(62)), None);
    }
}
