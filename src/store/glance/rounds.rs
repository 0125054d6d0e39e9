//! What the latest rounds of a gateway told, as far as people are told of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use sqlx::{Row as _, SqliteConnection};

use crate::model::ChannelRef;
use crate::store::{StoreError, from_json, ledger, time};

/// A gateway's latest rounds.
#[derive(Clone, Debug, Default)]
pub struct RoundStand {
    /// When the latest over everything ended that had no error, and our own network up.
    pub good: Option<Timestamp>,
    /// The first thing that failed in the latest over everything.
    pub error: Option<String>,
    /// When the latest over everything ended.
    pub at: Timestamp,
    /// What that one told.
    pub whole: WholeTold,
}

/// The lines of a report that people are told of. A report of an older version may lack some.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WholeTold {
    /// What failed without stopping it.
    errors: Vec<String>,
    /// The guard that kept everything from being written, and why.
    blackout: Option<(String, String)>,
    /// Keys that are not asked.
    pub keys: Vec<KeyTold>,
    /// Models that answer oddly.
    pub odd: Vec<OddTold>,
    /// Models that their provider will end.
    pub expiring: Vec<EndTold>,
}

/// A key that is not asked.
#[derive(Clone, Debug, Deserialize)]
pub struct KeyTold {
    /// Of which channel.
    pub channel: ChannelRef,
    /// Which of its keys, from 1.
    pub key: usize,
    /// How many it has.
    pub of: usize,
    /// Why, by the outcome's name.
    pub outcome: String,
    /// Since when.
    pub since: Timestamp,
    /// In the upstream's words.
    pub detail: String,
}

/// A model that answers oddly.
#[derive(Clone, Debug, Deserialize)]
pub struct OddTold {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: String,
    /// In which ways, by [`Mark`](crate::model::Mark)'s names.
    pub marks: Vec<String>,
}

/// A model whose end its provider has announced.
#[derive(Clone, Debug, Deserialize)]
pub struct EndTold {
    /// On which channel.
    pub channel: ChannelRef,
    /// Which.
    pub model: String,
    /// On which day it ends.
    pub ends: Date,
}

impl WholeTold {
    /// As `ledger::last_good` has it.
    fn is_good(&self) -> bool {
        self.errors.is_empty() && self.blackout.as_ref().is_none_or(|(guard, _)| guard != "own-network")
    }
}

pub(super) async fn read(db: &mut SqliteConnection, gateway: &str) -> Result<RoundStand, StoreError> {
    let row = sqlx::query(
        "select ended_ms, report from round where gateway = ? and ended_ms is not null and report is not null
         and coalesce(report ->> '$.whole', true) order by id desc limit 1",
    )
    .bind(gateway)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(RoundStand::default()) };
    let at = time(row.try_get("ended_ms")?);
    let whole: WholeTold = from_json("report", row.try_get("report")?)?;
    // Mostly the latest is the one, and then no older report is looked at.
    let good = if whole.is_good() { Some(at) } else { ledger::last_good(&mut *db, gateway).await? };
    Ok(RoundStand { good, error: whole.errors.first().cloned(), at, whole })
}
