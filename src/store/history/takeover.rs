//! Observations of a store from before there were sums.
//!
//! Decides: that each is kept, and summed up as if it were made today. Must not know: anything that came after.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::codes;
use super::keep::{Entry, keep};
use crate::model::{ChannelRef, Mark, Outcome, Shape};
use crate::rollup::Look;
use crate::store::{StoreError, time};

/// The step of the tables after which [`take_over`] is due.
pub(in crate::store) const SINCE: i64 = 4;

/// One channel of one round.
struct Part {
    round: i64,
    gateway: String,
    channel: ChannelRef,
}

/// Writes every observation of the old table anew, with all that follows from it, and drops the table. Which models stand
/// on a list is known with the next round; until then, those that were looked at last and not withdrawn.
pub(in crate::store) async fn take_over(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    let parts = sqlx::query(
        "select round, gateway, channel, created from observation_3 group by round, gateway, channel, created
         order by min(id)",
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in parts {
        let channel = ChannelRef { id: row.try_get("channel")?, created: row.try_get("created")?, name: String::new() };
        let part = Part { round: row.try_get("round")?, gateway: row.try_get("gateway")?, channel };
        take_over_part(tx, &part).await?;
    }
    sqlx::raw_sql(
        "drop table observation_3;
         update pair set listed = 1 where not exists (select 1 from place pl join standing s on s.gateway = pl.gateway
           and s.channel = pl.channel and s.created = pl.created where pl.id = pair.place and s.model = pair.model
           and s.withdrawn = 1)",
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn take_over_part(tx: &mut SqliteConnection, part: &Part) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "select * from observation_3 where round = ? and gateway = ? and channel = ? and created = ? order by id",
    )
    .bind(part.round)
    .bind(&part.gateway)
    .bind(part.channel.id)
    .bind(part.channel.created)
    .fetch_all(&mut *tx)
    .await?;
    let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    keep(tx, &part.gateway, part.round, &part.channel, None, &entries).await
}

fn entry(row: &SqliteRow) -> Result<Entry<'_>, StoreError> {
    let at: Timestamp = time(row.try_get("at_ms")?);
    let marks: &str = row.try_get("marks")?;
    let all = [Mark::WrongAnswer, Mark::Substituted, Mark::CutOff];
    let marks: Vec<_> =
        all.into_iter().filter(|mark| marks.split_whitespace().any(|name| name == mark.as_str())).collect();
    Ok(Entry {
        model: row.try_get("model")?,
        at,
        look: Look {
            outcome: Outcome::parse(row.try_get("outcome")?).unwrap_or(Outcome::Unknown),
            status: row.try_get("status")?,
            latency_ms: row.try_get("latency_ms")?,
            ttft_ms: row.try_get("ttft_ms")?,
        },
        shape: Shape::parse(row.try_get("shape")?).map_or(-1, codes::of_shape),
        flags: codes::flags(row.try_get("cold")?, &marks),
        prompt_tokens: row.try_get("prompt_tokens")?,
        completion_tokens: row.try_get("completion_tokens")?,
        cost: None,
        detail: row.try_get("detail")?,
    })
}
