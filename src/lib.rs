//! channelwarden keeps LLM gateways truthful.
//!
//! The modules stand in the order of the data's way; each may use only those above it.

pub mod model;
pub mod clock;
pub mod config;
pub mod store;
pub mod upstream;
pub mod probe;
pub mod verdict;
pub mod plan;
pub mod simulate;
