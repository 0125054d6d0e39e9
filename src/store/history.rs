//! What was seen of every model over time: the rows that tables, charts and programs read.
//!
//! Decides: what is kept of an observation, in which sums, and what a reader gets of it.
//! Must not know: who reads; how a verdict comes about.

mod codes;
mod faded;
mod figures;
mod grid;
mod keep;
mod lights;
mod models;
mod pairs;
mod rows;
mod seen;
mod series;
mod takeover;
mod troubled;

pub(super) use self::codes::{is_cold, marks, outcome, shape};
pub(super) use self::keep::{Entry, fold, keep};
pub use self::rows::{
    Cell, ChannelCounts, ChannelSeen, Counts, GridRow, Light, ModelQuery, ModelRow, ModelSort, Page, Seen, SeriesPoint,
    Transition, Window, Withdrawal,
};
pub(super) use self::takeover::{SINCE, take_over};
pub use self::troubled::{Tally, Troubled};
pub(super) use self::troubled::{tally, troubled};

/// Every round that observed anything, the newest first, one at a time: whatever the store holds, a reader that stops
/// early pays for what it has read.
pub(super) const ROUNDS_BACK: &str = "with recursive round_back (id) as (
  select max(id) >> 32 from observation
  union all
  select (select max(o.id) >> 32 from observation o where o.id < round_back.id << 32)
  from round_back where round_back.id is not null) ";

/// The number of what happened to a pair in a round, or on a day: both in one, in order of time.
pub(super) fn key(time: i64, pair: i64) -> i64 {
    time << 32 | pair
}

/// The pair of a [`key`].
fn pair_of(key: i64) -> i64 {
    key & 0xffff_ffff
}

#[cfg(test)]
#[path = "history/tests.rs"]
mod tests;
