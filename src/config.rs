//! The configuration: found, read, validated whole, or refused with a place and a remedy.
//!
//! Decides: which file, which form (ours in JSON5 or YAML, or ChannelMonitor's), what every key means.
//! Must not know: gateways, upstreams, or anything that runs.

mod database;
mod secret;
mod settings;

pub use database::{DatabaseAddress, ServerAddress, Tls};
pub use secret::SecretRef;
pub use settings::{
    ChannelsConfig, Config, Confirm, GatewayConfig, Limits, LogConfig, LogFormat, Mode, ModelsConfig, NetworkConfig,
    ProbeConfig, Source, StoreConfig, VerdictPolicy,
};
