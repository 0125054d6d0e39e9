//! What an audience was told, and what it is to be told next.
//!
//! Decides: first, changed, resolved, reminder, passed; when they are gathered into one digest. Must not know: stores,
//! receivers, words. Pure: a picture and `now` in, a digest out.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Event, Key};
use crate::model::{Cause, Severity};

/// What one audience wants to be told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Only what matters so much.
    pub at_least: Severity,
    /// Only of these gateways; empty: of all (what is of no gateway is told all the same).
    pub gateways: Vec<String>,
    /// Only of these causes; empty: of all.
    pub causes: Vec<Cause>,
    /// News are gathered for so long.
    pub digest: Duration,
    /// What may pass must last, and stay away, so long.
    pub settle: Duration,
    /// What lasts is told again after so long; zero: never.
    pub remind: Duration,
}

/// What holds at one moment for one audience, beside its policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// Somebody works on these gateways: nothing of them is noted.
    pub maintenance: Vec<String>,
    /// It is quiet, or the audience is muted: only what matters so much is told. `None`: all is.
    pub hushed: Option<Hush>,
    /// A message of before is still on its way: the next one waits for it, and gathers.
    pub busy: bool,
}

/// Nobody is to be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hush {
    /// What matters so much is told all the same; `None`: nothing is.
    pub let_through: Option<Severity>,
    /// When it ends.
    pub until: Timestamp,
}

/// What one audience was told, and is about to be: one line for each thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Beside the lines.
    pub state: State,
    /// The lines.
    pub lines: BTreeMap<Key, Line>,
}

/// What a ledger holds beside its lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// When the audience was first looked after; `None`: never yet.
    pub began: Option<Timestamp>,
    /// The latest number of each gateway's news that was noted.
    pub noted: BTreeMap<String, i64>,
}

/// One thing in a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// As it was last seen.
    pub event: Event,
}
