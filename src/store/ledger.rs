//! Rounds and changes as people leaf through them: page by page, over one gateway or all, without what only a machine
//! needs (routing rows, whole reports).
//!
//! Decides: what of a round and of a change is read for a list. Must not know: who reads it.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteExecutor};

use super::{ChangeState, Page, Store, StoreError, from_json, time};
use crate::model::{ChannelRef, ModelName, Outcome, Removal};

/// One round in figures.
#[derive(Clone, Debug)]
pub struct RoundFigures {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub gateway: String,
    /// What we were allowed to do.
    pub mode: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs, or when we were killed in it.
    pub ended: Option<Timestamp>,
    /// What its report says; nothing before its end.
    pub told: RoundTold,
}

/// The few things of a round's report that a line of a list shows. A report of an older version may lack some.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoundTold {
    /// Whether everything was looked at, and not only what was due again; `None`: an older version did not say.
    pub whole: Option<bool>,
    /// (channel, model) pairs advertised by them.
    pub pairs: u64,
    /// Pairs probed.
    pub probed: u64,
    /// How many pairs showed which outcome.
    pub outcomes: std::collections::BTreeMap<Outcome, u64>,
    /// What was wanted: only how many are counted, and how many of them were written.
    changes: Vec<WantedTold>,
    /// What guards held back, likewise.
    held: Vec<IgnoredAny>,
    /// What failed without stopping the round.
    pub errors: Vec<String>,
    /// What else an operator should know.
    pub notes: Vec<String>,
}

/// What came of one change.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct WantedTold {
    outcome: Option<OutcomeTold>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OutcomeTold {
    result: String,
}

impl RoundTold {
    /// How many channels were to be changed.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    /// How many of them were.
    pub fn applied(&self) -> usize {
        let is_applied = |told: &&WantedTold| told.outcome.as_ref().is_some_and(|told| told.result == "applied");
        self.changes.iter().filter(is_applied).count()
    }

    /// How often a guard held something back.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// When a gateway's rounds ended, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRounds {
    /// The latest that ended.
    pub last: Option<Timestamp>,
    /// The latest over everything that ended without an error, and with our own network up.
    pub good: Option<Timestamp>,
    /// The first thing that failed in the latest.
    pub error: Option<String>,
}

/// Which changes.
#[derive(Clone, Debug, Default)]
pub struct ChangeQuery {
    /// Of this gateway only.
    pub gateway: Option<String>,
    /// Of this channel only, by id.
    pub channel: Option<i64>,
    /// In this state only.
    pub state: Option<ChangeState>,
    /// So many are left out first.
    pub offset: u64,
    /// So many at most.
    pub limit: u32,
}

/// One line of the journal for people.
#[derive(Clone, Debug)]
pub struct ChangeTold {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub gateway: String,
    /// How it ended.
    pub state: ChangeState,
    /// When it was written down.
    pub opened: Timestamp,
    /// When it ended.
    pub settled: Option<Timestamp>,
    /// The round that it comes from.
    pub round: Option<i64>,
    /// The change that it takes back.
    pub undoes: Option<i64>,
    /// The change that took it back.
    pub undone_by: Option<i64>,
    /// What the settling saw.
    pub note: String,
    /// What it was.
    pub intent: IntentTold,
    /// When the gateway's users should see it.
    pub live_due: Option<Timestamp>,
    /// When they were seen to.
    pub live: Option<Timestamp>,
    /// What was seen instead.
    pub live_note: String,
}

/// An intent without its routing rows, which may be thousands.
#[derive(Clone, Debug, Deserialize)]
pub struct IntentTold {
    /// Which channel.
    pub channel: ChannelRef,
    /// What stood there.
    before: BeforeTold,
    /// The list to write, as the gateway stores it.
    pub models: String,
    /// Names taken off, and why.
    pub removed: Vec<Removal>,
    /// New names put on.
    pub added: Vec<ModelName>,
    /// Names put back.
    pub restored: Vec<ModelName>,
}

#[derive(Clone, Debug, Deserialize)]
struct BeforeTold {
    models: String,
}

impl IntentTold {
    /// The list before, as the gateway stores it.
    pub fn before(&self) -> &str {
        &self.before.models
    }
}

