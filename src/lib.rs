//! channelwarden keeps LLM gateways truthful.
//!
//! The modules stand in the order of the data's way; each may use only those above it.

pub mod model;
pub mod config;
pub mod crash;
pub mod store;
pub mod gateway;
