//! The REST API as another program uses it: a real server on a loopback port, over a store that real rounds filled.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

#[path = "api/acts.rs"]
mod acts;
#[path = "api/asked.rs"]
mod asked;
#[path = "api/client.rs"]
mod client;
#[path = "api/described.rs"]
mod described;
#[path = "api/events.rs"]
mod events;
#[path = "api/litellm.rs"]
mod litellm;
#[path = "api/models.rs"]
mod models;
#[path = "api/paging.rs"]
mod paging;
#[path = "api/reads.rs"]
mod reads;
#[path = "api/refused.rs"]
mod refused;
#[path = "api/scene.rs"]
mod scene;
#[path = "api/status.rs"]
mod status;
