//! How models and channels stand now, for whoever shows it elsewhere.
//!
//! Decides: what is read of them, in one transaction. Must not know: who is shown it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::models::{LIGHT, SHOWN};
use super::{Light, codes};
use crate::store::glance::channels_of;
use crate::store::{ChannelStand, Store, StoreError, ledger, to_json};

/// How everything stands at one moment.
#[derive(Clone, Debug, Default)]
pub struct Stands {
    /// The channels, by gateway and id.
    pub channels: Vec<ChannelStand>,
    /// What the models on each channel's list come to, by gateway and id.
    pub works: BTreeMap<(String, i64), Works>,
    /// The models asked for, wherever they are on a list or were withdrawn by us.
    pub models: Vec<ModelStand>,
    /// When each gateway's last good round ended.
    pub good: BTreeMap<String, Option<Timestamp>>,
}

/// What the models on one channel's list come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Works {
    /// Models of which anything is known.
    pub known: u64,
    /// Those that work, be it at times.
    pub working: u64,
    /// The mean of their median answers of 24 hours, in ms.
    pub mean_ms: Option<u32>,
}

/// A model on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStand {
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// When the channel was made: an id may be used again.
    pub created: i64,
    /// The model as the gateway lists it.
    pub model: String,
    /// On the channel's list; else it was withdrawn by us.
    pub listed: bool,
    /// The traffic light.
    pub light: Light,
    /// Whether the last observation that says anything showed it up.
    pub up: bool,
    /// The median answer of 24 hours, in ms.
    pub p50_ms: Option<u32>,
}

impl Store {
    /// How the channels of these gateways stand, and these `models` (all, where none are named).
    pub async fn stands(&self, gateways: &[&str], models: Option<&[&str]>) -> Result<Stands, StoreError> {
        let mut tx = self.readers.begin().await?;
        let names = to_json("gateways", &gateways)?;
        let mut stands = Stands {
            channels: channels_of(&mut tx, &names).await?,
            works: works(&mut tx, &names).await?,
            models: models_of(&mut tx, &names, models).await?,
            good: BTreeMap::new(),
        };
        for gateway in gateways {
            stands.good.insert((*gateway).to_owned(), ledger::last_good(&mut *tx, gateway).await?);
        }
        tx.rollback().await?;
        Ok(stands)
    }
}

async fn works(db: &mut SqliteConnection, gateways: &str) -> Result<BTreeMap<(String, i64), Works>, StoreError> {
    // Red for the sum of 24 hours, and up again: it works.
    let sql =
        "select gateway, channel, count(*) filter (where light <> ?2) known, count(*) filter (where works) working,
           cast(avg(p50_ms) filter (where works) as integer) mean_ms
         from (select pl.gateway, pl.channel, p.light, p.p50_ms, p.light < ?3 or (p.light = ?3 and p.up) works
           from pair p join place pl on pl.id = p.place
           where pl.gone = 0 and p.listed = 1 and pl.gateway in (select value from json_each(?1)))
         group by gateway, channel";
    let rows = sqlx::query(sql)
        .bind(gateways)
        .bind(codes::of_light(Light::Unknown))
        .bind(codes::of_light(Light::Down))
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            let works = Works {
                known: row.try_get::<i64, _>("known")?.unsigned_abs(),
                working: row.try_get::<i64, _>("working")?.unsigned_abs(),
                mean_ms: row.try_get("mean_ms")?,
            };
            Ok(((row.try_get("gateway")?, row.try_get("channel")?), works))
        })
        .collect()
}

async fn models_of(
    db: &mut SqliteConnection,
    gateways: &str,
    models: Option<&[&str]>,
) -> Result<Vec<ModelStand>, StoreError> {
    let sql = format!(
        "select pl.gateway, pl.channel, pl.created, p.model, p.listed, {LIGHT} light, p.up, p.p50_ms
         from pair p join place pl on pl.id = p.place
         where {SHOWN} and pl.gateway in (select value from json_each(?1))
           and (?2 is null or p.model in (select value from json_each(?2)))
         order by p.model, pl.gateway, pl.channel"
    );
    let models = models.map(|models| to_json("models", &models)).transpose()?;
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(gateways).bind(models).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(ModelStand {
                gateway: row.try_get("gateway")?,
                channel: row.try_get("channel")?,
                created: row.try_get("created")?,
                model: row.try_get("model")?,
                listed: row.try_get("listed")?,
                light: codes::light(row.try_get("light")?),
                up: row.try_get::<Option<bool>, _>("up")? == Some(true),
                p50_ms: row.try_get("p50_ms")?,
            })
        })
        .collect()
}
