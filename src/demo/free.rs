//! Free models that never were, so that the demo's page of them has something to show without the internet.
//!
//! Decides: what OpenRouter would have said of each. Must not know: how it is asked.

use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::model::{ModelName, Outcome};
use crate::openrouter::{Entry, Free, Health, Model, Probed, Snapshot, today};

/// A name, its context, what it takes, and its uptime in percent, tokens a second and ms to the first token.
type Line = (&'static str, u64, &'static [&'static str], (f64, f64, f64));

const LINES: [Line; 6] = [
    ("acme/gpt-open-120b:free", 131_072, &["text"], (99.6, 84.0, 420.0)),
    ("borealis/vision-9b:free", 65_536, &["text", "image"], (97.2, 112.0, 310.0)),
    ("cinder/mixtral-next:free", 32_768, &["text"], (88.4, 41.0, 1240.0)),
    ("dune/reader-70b:free", 262_144, &["text", "file"], (99.9, 63.0, 780.0)),
    ("ember/coder-30b:free", 163_840, &["text"], (34.0, 22.0, 2900.0)),
    ("hostile/<img src=x onerror=alert(7)>:free", 8_192, &["text"], (95.0, 70.0, 500.0)),
];

/// As they would have been read at `now`.
pub(super) fn models(now: Timestamp) -> Snapshot {
    let entries = LINES.iter().filter_map(|(name, context, takes, _)| {
        Some(Entry {
            id: ModelName::parse(name)?,
            free: Free::Suffix,
            rate: None,
            context: Some(*context),
            max_answer: None,
            takes: takes.iter().map(|what| (*what).to_owned()).collect(),
            gives: vec!["text".to_owned()],
            reasons: false,
            ends: name.starts_with("cinder").then(|| today(now).saturating_add(9.days())),
            created: None,
        })
    });
    let mut kept = Snapshot::new(entries.collect(), now);
    for model in &mut kept.models {
        measure(model, now);
    }
    kept
}

fn measure(model: &mut Model, now: Timestamp) {
    let name = model.entry.id.as_str();
    let Some((.., (uptime, tokens, ttft))) = LINES.iter().find(|(known, ..)| *known == name) else { return };
    let good = usize::from(*uptime > 50.0);
    model.health = Some(Health {
        at: now,
        endpoints: 1,
        paid: 0,
        good,
        uptime_5m: None,
        uptime_30m: Some(*uptime),
        uptime_1d: Some(*uptime),
        ttft_p50_ms: Some(*ttft),
        tokens_p50: Some(*tokens),
    });
    let outcome = if good == 1 { Outcome::Works } else { Outcome::Broken };
    let at = now - SignedDuration::from_mins(12);
    model.probe = Some(Probed { at, outcome, latency_ms: 400, detail: String::new() });
}
