//! Who is told how far a round is.

use crate::model::{ChannelRef, Outcome};

/// Told as a round goes on, from several tasks at once.
pub trait Progress: Send + Sync {
    /// So many probes more are to come.
    fn expect(&self, probes: usize);
    /// One probe is done.
    fn probed(&self, channel: &ChannelRef, outcome: Outcome);
}

/// Tells nobody.
pub struct Quiet;

impl Progress for Quiet {
    fn expect(&self, _probes: usize) {}
    fn probed(&self, _channel: &ChannelRef, _outcome: Outcome) {}
}
