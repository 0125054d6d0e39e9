//! What single providers' codes mean: only at their hosts, because the same word means other things elsewhere.
//!
//! Decides: the provider-scoped rows of the failure taxonomy. Must not know: what is asked for next.
//! The source of each block is the provider's page of error codes.

use super::fault::{FILTERED, RETRYABLE};
use super::rule::{ANY, Rule, is_below};
use crate::model::{Outcome as O, Shape};

pub(super) const ZHIPU: &[&str] = &["bigmodel.cn", "z.ai"];
pub(super) const DASHSCOPE: &[&str] =
    &["dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"];
const ARK: &[&str] = &["volces.com", "bytepluses.com"];
const QIANFAN: &[&str] = &["baidubce.com"];
const MINIMAX: &[&str] = &["minimax.io", "minimaxi.com", "minimax.chat"];
pub(super) const SILICONFLOW: &[&str] = &["siliconflow.cn", "siliconflow.com"];
pub(super) const OPENROUTER: &[&str] = &["openrouter.ai"];
const GROQ: &[&str] = &["groq.com"];
pub(super) const CLOUDFLARE: &[&str] = &["cloudflare.com"];
pub(super) const MOONSHOT: &[&str] = &["moonshot.cn", "moonshot.ai", "kimi.com"];
const DEEPSEEK: &[&str] = &["deepseek.com"];
const MISTRAL: &[&str] = &["mistral.ai"];
const TOGETHER: &[&str] = &["together.xyz", "together.ai"];
const XAI: &[&str] = &["x.ai"];
pub(super) const COHERE: &[&str] = &["cohere.ai", "cohere.com"];
pub(super) const GEMINI: &[&str] = &["googleapis.com"];
const ANTHROPIC: &[&str] = &["anthropic.com"];
const AZURE: &[&str] = &["azure.com", "azure-api.net"];
const PERPLEXITY: &[&str] = &["perplexity.ai"];
const FIREWORKS: &[&str] = &["fireworks.ai"];
const SCALEWAY: &[&str] = &["scaleway.ai", "scaleway.com"];
const HUAWEI: &[&str] = &["myhuaweicloud.com", "modelarts-maas.com"];
const TENCENT: &[&str] = &["tencent.com", "tencentcloudapi.com", "tencentmaas.com"];
const NVIDIA: &[&str] = &["nvidia.com"];
const OPENAI: &[&str] = &["openai.com"];
const AWS: &[&str] = &["amazonaws.com"];

const ALL: &[&[&str]] = &[
    ZHIPU,
    DASHSCOPE,
    ARK,
    QIANFAN,
    MINIMAX,
    SILICONFLOW,
    OPENROUTER,
    GROQ,
    CLOUDFLARE,
    MOONSHOT,
    DEEPSEEK,
    MISTRAL,
    TOGETHER,
    XAI,
    COHERE,
    GEMINI,
    ANTHROPIC,
    AZURE,
    PERPLEXITY,
    FIREWORKS,
    SCALEWAY,
    HUAWEI,
    TENCENT,
    NVIDIA,
    OPENAI,
    AWS,
];

/// Whether the host is a provider's own: what it says of a key, it says of ours.
pub(super) fn is_provider(host: &str) -> bool {
    ALL.iter().copied().flatten().any(|domain| is_below(host, domain))
}

