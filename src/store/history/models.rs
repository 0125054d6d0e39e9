//! The models as they stand, a page at a time.
//!
//! Decides: which are shown, in which order. Must not know: how a page looks.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::keep::read_days;
use super::{ModelQuery, ModelRow, ModelSort, Page, Withdrawal, codes, key};
use crate::model::Withdrawn;
use crate::rollup::{Day, Sums, day_of, hour_of, last_hours, percent};
use crate::store::{Store, StoreError, from_json, time, to_json};

/// The light of `p`: yellow at best where its channel is cut off, whatever 24 hours say.
pub(super) const LIGHT: &str = "max(p.light, pl.cut_off)";

/// Whether `p` is off its channel's list by our hand.
pub(super) const IS_WITHDRAWN: &str =
    "exists (select 1 from standing w where w.withdrawn = 1 and w.gateway = pl.gateway
  and w.channel = pl.channel and w.created = pl.created and w.model = p.model)";

/// Whether `p` is shown: its channel is there, and it is on its list or was withdrawn by us.
pub(super) const SHOWN: &str = "pl.gone = 0 and (p.listed = 1 or exists (select 1 from standing w where w.withdrawn = 1
  and w.gateway = pl.gateway and w.channel = pl.channel and w.created = pl.created and w.model = p.model))";

/// Hours that a row tells one by one.
const HOURS: i64 = 24;

impl Store {
    /// One page of the models, sorted and filtered. `now` is where the hours of each row end.
    pub async fn models(&self, query: &ModelQuery, now: Timestamp) -> Result<Page<ModelRow>, StoreError> {
        let Page { rows: ids, total } = self.page(query).await?;
        Ok(Page { rows: self.rows(&ids, now).await?, total })
    }

    /// The numbers of one page of the models.
    pub(super) async fn page(&self, query: &ModelQuery) -> Result<Page<i64>, StoreError> {
        let from = " from pair p join place pl on pl.id = p.place where ";
        let mut count = QueryBuilder::<Sqlite>::new("select count(*)");
        filter(count.push(from), query);
        let total: i64 = count.build_query_scalar().fetch_one(&self.readers).await?;
        let mut page = QueryBuilder::<Sqlite>::new("select p.id");
        filter(page.push(from), query);
        page.push(order(query)).push(" limit ").push_bind(query.limit).push(" offset ");
        page.push_bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
        let rows = page.build_query_scalar().fetch_all(&self.readers).await?;
        Ok(Page { rows, total: u64::try_from(total).unwrap_or_default() })
    }

    /// One model by its number, be it on a list or not.
    pub async fn model(&self, id: i64, now: Timestamp) -> Result<Option<ModelRow>, StoreError> {
        Ok(self.rows(&[id], now).await?.pop())
    }

    /// These models, in this order.
    async fn rows(&self, ids: &[i64], now: Timestamp) -> Result<Vec<ModelRow>, StoreError> {
        let rows = sqlx::query(
            "select p.*, max(p.light, pl.cut_off) shown_light, pl.gateway, pl.channel, pl.name, s.next_probe_ms,
               iif(s.withdrawn and p.listed = 0, s.state -> '$.withdrawn', null) withdrawn
             from json_each(?) page cross join pair p on p.id = page.value join place pl on pl.id = p.place
             left join standing s on s.gateway = pl.gateway and s.channel = pl.channel and s.created = pl.created
               and s.model = p.model
             order by page.key",
        )
        .bind(to_json("models", &ids)?)
        .fetch_all(&self.readers)
        .await?;
        let hour = hour_of(now);
        let days = [day_of(hour) - 1, day_of(hour)];
        let keys: Vec<_> = ids.iter().flat_map(|id| days.map(|day| key(day, *id))).collect();
        let sums = read_days(&self.readers, &keys).await?;
        rows.iter()
            .map(|row| {
                let model = model(row)?;
                let known: Vec<(i64, &Day)> =
                    days.into_iter().filter_map(|day| Some((day, sums.get(&key(day, model.id))?))).collect();
                Ok(with_hours(model, &known, hour))
            })
            .collect()
    }
}

