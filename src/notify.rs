//! Who is told what, once, and when.
//!
//! Decides: what is news to whom, in which words, and that no message is lost. Must not know: gateways, probes, plans, the
//! writer. It reads our store, as the dashboard does, and hands orders on.
//!
//! The way of an alert: `picture` reads what is so from the store → `ledger` (pure) compares it with what each audience
//! was told → one `Digest` goes into the store's outbox, in the same transaction → `delivery` hands it to its `receiver`,
//! again and again until it is taken.

mod addresses;
pub mod bot;
pub mod delivery;
pub mod desk;
pub mod emergency;
pub mod event;
pub mod kuma;
pub mod ledger;
pub mod message;
pub mod picture;
pub mod receiver;
pub mod telegram;
pub mod window;
pub mod words;

use jiff::tz::TimeZone;

pub use self::desk::Notifier;
pub use self::emergency::Emergency;
pub use self::event::{Digest, Entry, Event, Key, News, Picture, Totals, What};
pub use self::receiver::{Letter, Receiver, Refusal};
use crate::config::NotifyConfig;

/// The zone that times are told in, and quiet hours are of: `notify.time_zone`, or the machine's.
///
/// # Errors
/// There is no such zone.
pub fn zone(config: &NotifyConfig) -> Result<TimeZone, String> {
    let Some(name) = &config.time_zone else { return Ok(TimeZone::system()) };
    TimeZone::get(name)
        .map_err(|_| format!("notify.time_zone {name:?} is no IANA time zone; write one such as \"Europe/Berlin\""))
}
