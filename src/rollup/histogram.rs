//! Times by their size, so that percentiles of any sum of them can be told.
//!
//! Decides: which times are told apart: those that differ by more than 15 %. Must not know: of what they are.

use super::bytes::{put, take, take_small};

/// How many sizes are told apart; the last one is hours.
const BUCKETS: usize = 128;

/// Where each bucket begins, in ms: single milliseconds first, then 15 % more each time.
const LOWEST: [u64; BUCKETS + 1] = {
    let mut lowest = [0; BUCKETS + 1];
    let mut n = 1;
    while n <= BUCKETS {
        let (next, wider) = (lowest[n - 1] + 1, lowest[n - 1] * 23 / 20);
        lowest[n] = if next > wider { next } else { wider };
        n += 1;
    }
    lowest
};

/// How many times fell into each bucket that any fell into; ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(Vec<(u8, u32)>);

impl Histogram {
    /// Counts a time.
    pub fn count(&mut self, ms: u32) {
        let bucket = LOWEST.partition_point(|lowest| *lowest <= u64::from(ms)).saturating_sub(1).min(BUCKETS - 1);
        self.count_in(u8::try_from(bucket).unwrap_or(u8::MAX), 1);
    }

    fn count_in(&mut self, bucket: u8, times: u32) {
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => {
                if let Some((_, counted)) = self.0.get_mut(place) {
                    *counted = counted.saturating_add(times);
                }
            }
            Err(place) => self.0.insert(place, (bucket, times)),
        }
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        for (bucket, times) in &other.0 {
            self.count_in(*bucket, *times);
        }
    }

    /// How many times were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, times)| u64::from(*times)).sum()
    }

    /// What so many percent of the times stayed under, in ms, to within 8 %; `None`: none was counted.
    pub fn percentile(&self, percent: u64) -> Option<u32> {
        let rank = (self.total() * percent).div_ceil(100).max(1);
        let mut counted = 0;
        for (bucket, times) in &self.0 {
            counted += u64::from(*times);
            if counted >= rank {
                let (lowest, next) = (LOWEST.get(usize::from(*bucket))?, LOWEST.get(usize::from(*bucket) + 1)?);
                return u32::try_from(u64::midpoint(*lowest, next - 1)).ok();
            }
        }
        None
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        put(bytes, self.0.len() as u64);
        for (bucket, times) in &self.0 {
            bytes.push(*bucket);
            put(bytes, u64::from(*times));
        }
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let buckets = usize::try_from(take(bytes)?).ok().filter(|buckets| *buckets <= BUCKETS)?;
        let mut histogram = Self(Vec::with_capacity(buckets));
        for _ in 0..buckets {
            let (bucket, rest) = bytes.split_first()?;
            *bytes = rest;
            histogram.0.push((*bucket, take_small(bytes)?));
        }
        Some(histogram)
    }
}
