//! A store with a long past: what rounds would have left, written much faster than they would.

use std::path::Path;
use std::time::Instant;

use channelwarden::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing, Timing, Usage};
use channelwarden::rollup::{Day, Look, day_of, hour_of};
use channelwarden::store::{Finding, Store};
use jiff::{SignedDuration, Timestamp};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

pub(crate) const CHANNELS: i64 = 20;
pub(crate) const MODELS: i64 = 100;
/// From round to round.
pub(crate) const EVERY_S: i64 = 600;
const REFUSAL: &str = "status 503: the model is overloaded, please try again later";

/// What round number `round` sees of a pair: the same in Rust here and in SQL below.
fn seen(round: i64, pair: i64) -> (Outcome, Option<u16>, u32, Option<u32>) {
    let dice = (round * 7919 + pair * 104_729) % 1000;
    let bad = if pair % 10 == 0 { 400 } else { 20 };
    let ms = 200 + (round * 31 + pair * 17 + dice * 13) % 3000;
    let ms = u32::try_from(ms).unwrap();
    if dice < bad {
        (Outcome::Broken, Some(503), ms, None)
    } else if dice < bad + 30 {
        (Outcome::Busy, Some(429), ms, None)
    } else {
        (Outcome::Works, Some(200), ms, Some(ms / 3))
    }
}

/// The same for SQL: `r` and `p` are round and pair; outcomes by their numbers.
const SEEN: &str = "
  with dice (r, p, dice, bad, ms) as (
    select r, p, (r * 7919 + p * 104729) % 1000, iif(p % 10 = 0, 400, 20),
      200 + (r * 31 + p * 17 + (r * 7919 + p * 104729) % 1000 * 13) % 3000
    from (select value r from json_each(?1)), (select id p from pair))
  insert into observation (id, at_ms, outcome, status, latency_ms, shape, flags, ttft_ms, prompt_tokens,
    completion_tokens, cost, detail)
  select r << 32 | p, (?2 + r * ?3) * 1000 + p, iif(dice < bad, 5, iif(dice < bad + 30, 8, 0)),
    iif(dice < bad, 503, iif(dice < bad + 30, 429, 200)), ms, 0, 0, iif(dice < bad + 30, null, ms / 3), 20, 7, 12,
    iif(dice < bad + 30, (select id from text), null)
  from dice order by r, p";

pub(crate) fn name(model: i64) -> ModelName {
    ModelName::parse(&format!("vendor/model-{model:03}-instruct")).unwrap()
}

pub(crate) fn channel(id: i64) -> ChannelRef {
    ChannelRef { id, created: 1, name: format!("Channel {id}") }
}

pub(crate) fn at(start: Timestamp, round: i64, pair: i64) -> Timestamp {
    start + SignedDuration::from_secs(round * EVERY_S) + SignedDuration::from_millis(pair)
}

/// What a round finds on a channel of so many models; `first` is its first pair.
pub(crate) fn findings(start: Timestamp, round: i64, first: i64, models: i64) -> Vec<Finding> {
    (0..models)
        .map(|model| {
            let pair = first + model;
            let (outcome, status, latency_ms, first_token_ms) = seen(round, pair);
            let detail = if outcome == Outcome::Works { "" } else { REFUSAL };
            let bare = Observation::bare(outcome, at(start, round, pair), Shape::MaxTokens, detail);
            let usage = Usage { requests: 1, prompt_tokens: Some(20), completion_tokens: Some(7) };
            let timing = Timing { first_token_ms, ..Timing::default() };
            let observation = Observation { status, latency_ms, timing, usage, ..bare };
            Finding { model: name(model), observation, cost: Some(12), standing: Standing::default() }
        })
        .collect()
}

