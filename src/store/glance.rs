//! All that people may have to be told of, as it stands at one moment: read in one transaction, or not at all.
//!
//! Decides: which rows belong together. Must not know: which of them is worth a message.

mod news;
mod rounds;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row as _, SqliteConnection};

use super::history::{tally, troubled};
use super::litellm::Deployed;
use super::litellm::deployments::deployed;
use super::litellm::incidents::lasting;
use super::to_json;
use super::{
    ChannelSeen, Hold, Proposal, Store, StoreError, Tally, Troubled, channels, hold, outbox, proposals, spending, time,
};
use crate::budget::{self, Spent};
use crate::model::Incident;

pub use self::news::News;
pub use self::rounds::{EndTold, KeyTold, OddTold, RoundStand, WholeTold};

/// Everything at one moment.
#[derive(Clone, Debug, Default)]
pub struct Glance {
    /// The channels of the gateways asked for, by gateway and id.
    pub channels: Vec<ChannelStand>,
    /// Models on lists that are red or yellow, of any gateway.
    pub models: Vec<Troubled>,
    /// How many models stand in which light.
    pub tally: Tally,
    /// What the latest rounds of each gateway told.
    pub rounds: BTreeMap<String, RoundStand>,
    /// What is wanted and not written, with the gateway's name; by gateway and channel.
    pub proposals: Vec<(String, Proposal)>,
    /// Every hold in force.
    pub holds: Vec<Hold>,
    /// What probing used up today (UTC).
    pub spent: Spent,
    /// Gateways that cannot be read: since when, and why.
    pub troubles: BTreeMap<String, (Timestamp, String)>,
    /// Receivers that take no messages: since when, and what they said last.
    pub failing: Vec<(String, Timestamp, String)>,
    /// What lasts behind each `LiteLLM`, by gateway.
    pub incidents: BTreeMap<String, Vec<Incident>>,
    /// Where the deployments of every `LiteLLM` belong.
    pub deployed: Vec<Deployed>,
    /// What was written to gateways, after the numbers asked for; of each gateway in order.
    pub news: Vec<News>,
}

/// A channel as the latest look at it left it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelStand {
    /// The gateway's name.
    pub gateway: String,
    /// The channel.
    pub seen: ChannelSeen,
    /// Since when nothing on it answers.
    pub down_since: Option<Timestamp>,
}

impl Store {
    /// Reads it all for these gateways. `noted` are the numbers up to which each gateway's changes are known; of a gateway
    /// that is not in it there are no news. Of news, about `most` models are named: the rest the next time.
    pub async fn glance(
        &self,
        gateways: &[&str],
        noted: &BTreeMap<String, i64>,
        most: usize,
        now: Timestamp,
    ) -> Result<Glance, StoreError> {
        // A reader's transaction sees the store as it is at its first statement, whoever writes meanwhile.
        let mut tx = self.readers.begin().await?;
        let names = to_json("gateways", &gateways)?;
        let mut glance = Glance {
            channels: channels_of(&mut tx, &names).await?,
            models: troubled(&mut *tx).await?,
            tally: tally(&mut *tx).await?,
            proposals: proposals_of(&mut tx, &names).await?,
            holds: hold::read(&mut *tx).await?,
            spent: spent_today(&mut tx, now).await?,
            troubles: troubles(&mut tx).await?,
            failing: outbox::failing(&mut *tx, now).await?,
            incidents: lasting(&mut tx).await?,
            deployed: deployed(&mut tx).await?,
            ..Glance::default()
        };
        for gateway in gateways {
            glance.rounds.insert((*gateway).to_owned(), rounds::read(&mut tx, gateway).await?);
            if let Some(noted) = noted.get(*gateway) {
                let room = most.saturating_sub(glance.news.iter().map(News::models).sum());
                glance.news.extend(news::read(&mut tx, gateway, *noted, room).await?);
            }
        }
        tx.rollback().await?;
        Ok(glance)
    }

    /// Up to which number each of these gateways' changes are settled, for whoever wants to be told of later ones only.
    pub async fn settled_up_to(&self, gateways: &[&str]) -> Result<BTreeMap<String, i64>, StoreError> {
        let mut tx = self.readers.begin().await?;
        let mut up_to = BTreeMap::new();
        for gateway in gateways {
            up_to.insert((*gateway).to_owned(), news::settled_up_to(&mut tx, gateway).await?);
        }
        tx.rollback().await?;
        Ok(up_to)
    }
}

/// The channels of these gateways (a JSON list), by gateway and id.
pub(super) async fn channels_of(db: &mut SqliteConnection, names: &str) -> Result<Vec<ChannelStand>, StoreError> {
    let rows = sqlx::query(
        "select * from channel where gateway in (select value from json_each(?)) order by gateway, channel",
    )
    .bind(names)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ChannelStand {
                gateway: row.try_get("gateway")?,
                seen: channels::seen(row)?,
                down_since: row.try_get::<Option<i64>, _>("down_since_ms")?.map(time),
            })
        })
        .collect()
}

async fn proposals_of(db: &mut SqliteConnection, names: &str) -> Result<Vec<(String, Proposal)>, StoreError> {
    let rows = sqlx::query(
        "select * from proposal where gateway in (select value from json_each(?)) order by gateway, channel",
    )
    .bind(names)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("gateway")?, proposals::proposal(row)?))).collect()
}

async fn spent_today(db: &mut SqliteConnection, now: Timestamp) -> Result<Spent, StoreError> {
    let row = sqlx::query("select requests, tokens, cost from spent where day = ? and scope = ''")
        .bind(budget::day(now).to_string())
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(Spent::default()), |row| Ok(spending::spent(&row)?))
}

async fn troubles(db: &mut SqliteConnection) -> Result<BTreeMap<String, (Timestamp, String)>, StoreError> {
    let rows = sqlx::query("select * from trouble").fetch_all(db).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("gateway")?, (time(row.try_get("since_ms")?), row.try_get("why")?))))
        .collect()
}
