//! Codes and messages that mean the same at every provider.
//!
//! Decides: the generic rows of the failure taxonomy, in order. Must not know: hosts.
//! A pattern says what the provider says of the model, the key or the request; a bare word such as "credit" or
//! "balance" is never one ("load balancer").

use super::rule::{ANY, Rule};
use crate::model::{Outcome as O, Shape};

/// Statuses with which a client error is told, also a wrapped one.
const REFUSED: &[u16] = &[400, 403, 404, 410, 422];

/// In order: the first match counts.
pub(super) static TABLE: &[Rule] = &[
    // Too many tokens for the rest of the money.
    ANY.status(&[402, 403]).text(&["fewer max_tokens"]).fewer(O::KeyBroke),
    ANY.code(&["weight_exceeds_budget"]).fewer(O::KeyBroke),
    // It thought until the limit: alive.
    ANY.text(&["could not finish the message because max_tokens", "model output limit was reached"]).is(O::Works),
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
    ANY.code(&["no_db_connection", "auth_error"])
        .text(&["no connected db", "no api key passed in", "invalid proxy server token", "malformed api key passed in"])
        .is(O::KeyBad),
    ANY.text(&["litellm virtual key expected", "invalid proxy server token", "malformed api key passed in"])
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
    // Another kind of call: which, the words tell.
    ANY.text(&[
        "only supported in v1/responses",
        "use the responses api",
        "use v1/responses",
        "in v1/responses instead",
    ])
    .then(Shape::Responses),
    // What answers at neither chat nor completions is asked for a response.
    ANY.text(&["not supported in the v1/completions", "not supported in v1/completions", "not a completion model"])
        .then(Shape::Responses),
    ANY.text(&["not a chat model", "did you mean to use v1/completions"]).then(Shape::Completion),
    ANY.text(&["not supported by the embed api", "not supported for embed", "is a rerank model", "is a reranker"])
        .then(Shape::Rerank),
    ANY.text(&[
        "is an embedding model",
        "does not support chat",
        "does not support generate",
        "not supported by the chat api",
        "not supported by the generate api",
        "use v1/embeddings",
        "only supported in v1/embeddings",
        "not allowed to sample from this model",
    ])
    .then(Shape::Embedding),
    ANY.text(&["only supported in v1/audio/speech", "use v1/audio/speech"]).then(Shape::Speech),
    ANY.text(&["only supported in v1/audio/transcriptions", "use v1/audio/transcriptions"]).then(Shape::Transcription),
    ANY.text(&["only supported in v1/images", "use v1/images/generations"]).then(Shape::Image),
    ANY.text(&[
        "not supported in the v1/chat/completions",
        "for openai compatibility mode",
        "does not support embed",
        "not supported by the rerank api",
        "interactions api",
    ])
    .is(O::Shape),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).text(&["chatcompletion operation"]).then(Shape::Responses),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).text(&["responses operation"]).then(Shape::Embedding),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).is(O::Shape),
    // The wrong shape.
    ANY.text(&["max_completion_tokens"])
        .and(&[
            "extra inputs are not permitted",
            "unrecognized",
            "unexpected",
            "extra_forbidden",
            "unknown field",
            "unknown parameter",
        ])
        .then(Shape::MaxTokens),
    ANY.status(&[400, 404, 422])
        .text(&["use 'max_completion_tokens'", "use `max_completion_tokens`", "max_completion_tokens"])
        .then(Shape::MaxCompletionTokens),
    ANY.param(&["max_completion_tokens"]).then(Shape::MaxTokens),
    ANY.code(&["unsupported_parameter", "unsupported_value"]).param(&["max_tokens"]).then(Shape::MaxCompletionTokens),
    ANY.text(&[
        "only support stream",
        "only supports stream",
        "streaming_required",
        "must be set to false for non-streaming",
        "stream must be set to true",
        "stream must be true",
        "please use stream",
        "only stream mode",
    ])
    .then(Shape::LimitedStream),
    ANY.code(&["streaming_required"]).then(Shape::LimitedStream),
    ANY.text(&["must be verified to stream"]).then(Shape::MaxTokens),
    ANY.code(&["context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"])
        .then(Shape::Stream),
    ANY.status(&[400, 413, 422])
        .text(&[
            "maximum context length",
            "max_tokens is too",
            "max_tokens must be",
            "minimum value",
            "below minimum",
            "maxoutputtokens",
        ])
        .then(Shape::Stream),
    ANY.code(&["unsupported_parameter", "unsupported_value", "extra_forbidden"]).then(Shape::Stream),
    ANY.status(&[400, 422])
        .text(&[
            "is deprecated for this model",
            "extra inputs are not permitted",
            "unsupported parameter",
            "unsupported value",
        ])
        .then(Shape::Stream),
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