/// One round over all channels, as a round remembers it.
pub(crate) async fn round(store: &Store, start: Timestamp, number: i64) {
    let round = store.begin_round("main", "observe", at(start, number, 0)).await.unwrap();
    let listed: Vec<_> = (0..MODELS).map(name).collect();
    for id in 0..CHANNELS {
        let findings = findings(start, number, id * MODELS + 1, MODELS);
        store.remember("main", round, &channel(id + 1), &listed, &findings).await.unwrap();
    }
}

pub(crate) async fn open(path: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(path)).await.unwrap()
}

/// The rounds after the first `done` up to `rounds`, written directly: rows, hours, totals.
pub(crate) async fn write(path: &Path, start: Timestamp, done: i64, rounds: i64) {
    let pool = open(path).await;
    sqlx::raw_sql("pragma synchronous = off; pragma cache_size = -65536").execute(&pool).await.unwrap();
    let began = Instant::now();
    let numbers: Vec<i64> = (done + 1..=rounds).collect();
    for part in numbers.chunks(50) {
        sqlx::query(SEEN)
            .bind(serde_json::to_string(part).unwrap())
            .bind(start.as_second())
            .bind(EVERY_S)
            .execute(&pool)
            .await
            .unwrap();
    }
    sqlx::query("insert into round (gateway, mode, started_ms) select 'main', 'observe', value from json_each(?)")
        .bind(
            serde_json::to_string(&numbers.iter().map(|r| at(start, *r, 0).as_millisecond()).collect::<Vec<_>>())
                .unwrap(),
        )
        .execute(&pool)
        .await
        .unwrap();
    let rows = began.elapsed();
    let of_day = |round: &i64| day_of(hour_of(at(start, *round, 0)));
    for rounds in numbers.chunk_by(|a, b| of_day(a) == of_day(b)) {
        sums_of_a_day(&pool, start, rounds).await;
    }
    println!("  written in {:.1} s (rows {:.1} s)", began.elapsed().as_secs_f64(), rows.as_secs_f64());
    pool.close().await;
}

async fn sums_of_a_day(pool: &SqlitePool, start: Timestamp, rounds: &[i64]) {
    let mut total = Day::default();
    let mut days = vec![];
    let day = day_of(hour_of(at(start, rounds[0], 0)));
    for pair in 1..=CHANNELS * MODELS {
        let mut sums = sums(pool, "select sums from day where id = ?", day << 32 | pair).await;
        for round in rounds {
            let (outcome, status, latency_ms, ttft_ms) = seen(*round, pair);
            sums.count(hour_of(at(start, *round, pair)), Look { outcome, status, latency_ms, ttft_ms });
        }
        for (hour, sums) in sums.hours(day) {
            total.add(hour, sums);
        }
        days.push((day << 32 | pair, sums.to_bytes()));
    }
    let mut tx = pool.begin().await.unwrap();
    for part in days.chunks(5000) {
        let mut sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new("insert or replace into day (id, sums) ");
        sql.push_values(part, |mut row, (id, sums)| {
            row.push_bind(*id).push_bind(sums.as_slice());
        });
        sql.build().execute(&mut *tx).await.unwrap();
    }
    sqlx::query("insert or replace into total (gateway, day, sums) values ('main', ?, ?)")
        .bind(day)
        .bind(total.to_bytes())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn sums(pool: &SqlitePool, sql: &'static str, id: i64) -> Day {
    let kept: Option<Vec<u8>> = sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await.unwrap();
    kept.map(|bytes| Day::from_bytes(&bytes).unwrap()).unwrap_or_default()
}

/// Everything that both ways must have written alike.
pub(crate) async fn dump(path: &Path) -> Vec<String> {
    let pool = open(path).await;
    let mut all = vec![];
    for sql in [
        "select json_array(id, at_ms, outcome, status, latency_ms, shape, flags, ttft_ms, prompt_tokens,
           completion_tokens, cost, detail) from observation order by id",
        "select id || ' ' || hex(sums) from day order by id",
        "select gateway || ' ' || day || ' ' || hex(sums) from total order by day",
    ] {
        all.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(&pool).await.unwrap());
    }
    pool.close().await;
    all
}