impl Store {
    /// A page of rounds, the newest first.
    pub async fn rounds_page(
        &self,
        gateway: Option<&str>,
        limit: u32,
        offset: u64,
    ) -> Result<Page<RoundFigures>, StoreError> {
        let total: i64 = sqlx::query_scalar("select count(*) from round where ?1 is null or gateway = ?1")
            .bind(gateway)
            .fetch_one(&self.readers)
            .await?;
        let rows =
            sqlx::query("select * from round where ?1 is null or gateway = ?1 order by id desc limit ?2 offset ?3")
                .bind(gateway)
                .bind(limit)
                .bind(i64::try_from(offset).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await?;
        let rows = rows.iter().map(round).collect::<Result<_, _>>()?;
        Ok(Page { rows, total: total.unsigned_abs() })
    }

    /// When a gateway's latest rounds ended.
    pub async fn last_rounds(&self, gateway: &str) -> Result<LastRounds, StoreError> {
        let last = sqlx::query(
            "select ended_ms, report ->> '$.errors[0]' as error
             from round where gateway = ? and ended_ms is not null order by id desc limit 1",
        )
        .bind(gateway)
        .fetch_optional(&self.readers)
        .await?;
        let Some(last) = last else { return Ok(LastRounds::default()) };
        Ok(LastRounds {
            last: last.try_get::<Option<i64>, _>("ended_ms")?.map(time),
            good: last_good(&self.readers, gateway).await?,
            error: last.try_get("error")?,
        })
    }

    /// A page of the journal, the newest first.
    pub async fn changes_page(&self, query: &ChangeQuery) -> Result<Page<ChangeTold>, StoreError> {
        const WHICH: &str =
            "(?1 is null or gateway = ?1) and (?2 is null or channel = ?2) and (?3 is null or state = ?3)";
        let count = sqlx::AssertSqlSafe(format!("select count(*) from change where {WHICH}"));
        let total: i64 = sqlx::query_scalar(count)
            .bind(&query.gateway)
            .bind(query.channel)
            .bind(query.state.map(ChangeState::as_str))
            .fetch_one(&self.readers)
            .await?;
        let page =
            sqlx::AssertSqlSafe(format!("select * from change where {WHICH} order by id desc limit ?4 offset ?5"));
        let rows = sqlx::query(page)
            .bind(&query.gateway)
            .bind(query.channel)
            .bind(query.state.map(ChangeState::as_str))
            .bind(query.limit)
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        let rows = rows.iter().map(change).collect::<Result<_, _>>()?;
        Ok(Page { rows, total: total.unsigned_abs() })
    }

    /// One change by its number, for people.
    pub async fn change_told(&self, id: i64) -> Result<Option<ChangeTold>, StoreError> {
        let row = sqlx::query("select * from change where id = ?").bind(id).fetch_optional(&self.readers).await?;
        row.as_ref().map(change).transpose()
    }
}

/// When the latest round over everything ended that had no error, and our own network up.
pub(super) async fn last_good(db: impl SqliteExecutor<'_>, gateway: &str) -> Result<Option<Timestamp>, StoreError> {
    let good: Option<i64> = sqlx::query_scalar(
        "select ended_ms from round where gateway = ? and ended_ms is not null
         and coalesce(json_array_length(report, '$.errors'), 0) = 0
         and coalesce(report ->> '$.blackout[0]', '') <> 'own-network'
         and coalesce(report ->> '$.whole', true) order by id desc limit 1",
    )
    .bind(gateway)
    .fetch_optional(db)
    .await?;
    Ok(good.map(time))
}

fn round(row: &SqliteRow) -> Result<RoundFigures, StoreError> {
    let report: Option<&str> = row.try_get("report")?;
    Ok(RoundFigures {
        id: row.try_get("id")?,
        gateway: row.try_get("gateway")?,
        mode: row.try_get("mode")?,
        started: time(row.try_get("started_ms")?),
        ended: row.try_get::<Option<i64>, _>("ended_ms")?.map(time),
        told: report.map_or_else(|| Ok(RoundTold::default()), |text| from_json("report", text))?,
    })
}

fn change(row: &SqliteRow) -> Result<ChangeTold, StoreError> {
    Ok(ChangeTold {
        id: row.try_get("id")?,
        gateway: row.try_get("gateway")?,
        state: ChangeState::parse(row.try_get("state")?),
        opened: time(row.try_get("opened_ms")?),
        settled: row.try_get::<Option<i64>, _>("settled_ms")?.map(time),
        round: row.try_get("round")?,
        undoes: row.try_get("undoes")?,
        undone_by: row.try_get("undone_by")?,
        note: row.try_get("note")?,
        intent: from_json("intent", row.try_get("intent")?)?,
        live_due: row.try_get::<Option<i64>, _>("live_due_ms")?.map(time),
        live: row.try_get::<Option<i64>, _>("live_ms")?.map(time),
        live_note: row.try_get("live_note")?,
    })
}
