//! Every pair asked at a fixed interval; what fails is confirmed as always.

use channelwarden::model::Standing;

use crate::detections::Detections;
use crate::world::{CONTROLS, DAY, DAYS, PAIRS, World};

/// Where in the interval a model happens to stop working: as many places as make their mean exact enough.
const PHASES: i64 = 16;

/// Paid probes a day, and how soon failing models were found.
pub(crate) fn run(world: &World, seconds: f64) -> (f64, Detections) {
    #[expect(clippy::cast_possible_truncation, reason = "some hours in milliseconds")]
    let interval = ((seconds * 1000.0) as i64).max(1000);
    let mut found = Detections::default();
    let mut confirming = 0;
    for &(pair, onset) in &world.failures {
        for phase in 0..PHASES {
            let first = onset - onset % interval + interval * phase / PHASES;
            let round = |now: i64| first + (now - first).div_euclid(interval) * interval + interval;
            let (mut standing, mut now) = (Standing::default(), round(onset));
            while !world.look(&mut standing, false, now) {
                let due = standing.next_probe.unwrap().duration_since(crate::world::at(0));
                confirming += 1 + CONTROLS;
                now = i64::try_from(due.as_millis()).unwrap().min(round(now));
            }
            found.add((now - onset) as f64 / 1000.0, world.share(pair));
        }
    }
    let rounds = PAIRS as f64 * DAY as f64 / interval as f64;
    (rounds + confirming as f64 / PHASES as f64 / DAYS as f64, found)
}

/// The interval in seconds at which the `mean` of detections is `wanted`.
pub(crate) fn interval_for(world: &World, wanted: f64, mean: fn(&Detections) -> f64) -> f64 {
    let (mut short, mut long) = (1.0, 24.0 * 3600.0);
    for _ in 0..30 {
        let middle = f64::midpoint(short, long);
        if mean(&run(world, middle).1) < wanted { short = middle } else { long = middle }
    }
    f64::midpoint(short, long)
}
