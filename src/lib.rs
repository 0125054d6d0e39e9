//! channelwarden keeps LLM gateways truthful.
//!
//! The modules stand in the order of the data's way; each may use only those above it.

// All words go through `say`: a closed pipe is no panic.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod model;
pub mod clock;
pub mod crash;
pub mod say;
pub mod signals;
pub mod config;
pub mod budget;
pub mod rollup;
pub mod store;
pub mod http;
pub mod gateway;
pub mod upstream;
pub mod cost;
pub mod probe;
pub mod openrouter;
pub mod verdict;
pub mod plan;
pub mod apply;
pub mod round;
pub mod litellm;
pub mod process;
pub mod serve;
pub mod notify;
pub mod daemon;
pub mod client;
pub mod doctor;
pub mod tui;
pub mod simulate;
pub mod demo;
pub mod cli;
