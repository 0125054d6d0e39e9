//! Gateways' databases on all three engines: recognised, read, and swapped safely.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/silence.rs"]
mod silence;
#[path = "support/world.rs"]
mod world;

#[path = "gateway/bench.rs"]
mod bench;
#[path = "gateway/gallery.rs"]
mod gallery;
#[path = "gateway/hub.rs"]
mod hub;
#[path = "gateway/inspect.rs"]
mod inspect;
#[path = "gateway/left_alone.rs"]
mod left_alone;
#[path = "gateway/prices.rs"]
mod prices;
#[path = "gateway/read.rs"]
mod read;
#[path = "gateway/refuse.rs"]
mod refuse;
#[path = "gateway/silent.rs"]
mod silent;
#[path = "gateway/swap.rs"]
mod swap;
