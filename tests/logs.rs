//! The gateways' own traffic: their logs read on all three engines without a scan, and the loop that heeds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

#[path = "logs/read.rs"]
mod read;
#[path = "logs/scan.rs"]
mod scan;
#[path = "logs/served.rs"]
mod served;
#[path = "logs/watch.rs"]
mod watch;
