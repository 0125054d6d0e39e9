//! `cargo bench --bench history`: what a store of ten million observations answers, while rounds write into it.
//!
//! `cargo bench --bench history -- 300` takes so many rounds of 2,000 models instead of 5,000: a look whether it runs;
//! `-- inserts` runs one part (reads, inserts, retention).
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]
#![allow(missing_docs, reason = "a program")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "history/past.rs"]
mod past;
#[path = "rounds/verdict.rs"]
#[allow(dead_code, reason = "shared")]
mod verdict;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use channelwarden::config::StoreConfig;
use channelwarden::store::{ModelQuery, ModelSort, Store, Window};
use jiff::{SignedDuration, Timestamp};
use past::{CHANNELS, EVERY_S, MODELS, at};
use verdict::Verdict;

/// ms.
const BOUND: f64 = 50.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5000);
    let parts: Vec<_> = words.iter().filter(|word| word.parse::<i64>().is_err()).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| part.contains(word.as_str()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut verdict = Verdict::default();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        sample(folder.path()).await;
        let path = folder.path().join("store.db");
        let start: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
        let observations = rounds * CHANNELS * MODELS;
        println!("{observations} observations of {} models, a round every {EVERY_S} s", CHANNELS * MODELS);
        let store = Store::open(&path).await.unwrap();
        past::round(&store, start, 1).await;
        past::write(&path, start, 1, rounds).await;
        size(&path, observations, rounds, &mut verdict).await;
        if wanted("reads") {
            reads(&store, start, rounds, &mut verdict).await;
        }
        if wanted("inserts") {
            inserts(&store, start, rounds + 10_000, &mut verdict).await;
            one_batch(folder.path(), start, &mut verdict).await;
        }
        if wanted("retention") {
            retention(&store, &path, start, rounds).await;
        }
        store.close().await;
    });
    verdict.end();
}

/// What is written directly is, on a sample, what rounds write.
async fn sample(folder: &Path) {
    let start: Timestamp = "2026-10-01T22:00:00Z".parse().unwrap();
    let (fast, real) = (folder.join("fast.db"), folder.join("real.db"));
    let store = Store::open(&fast).await.unwrap();
    past::round(&store, start, 1).await;
    past::write(&fast, start, 1, 20).await;
    store.close().await;
    let store = Store::open(&real).await.unwrap();
    for number in 1..=20 {
        past::round(&store, start, number).await;
    }
    store.close().await;
    let (fast, real) = (past::dump(&fast).await, past::dump(&real).await);
    assert!(fast == real, "what is written directly differs from what rounds write");
    println!("sample: {} rows of both ways agree", fast.len());
}

async fn size(path: &Path, observations: i64, rounds: i64, verdict: &mut Verdict) {
    let pool = past::open(path).await;
    let sizes: Vec<(String, i64)> =
        sqlx::query_as("select name, sum(pgsize) from dbstat group by name order by 2 desc limit 6")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    let mib = |bytes: i64| bytes as f64 / f64::from(1 << 20);
    let of = |name: &str| sizes.iter().find(|(other, _)| other == name).map_or(0, |(_, size)| *size);
    println!("size: {:.0} MiB in all", mib(sizes.iter().map(|(_, size)| size).sum()));
    for (name, size) in &sizes {
        println!("  {name:<24} {:>9.1} MiB", mib(*size));
    }
    let days = (rounds * EVERY_S) as f64 / 86_400.0;
    Verdict::told("MiB a day of observations", mib(of("observation")) / days);
    Verdict::told("MiB a day of sums", mib(of("day")) / days);
    verdict.at_most("bytes an observation", of("observation") as f64 / observations as f64, 48.0);
    verdict.at_most("bytes of sums a model and day", of("day") as f64 / days / (CHANNELS * MODELS) as f64, 1500.0);
}

