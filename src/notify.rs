//! Who is told what, once, and when.
//!
//! Decides: what is news to whom, in which words, and that no message is lost. Must not know: gateways, probes, plans, the
//! writer. It reads our store, as the dashboard does, and hands orders on.
//!
//! The way of an alert: `picture` reads what is so from the store → `ledger` (pure) compares it with what each audience
//! was told → one `Digest` goes into the store's outbox, in the same transaction → `delivery` hands it to its `receiver`,
//! again and again until it is taken.

pub mod emergency;
pub mod event;
pub mod ledger;
pub mod message;
pub mod receiver;
pub mod words;

pub use self::emergency::Emergency;
pub use self::event::{Digest, Entry, Event, Key, News, Picture, Totals, What};
pub use self::receiver::{Letter, Refusal};
