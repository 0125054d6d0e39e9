//! `docs/grants.md` is true: its statements, read from the document, are run on real servers; they are enough for what it
//! says, each of them is needed, and they allow nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "support/admin.rs"]
mod admin;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "cli/scene.rs"]
mod scene;
#[path = "support/world.rs"]
mod world;

#[path = "grants/document.rs"]
mod document;
#[path = "grants/enough.rs"]
mod enough;
#[path = "grants/guest.rs"]
mod guest;
#[path = "grants/hub.rs"]
mod hub;
#[path = "grants/needed.rs"]
mod needed;
#[path = "grants/no_more.rs"]
mod no_more;
#[cfg(unix)]
#[path = "grants/sqlite.rs"]
mod sqlite;
