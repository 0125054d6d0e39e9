//! Whose a limit is, and whether it is over in seconds or at the end of a day.
//!
//! Decides: the scope of a limit, and when a used-up quota begins anew. Must not know: time, headers, who waits.

use serde_json::Value;

use super::fault::Fault;
use super::providers::{CLOUDFLARE, COHERE, DASHSCOPE, GEMINI, MOONSHOT, OPENROUTER, SILICONFLOW, ZHIPU};
use super::rule::{ANY, Rule};

/// What a limit holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) enum Scope {
    /// It does not say: the key, or this model at it.
    Unsaid,
    /// This model alone.
    Model,
    /// Everything of the account.
    Account,
    /// The account's free models, by whichever of its keys (OpenRouter's `:free`).
    FreeModels,
}

/// When a used-up quota begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) enum Reset {
    /// At the end of the UTC day.
    Utc,
    /// At the end of California's day.
    Pacific,
    /// When the answer says, or else at the end of the UTC day.
    Told,
}

/// A limit that some provider's words tell of; without a reset it is a rate, soon over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) struct Quota {
    pub(in crate::probe) scope: Scope,
    pub(in crate::probe) reset: Option<Reset>,
}

/// Which limit a refusal tells of, if its host or words are known.
pub(in crate::probe) fn quota(host: &str, status: u16, body: &Value) -> Option<Quota> {
    let fault = Fault::read(status, body, (200..300).contains(&status))?;
    let (_, scope, reset) = TABLE.iter().find(|(rule, ..)| rule.matches(host, &fault))?;
    Some(Quota { scope: *scope, reset: *reset })
}

/// In order: the first match counts.
static TABLE: &[(Rule, Scope, Option<Reset>)] = &[
    // OpenRouter: free models are limited by account; a provider behind it by model.
    (ANY.at(OPENROUTER).text(&["free-models-per-day"]), Scope::FreeModels, Some(Reset::Utc)),
    (ANY.at(OPENROUTER).code(&["openrouter_free_tier_daily"]), Scope::FreeModels, Some(Reset::Utc)),
    (ANY.at(OPENROUTER).text(&["free-models-per-min"]), Scope::FreeModels, None),
    (ANY.at(OPENROUTER).status(&[402, 403]), Scope::Account, None),
    (ANY.at(OPENROUTER).text(&["provider returned error", "rate-limited upstream"]), Scope::Model, None),
    (ANY.at(OPENROUTER).code(&["capacity_exhausted", "temporarily_unavailable"]), Scope::Model, None),
    // Gemini counts by model; a daily violation may carry a delay of seconds.
    (ANY.at(GEMINI).code(&["*perday*"]), Scope::Model, Some(Reset::Pacific)),
    (ANY.at(GEMINI).status(&[429]), Scope::Model, None),
    // Cloudflare: the day's neurons.
    (ANY.at(CLOUDFLARE).code(&["3036"]), Scope::Account, Some(Reset::Utc)),
    // Zhipu: the day's calls, a plan's window.
    (ANY.at(ZHIPU).code(&["1304"]), Scope::Account, Some(Reset::Utc)),
    (ANY.at(ZHIPU).code(&["1308", "1310"]), Scope::Account, Some(Reset::Told)),
    (ANY.at(ZHIPU).code(&["1305", "1312"]), Scope::Model, None),
    // DashScope: the free quota of this one model.
    (ANY.at(DASHSCOPE).code(&["*allocationquota.freetieronly"]), Scope::Model, Some(Reset::Told)),
    (ANY.at(COHERE).text(&["calls / month", "calls per month"]), Scope::Account, Some(Reset::Told)),
    (ANY.at(SILICONFLOW).status(&[429]).text(&["rpd", "tpd", "ipd"]), Scope::Model, Some(Reset::Utc)),
    (ANY.at(MOONSHOT).status(&[429]).text(&["max rpd", "max tpd", "tpd rate"]), Scope::Account, Some(Reset::Told)),
    // OpenAI, Groq, GitHub Models.
    (
        ANY.text(&["requests per day (rpd)", "tokens per day (tpd)", "userbymodelbyday"]),
        Scope::Model,
        Some(Reset::Told),
    ),
];
