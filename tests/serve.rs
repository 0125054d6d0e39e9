//! What is served: who may read and act, what every answer carries, the public page, metrics, health.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "serve/configuration.rs"]
mod configuration;
#[path = "serve/health.rs"]
mod health;
#[path = "serve/pages.rs"]
mod pages;
#[path = "serve/rights.rs"]
mod rights;
#[path = "serve/scene.rs"]
mod scene;
#[path = "serve/sessions.rs"]
mod sessions;
#[path = "serve/metrics.rs"]
mod metrics;
#[path = "serve/seen.rs"]
mod seen;
#[path = "serve/status.rs"]
mod status;
#[path = "serve/socket.rs"]
mod socket;
