//! A gateway's admin API: what its own admin pages can do, done as they do it.
//!
//! Decides: which calls and forms each gateway takes, and what its answers mean. Must not know: databases, upstreams,
//! probes, or why a list should change.

mod client;
mod prices;
mod users;

use std::fmt;
use std::sync::Arc;

pub use client::{ApiError, Trouble};

use self::client::Client;
use super::GatewayError;
use crate::config::{ApiConfig, ProbeConfig};
use crate::model::GatewayKind;

/// One gateway's admin API, with a token that it took. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    kind: GatewayKind,
    client: Arc<Client>,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Admin {
    /// Prepares the client. `name` is the gateway's in our configuration, `kind` what is known of the program, `salt` goes
    /// into fingerprints.
    pub async fn open(
        name: &str,
        api: &ApiConfig,
        kind: Option<GatewayKind>,
        http: &ProbeConfig,
        _salt: &str,
    ) -> Result<Self, GatewayError> {
        let setup = |key: &str, why: &str| GatewayError::Setup { what: format!("gateways.{name}.{key}: {why}") };
        let kind = kind.ok_or_else(|| setup("kind", "say which program answers at api.url"))?;
        let client = Client::new(api, kind, http).map_err(|why| setup("api", &why))?;
        Ok(Self { kind, client: Arc::new(client) })
    }

    /// Which program it is.
    pub fn kind(&self) -> GatewayKind {
        self.kind
    }
}
