//! A channel's observations of one round, written down with everything that follows from them.
//!
//! Decides: what is written together: rows, sums, how each model stands, and when it went up or down.
//! Must not know: what was asked, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::figures::Figures;
use super::pairs::{self, Pair};
use super::{codes, key};
use crate::model::{ChannelRef, ModelName};
use crate::rollup::{Day, Look, Sums, day_of, hour_of, last_hours};
use crate::store::{Finding, StoreError, from_json, to_json, unreadable};

/// One observation, as it is kept.
#[derive(Clone, Debug)]
pub(in crate::store) struct Entry<'a> {
    pub(in crate::store) model: &'a str,
    pub(in crate::store) at: Timestamp,
    pub(in crate::store) look: Look,
    /// By [`codes`].
    pub(in crate::store) shape: i64,
    /// By [`codes`].
    pub(in crate::store) flags: i64,
    pub(in crate::store) prompt_tokens: Option<u32>,
    pub(in crate::store) completion_tokens: Option<u32>,
    /// In millionths of a US dollar.
    pub(in crate::store) cost: Option<u64>,
    pub(in crate::store) detail: &'a str,
}

impl<'a> Entry<'a> {
    /// Of a finding that was asked for.
    pub(in crate::store) fn of(finding: &'a Finding) -> Self {
        let Finding { model, observation: seen, cost, .. } = finding;
        Self {
            model: model.as_str(),
            at: seen.at,
            look: Look {
                outcome: seen.outcome,
                status: seen.status,
                latency_ms: seen.latency_ms,
                ttft_ms: seen.timing.first_token_ms,
            },
            shape: codes::of_shape(seen.shape),
            flags: codes::flags(seen.timing.cold, &seen.marks),
            prompt_tokens: seen.usage.prompt_tokens,
            completion_tokens: seen.usage.completion_tokens,
            cost: *cost,
            detail: &seen.detail,
        }
    }
}

