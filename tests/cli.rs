//! The program as a person runs it: the real binary over real gateways' tables and simulated upstreams.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/admin.rs"]
mod admin;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/openrouter.rs"]
mod openrouter_api;
#[path = "support/world.rs"]
mod world;

#[path = "cli/alerted.rs"]
mod alerted;
#[path = "cli/channel_monitor.rs"]
mod channel_monitor;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/describe.rs"]
mod describe;
#[path = "cli/forecast.rs"]
mod forecast;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/killed.rs"]
mod killed;
#[path = "cli/lease.rs"]
mod lease;
#[path = "cli/notify.rs"]
mod notify;
#[path = "cli/openrouter.rs"]
mod openrouter;
#[path = "cli/refuse.rs"]
mod refuse;
#[path = "cli/repair.rs"]
mod repair;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/scene.rs"]
mod scene;
#[path = "cli/served.rs"]
mod served;
#[path = "cli/status.rs"]
mod status;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/unheard.rs"]
mod unheard;
#[path = "cli/unseen.rs"]
mod unseen;
