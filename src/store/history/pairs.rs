//! The models of each channel, and how each stands.
//!
//! Decides: which models a channel is said to list; what a row of sights comes to.
//! Must not know: sums and windows.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::{Row as _, SqliteConnection};

use crate::model::{ChannelRef, ModelName, Outcome};
use crate::rollup::Sight;
use crate::store::{StoreError, from_json, to_json};

/// How a model stood before the next observation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Pair {
    pub(in crate::store) id: i64,
    pub(in crate::store) listed: bool,
    /// The latest observation.
    pub(in crate::store) seen_ms: Option<i64>,
    /// What the last one that says anything said.
    pub(in crate::store) up: Option<bool>,
    /// Since when.
    pub(in crate::store) since_ms: Option<i64>,
    /// How many in a row said "down"; what says nothing neither counts nor ends the row.
    pub(in crate::store) failures: u32,
}

impl Pair {
    /// Takes the next observation; whether the model turned by it: from up to down or back.
    pub(in crate::store) fn see(&mut self, outcome: Outcome, at: Timestamp) -> bool {
        let up = match Sight::of(outcome) {
            Sight::Up => true,
            Sight::Down => false,
            Sight::Unknown => return false,
        };
        self.failures = if up { 0 } else { self.failures.saturating_add(1) };
        let before = self.up.replace(up);
        if before != Some(up) {
            self.since_ms = Some(at.as_millisecond());
        }
        before.is_some_and(|before| before != up)
    }
}

/// The channel's number; it is there (again). `round` is one that observed something on it, or 0.
pub(in crate::store) async fn place(
    tx: &mut SqliteConnection,
    gateway: &str,
    channel: &ChannelRef,
    round: i64,
) -> Result<i64, StoreError> {
    let sql = "insert into place (gateway, channel, created, name, round) values (?, ?, ?, ?, ?)
               on conflict do update set name = excluded.name, gone = 0, round = max(round, excluded.round)
               returning id";
    Ok(sqlx::query_scalar(sql)
        .bind(gateway)
        .bind(channel.id)
        .bind(channel.created)
        .bind(&channel.name)
        .bind(round)
        .fetch_one(tx)
        .await?)
}

/// The channel's models, by name: all that are known, those of the list (`None`: nobody looked), and those asked.
pub(in crate::store) async fn list<'a>(
    tx: &mut SqliteConnection,
    place: i64,
    listed: Option<&'a [ModelName]>,
    asked: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Pair>, StoreError> {
    let mut pairs = known(tx, place).await?;
    let on_list: HashSet<&str> = listed.unwrap_or_default().iter().map(ModelName::as_str).collect();
    let all = listed.unwrap_or_default().iter().map(ModelName::as_str).chain(asked);
    let mut new: Vec<_> = vec![];
    for model in all {
        if !pairs.contains_key(model) {
            pairs.insert(model.to_owned(), Pair::default());
            new.push((model, on_list.contains(model)));
        }
    }
    let moved = |(model, pair): (&String, &Pair)| {
        let is_moved = pair.id != 0 && listed.is_some() && pair.listed != on_list.contains(model.as_str());
        is_moved.then_some((pair.id, !pair.listed))
    };
    let moved: Vec<_> = pairs.iter().filter_map(moved).collect();
    if !new.is_empty() {
        let rows = sqlx::query(
            "insert into pair (place, model, listed) select ?1, value ->> 0, value ->> 1 from json_each(?2)
             returning id, model, listed",
        )
        .bind(place)
        .bind(to_json("models", &new)?)
        .fetch_all(&mut *tx)
        .await?;
        for row in rows {
            let pair = Pair { id: row.try_get("id")?, listed: row.try_get("listed")?, ..Pair::default() };
            pairs.insert(row.try_get("model")?, pair);
        }
    }
    if !moved.is_empty() {
        sqlx::query("update pair set listed = v.value ->> 1 from json_each(?) v where pair.id = v.value ->> 0")
            .bind(to_json("models", &moved)?)
            .execute(tx)
            .await?;
    }
    Ok(pairs)
}

/// A pair as it is read: id, model, listed, seen, up, since, failures.
type Row = (i64, String, u8, Option<i64>, Option<u8>, Option<i64>, u32);

/// One row for all: each row is a turn from the database's thread to ours and back.
async fn known(tx: &mut SqliteConnection, place: i64) -> Result<HashMap<String, Pair>, StoreError> {
    let rows: String = sqlx::query_scalar(
        "select json_group_array(json_array(id, model, listed, seen_ms, up, since_ms, failures)) from pair
         where place = ?",
    )
    .bind(place)
    .fetch_one(tx)
    .await?;
    let rows: Vec<Row> = from_json("models", &rows)?;
    let pair = |(id, model, listed, seen_ms, up, since_ms, failures): (_, _, _, _, Option<u8>, _, _)| {
        let (listed, up) = (listed == 1, up.map(|up| up == 1));
        (model, Pair { id, listed, seen_ms, up, since_ms, failures })
    };
    Ok(rows.into_iter().map(pair).collect())
}