/// Keeps what a round observed on a channel, and which models stand on its list (`None`: nobody looked). What is kept of
/// that round already is not counted twice.
pub(in crate::store) async fn keep(
    tx: &mut SqliteConnection,
    gateway: &str,
    round: i64,
    channel: &ChannelRef,
    listed: Option<&[ModelName]>,
    entries: &[Entry<'_>],
) -> Result<(), StoreError> {
    let place = pairs::place(tx, gateway, channel, if entries.is_empty() { 0 } else { round }).await?;
    let mut pairs = pairs::list(tx, place, listed, entries.iter().map(|entry| entry.model)).await?;
    let mut news = BTreeMap::new();
    for entry in entries {
        if let Some(pair) = pairs.get(entry.model) {
            news.entry(key(round, pair.id)).or_insert(entry);
        }
    }
    for kept in existing(tx, news.keys()).await? {
        news.remove(&kept);
    }
    if news.is_empty() {
        return Ok(());
    }
    insert_rows(tx, round, &news).await?;
    let days = add_up(tx, gateway, &news).await?;
    let mut stand = vec![];
    let mut turned = vec![];
    for (id, entry) in &news {
        // Older than what is known: it counts in the sums only.
        let Some(pair) = pairs.get_mut(entry.model).filter(|pair| pair.is_before(entry.at)) else { continue };
        let outcome = codes::of_outcome(entry.look.outcome);
        if pair.see(entry.look.outcome, entry.at) {
            turned.push((pair.id, entry.at.as_millisecond(), pair.up, outcome, entry.detail));
        }
        let hour = hour_of(entry.at);
        let of = |day: i64| days.get(&key(day, super::pair_of(*id))).map(|sums| (day, sums));
        let known: Vec<_> = [day_of(hour) - 1, day_of(hour)].into_iter().filter_map(of).collect();
        let sums: Sums = last_hours(&known, hour).into_iter().map(|(_, part)| part).sum();
        let Figures { light, up, down, mean_ms, p50_ms, p95_ms, ttft_ms } = Figures::of(&sums, pair.up);
        stand.push((
            pair.id,
            entry.at.as_millisecond(),
            outcome,
            entry.look.status,
            pair.up,
            pair.since_ms,
            pair.failures,
            hour,
            codes::of_light(light),
            up,
            down,
            mean_ms,
            p50_ms,
            p95_ms,
            ttft_ms,
            entry.detail,
        ));
    }
    sqlx::query(
        "update pair set seen_ms = v.value ->> 1, outcome = v.value ->> 2, status = v.value ->> 3, up = v.value ->> 4,
           since_ms = v.value ->> 5, failures = v.value ->> 6, hour = v.value ->> 7, light = v.value ->> 8,
           up_24h = v.value ->> 9, down_24h = v.value ->> 10, mean_ms = v.value ->> 11, p50_ms = v.value ->> 12,
           p95_ms = v.value ->> 13, ttft_ms = v.value ->> 14, detail = v.value ->> 15
         from json_each(?) v where pair.id = v.value ->> 0",
    )
    .bind(to_json("models", &stand)?)
    .execute(&mut *tx)
    .await?;
    if !turned.is_empty() {
        sqlx::query(
            "insert into transition (pair, at_ms, up, outcome, detail)
             select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?)",
        )
        .bind(to_json("transitions", &turned)?)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn existing(tx: &mut SqliteConnection, ids: impl Iterator<Item = &i64>) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<_> = ids.collect();
    Ok(sqlx::query_scalar("select id from observation where id in (select value from json_each(?))")
        .bind(to_json("observations", &ids)?)
        .fetch_all(tx)
        .await?)
}

/// One parameter for the whole batch: SQLite unpacks it faster than we could bind it row by row.
async fn insert_rows(
    tx: &mut SqliteConnection,
    round: i64,
    news: &BTreeMap<i64, &Entry<'_>>,
) -> Result<(), StoreError> {
    let mut texts = HashMap::new();
    let mut rows = Vec::with_capacity(news.len());
    for (id, entry) in news {
        let detail =
            (!entry.detail.is_empty()).then(|| *texts.entry(entry.detail).or_insert_with_key(|text| hash(text)));
        rows.push((
            id,
            entry.at.as_millisecond(),
            codes::of_outcome(entry.look.outcome),
            entry.look.status,
            entry.look.latency_ms,
            entry.shape,
            entry.flags,
            entry.look.ttft_ms,
            entry.prompt_tokens,
            entry.completion_tokens,
            entry.cost,
            detail,
        ));
    }
    sqlx::query(
        "insert into observation (id, at_ms, outcome, status, latency_ms, shape, flags, ttft_ms, prompt_tokens,
           completion_tokens, cost, detail)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
           value ->> 8, value ->> 9, value ->> 10, value ->> 11 from json_each(?)",
    )
    .bind(to_json("observations", &rows)?)
    .execute(&mut *tx)
    .await?;
    if !texts.is_empty() {
        let texts: Vec<_> = texts.into_iter().map(|(body, id)| (id, body)).collect();
        sqlx::query(
            "insert into text (id, body, round) select value ->> 0, value ->> 1, ?2 from json_each(?1) where true
             on conflict do update set round = max(round, excluded.round)",
        )
        .bind(to_json("details", &texts)?)
        .bind(round)
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// 48 bits: enough to tell a store's texts apart, and two bytes less a row than 64.
fn hash(text: &str) -> i64 {
    Sha256::digest(text.as_bytes()).iter().take(6).fold(0, |hash, byte| hash << 8 | i64::from(*byte))
}

/// Adds the observations to their hours' sums, of each model and of the gateway; all sums of each model's day and the day
/// before come back, by [`key`].
async fn add_up(
    tx: &mut SqliteConnection,
    gateway: &str,
    news: &BTreeMap<i64, &Entry<'_>>,
) -> Result<HashMap<i64, Day>, StoreError> {
    let mut wanted = BTreeSet::new();
    for (id, entry) in news {
        let day = day_of(hour_of(entry.at));
        wanted.extend([key(day - 1, super::pair_of(*id)), key(day, super::pair_of(*id))]);
    }
    let mut days = read_days(&mut *tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
    let mut touched = BTreeSet::new();
    let mut totals: BTreeMap<i64, Day> = BTreeMap::new();
    for (id, entry) in news {
        let hour = hour_of(entry.at);
        let key = key(day_of(hour), super::pair_of(*id));
        days.entry(key).or_default().count(hour, entry.look);
        touched.insert(key);
        totals.entry(day_of(hour)).or_default().count(hour, entry.look);
    }
    let touched = touched.iter().filter_map(|key| Some((*key, hex(&days.get(key)?.to_bytes()))));
    write_days(tx, &touched.collect::<Vec<_>>()).await?;
    for (day, more) in totals {
        let kept: Option<Vec<u8>> = sqlx::query_scalar("select sums from total where gateway = ? and day = ?")
            .bind(gateway)
            .bind(day)
            .fetch_optional(&mut *tx)
            .await?;
        let mut total = kept.map(|bytes| parse(&bytes)).transpose()?.unwrap_or_default();
        for (hour, sums) in more.hours(day) {
            total.add(hour, sums);
        }
        sqlx::query(
            "insert into total (gateway, day, sums) values (?, ?, ?) on conflict do update set sums = excluded.sums",
        )
        .bind(gateway)
        .bind(day)
        .bind(total.to_bytes())
        .execute(&mut *tx)
        .await?;
    }
    Ok(days)
}

/// The days of these keys that there are; in one row, as each row is a turn from the database's thread to ours and back.
pub(super) async fn read_days(
    db: impl sqlx::SqliteExecutor<'_>,
    keys: &[i64],
) -> Result<HashMap<i64, Day>, StoreError> {
    let rows: String = sqlx::query_scalar(
        "select json_group_array(json_array(id, hex(sums))) from day where id in (select value from json_each(?))",
    )
    .bind(to_json("days", &keys)?)
    .fetch_one(db)
    .await?;
    let rows: Vec<(i64, &str)> = from_json("days", &rows)?;
    rows.into_iter().map(|(id, sums)| Ok((id, parse(&unhex(sums))?))).collect()
}

/// Writes days by [`key`], their bytes as [`hex`] says them.
async fn write_days(tx: &mut SqliteConnection, days: &[(i64, String)]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into day (id, sums) select value ->> 0, unhex(value ->> 1) from json_each(?) where true
         on conflict do update set sums = excluded.sums",
    )
    .bind(to_json("days", &days)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// A day from its column.
pub(super) fn parse(bytes: &[u8]) -> Result<Day, StoreError> {
    Day::from_bytes(bytes).ok_or_else(|| unreadable("day", "its sums are cut off"))
}

/// Folds the hours of these days into each day's whole.
pub(in crate::store) async fn fold(tx: &mut SqliteConnection, rows: &[SqliteRow]) -> Result<(), StoreError> {
    let mut folded = vec![];
    for row in rows {
        let day = parse(row.try_get("sums")?)?;
        if !day.is_whole() {
            folded.push((row.try_get("id")?, hex(&day.folded().to_bytes())));
        }
    }
    if folded.is_empty() { Ok(()) } else { write_days(tx, &folded).await }
}

/// What SQLite's `hex` wrote.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    text.as_bytes().chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | digit(*half))).collect()
}

/// As SQLite's `unhex` reads it.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl Pair {
    /// Whether nothing newer than that is known of it.
    fn is_before(&self, at: Timestamp) -> bool {
        self.seen_ms.is_none_or(|seen| seen <= at.as_millisecond())
    }
}
