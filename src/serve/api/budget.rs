//! What probing used up, and what it may.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::budget::{Budget, Spent, day};
use crate::clock;
use crate::serve::App;

/// Days that are told.
const DAYS: u32 = 90;

/// What probing used up today, and on the days before.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(super) struct BudgetTold {
    /// Today, in UTC.
    #[schema(format = Date)]
    day: String,
    /// By scope: everything together first.
    scopes: Vec<BudgetScope>,
    /// The latest days on which anything was used, the newest first.
    days: Vec<BudgetDay>,
}

/// What was used up today in one scope.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BudgetScope {
    /// `all`, `free:` and a host for its free quota, or an account's salted fingerprint, which tells nothing of its key.
    scope: String,
    /// Requests sent.
    requests: u64,
    /// Tokens, of questions and answers.
    tokens: u64,
    /// In US dollars, estimated.
    cost_usd: f64,
    /// The most requests a day; none: no limit.
    limit_requests: Option<u64>,
    /// The most tokens a day; none: no limit.
    limit_tokens: Option<u64>,
    /// The most US dollars a day; none: no limit.
    limit_cost_usd: Option<f64>,
}

/// What was used up on one day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BudgetDay {
    /// In UTC.
    #[schema(format = Date)]
    day: String,
    /// Requests sent.
    requests: u64,
    /// Tokens, of questions and answers.
    tokens: u64,
    /// In US dollars, estimated.
    cost_usd: f64,
}

/// What probing used up today, by scope, and on the days before.
#[utoipa::path(get, path = "/api/budget", tag = "overview", responses((status = 200, body = BudgetTold)))]
pub(super) async fn budget(State(app): State<App>) -> Result<Json<BudgetTold>, ApiError> {
    let today = day(clock::now());
    let limits = Budget::new(&app.config.budget);
    let mut spent = app.store.spent_on(today).await?;
    if !spent.iter().any(|(scope, _)| scope.is_empty()) {
        spent.insert(0, (String::new(), Spent::default()));
    }
    let scopes = spent.into_iter().map(|(scope, spent)| {
        let of = match scope.as_str() {
            "" => limits.total(),
            free if free.starts_with("free:") => limits.free(None),
            _ => limits.account(),
        };
        BudgetScope {
            scope: if scope.is_empty() { "all".to_owned() } else { scope },
            requests: spent.requests,
            tokens: spent.tokens,
            cost_usd: dollars(spent.cost),
            limit_requests: of.requests.map(|limit| limit.most),
            limit_tokens: of.tokens.map(|limit| limit.most),
            limit_cost_usd: None,
        }
    });
    let days = app.store.spent_daily(DAYS).await?.into_iter().map(|(day, spent)| BudgetDay {
        day,
        requests: spent.requests,
        tokens: spent.tokens,
        cost_usd: dollars(spent.cost),
    });
    Ok(Json(BudgetTold { day: today.to_string(), scopes: scopes.collect(), days: days.collect() }))
}

/// From millionths.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn dollars(micro: u64) -> f64 {
    micro as f64 / 1e6
}
