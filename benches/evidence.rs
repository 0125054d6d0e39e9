//! `cargo bench --bench evidence`: what the gateway's own traffic saves. A week of 2,000 (channel, model) pairs, their
//! requests by Zipf's law, 1 % of the pairs failing each day; in one world the log is heeded, in the other every pair is
//! asked at a fixed interval, chosen so that failing models are found just as fast.
//!
//! A detection lasts from a model's first moment of failing to the verdict that takes it off the list, confirmation
//! included (10 minutes by default, the same in both worlds). Its mean is taken twice: each model counting as much as its
//! users ask for it, which is what they feel, and each model counting the same, those that hardly anybody asks for too.
//! What a row of the log means, which failures wake the loop, whether a success is fresh, and the verdicts are the real
//! ones; the rest is arithmetic.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]
#![allow(missing_docs, reason = "a program")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "evidence/detections.rs"]
mod detections;
#[path = "evidence/fixed.rs"]
mod fixed;
#[path = "evidence/passive.rs"]
mod passive;
#[path = "evidence/world.rs"]
mod world;

use detections::Detections;
use world::{PAIRS, World};

/// Paid probes with evidence ÷ without: a fifth or less.
const BOUND: f64 = 0.2;
/// Requests a day of a gateway of that size, and of a quiet one and a busy one beside it.
const REQUESTS: u64 = 500_000;

fn main() {
    let mut held = true;
    for (requests, bound) in [(REQUESTS / 10, None), (REQUESTS, Some(BOUND)), (REQUESTS * 4, None)] {
        held &= compare(requests, bound);
    }
    if !held {
        std::process::exit(1);
    }
}

fn compare(requests: u64, bound: Option<f64>) -> bool {
    let world = World::new(requests);
    println!(
        "{PAIRS} pairs, {requests} requests a day ({:.1} to the rarest pair), {} failures in {} days",
        world.share(PAIRS - 1) * requests as f64,
        world.failures.len(),
        world::DAYS
    );
    let (probes, found) = passive::run(&world);
    told("with evidence, a round every hour", probes, &found);
    let mut held = true;
    for (how, mean) in
        [("as its users feel it", Detections::felt as fn(&Detections) -> f64), ("model by model", Detections::mean)]
    {
        let interval = fixed::interval_for(&world, mean(&found), mean);
        let (without, slow) = fixed::run(&world, interval);
        told(&format!("fixed, every {interval:.0} s, as fast {how}"), without, &slow);
        let ratio = probes / without;
        let kept = match bound {
            Some(bound) if ratio <= bound => format!(" (≤ {bound} holds)"),
            Some(bound) => {
                held = false;
                format!(" (≤ {bound} MISSED)")
            }
            None => String::new(),
        };
        println!("    with ÷ without: {ratio:.4}{kept}");
    }
    held
}

fn told(what: &str, probes: f64, found: &Detections) {
    println!("  {what}: {probes:.0} paid probes a day");
    println!(
        "    found after: as users feel it {:.0} s (95 %: {:.0} s), model by model {:.0} s (95 %: {:.0} s)",
        found.felt(),
        found.felt_by(0.95),
        found.mean(),
        found.by(0.95)
    );
}