fn filter(sql: &mut QueryBuilder<Sqlite>, query: &ModelQuery) {
    sql.push(SHOWN);
    if let Some(gateway) = &query.gateway {
        sql.push(" and pl.gateway = ").push_bind(gateway.clone());
    }
    if let Some(channel) = query.channel {
        sql.push(" and pl.channel = ").push_bind(channel);
    }
    if let Some(name) = &query.name {
        sql.push(" and p.model = ").push_bind(name.clone());
    }
    if !query.lights.is_empty() {
        sql.push(" and ").push(LIGHT).push(" in (");
        let mut lights = sql.separated(", ");
        for light in &query.lights {
            lights.push_bind(codes::of_light(*light));
        }
        sql.push(")");
    }
    match query.withdrawn {
        Some(true) => sql.push(" and p.listed = 0 and ").push(IS_WITHDRAWN),
        Some(false) => sql.push(" and p.listed = 1"),
        None => sql,
    };
    if let Some(text) = &query.search {
        let part = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        sql.push(" and (p.model like ").push_bind(part.clone()).push(" escape '\\' or pl.name like ");
        sql.push_bind(part).push(" escape '\\')");
    }
}

/// What nothing is known of comes last either way.
fn order(query: &ModelQuery) -> String {
    let by: &[&str] = match query.sort {
        ModelSort::Place => &["pl.gateway", "pl.channel", "p.model"],
        ModelSort::Name => &["p.model", "pl.gateway", "pl.channel"],
        ModelSort::Uptime => &["p.up_24h * 1.0 / nullif(p.up_24h + p.down_24h, 0)"],
        ModelSort::Latency => &["p.mean_ms"],
        ModelSort::Ttft => &["p.ttft_ms"],
        ModelSort::Failures => &["p.failures"],
        ModelSort::Seen => &["p.seen_ms"],
    };
    let way = if query.descending { " desc nulls last" } else { " nulls last" };
    format!(" order by {}{way}, p.id", by.join(&format!("{way}, ")))
}

fn model(row: &SqliteRow) -> Result<ModelRow, StoreError> {
    let seen: Option<i64> = row.try_get("seen_ms")?;
    let status = row.try_get("status")?;
    let outcome = row.try_get::<Option<i64>, _>("outcome")?.map(codes::outcome);
    let withdrawn: Option<&str> = row.try_get("withdrawn")?;
    let withdrawn: Option<Withdrawn> = withdrawn.map(|text| from_json("standing", text)).transpose()?;
    let (up, down): (i64, i64) = (row.try_get("up_24h")?, row.try_get("down_24h")?);
    Ok(ModelRow {
        id: row.try_get("id")?,
        gateway: row.try_get("gateway")?,
        channel: row.try_get("channel")?,
        channel_name: row.try_get("name")?,
        model_id: row.try_get("model")?,
        listed: row.try_get("listed")?,
        withdrawn: withdrawn.map(|withdrawn| Withdrawal {
            at: withdrawn.at,
            outcome: withdrawn.reason.outcome.as_str().to_owned(),
            count: withdrawn.reason.count,
            since: withdrawn.reason.since,
            reason: withdrawn.reason.to_string(),
        }),
        light: codes::light(row.try_get("shown_light")?),
        latest_status: outcome.map_or_else(|| "NONE".to_owned(), |outcome| codes::label(outcome, status)),
        outcome: outcome.map(|outcome| outcome.as_str().to_owned()).unwrap_or_default(),
        status,
        detail: row.try_get("detail")?,
        last_seen: seen.map(time),
        since: row.try_get::<Option<i64>, _>("since_ms")?.map(time),
        next_probe: row.try_get::<Option<i64>, _>("next_probe_ms")?.map(time),
        uptime_24h: percent(up.unsigned_abs(), down.unsigned_abs()),
        avg_latency_24h: row.try_get::<Option<u32>, _>("mean_ms")?.map(f64::from),
        p50_ms: row.try_get("p50_ms")?,
        p95_ms: row.try_get("p95_ms")?,
        ttft_p50_ms: row.try_get("ttft_ms")?,
        consecutive_failures: row.try_get("failures")?,
        sparkline_data: vec![],
        uptime_hours: vec![],
    })
}

/// The row with what each of the 24 hours that end with this one showed.
fn with_hours(mut row: ModelRow, days: &[(i64, &Day)], hour: i64) -> ModelRow {
    let hours = last_hours(days, hour);
    let of = |wanted: i64| hours.iter().find(|(hour, _)| *hour == wanted).map(|(_, sums)| *sums);
    for hour in hour - HOURS + 1..=hour {
        let sums = of(hour);
        row.sparkline_data.push(sums.and_then(Sums::mean_ms));
        row.uptime_hours.push(sums.and_then(|sums| whole_percent(sums.up, sums.down)));
    }
    row
}

fn whole_percent(up: u32, down: u32) -> Option<u8> {
    let (up, all) = (u64::from(up), u64::from(up) + u64::from(down));
    (up * 100 + all / 2).checked_div(all).and_then(|percent| u8::try_from(percent).ok())
}
