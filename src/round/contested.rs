//! Another writer: somebody, or another program, that takes back what we change.
//!
//! Decides: that twice in a row is no accident, and ends our writing on that channel until a person says so. Must not know:
//! why a list should change.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{Report, Round};
use crate::clock;
use crate::model::{Channel, ChannelRef, WorkingList};
use crate::store::{ANOTHER_WRITER, Contest, HoldScope, LastChange, StoreError};

/// So often in a row taken back: somebody else keeps this channel's list.
const TIMES: u32 = 2;

/// A change of ours that stood for so long ends the row. Rounds come every few minutes, another program's may once a week.
const STANDS: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What we last did to each channel.
pub(super) struct Contested(HashMap<(i64, i64), LastChange>);

/// What a look at a channel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing new.
    AsBefore,
    /// To be kept.
    Now(Contest),
    /// So often that we stop.
    Enough(Contest),
}

impl Contested {
    pub(super) async fn read(round: &Round) -> Result<Self, StoreError> {
        Ok(Self(round.store.last_changes(round.gateway.name()).await?))
    }

    /// Looks whether our last change still stands on the channel. If changes of ours were taken back twice in a row, the
    /// channel is put on hold and that is told.
    pub(super) async fn look(&self, round: &Round, channel: &Channel, report: &mut Report) -> Result<(), StoreError> {
        let Some(last) = self.0.get(&(channel.id, channel.created)) else { return Ok(()) };
        let (name, now) = (round.gateway.name(), clock::now());
        if clock::before(now, round.gateway.shows_late()) < last.at {
            return Ok(());
        }
        let reference = ChannelRef { id: channel.id, created: channel.created, name: channel.name.clone() };
        match seen(last, channel, now) {
            Seen::AsBefore => Ok(()),
            Seen::Now(contest) => round.store.keep_contest(name, &reference, contest).await,
            Seen::Enough(contest) => {
                let scope =
                    HoldScope { gateway: Some(name.to_owned()), channel: Some(channel.id), ..HoldScope::default() };
                let why = format!(
                    "{ANOTHER_WRITER} somebody took back our last {TIMES} changes (the last is change {})",
                    last.id
                );
                report.notes.push(format!(
                    "channel {reference}: {why}; nothing more is written there: find who else keeps its list (the \
                     gateway's upstream auto-update, another tool, a person), then `channelwarden release --gateway {name} \
                     --channel {}`",
                    channel.id
                ));
                round.store.hold(&scope, &why, clock::now()).await?;
                // Counted anew, and from the next change on, once a person lets us go on.
                round.store.keep_contest(name, &reference, Contest { times: 0, ..contest }).await
            }
        }
    }
}

/// Whether the channel's list is without what our last change did to it.
fn seen(last: &LastChange, channel: &Channel, now: Timestamp) -> Seen {
    let listed = channel.advertised();
    let listed: HashSet<_> = listed.iter().flat_map(WorkingList::names).collect();
    let back = last.removed.iter().any(|model| listed.contains(model));
    let off = last.put_on.iter().any(|model| !listed.contains(model));
    match (back || off, last.contest) {
        (true, Contest { change, .. }) if change == last.id => Seen::AsBefore,
        (true, Contest { times, .. }) if times + 1 >= TIMES => {
            Seen::Enough(Contest { change: last.id, times: times + 1 })
        }
        (true, Contest { times, .. }) => Seen::Now(Contest { change: last.id, times: times + 1 }),
        // A later change of ours stood for long: it was no habit.
        (false, Contest { change, times })
            if times > 0 && change != last.id && now.duration_since(last.at) >= STANDS =>
        {
            Seen::Now(Contest::default())
        }
        (false, _) => Seen::AsBefore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelName;

    fn seen_with(models: &str, id: i64, contest: Contest) -> Seen {
        seen_after(SignedDuration::from_hours(24), models, id, contest)
    }

    fn seen_after(time: SignedDuration, models: &str, id: i64, contest: Contest) -> Seen {
        let at = Timestamp::UNIX_EPOCH;
        let name = |text| ModelName::parse(text).unwrap();
        let last = LastChange { id, at, removed: vec![name("dead")], put_on: vec![name("new")], contest };
        seen(&last, &Channel { models: Some(models.to_owned()), ..Channel::bare("c") }, at + time)
    }

    #[test]
    fn twice_in_a_row_is_enough_and_a_change_that_stands_ends_the_row() {
        let none = Contest::default();
        assert_eq!(seen_with("a,new", 7, none), Seen::AsBefore);
        let once = Contest { change: 7, times: 1 };
        assert_eq!(seen_with("a,dead,new", 7, none), Seen::Now(once), "what we took off is back");
        assert_eq!(seen_with("a", 7, none), Seen::Now(once), "what we put on is off");
        assert_eq!(seen_with("a", 7, once), Seen::AsBefore, "the same change counts once");
        assert_eq!(seen_with("a,new", 7, once), Seen::AsBefore);
        assert_eq!(seen_with("a,new", 8, once), Seen::AsBefore, "the next one stands, so far");
        assert_eq!(seen_after(STANDS, "a,new", 8, once), Seen::Now(none), "it stood");
        assert_eq!(seen_after(STANDS, "a,new", 7, once), Seen::AsBefore);
        assert_eq!(seen_with("a,dead", 8, once), Seen::Enough(Contest { change: 8, times: 2 }));
    }
}
