//! The models on lists that do not stand as they should, and how many there are of each sort.
//!
//! Decides: which of them are a trouble of their own. Must not know: who is told.

use jiff::Timestamp;
use sqlx::{Row as _, SqliteExecutor};

use super::models::{LIGHT, SHOWN};
use super::{Light, codes};
use crate::model::Outcome;
use crate::store::{StoreError, time};

/// A model on a list, red or yellow, on a channel that is not cut off: there the channel is what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Troubled {
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// When the channel was made: an id may be used again.
    pub created: i64,
    /// The model as the gateway lists it.
    pub model: String,
    /// The traffic light.
    pub light: Light,
    /// Whether the last observation that says anything showed it up.
    pub up: bool,
    /// When it last went down, or was first seen to be.
    pub since: Timestamp,
    /// The latest outcome.
    pub outcome: Outcome,
    /// The latest HTTP status.
    pub status: Option<u16>,
    /// In percent, of the observations of 24 hours that say anything.
    pub uptime_24h: Option<f64>,
    /// Why, in the upstream's words, redacted: hostile text.
    pub detail: String,
}

/// How many models stand in which light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// On a list, or withdrawn by us.
    pub models: u64,
    /// Red.
    pub down: u64,
    /// Yellow.
    pub degraded: u64,
    /// Off a list by our hand.
    pub withdrawn: u64,
}

/// All of them, by gateway, channel and name.
pub(in crate::store) async fn troubled(db: impl SqliteExecutor<'_>) -> Result<Vec<Troubled>, StoreError> {
    let rows = sqlx::query(
        "select pl.gateway, pl.channel, pl.created, p.model, p.light, p.up, p.outcome, p.status, p.detail,
           p.up_24h * 100.0 / nullif(p.up_24h + p.down_24h, 0) uptime,
           coalesce(iif(p.up = 0, p.since_ms, (select max(t.at_ms) from transition t where t.pair = p.id and t.up = 0)),
             p.since_ms, p.seen_ms, 0) since_ms
         from pair p join place pl on pl.id = p.place
         where p.light in (?, ?) and p.listed = 1 and pl.gone = 0 and pl.cut_off = 0
         order by pl.gateway, pl.channel, p.model",
    )
    .bind(codes::of_light(Light::Degraded))
    .bind(codes::of_light(Light::Down))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Troubled {
                gateway: row.try_get("gateway")?,
                channel: row.try_get("channel")?,
                created: row.try_get("created")?,
                model: row.try_get("model")?,
                light: codes::light(row.try_get("light")?),
                up: row.try_get::<Option<bool>, _>("up")? == Some(true),
                since: time(row.try_get("since_ms")?),
                outcome: row.try_get::<Option<i64>, _>("outcome")?.map_or(Outcome::Unknown, codes::outcome),
                status: row.try_get("status")?,
                uptime_24h: row.try_get("uptime")?,
                detail: row.try_get("detail")?,
            })
        })
        .collect()
}

/// How many there are over all gateways, as [`Store::counts`](crate::store::Store::counts) counts them.
pub(in crate::store) async fn tally(db: impl SqliteExecutor<'_>) -> Result<Tally, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {LIGHT} light, p.listed, count(*) models from pair p join place pl on pl.id = p.place where {SHOWN}
         group by 1, 2"
    ));
    let mut tally = Tally::default();
    for row in sqlx::query(sql).fetch_all(db).await? {
        let models = row.try_get::<i64, _>("models")?.unsigned_abs();
        tally.models += models;
        match codes::light(row.try_get("light")?) {
            Light::Down => tally.down += models,
            Light::Degraded => tally.degraded += models,
            Light::Up | Light::Unknown => {}
        }
        if !row.try_get::<bool, _>("listed")? {
            tally.withdrawn += models;
        }
    }
    Ok(tally)
}
