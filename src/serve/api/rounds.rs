//! The rounds: what each came to.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked};
use super::error::ApiError;
use super::list::Listed;
use crate::model::Outcome;
use crate::rollup::Sight;
use crate::serve::App;
use crate::store::{Page, RoundFigures};

/// One round, in figures.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct RoundRow {
    /// Its number.
    pub(super) id: i64,
    /// Whose.
    gateway: String,
    /// What we were allowed to do: `observe`, `propose` or `apply`.
    mode: String,
    /// Whether everything was asked, and not only what was due again; none: that is not known.
    full: Option<bool>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started: Timestamp,
    /// When it ended; none: it runs, or we were killed in it.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// (channel, model) pairs advertised by the channels looked at.
    pairs: u64,
    /// Pairs probed.
    probed: u64,
    /// Of these, that work.
    ok: u64,
    /// That were rate limited.
    limited: u64,
    /// That showed anything else.
    failed: u64,
    /// Pairs that were not asked.
    missed: u64,
    /// Percent that work, of those that showed anything but a rate limit.
    ok_rate: Option<f64>,
    /// Channels whose list was to be changed.
    changes: u64,
    /// How often a guard held something back.
    held: u64,
    /// What failed without stopping the round.
    errors: Vec<String>,
    /// What else an operator should know.
    notes: Vec<String>,
}

impl RoundRow {
    fn of(round: RoundFigures) -> Self {
        let (changes, held) = (round.told.changes() as u64, round.told.held() as u64);
        let RoundFigures { id, gateway, mode, started, ended, told } = round;
        let (ok, limited, failed) = sorted(&told.outcomes);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let ok_rate = (ok + failed > 0).then(|| 100.0 * ok as f64 / (ok + failed) as f64);
        Self {
            id,
            gateway,
            mode,
            full: told.whole,
            started,
            ended,
            pairs: told.pairs,
            probed: told.probed,
            ok,
            limited,
            failed,
            missed: told.pairs.saturating_sub(ok + limited + failed),
            ok_rate,
            changes,
            held,
            errors: told.errors,
            notes: told.notes,
        }
    }
}

/// How many outcomes are good, rate limits, and anything else.
fn sorted(outcomes: &BTreeMap<Outcome, u64>) -> (u64, u64, u64) {
    outcomes.iter().fold((0, 0, 0), |(ok, limited, failed), (outcome, count)| match (Sight::of(*outcome), outcome) {
        (Sight::Up, _) => (ok + count, limited, failed),
        (Sight::Unknown, Outcome::Busy) => (ok, limited + count, failed),
        (Sight::Down | Sight::Unknown, _) => (ok, limited, failed + count),
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RoundsQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// So many at most.
    #[serde(default = "ask::fifty")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// The rounds, the newest first.
#[utoipa::path(get, path = "/api/rounds", tag = "rounds", params(RoundsQuery),
    responses((status = 200, body = [RoundRow])))]
pub(super) async fn rounds(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<RoundsQuery>,
) -> Result<Listed<RoundRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    Ok(Listed::page(page(&app, gateway.as_deref(), asked.limit, asked.offset).await?, &uri, asked.offset))
}

/// A page of rounds, the newest first.
pub(super) async fn page(
    app: &App,
    gateway: Option<&str>,
    limit: u32,
    offset: u64,
) -> Result<Page<RoundRow>, ApiError> {
    Ok(app.store.rounds_page(gateway, limit, offset).await?.map(RoundRow::of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_neither_good_nor_a_failure() {
        let outcomes =
            [(Outcome::Works, 5), (Outcome::Filtered, 1), (Outcome::Busy, 3), (Outcome::Gone, 1), (Outcome::KeyBad, 1)];
        assert_eq!(sorted(&outcomes.into_iter().collect()), (6, 3, 2));
    }
}
