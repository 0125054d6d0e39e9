//! A gateway: its channels read, and one channel's list written back safely, by its database or its admin API.
//!
//! Decides: which of the two is read and which is written. Must not know: upstreams, probes, or why a list should change.

pub mod admin;
pub mod database;
mod error;
mod fields;
mod keys;
mod pages;
mod swap;
mod types;

pub use admin::Admin;
pub use database::{AT_ONCE, Database, Drift, Lease, Orphans, RowChanges, Sort, Statements};
pub use error::GatewayError;
pub use pages::{Pages, Read, Unreadable};
pub use swap::{Order, SwapError, Swapped};
pub use types::access;

use std::time::Duration;

use crate::config::{GatewayConfig, ProbeConfig, WriteBy};
use crate::model::{Channel, GatewayKind, Image, ModelName, Route};

/// One gateway, ready. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    name: String,
    kind: GatewayKind,
    database: Option<Database>,
    admin: Option<Admin>,
    write: WriteBy,
}

impl Gateway {
    /// Connects and inspects, in the ways that the configuration gives. `salt` goes into fingerprints.
    pub async fn open(
        name: &str,
        settings: &GatewayConfig,
        http: &ProbeConfig,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        let setup = |key: &str, why: String| GatewayError::Setup { what: format!("gateways.{name}.{key}: {why}") };
        let address = settings.address().map_err(|why| setup("database", why))?;
        let database = match &address {
            Some(address) => Some(Database::open(name, address, settings.kind, salt).await?),
            None => None,
        };
        let known = database.as_ref().map(|database| database.schema().kind).or(settings.kind);
        let admin = match &settings.api {
            Some(api) => Some(Admin::open(name, api, known, http, salt).await?),
            None => None,
        };
        Self::of(name, database, admin, settings.write)
            .ok_or_else(|| setup("database", "neither `database` nor `api` is given".to_owned()))
    }

    /// A gateway that is reached in these ways; `None` where there is none.
    pub fn of(name: &str, database: Option<Database>, admin: Option<Admin>, write: Option<WriteBy>) -> Option<Self> {
        let kind = match (&database, &admin) {
            (Some(database), _) => database.schema().kind,
            (None, Some(admin)) => admin.kind(),
            (None, None) => return None,
        };
        // One Hub's master never reads its database again.
        let by_default = if admin.is_some() && (database.is_none() || kind.is_hub()) {
            WriteBy::AdminApi
        } else {
            WriteBy::Database
        };
        Some(Self { name: name.to_owned(), kind, database, admin, write: write.unwrap_or(by_default) })
    }

    /// The gateway's name in our configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which program it is.
    pub fn kind(&self) -> GatewayKind {
        self.kind
    }

    /// Its database, where that is given.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Its admin API, where that is given.
    pub fn admin(&self) -> Option<&Admin> {
        self.admin.as_ref()
    }

    /// Whether a change can be written in the way that was chosen, or why not and what to do about it.
    pub fn writable(&self) -> Result<(), String> {
        if let Some(Lease::Theirs(why) | Lease::Impossible(why)) = self.database.as_ref().map(Database::lease) {
            return Err(why.clone());
        }
        match (self.write, &self.database) {
            (WriteBy::Database, Some(database)) => database.writable(),
            (WriteBy::Database, None) | (WriteBy::AdminApi, _) => Err("not built yet".to_owned()),
        }
    }

    /// Takes the lease in the gateway's database for so long, or longer where it is ours already: whoever has it looks after
    /// the gateway, and nobody else writes.
    pub async fn with_lease(self, holder: &str, term: Duration) -> Result<Self, GatewayError> {
        Ok(match self.database {
            Some(database) => Self { database: Some(database.with_lease(holder, term).await?), ..self },
            None => self,
        })
    }

    /// Gives the lease back, if it is ours.
    pub async fn release_lease(&self) -> Result<(), GatewayError> {
        match &self.database {
            Some(database) => database.release_lease().await,
            None => Ok(()),
        }
    }

    /// Who looks after the gateway, by the lease.
    pub fn lease(&self) -> &Lease {
        self.database.as_ref().map_or(&Lease::Unasked, Database::lease)
    }

    /// All channels, or those `among` them that are there.
    pub fn pages(&self, among: Option<Vec<i64>>) -> Result<Pages<'_>, GatewayError> {
        Ok(Pages::Database(self.read()?.pages(among)))
    }

    /// One channel.
    pub async fn channel(&self, id: i64) -> Result<Option<Channel>, GatewayError> {
        self.read()?.channel(id).await
    }

    /// How many channels there are.
    pub async fn count(&self) -> Result<u64, GatewayError> {
        self.read()?.count().await
    }

    /// Which enabled channels serve these models, and in which groups.
    pub async fn routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        self.read()?.routes(models).await
    }

    /// A channel's list and routing rows as they stand.
    pub async fn image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        self.read()?.image(id).await
    }

    /// As [`Self::image`], once nobody is in the middle of writing the channel.
    pub async fn settled_image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        self.read()?.settled_image(id).await
    }

    /// Which of these channels (100 at most) have routing rows that do not agree with their list. None where the gateway
    /// has no such rows, or its database is not given.
    pub async fn drift(&self, channels: &[i64]) -> Result<Vec<Drift>, GatewayError> {
        match &self.database {
            Some(database) => database.drift(channels).await,
            None => Ok(vec![]),
        }
    }

    /// Routing rows whose channel is gone.
    pub async fn orphans(&self) -> Result<Orphans, GatewayError> {
        match &self.database {
            Some(database) => database.orphans().await,
            None => Ok(Orphans::default()),
        }
    }

    /// Whether routing rows can be set right, or why not. Only the database can: no admin API knows single rows.
    pub fn repairable(&self) -> Result<(), String> {
        match &self.database {
            Some(database) => database.writable(),
            None => Err(format!("gateways.{}.database is not given", self.name)),
        }
    }

    /// Swaps a channel's list for the intent's, and its routing rows with it. Rows alone (a repair) are always written by
    /// the database.
    pub async fn swap(&self, order: Order<'_>) -> Result<Swapped, SwapError> {
        // No transaction of ours is around what the admin API writes: the lease is looked at right before.
        if let (WriteBy::AdminApi, Some(database)) = (self.write, &self.database) {
            database.still_leased().await?;
        }
        self.read()?.swap(&order).await
    }

    /// Ends all connections.
    pub async fn close(&self) {
        if let Some(database) = &self.database {
            database.close().await;
        }
    }

    fn read(&self) -> Result<&Database, GatewayError> {
        let what = || format!("gateways.{}.database: it is not given", self.name);
        self.database.as_ref().ok_or_else(|| GatewayError::Setup { what: what() })
    }
}
