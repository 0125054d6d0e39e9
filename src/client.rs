//! Our own REST API as our own commands ask it: that of a running instance, or one answered in this process from the store.
//!
//! Decides: where a question goes, and what sort of failure a missing answer is. Must not know: what an answer is for.

mod address;
mod error;
mod knock;
mod local;
mod remote;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use self::error::ClientError;
pub use self::knock::knock;
use self::local::Local;
use self::remote::Remote;
use crate::config::Config;
use crate::model::Secret;

/// The API of one place. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(Arc<Place>);

#[derive(Debug)]
enum Place {
    Here(Box<Local>),
    There(Box<Remote>),
}

impl Client {
    /// That of the configuration's own store, answered in this process: no port is opened. Who may read the store's file
    /// may act too, through the same guards, journal and turn as ever.
    ///
    /// # Errors
    /// There is no store yet (none is made for mere looking), or it cannot be opened.
    pub async fn local(config: Config) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Place::Here(Box::new(Local::open(config).await?)))))
    }

    /// That of a running instance at `http(s)://host:port`, maybe with a path before its own. `token`: its
    /// `web.read_token`, or `web.act_token` to act. `patience`: the longest wait for an answer.
    ///
    /// # Errors
    /// What of the address cannot be used; the token stands in no error.
    pub fn remote(url: &str, token: Option<&Secret>, patience: Duration) -> Result<Self, String> {
        Ok(Self(Arc::new(Place::There(Box::new(Remote::new(url, token, patience)?)))))
    }

    /// Reads: `/api/models?gateway=main`.
    pub async fn get(&self, path_and_query: &str) -> Result<Value, ClientError> {
        let body = match &*self.0 {
            Place::Here(here) => here.get(path_and_query).await?,
            Place::There(there) => there.get(path_and_query).await?,
        };
        if path_and_query.starts_with("/api/status") && body.get("gateways").is_none() {
            let place = self.place();
            // Before this version it told of rounds only. One API and New API answer this path too, in their own way.
            return Err(ClientError::Odd(if body.get("scan_state").is_some() {
                format!("{place} is an older channelwarden: its /api/status does not tell of gateways; update it")
            } else {
                format!(
                    "what answers at {place} is not channelwarden, but maybe the gateway itself; give the address of \
                     `channelwarden run` (web.listen)"
                )
            }));
        }
        Ok(body)
    }

    /// Asks for something to be done, and waits for its end.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        match &*self.0 {
            Place::Here(here) => here.post(path, body).await,
            Place::There(there) => there.post(path, body).await,
        }
    }

    /// What is looked at, for people: an address, or the store's file.
    pub fn place(&self) -> &str {
        match &*self.0 {
            Place::Here(here) => here.place(),
            Place::There(there) => there.place(),
        }
    }

    /// Whether it is the store on this machine.
    pub fn is_local(&self) -> bool {
        matches!(*self.0, Place::Here(_))
    }
}
