//! How many models stand in which light.
//!
//! Decides: what is counted together. Must not know: single models.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::models::{IS_WITHDRAWN, LIGHT, SHOWN};
use super::{ChannelCounts, Counts, Light, codes};
use crate::rollup::{Sums, day_of, hour_of, last_hours, percent};
use crate::store::{Store, StoreError, time};

/// The columns of [`Tally::add`] beside the light.
const COUNTED: &str = "count(*) models, sum(p.up_24h) up, sum(p.down_24h) down, max(p.seen_ms) seen_ms";

impl Store {
    /// How many models stand in which light, over one gateway or all.
    pub async fn counts(&self, gateway: Option<&str>, now: Timestamp) -> Result<Counts, StoreError> {
        let mut tally = Tally::default();
        for row in self.counted("", gateway, " group by light_shown").await? {
            tally.add(&row)?;
        }
        for row in self.withdrawn_counts(gateway).await? {
            tally.counts.withdrawn += count(&row, "models")?;
        }
        let hour = hour_of(now);
        let days = self.totals(gateway, day_of(hour) - 1, day_of(hour)).await?;
        let mut sums = Sums::default();
        for (day, total) in &days {
            sums.add(&last_hours(&[(*day, total)], hour).into_iter().map(|(_, part)| part).sum());
        }
        let counts = tally.done();
        Ok(Counts { p50_ms: sums.latency.percentile(50), p95_ms: sums.latency.percentile(95), ..counts })
    }

    /// The same for each channel, in the order of gateways and channels.
    pub async fn channel_counts(&self, gateway: Option<&str>) -> Result<Vec<ChannelCounts>, StoreError> {
        let columns = "pl.gateway, pl.channel, pl.name, ";
        let by = " group by pl.id, light_shown order by pl.gateway, pl.channel, pl.id";
        let mut channels: Vec<(ChannelCounts, Tally)> = vec![];
        for row in self.counted(columns, gateway, by).await? {
            let (name, id): (&str, i64) = (row.try_get("gateway")?, row.try_get("channel")?);
            if !channels.last().is_some_and(|(last, _)| last.gateway == name && last.channel == id) {
                let channel = ChannelCounts {
                    gateway: name.to_owned(),
                    channel: id,
                    name: row.try_get("name")?,
                    ..ChannelCounts::default()
                };
                channels.push((channel, Tally::default()));
            }
            if let Some((_, tally)) = channels.last_mut() {
                tally.add(&row)?;
            }
        }
        let withdrawn = self.withdrawn_counts(gateway).await?;
        for row in &withdrawn {
            let of: (&str, i64) = (row.try_get("gateway")?, row.try_get("channel")?);
            let place = channels.binary_search_by_key(&of, |(channel, _)| (&channel.gateway, channel.channel));
            if let Ok(place) = place {
                channels[place].1.counts.withdrawn += count(row, "models")?;
            }
        }
        let done = |(channel, tally): (ChannelCounts, Tally)| ChannelCounts { counts: tally.done(), ..channel };
        Ok(channels.into_iter().map(done).collect())
    }

    async fn counted(&self, columns: &str, gateway: Option<&str>, by: &str) -> Result<Vec<SqliteRow>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ");
        sql.push(columns)
            .push(LIGHT)
            .push(" light_shown, ")
            .push(COUNTED)
            .push(" from pair p join place pl on pl.id = p.place where ")
            .push(SHOWN);
        if let Some(gateway) = gateway {
            sql.push(" and pl.gateway = ").push_bind(gateway);
        }
        Ok(sql.push(by).build().fetch_all(&self.readers).await?)
    }

    async fn withdrawn_counts(&self, gateway: Option<&str>) -> Result<Vec<SqliteRow>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select pl.gateway, pl.channel, count(*) models from place pl join pair p on p.place = pl.id
             where pl.gone = 0 and p.listed = 0 and ",
        );
        sql.push(IS_WITHDRAWN);
        if let Some(gateway) = gateway {
            sql.push(" and pl.gateway = ").push_bind(gateway);
        }
        Ok(sql.push(" group by pl.id").build().fetch_all(&self.readers).await?)
    }
}

#[derive(Default)]
struct Tally {
    counts: Counts,
    up: u64,
    down: u64,
}

impl Tally {
    fn add(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        let models = count(row, "models")?;
        self.counts.total += models;
        match codes::light(row.try_get("light_shown")?) {
            Light::Up => self.counts.up += models,
            Light::Degraded => self.counts.degraded += models,
            Light::Down => self.counts.down += models,
            Light::Unknown => self.counts.unknown += models,
        }
        self.up += count(row, "up")?;
        self.down += count(row, "down")?;
        let seen: Option<i64> = row.try_get("seen_ms")?;
        self.counts.last_updated = self.counts.last_updated.max(seen.map(time));
        Ok(())
    }

    fn done(self) -> Counts {
        Counts { uptime_24h: percent(self.up, self.down), ..self.counts }
    }
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}
