//! The gateways' admin APIs: the stand-ins as strict as the real ones, and our gateway over each of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/admin.rs"]
mod admin;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;

#[path = "admin/bench.rs"]
mod bench;
#[path = "admin/strict.rs"]
mod strict;
#[path = "admin/fail.rs"]
mod fail;
#[path = "admin/keyless.rs"]
mod keyless;
#[path = "admin/live.rs"]
mod live;
#[path = "admin/prices.rs"]
mod prices;
#[path = "admin/read.rs"]
mod read;
#[path = "admin/whole.rs"]
mod whole;
#[path = "admin/write.rs"]
mod write;
