//! A gateway's table `logs`: what its users asked for, and what came of it.
//!
//! Decides: which rows are read (by primary key alone, never a scan: the table may have fifty million), and what a row
//! says of a channel's model. Must not know: what is thought of a model, or who is told.

mod gaps;
mod meaning;
mod table;

use jiff::Timestamp;

use self::gaps::Gaps;
pub use self::meaning::{LogRow, traffic_of, witness};
use self::table::Table;
use super::GatewayError;
use crate::config::DatabaseAddress;
use crate::model::{GatewayKind, Witnessed};

/// How many ids before the newest are read at most, on a first look or after a long pause: what is older tells nothing
/// fresh.
const LOOK_BACK: i64 = 20_000;
/// How many ids that were read already are read again after a start: rows commit out of the order of their ids.
const OVERLAP: i64 = 200;
/// Rows a page.
const PAGE: i64 = 1000;

/// A gateway's log, read from where we stopped.
#[derive(Debug)]
pub struct Logs {
    table: Table,
    kind: GatewayKind,
    /// The highest id that was read; `None` before the first page.
    last_id: Option<i64>,
    gaps: Gaps,
}

/// A part of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it says of models, in the order of the rows.
    pub witnessed: Vec<Witnessed>,
    /// The highest id that is read with it.
    pub last_id: i64,
    /// That is another one than before.
    pub advanced: bool,
    /// There is more already.
    pub more: bool,
}

impl Logs {
    /// Connects, and finds out what the table is like. Nothing of it is read yet.
    pub async fn open(address: &DatabaseAddress, kind: GatewayKind) -> Result<Self, GatewayError> {
        let table = Table::open(address).await?;
        Ok(Self { table, kind, last_id: None, gaps: Gaps::default() })
    }

    /// Tells this log from another one.
    pub fn source(&self) -> &str {
        self.table.address()
    }

    /// The statements by which it is read, in the engine's own words, for whoever wants them explained by the server.
    pub fn statements(&self) -> [String; 3] {
        self.table.statements()
    }

    /// Goes on where a log was read up to before a restart.
    pub fn resume(&mut self, last_id: i64) {
        self.last_id = Some(last_id.saturating_sub(OVERLAP).max(0));
    }

    /// The next page; empty where nothing is new.
    pub async fn read(&mut self, now: Timestamp) -> Result<Page, GatewayError> {
        let newest = self.table.newest().await?;
        let earliest = newest.saturating_sub(LOOK_BACK).max(0);
        let from = match self.last_id {
            Some(last_id) if last_id <= newest => last_id.max(earliest),
            // Emptied, or a table of another life: its ids began anew.
            Some(_) | None => {
                self.gaps = Gaps::default();
                earliest
            }
        };
        let missing = self.gaps.missing(now);
        let late = if missing.is_empty() { vec![] } else { self.table.these(&missing).await? };
        let rows = if from < newest { self.table.after(from, PAGE).await? } else { vec![] };
        self.gaps.found(late.iter().map(|row| row.id));
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        self.gaps.passed(from, &ids, now);
        let last_id = ids.last().copied().unwrap_or(from);
        let advanced = self.last_id != Some(last_id);
        self.last_id = Some(last_id);
        let more = i64::try_from(rows.len()).is_ok_and(|read| read >= PAGE);
        let witnessed = late.iter().chain(&rows).filter_map(|row| witness(self.kind, row, now)).collect();
        Ok(Page { witnessed, last_id, advanced, more })
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.table.close().await;
    }
}
