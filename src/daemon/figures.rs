//! What a round came to, as plain figures for `/metrics`.
//!
//! Decides: which write counts as what. Must not know: names and labels of metrics.

use std::time::Duration;

use crate::apply::Outcome;
use crate::round::Report;
use crate::serve::{ANSWER_BOUNDS_MS, Metrics, RoundFacts, WriteResult};
use crate::store::Store;

/// Counts a round that ended.
pub(super) async fn count(metrics: &Metrics, store: &Store, report: &Report, took: Duration) {
    let answers = store.answer_times(report.round, &ANSWER_BOUNDS_MS).await.unwrap_or_else(|error| {
        tracing::error!("{error}");
        vec![]
    });
    metrics.round_ended(&RoundFacts {
        gateway: &report.gateway,
        seconds: took.as_secs_f64(),
        outcomes: report.outcomes.iter().map(|(outcome, count)| (outcome.as_str(), *count as u64)).collect(),
        answers,
    });
    let changes = report.changes.iter().filter_map(|line| line.outcome.as_ref());
    for outcome in changes.chain(report.drift.iter().filter_map(|line| line.outcome.as_ref())) {
        match outcome {
            Outcome::Applied(_) => metrics.wrote(WriteResult::Applied, 1),
            Outcome::Conflict(_) => metrics.wrote(WriteResult::Conflict, 1),
            Outcome::Refused(_) | Outcome::Failed(_) => metrics.wrote(WriteResult::Failed, 1),
            // Nothing was to be written, or somebody said stop.
            Outcome::Rehearsed | Outcome::OnHold(_) => {}
        }
    }
}
