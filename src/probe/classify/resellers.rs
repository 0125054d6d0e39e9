//! What One API, New API, One Hub and LiteLLM say as resellers: of themselves, and of their own upstreams.
//!
//! Decides: the resellers' rows of the failure taxonomy, in order. Must not know: hosts: anybody may resell.

use super::rule::{ANY, Rule};
use crate::model::Outcome as O;

/// In order: the first match counts.
pub(super) static TABLE: &[Rule] = &[
    // Resellers: no live channel for this name now.
    ANY.text(&["无可用渠道", "no available channel", "no available distributor", "无可用的渠道"]).is(O::NoRoute),
    ANY.status(&[503]).code(&["model_not_found", "no_available_channel"]).is(O::NoRoute),
    ANY.text(&["上游负载已饱和", "负载已饱和"]).is(O::Busy),
    // A reseller's own key was refused by its upstream: nothing about ours.
    ANY.text(&["incorrect api key provided"]).and(&["(request id:"]).is(O::Busy),
    ANY.code(&["bad_response_status_code"])
        .text(&["status code 401", "status code 402", "status code 403", "status code 429"])
        .is(O::Busy),
    // LiteLLM's own refusals.
    ANY.code(&["no_db_connection"]).text(&["no connected db"]).is(O::KeyBad),
    ANY.text(&[
        "no api key passed in",
        "invalid proxy server token",
        "litellm virtual key expected",
        "malformed api key passed in",
    ])
    .is(O::KeyBad),
    ANY.code(&["key_model_access_denied", "team_model_access_denied", "user_model_access_denied"]).is(O::NoAccess),
    ANY.text(&["litellm.permissiondeniederror: model is blocked"]).is(O::NoAccess),
    ANY.code(&["budget_exceeded"]).is(O::KeyBroke),
    ANY.text(&["invalid model name passed in"]).is(O::Gone),
    // It names its upstream's errors by class: its own upstream's key, balance and rate are not ours.
    ANY.text(&[
        "litellm.authenticationerror",
        "litellm.permissiondeniederror",
        "litellm.ratelimiterror",
        "litellm.serviceunavailableerror",
        "litellm.badgatewayerror",
        "openaiexception - connection error",
        "missing credentials. please pass",
        "no deployments available",
    ])
    .is(O::Busy),
    ANY.status(&[401, 402, 403, 429]).text(&["litellm.apierror"]).is(O::Busy),
    ANY.text(&["litellm.timeout"]).is(O::TimedOut),
    ANY.text(&["litellm.notfounderror"]).and(&["no endpoints found"]).is(O::Gone),
];
