//! Codes and messages that mean the same at every provider.
//!
//! Decides: the generic rows of the failure taxonomy, in order. Must not know: hosts.
//! A pattern says what the provider says of the model, the key or the request; a bare word such as "credit" or
//! "balance" is never one ("load balancer").

use super::rule::{ANY, Rule};
use super::{form, resellers};
use crate::model::{Outcome as O, Shape};

/// In order: the first match counts.
pub(super) static TABLES: [&[Rule]; 3] = [resellers::TABLE, form::TABLE, TABLE];

/// Statuses with which a client error is told, also a wrapped one.
const REFUSED: &[u16] = &[400, 403, 404, 410, 422];

/// In order: the first match counts.
static TABLE: &[Rule] = &[
    // A filter answered.
    ANY.code(&[
        "content_filter",
        "content_policy_violation",
        "data_inspection_failed",
        "datainspectionfailed",
        "responsibleaipolicyviolation",
        "*riskdetection",
        "refusal",
    ])
    .is(O::Filtered),
    // A web firewall or a closed country, before anything else was looked at.
    ANY.code(&["unsupported_country_region_territory", "country_not_supported"]).is(O::ChannelConfig),
    ANY.text(&[
        "user location is not supported",
        "country, region, or territory not supported",
        "ip is not in your allowlist",
        "不在令牌允许访问的列表",
        "not allowed from your ip",
        "ip not allowed",
        "分组已被禁用",
        "分组已被弃用",
    ])
    .is(O::ChannelConfig),
    // No money.
    ANY.code(&[
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_not_active",
        "billing_hard_limit_reached",
        "billing_error",
        "billing_*",
        "enforced_spend_limit_reached",
        "arrearage",
        "accountoverdueerror",
        "exceeded_current_quota_error",
        "insufficient_user_quota",
        "pre_consume_token_quota_failed",
        "insufficient_balance",
        "payment_required",
    ])
    .is(O::KeyBroke),
    ANY.text(&[
        "credit balance is too low",
        "insufficient balance",
        "insufficient account balance",
        "account balance is insufficient",
        "exceeded your current quota, please check your plan and billing",
        "requires more credits",
        "余额不足",
        "余额已用尽",
        "额度不足",
        "额度已用尽",
        "额度已用完",
        "欠费",
        "token quota is not enough",
        "user quota is not enough",
        "quota has been exhausted",
        "令牌已过期",
        "该令牌已过期",
        "token has expired",
    ])
    .is(O::KeyBroke),
    // Not for this account.
    ANY.status(&[403]).code(&["model_not_found"]).is(O::NoAccess),
    ANY.code(&["ftuformnotfilled", "modelnotopen", "pro_only_model", "model_not_available", "model_access_denied"])
        .is(O::NoAccess),
    ANY.text(&[
        "ftuformnotfilled",
        "must be verified to use",
        "no longer available to new users",
        "令牌无权访问模型",
        "无权访问模型",
        "has no access to model",
        "no permission to use the model",
        "model use case details have not been submitted",
        "not allowed to access model",
    ])
    .is(O::NoAccess),
    ANY.status(&[401, 403, 404])
        .text(&[
            "does not have access to model",
            "do not have access to the model",
            "not have access to this model",
            "not available in your plan",
            "access to the model is denied",
            "access denied for model",
        ])
        .is(O::NoAccess),
    // The path is wrong, not the model.
    ANY.status(&[404, 405])
        .text(&[
            "invalid url (",
            "404 page not found",
            "resource not found",
            "no route matched",
            "cannot post ",
            "cannot get ",
            "route not found",
            "unknown request url",
            "no static resource",
            "path not found",
            "404 route",
        ])
        .is(O::ChannelConfig),
    // LM Studio, Ollama: nothing is loaded now.
    ANY.text(&["no models loaded", "no model loaded"]).is(O::Busy),
    // The name is not there.
    ANY.status(REFUSED)
        .code(&[
            "model_not_found",
            "model_decommissioned",
            "model_deprecated",
            "deploymentnotfound",
            "model_not_exist",
            "unknown_model",
            "invalid_model",
            "modelnotfound",
            "model_not_supported",
        ])
        .is(O::Gone),
    ANY.status(REFUSED)
        .text(&[
            "the model `",
            "the model '",
            "model \"",
            "model '",
            "model `",
            "model:",
            "model=",
            "models/",
            "model not",
            "model does not",
            "model is not",
            "model with id",
            "模型",
        ])
        .and(&[
            "does not exist",
            "not exist",
            "not found",
            "has been decommissioned",
            "has been deprecated and is no longer",
            "is not a valid model",
            "no such model",
            "has been retired",
            "不存在",
            "已下线",
        ])
        .is(O::Gone),
    ANY.status(REFUSED)
        .text(&[
            "is not a valid model id",
            "unknown model",
            "no such model",
            "model not exist",
            "model does not exist",
            "invalid model name",
            "model_not_found",
            "model has been decommissioned",
            "不支持的模型",
            "模型不存在",
        ])
        .is(O::Gone),
    ANY.status(&[404]).code(&["not_found_error"]).text(&["model"]).is(O::Gone),
    ANY.status(&[410]).text(&["model", "模型"]).is(O::Gone),
    // The key.
    ANY.code(&[
        "invalid_api_key",
        "invalid_authentication",
        "authentication_error",
        "authenticationerror",
        "invalid_authentication_error",
        "incorrect_api_key_error",
        "api_key_invalid",
        "invalidapikey",
        "unauthenticated",
        "account_deactivated",
        "account_disabled",
        "key_disabled",
        "user_banned",
        "authentication",
        "invalid_token",
        "token_expired",
        "unauthorized",
        "invalidclienttokenid",
        "unrecognizedclientexception",
        "incompletesignature*",
        "invalidsignatureexception",
        "signaturedoesnotmatch",
        "expiredtokenexception",
    ])
    .is(O::KeyBad),
    ANY.status(&[400, 401, 403])
        .text(&[
            "incorrect api key",
            "invalid api key",
            "api key not valid",
            "api key is invalid",
            "invalid token",
            "invalid bearer token",
            "无效的令牌",
            "令牌状态不可用",
            "令牌不可用",
            "api key is disabled",
            "account has been disabled",
            "account is disabled",
            "account has been deactivated",
            "organization has been disabled",
            "organization has been restricted",
            "access was terminated",
            "access terminated",
            "account blocked",
            "用户已被封禁",
            "user has been banned",
            "missing api key",
            "you didn't provide an api key",
        ])
        .is(O::KeyBad),
    // Stood in a 200: what had begun to answer broke, and not the model's name or our request.
    ANY.status(&[400]).code(&["server_error"]).is(O::Busy),
    // Too much at once, or too cold.
    ANY.code(&[
        "rate_limit_exceeded",
        "rate_limit_error",
        "rate_limit_reached_error",
        "rate_limit_reached",
        "tokens_limit_exceeded",
        "too_many_requests",
        "slow_down",
        "throttling*",
        "overloaded_error",
        "server_is_overloaded",
        "engine_overloaded_error",
        "engine_overloaded",
        "modelnotready",
        "model_not_ready",
        "serveroverloaded",
        "capacity_exceeded",
        "dedicated_endpoint_not_running",
        "provider_overloaded",
        "provider_unavailable",
        "resource_exhausted",
        "unavailable",
        "concurrency_limit_exceeded",
    ])
    .is(O::Busy),
    ANY.status(&[500, 502, 503, 504, 520, 524, 529])
        .text(&[
            "overloaded",
            "server busy",
            "server is busy",
            "over capacity",
            "out of capacity",
            "capacity constraints",
            "currently loading",
            "is loading",
            "model is starting",
            "cold start",
            "maximum pending requests exceeded",
            "temporarily rate-limited",
            "too many requests",
            "out of memory",
            "请稍后再试",
            "系统繁忙",
            "服务繁忙",
        ])
        .is(O::Busy),
    ANY.code(&["timeout_error", "deadline_exceeded", "request_timeout"]).is(O::TimedOut),
    // A limit's name in a refusal that nothing above knows: try the others.
    ANY.status(&[400, 422]).text(&["max_tokens"]).then(Shape::MaxCompletionTokens),
    ANY.status(&[400, 422]).text(&["non-stream", "\"stream\"", "'stream'", "`stream`"]).then(Shape::LimitedStream),
    // What a reseller was refused by its own upstream, with that one's status.
    ANY.status(&[401, 402, 403, 407]).code(&["bad_response_status_code", "upstream_error", "bad_response"]).is(O::Busy),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::fault::Fault;
    use super::super::providers;
    use super::*;

    /// The answers of `tests/outcomes.json5` and `tests/upstreams/`: host, status, body.
    fn answers() -> Vec<(String, u16, Value)> {
        let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let read = |path: &std::path::Path| json5::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("x.test").to_owned();
        let status = |value: &Value| value.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        let mut answers = vec![];
        for row in read(&tests.join("outcomes.json5")).as_array().unwrap() {
            answers.push((text(&row["h"]), status(&row["s"]), row["b"].clone()));
        }
        for entry in std::fs::read_dir(tests.join("upstreams")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "json5") {
                continue;
            }
            for case in read(&path)["cases"].as_array().unwrap() {
                let scripts = case["script"].as_array().into_iter().flatten().chain(case.get("says"));
                answers.extend(scripts.map(|one| (text(&case["host"]), status(&one["status"]), one["body"].clone())));
            }
        }
        answers
    }

    /// A rule that no answer reaches is a slip of the pen, or stands behind one that takes its answers.
    #[test]
    fn every_rule_is_met_by_an_answer() {
        let tables = || [providers::TABLE].into_iter().chain(TABLES).flatten();
        let mut met = std::collections::HashSet::new();
        for (host, status, body) in answers() {
            let body = body.as_array().and_then(|many| many.first()).unwrap_or(&body);
            let fault = Fault::read(status, body, status < 300)
                .unwrap_or_else(|| Fault::plain(status, body.as_str().unwrap_or_default()));
            let inner = fault.inner.as_deref().cloned();
            let said = inner.clone().map(|inner| Fault { status: 400, ..inner });
            for fault in [Some(fault), inner, said].into_iter().flatten() {
                met.extend(tables().find(|rule| rule.matches(&host, &fault)).map(std::ptr::from_ref));
            }
        }
        let unmet: Vec<_> = tables().filter(|rule| !met.contains(&std::ptr::from_ref(*rule))).collect();
        assert!(unmet.is_empty(), "{} of {}: {unmet:#?}", unmet.len(), tables().count());
    }
}
