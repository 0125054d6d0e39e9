//! A week that never was, so that the demo's charts have something to show.
//!
//! Decides: what would have been seen of each model. Must not know: what is made of it.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::plots::{CROWD, Plot};
use crate::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing, Timing, Usage};
use crate::simulate::Behaviour;
use crate::store::{Finding, Store, StoreError};

/// The same week every time.
const SEED: u64 = 5;

/// What a look showed: outcome, status, the upstream's words.
type Sight = (Outcome, Option<u16>, &'static str);

const FINE: Sight = (Outcome::Works, Some(200), "");
const BUSY: Sight = (Outcome::Busy, Some(429), "Rate limit reached for requests");
const BROKE: Sight = (Outcome::KeyBroke, Some(429), "You exceeded your current quota");
const BROKEN: Sight = (Outcome::Broken, Some(500), "The server had an error while processing your request");
const SILENT: Sight = (Outcome::TimedOut, None, "no answer within 30s");

/// Keeps a week of rounds: one an hour over the last day, one every three hours before.
pub(super) async fn remember(
    store: &Store,
    gateway: &str,
    channels: &[(ChannelRef, Plot)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut rng = Rng::with_seed(SEED);
    for hours in (1..=24 * 7).rev().filter(|hours| *hours <= 24 || hours % 3 == 0) {
        let at = now - SignedDuration::from_hours(hours);
        let round = store.begin_round(gateway, "apply", at).await?;
        let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
        for (channel, plot) in channels {
            let listed: Vec<_> = plot.models.split(',').filter_map(ModelName::parse).collect();
            let findings = findings(plot, &listed, hours, at, &mut rng);
            for finding in &findings {
                *outcomes.entry(finding.observation.outcome).or_default() += 1;
            }
            store.remember(gateway, round, channel, &listed, &findings).await?;
        }
        let probed: usize = outcomes.values().sum();
        let report = json!({"gateway": gateway, "round": round, "mode": "apply", "channels": channels.len(),
            "pairs": probed, "probed": probed, "wanted": probed, "outcomes": outcomes, "changes": [], "held": [],
            "notes": ["made up: the demo began after this"], "errors": []});
        store.end_round(round, &report, at + SignedDuration::from_secs(20)).await?;
    }
    Ok(())
}

/// What that round would have seen of a channel's models.
fn findings(plot: &Plot, listed: &[ModelName], hours: i64, at: Timestamp, rng: &mut Rng) -> Vec<Finding> {
    let crowded = plot.name == CROWD && hours <= 3;
    let seen = listed.iter().filter_map(|model| {
        let behaviour = plot.behaviours.iter().find(|(known, _)| *known == model.as_str());
        let sight = match behaviour {
            Some((_, behaviour)) => sight(plot.name, behaviour, hours, rng),
            None if crowded => FINE,
            None => return None,
        };
        let observation = observation(model, sight, hours, at, rng);
        // As gpt-4o would bill it: 2.5 dollars a million tokens of the question, 10 of the answer.
        let cost = (sight == FINE).then_some(14 * 5 / 2 + 3 * 10);
        Some(Finding { model: model.clone(), observation, cost, standing: Standing::default() })
    });
    seen.collect()
}

/// What is gone today worked until the demo began: otherwise it would have been withdrawn long ago.
fn sight(channel: &str, behaviour: &Behaviour, hours: i64, rng: &mut Rng) -> Sight {
    let bad_afternoon = channel == "Borealis" && (70..=78).contains(&hours);
    let mut once_in = |times: u8| rng.u8(..times) == 0;
    if bad_afternoon || *behaviour == Behaviour::Flapping && once_in(2) {
        BROKEN
    } else if matches!(behaviour, Behaviour::RateLimited(_)) && !once_in(3) {
        BUSY
    } else if *behaviour == Behaviour::NoCredit && hours <= 5 {
        BROKE
    } else if *behaviour == Behaviour::Hangs && once_in(8) {
        SILENT
    } else {
        FINE
    }
}

fn observation(model: &ModelName, sight: Sight, hours: i64, at: Timestamp, rng: &mut Rng) -> Observation {
    let (outcome, status, detail) = sight;
    let answered = (outcome == Outcome::Works).then(|| latency(model, hours, rng));
    Observation {
        status,
        latency_ms: answered.unwrap_or(60),
        timing: Timing { first_token_ms: answered.map(|latency| latency / 3), ..Timing::default() },
        usage: Usage { requests: 1, prompt_tokens: answered.and(Some(14)), completion_tokens: answered.and(Some(3)) },
        ..Observation::bare(outcome, at, Shape::MaxTokens, detail)
    }
}

/// A pace of its own for each model, slower at noon than at night.
fn latency(model: &ModelName, hours: i64, rng: &mut Rng) -> u32 {
    let own = 180 + 37 * (model.as_str().bytes().map(u32::from).sum::<u32>() % 29);
    // 0 at midnight before `now`, 12 at its noon, as a triangle: no wave needs to be exact here.
    let hour = u32::try_from(hours.rem_euclid(24)).unwrap_or_default();
    let busy = hour.min(24 - hour);
    own + own * busy / 16 + rng.u32(..own / 3)
}