/// In order: the first match counts.
pub(super) static TABLE: &[Rule] = &[
    // Zhipu: 429 stands for concurrency, an empty balance and a locked account alike.
    ANY.at(ZHIPU).code(&["1000", "1001", "1002", "1003", "1004", "1100", "1110", "1111", "1112", "1121"]).is(O::KeyBad),
    ANY.at(ZHIPU).code(&["1113", "1309"]).is(O::KeyBroke),
    ANY.at(ZHIPU).code(&["1211", "1221", "1222"]).is(O::Gone),
    ANY.at(ZHIPU).code(&["1220", "1311"]).is(O::NoAccess),
    // "The current model does not support the ${method} call": whole answers, or streams.
    ANY.at(ZHIPU).code(&["1212"]).text(&["sse"]).then(Shape::MaxTokens),
    ANY.at(ZHIPU).code(&["1212"]).then(Shape::LimitedStream),
    ANY.at(ZHIPU).code(&["1210", "1213", "1214", "1215", "1261"]).then(Shape::Stream),
    ANY.at(ZHIPU).code(&["1301"]).is(O::Filtered),
    ANY.at(ZHIPU).code(&["1234", "1302", "1303", "1304", "1305", "1308", "1310", "1312", "1313"]).is(O::Busy),
    // DashScope: `insufficient_quota` means a rate here.
    ANY.at(DASHSCOPE).code(&["invalidapikey", "invalid_api_key"]).is(O::KeyBad),
    ANY.at(DASHSCOPE).code(&["arrearage"]).is(O::KeyBroke),
    // Free quota of this one model used up: the model is closed to this account, others work.
    ANY.at(DASHSCOPE).code(&["allocationquota.freetieronly", "throttling.allocationquota.freetieronly"]).is(O::Busy),
    ANY.at(DASHSCOPE).code(&["throttling*", "insufficient_quota", "limitrequests"]).is(O::Busy),
    // Served by DashScope's own calls only.
    ANY.at(DASHSCOPE).text(&["for openai compatibility mode"]).is(O::Shape),
    ANY.at(DASHSCOPE).text(&["url error, please check url"]).then(Shape::Embedding),
    ANY.at(DASHSCOPE).code(&["modelnotfound", "model_not_found"]).is(O::Gone),
    ANY.at(DASHSCOPE).code(&["model.accessdenied", "accessdenied.unpurchased"]).is(O::NoAccess),
    ANY.at(DASHSCOPE).code(&["datainspectionfailed", "data_inspection_failed"]).is(O::Filtered),
    // Volcengine Ark.
    ANY.at(ARK).code(&["modelnotopen"]).is(O::NoAccess),
    ANY.at(ARK).code(&["invalidendpointormodel.notfound", "invalidendpointormodel*"]).is(O::Gone),
    ANY.at(ARK).code(&["invalidendpoint.closedendpoint"]).is(O::NoRoute),
    ANY.at(ARK).code(&["accountoverdueerror"]).is(O::KeyBroke),
    ANY.at(ARK).code(&["authenticationerror"]).is(O::KeyBad),
    ANY.at(ARK).code(&["*riskdetection", "sensitivecontentdetected*"]).is(O::Filtered),
    ANY.at(ARK).code(&["ratelimitexceeded*", "quotaexceeded", "setlimitexceeded", "serveroverloaded"]).is(O::Busy),
    ANY.at(ARK).code(&["missingparameter*", "invalidparameter*"]).then(Shape::Stream),
    // Qianfan: 401 for a model that the account may not use.
    ANY.at(QIANFAN).status(&[401, 403]).code(&["invalid_model"]).is(O::NoAccess),
    ANY.at(QIANFAN).code(&["invalid_appid", "invalid_iam_token", "110", "111"]).is(O::KeyBad),
    ANY.at(QIANFAN).code(&["17", "18", "19"]).is(O::Busy),
    ANY.at(QIANFAN).code(&["billing_*"]).is(O::KeyBroke),
    // MiniMax: all of these come with status 200.
    ANY.at(MINIMAX).code(&["1004", "2049"]).is(O::KeyBad),
    ANY.at(MINIMAX).code(&["1008", "2056"]).is(O::KeyBroke),
    ANY.at(MINIMAX).code(&["1026", "1027"]).is(O::Filtered),
    ANY.at(MINIMAX).code(&["1000", "1001", "1002", "1024", "1033", "1041"]).is(O::Busy),
    ANY.at(MINIMAX).code(&["1039", "2013"]).then(Shape::Stream),
    // SiliconFlow: 400 for a model that does not exist.
    ANY.at(SILICONFLOW).code(&["20012"]).is(O::Gone),
    ANY.at(SILICONFLOW).status(&[403]).text(&["balance", "余额"]).is(O::KeyBroke),
    ANY.at(SILICONFLOW).status(&[403]).text(&["verif", "实名", "认证"]).is(O::NoAccess),
    ANY.at(SILICONFLOW).code(&["30003", "20015"]).text(&["disabled", "model"]).is(O::NoRoute),
    // OpenRouter: `error.availability` first, its codes are stable; `retryable` is the switch.
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["embedding"]).then(Shape::Embedding),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["rerank"]).then(Shape::Rerank),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["transcription"]).then(Shape::Transcription),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["speech"]).then(Shape::Speech),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["image"]).then(Shape::Image),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).text(&["responses"]).then(Shape::Responses),
    ANY.at(OPENROUTER).code(&["wrong_endpoint"]).is(O::Shape),
    ANY.at(OPENROUTER)
        .code(&["capacity_exhausted", "temporarily_unavailable", "in_flight_budget_exhausted", RETRYABLE])
        .is(O::Busy),
    ANY.at(OPENROUTER).text(&["in_flight_budget_exhausted", "in-flight budget"]).is(O::Busy),
    ANY.at(OPENROUTER).code(&["model_deprecated", "free_variant_ended", "model_unavailable_upstream"]).is(O::Gone),
    ANY.at(OPENROUTER).status(&[400, 404]).code(&["model_not_found"]).is(O::Gone),
    ANY.at(OPENROUTER).text(&["is not a valid model id"]).is(O::Gone),
    ANY.at(OPENROUTER)
        .code(&["privacy_restricted", "constraint_filtered", "region_restricted", "no_endpoints"])
        .is(O::NoAccess),
    ANY.at(OPENROUTER)
        .status(&[404])
        .text(&["no endpoints available matching your", "no endpoints found matching your", "no allowed providers"])
        .is(O::NoAccess),
    // There are some, for another kind of question.
    ANY.at(OPENROUTER).text(&["no endpoints found that support", "no endpoints found that can handle"]).is(O::Shape),
    ANY.at(OPENROUTER).status(&[404]).text(&["no endpoints found"]).is(O::Gone),
    ANY.at(OPENROUTER).text(&["requires more credits, or fewer max_tokens"]).fewer(O::KeyBroke),
    ANY.at(OPENROUTER).code(&["weight_exceeds_budget"]).fewer(O::KeyBroke),
    ANY.at(OPENROUTER).status(&[402]).is(O::KeyBroke),
    ANY.at(OPENROUTER).status(&[403]).code(&["guardrail", "workspace", "key_limit"]).is(O::KeyBroke),
    ANY.at(OPENROUTER).status(&[403]).text(&["budget", "key limit", "limit exceeded"]).is(O::KeyBroke),
    ANY.at(OPENROUTER).code(&[FILTERED]).is(O::Filtered),
    ANY.at(OPENROUTER).status(&[403]).text(&["moderation", "flagged", "guardrail"]).is(O::Filtered),
    ANY.at(OPENROUTER).text(&["user not found", "no auth credentials found"]).is(O::KeyBad),
    ANY.at(OPENROUTER)
        .code(&["provider_unavailable", "provider_overloaded", "rate_limit_exceeded", "502", "503"])
        .is(O::Busy),
    ANY.at(OPENROUTER).text(&["provider returned error", "rate-limited upstream", "free-models-per-"]).is(O::Busy),
    // Groq.
    ANY.at(GROQ).code(&["model_decommissioned"]).is(O::Gone),
    ANY.at(GROQ).status(&[498]).is(O::Busy),
    ANY.at(GROQ).text(&["organization has been restricted"]).is(O::KeyBad),
    ANY.at(GROQ).code(&["model_terms_required"]).is(O::NoAccess),
    // Cloudflare Workers AI.
    ANY.at(CLOUDFLARE).code(&["5007", "3042", "7003"]).is(O::Gone),
    ANY.at(CLOUDFLARE).code(&["5016", "5018", "3041"]).is(O::NoAccess),
    ANY.at(CLOUDFLARE).code(&["3023", "10000", "10001"]).is(O::KeyBad),
    ANY.at(CLOUDFLARE).code(&["3036", "3040"]).is(O::Busy),
    ANY.at(CLOUDFLARE).code(&["3007", "3008"]).is(O::TimedOut),
    ANY.at(CLOUDFLARE).code(&["5004", "3003", "3006"]).then(Shape::Stream),
    // Moonshot and Kimi: switch on the type, 429 is also "no credit".
    ANY.at(MOONSHOT).code(&["exceeded_current_quota_error"]).is(O::KeyBroke),
    ANY.at(MOONSHOT).code(&["rate_limit_reached_error", "engine_overloaded_error"]).is(O::Busy),
    ANY.at(MOONSHOT).code(&["content_filter"]).is(O::Filtered),
    ANY.at(MOONSHOT).code(&["invalid_authentication_error", "incorrect_api_key_error"]).is(O::KeyBad),
    ANY.at(MOONSHOT).code(&["resource_not_found_error"]).is(O::Gone),
    ANY.at(MOONSHOT).status(&[403]).text(&["coding agents"]).is(O::ChannelConfig),
    ANY.at(MOONSHOT).status(&[403, 429]).text(&["usage limit"]).is(O::KeyBroke),
    // DeepSeek.
    ANY.at(DEEPSEEK).text(&["model not exist"]).is(O::Gone),
    // Mistral.
    ANY.at(MISTRAL).code(&["unknown_model", "invalid_model", "1500"]).is(O::Gone),
    ANY.at(MISTRAL).text(&["invalid model:"]).is(O::Gone),
    ANY.at(MISTRAL).text(&["service tier capacity exceeded"]).is(O::Busy),
    ANY.at(MISTRAL).status(&[403]).text(&["model", "tier", "plan", "subscription"]).is(O::NoAccess),
    // Together: 403 is a context that is too long.
    ANY.at(TOGETHER).code(&["model_not_available"]).is(O::NoAccess),
    ANY.at(TOGETHER).code(&["dedicated_endpoint_not_running"]).is(O::Busy),
    ANY.at(TOGETHER).code(&["streaming_required"]).then(Shape::LimitedStream),
    ANY.at(TOGETHER).status(&[403]).then(Shape::Stream),
    // xAI: 400 for a wrong key, 403 for a blocked team.
    ANY.at(XAI).status(&[400, 401]).text(&["incorrect api key"]).is(O::KeyBad),
    ANY.at(XAI).status(&[403]).text(&["credits", "spending limit"]).is(O::KeyBroke),
    ANY.at(XAI).status(&[403]).text(&["blocked", "disabled"]).is(O::KeyBad),
    ANY.at(XAI).status(&[404]).text(&["model"]).and(&["not found", "not exist"]).is(O::Gone),
    // Cohere: 498 is its content filter.
    ANY.at(COHERE).status(&[498]).is(O::Filtered),
    ANY.at(COHERE).status(&[404]).text(&["model"]).and(&["not found", "not exist"]).is(O::Gone),
    // Gemini, also through its OpenAI-compatible form: 400 for a wrong key.
    ANY.at(GEMINI).code(&["api_key_invalid"]).is(O::KeyBad),
    ANY.at(GEMINI).text(&["api key not valid", "api key expired", "api key was reported as leaked"]).is(O::KeyBad),
    ANY.at(GEMINI).status(&[400]).code(&["failed_precondition"]).is(O::ChannelConfig),
    ANY.at(GEMINI).status(&[402]).is(O::KeyBroke),
    ANY.at(GEMINI).text(&["no longer available to new users"]).is(O::NoAccess),
    ANY.at(GEMINI).status(&[429]).text(&["limit: 0,", "limit: 0\n"]).is(O::NoAccess),
    ANY.at(GEMINI)
        .status(&[404])
        .text(&["is not supported for generatecontent"])
        .and(&["is not found for api version"])
        .is(O::Gone),
    ANY.at(GEMINI).status(&[404]).text(&["models/"]).and(&["not found"]).is(O::Gone),
    ANY.at(GEMINI).code(&["unavailable", "resource_exhausted"]).is(O::Busy),
    ANY.at(GEMINI).code(&["deadline_exceeded"]).is(O::TimedOut),
    // Anthropic, also through its OpenAI-compatible form: no credit comes as 400, 402 and 429.
    ANY.at(ANTHROPIC).code(&["enforced_spend_limit_reached", "billing_error"]).is(O::KeyBroke),
    ANY.at(ANTHROPIC).text(&["credit balance is too low", "usage limits", "spend limit"]).is(O::KeyBroke),
    ANY.at(ANTHROPIC).status(&[404]).code(&["not_found_error"]).text(&["model"]).is(O::Gone),
    ANY.at(ANTHROPIC).code(&["overloaded_error", "rate_limit_error"]).is(O::Busy),
    // Azure.
    ANY.at(AZURE).code(&["deploymentnotfound"]).is(O::Gone),
    ANY.at(AZURE).status(&[403]).text(&["temporarily blocked"]).is(O::KeyBad),
    ANY.at(AZURE).status(&[403]).is(O::ChannelConfig),
    // Bedrock.
    ANY.at(AWS).code(&["ftuformnotfilled"]).is(O::NoAccess),
    ANY.at(AWS).text(&["access to the model with the specified model id"]).is(O::NoAccess),
    ANY.at(AWS).code(&["modelnotreadyexception", "throttlingexception", "servicequotaexceededexception"]).is(O::Busy),
    ANY.at(AWS).code(&["modeltimeoutexception"]).is(O::TimedOut),
    ANY.at(AWS).text(&["on-demand throughput", "inference profile"]).is(O::Shape),
    ANY.at(AWS).text(&["security token", "bearer token", "signature"]).is(O::KeyBad),
    ANY.at(AWS).text(&["model identifier is invalid", "reached the end of its life"]).is(O::Gone),
    // Perplexity: an empty balance is 401.
    ANY.at(PERPLEXITY).status(&[401]).text(&["quota", "credit", "balance"]).is(O::KeyBroke),
    ANY.at(PERPLEXITY).text(&["invalid model"]).is(O::Gone),
    ANY.at(COHERE).status(&[429]).text(&["trial key"]).is(O::Busy),
    // Fireworks, Scaleway, Huawei, Tencent, NVIDIA.
    ANY.at(FIREWORKS).status(&[412]).is(O::KeyBad),
    ANY.at(SCALEWAY).status(&[422]).text(&["model"]).and(&["not found", "not exist"]).is(O::Gone),
    ANY.at(SCALEWAY).status(&[403]).is(O::KeyBad),
    ANY.at(HUAWEI).code(&["modelarts.81005", "modelarts.81006"]).is(O::KeyBroke),
    ANY.at(HUAWEI).code(&["modelarts.81009"]).is(O::Gone),
    ANY.at(TENCENT).code(&["authfailure*"]).is(O::KeyBad),
    ANY.at(TENCENT).code(&["requestlimitexceeded*", "limitexceeded*", "*limitexceeded"]).is(O::Busy),
    ANY.at(TENCENT).code(&["actionoffline"]).is(O::ChannelConfig),
    ANY.at(TENCENT).code(&["resourceinsufficient*", "*exhausted"]).is(O::KeyBroke),
    ANY.at(NVIDIA).status(&[404]).text(&["not found for account"]).is(O::NoAccess),
];
