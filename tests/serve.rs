//! What is served: who may read and act, what every answer carries, the public page, metrics, health.

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
