//! `cargo bench`: each figure beside its baseline from the same run, as a ratio. `cargo bench -- memory` runs one.
//!
//! The upstream is simulated, on loopback, in this process; a round whose memory is measured runs in a process of its
//! own, so that the upstream's memory does not count.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]
#![allow(missing_docs, reason = "a program")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "rounds/measure.rs"]
mod measure;
#[path = "rounds/verdict.rs"]
mod verdict;
#[path = "rounds/world.rs"]
mod world;

use std::time::{Duration, Instant};

use channelwarden::simulate::Behaviour;
use measure::median;
use verdict::Verdict;
use world::Bench;

const INSTANT: Behaviour = Behaviour::Works;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let [command, database, store] = &arguments[..]
        && command == "child"
    {
        return runtime.block_on(measure::child(database, store));
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| name.contains(argument.as_str()));
    let mut verdict = Verdict::default();
    runtime.block_on(async {
        if wanted("throughput") {
            Box::pin(throughput(&mut verdict)).await;
        }
        if wanted("latency") {
            latency(&mut verdict).await;
        }
        if wanted("memory") {
            memory(&mut verdict).await;
        }
        if wanted("statements") {
            statements(&mut verdict).await;
        }
    });
    verdict.end();
}

/// Probes a second against an instant upstream, beside a bare loop of the same HTTP client; in turn, so that a noisy
/// machine slows both.
async fn throughput(verdict: &mut Verdict) {
    const AT_ONCE: usize = 64;
    const CHANNELS: usize = 64;
    const MODELS: usize = 150;
    let bench = Bench::start(CHANNELS, MODELS, INSTANT, AT_ONCE).await;
    let pairs = CHANNELS * MODELS;
    // Long enough that a moment's noise does not decide.
    let requests = 4 * pairs;
    bench.bare_loop(AT_ONCE, pairs).await;
    let (mut asked, mut whole) = (vec![], vec![]);
    let (mut bare_speed, mut ask_speed, mut round_speed) = (vec![], vec![], vec![]);
    let speed = |requests: usize, took: Duration| requests as f64 / took.as_secs_f64();
    for _ in 0..7 {
        let bare = speed(requests, bench.bare_loop(AT_ONCE, requests).await);
        let probes = speed(requests, bench.probe_loop(AT_ONCE, requests).await);
        let round = speed(pairs, bench.round().await);
        asked.push(probes / bare);
        whole.push(round / bare);
        bare_speed.push(bare);
        ask_speed.push(probes);
        round_speed.push(round);
    }
    println!("throughput, {AT_ONCE} at once, instant upstream, {requests} requests, median of 7 in turn");
    println!("  bare loop of the HTTP client  {:>8.0}/s", median(bare_speed));
    println!("  prober                        {:>8.0}/s", median(ask_speed));
    println!("  whole round, kept in store    {:>8.0}/s", median(round_speed));
    verdict.at_least("prober ÷ bare loop", median(asked), 0.85);
    Verdict::told("whole round ÷ bare loop", median(whole));
}

/// A round over 10,000 pairs at 200 ms, beside what latency and concurrency alone would take.
async fn latency(verdict: &mut Verdict) {
    const AT_ONCE: usize = 256;
    const LATENCY: Duration = Duration::from_millis(200);
    let (channels, models) = (100, 100);
    let bench = Bench::start(channels, models, Behaviour::Slow(LATENCY), AT_ONCE).await;
    let took = bench.round().await;
    let pairs = channels * models;
    let ideal = LATENCY.as_secs_f64() * pairs as f64 / AT_ONCE as f64;
    println!("a round over {pairs} pairs, upstream latency {LATENCY:?}, {AT_ONCE} at once");
    println!("  latency × pairs ÷ concurrency {ideal:>8.2} s");
    println!("  the round                     {:>8.2} s", took.as_secs_f64());
    verdict.at_most("round ÷ ideal", took.as_secs_f64() / ideal, 1.05);
}

/// Peak memory of a process that runs one round over 10,000 and over 100,000 pairs.
async fn memory(verdict: &mut Verdict) {
    let mut peaks = vec![];
    for channels in [100, 1000] {
        let bench = Bench::start(channels, 100, INSTANT, 64).await;
        let (peak, took) = measure::in_child(&bench).await;
        println!("peak memory of a round over {} pairs: {peak:.1} MiB ({took:.1} s)", channels * 100);
        peaks.push(peak);
    }
    verdict.at_most("MiB at 100,000 pairs", peaks[1], 64.0);
    verdict.at_most("100,000 pairs ÷ 10,000 pairs", peaks[1] / peaks[0], 1.3);
}

/// Write statements of a round: none where nothing changes, few where something does.
async fn statements(verdict: &mut Verdict) {
    let bench = Bench::start(1, 10, INSTANT, 64).await;
    let started = Instant::now();
    let writes = bench.writes_of_a_round().await;
    println!("write statements of a round ({:.2} s)", started.elapsed().as_secs_f64());
    verdict.at_most("unchanged channel", writes as f64, 0.0);
    let new: u32 = 90;
    bench.offer(10 + new as usize);
    let writes = bench.writes_of_a_round().await;
    let rows = f64::from(new * 2);
    verdict.at_most("changed channel, 180 new ability rows", writes as f64, 6.0 + (rows / 50.0).ceil());
}
