//! A gateway's database: its channels read, and one channel's list written back safely.
//!
//! Decides: which program owns the database, what a row means in it, and how a list is swapped: one transaction,
//! compared byte for byte under a lock, both tables in step as the gateway itself would keep them.
//! Must not know: upstreams, probes, or why a list should change.

mod abilities;
mod columns;
mod condition;
mod crash_trap;
mod dialect;
mod drift;
pub(super) mod inspect;
mod lease;
mod options;
mod pages;
mod read;
mod rights;
mod row_changes;
pub(super) mod sql;
mod swap;

use std::sync::Arc;
use std::time::Duration;

pub use abilities::{AbilityShape, Diff, Fold, Shared, diff, expected};
pub use condition::Condition;
pub use dialect::Engine;
pub use drift::{AT_ONCE, Drift, Orphans};
pub use inspect::{NameLimits, Schema};
pub use lease::Lease;
pub use pages::Pages;
pub use row_changes::{RowChanges, Sort};
pub use sql::Statements;

use super::{GatewayError, Read, Unreadable};

/// One gateway's database, inspected and ready. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    name: String,
    salt: String,
    pool: sql::Pool,
    schema: Arc<Schema>,
    lease: Lease,
}

impl Database {
    /// The gateway's name in our configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the database was found to be.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether we may write, or why not: rights, and the lease.
    pub fn writable(&self) -> Result<(), String> {
        self.schema.writable.clone().and_then(|()| self.leased())
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
