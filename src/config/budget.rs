//! What probing may use up. Everything is counted per UTC day and kept across restarts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What probing may use up a day. 0: no limit. A limit is let through as the day goes by, a quarter of it ahead at most.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetConfig {
    /// Requests a day over everything.
    pub requests: u64,
    /// Tokens a day over everything, as the upstreams count them.
    pub tokens: u64,
    /// Requests a day with one account (one key at one host).
    pub account_requests: u64,
    /// Tokens a day with one account.
    pub account_tokens: u64,
    /// The share of an account's free requests a day (OpenRouter's `:free` models: 50, or 1000 once ten credits were
    /// bought) that probes may take; the rest is for users.
    pub free_share: f64,
    /// How many free requests a day an OpenRouter account has; 0: asked of OpenRouter, and 50 where it does not say.
    pub free_requests: u64,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self { requests: 0, tokens: 0, account_requests: 0, account_tokens: 0, free_share: 0.2, free_requests: 0 }
    }
}