/// Readers, one after the other, while rounds write without a pause.
async fn reads(store: &Store, start: Timestamp, rounds: i64, verdict: &mut Verdict) {
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU64::new(0));
    let writer = tokio::spawn({
        let (store, stop, written) = (store.clone(), Arc::clone(&stop), Arc::clone(&written));
        async move {
            for number in rounds + 1.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                past::round(&store, start, number).await;
                written.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    while written.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let now = at(start, rounds, 0);
    let page = |sort, search: Option<&str>| ModelQuery {
        sort,
        search: search.map(str::to_owned),
        limit: 100,
        ..ModelQuery::default()
    };
    let month = |bucket_hours| Window { from: now - SignedDuration::from_hours(30 * 24), until: now, bucket_hours };
    let some: Vec<i64> = (1..=50).collect();
    let newest: Vec<i64> = (rounds - 59..=rounds).collect();
    println!("reading while rounds write, 300 times each (p50, p99 in ms)");
    timed(verdict, "summary", async || {
        let _ = store.counts(None, now).await.unwrap();
    })
    .await;
    timed(verdict, "channels", async || drop(store.channel_counts(None).await.unwrap())).await;
    for (what, query) in [
        ("models, first page", page(ModelSort::Place, None)),
        ("models, by uptime", page(ModelSort::Uptime, None)),
        ("models, searched", page(ModelSort::Name, Some("77"))),
    ] {
        timed(verdict, what, async || {
            let page = store.models(&query, now).await.unwrap();
            assert!(!page.rows.is_empty() && page.rows.iter().all(|row| row.uptime_24h.is_some()));
        })
        .await;
    }
    for (what, models, bucket) in [
        ("30 days of one model, 6 h", &[77][..], 6),
        ("30 days of one model, days", &[77], 24),
        ("30 days of all, 6 h", &[], 6),
        ("30 days of all, days", &[], 24),
    ] {
        timed(verdict, what, async || {
            assert!(!store.series(models, None, month(bucket)).await.unwrap().is_empty());
        })
        .await;
    }
    timed(verdict, "history of a model", async || {
        assert_eq!(store.seen(&[77], 50).await.unwrap().len(), 50);
    })
    .await;
    timed(verdict, "grid of 30 rounds", async || {
        let grid = store.grid(&newest[30..], &page(ModelSort::Place, None)).await.unwrap();
        assert_eq!((grid.rows.len(), grid.rows[0].cells.len()), (100, 30));
    })
    .await;
    told("30 days of 50 models, 6 h", async || drop(store.series(&some, None, month(6)).await.unwrap())).await;
    let wide = ModelQuery { limit: 200, ..ModelQuery::default() };
    told("grid of 60 rounds × 200", async || drop(store.grid(&newest, &wide).await.unwrap())).await;
    let whole = ModelQuery { limit: 5000, ..ModelQuery::default() };
    told("all 2,000 models at once", async || drop(store.models(&whole, now).await.unwrap())).await;
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    println!("  rounds of {} written meanwhile: {}", CHANNELS * MODELS, written.load(Ordering::Relaxed));
}

async fn times(ask: impl AsyncFn()) -> (f64, f64) {
    // Each of the readers' connections has read once.
    for _ in 0..10 {
        ask().await;
    }
    let mut times = vec![];
    for _ in 0..300 {
        let began = Instant::now();
        ask().await;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_by(f64::total_cmp);
    (times[150], times[296])
}

async fn timed(verdict: &mut Verdict, what: &str, ask: impl AsyncFn()) {
    let (p50, p99) = times(ask).await;
    verdict.at_most(&format!("{what}: p50 {p50:.2}, p99"), p99, BOUND);
}

async fn told(what: &str, ask: impl AsyncFn()) {
    let (p50, p99) = times(ask).await;
    println!("  {what}: p50 {p50:.2}, p99 {p99:.2}");
}

/// Rounds of 100,000 observations, a transaction a channel of 100: the first also makes the models known.
async fn inserts(store: &Store, start: Timestamp, number: i64, verdict: &mut Verdict) {
    println!("100,000 observations in transactions of 100");
    let listed: Vec<_> = (0..100).map(past::name).collect();
    for (number, what) in (number..).zip(["the first round, s", "the next round, s"]) {
        let round = store.begin_round("wide", "observe", at(start, number, 0)).await.unwrap();
        let mut took = Duration::ZERO;
        for id in 0..1000 {
            let findings = past::findings(start, number, id * 100, 100);
            let began = Instant::now();
            store.remember("wide", round, &past::channel(id + 1), &listed, &findings).await.unwrap();
            took += began.elapsed();
        }
        verdict.at_most(what, took.as_secs_f64(), 5.0);
    }
    let now = at(start, number + 1, 0);
    let query = ModelQuery { sort: ModelSort::Uptime, limit: 100, ..ModelQuery::default() };
    println!("with 102,000 models");
    told("summary", async || {
        let _ = store.counts(None, now).await.unwrap();
    })
    .await;
    told("models, by uptime", async || drop(store.models(&query, now).await.unwrap())).await;
}

async fn one_batch(folder: &Path, start: Timestamp, verdict: &mut Verdict) {
    let store = Store::open(&folder.join("batch.db")).await.unwrap();
    let round = store.begin_round("main", "observe", start).await.unwrap();
    let mut findings = past::findings(start, 1, 1, 100_000);
    for (finding, number) in findings.iter_mut().zip(0..) {
        finding.model = past::name(number);
    }
    let began = Instant::now();
    store.remember("main", round, &past::channel(1), &[], &findings).await.unwrap();
    verdict.at_most("100,000 observations in one transaction, s", began.elapsed().as_secs_f64(), 5.0);
    store.close().await;
}

/// What a day's end drops, and what a bound on the size drops.
async fn retention(store: &Store, path: &Path, start: Timestamp, rounds: i64) {
    let keep = StoreConfig { keep_observations: Duration::from_hours(7 * 24), ..StoreConfig::default() };
    for (what, keep) in [
        ("all but 7 days", keep.clone()),
        ("nothing more", keep.clone()),
        ("to 128 MiB", StoreConfig { max_mib: 128, ..keep }),
    ] {
        let began = Instant::now();
        store.prune(&keep, at(start, rounds, 0)).await.unwrap();
        let mib = std::fs::metadata(path).unwrap().len() as f64 / f64::from(1 << 20);
        println!("retention, {what}: {:.2} s, then {mib:.0} MiB", began.elapsed().as_secs_f64());
    }
}
