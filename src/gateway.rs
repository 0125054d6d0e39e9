//! A gateway's database: its channels read, and one channel's list written back safely.
//!
//! Decides: which program owns the database, what a row means in it, and how a list is swapped: one transaction,
//! compared byte for byte under a lock, both tables in step as the gateway itself would keep them.
//! Must not know: upstreams, probes, or why a list should change.

mod abilities;
mod columns;
mod dialect;
mod error;
mod inspect;
mod keys;
mod pages;
mod read;
mod rights;
mod sql;
mod swap;
mod types;

use std::sync::Arc;
use std::time::Duration;

pub use abilities::{AbilityShape, Diff, Fold, Shared, diff, expected};
pub use dialect::Engine;
pub use error::GatewayError;
pub use inspect::{NameLimits, Schema};
pub use pages::{Pages, Read, Unreadable};
pub use sql::Statements;
pub use swap::{Order, SwapError, Swapped};
pub use types::access;

/// One gateway's database, inspected and ready. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    name: String,
    salt: String,
    pool: sql::Pool,
    schema: Arc<Schema>,
}

impl Gateway {
    /// The gateway's name in our configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the database was found to be.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How many statements were sent so far, and how many of them could change rows.
    pub fn statements(&self) -> Statements {
        self.pool.statements()
    }

    /// The same with another deadline for each statement; 30 s otherwise.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { pool: self.pool.with_deadline(deadline), ..self }
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
