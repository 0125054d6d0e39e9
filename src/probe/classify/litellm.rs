//! What a `LiteLLM` says went wrong: its own refusals, and its upstreams' words, which it wraps.
//!
//! Decides: outcome and class of an error's text, wherever it stood (`/health`, an answer, a log), and of a whole answer.
//! Words come before the status, and `error.type` is never believed: 402, 404 and 408 all say `invalid_request_error`.
//! Must not know: I/O, time, which deployment it was, whether it lasts.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::body::{Body, read};
use super::fault::Fault;
use super::rule::{ANY, Rule, Says, first};
use super::{Asked, by_status, classify, refused};
use crate::http::Reply;
use crate::model::{Class, Evidence, Outcome};

/// What a whole answer of `LiteLLM` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LitellmAnswer {
    /// What it shows of the model.
    pub outcome: Outcome,
    /// What sort of failure it is, where it is one.
    pub class: Option<Class>,
    /// The failure's first line: foreign text, to be redacted before it is shown. Empty: it answered.
    pub detail: String,
}

/// What `LiteLLM` says of itself: part of its words, in lower case. In order: the first match counts.
static OWN: &[(&str, Outcome, Class)] = &[
    // Every deployment of the name rests, because of what came before.
    ("all_deployments_in_cooldown", Outcome::Busy, Class::Masked),
    ("no deployments available for selected model", Outcome::Busy, Class::Masked),
    ("no healthy deployment", Outcome::Busy, Class::Masked),
    ("model is blocked", Outcome::ChannelConfig, Class::Blocked),
    // Routes that need a database, where there is none: 500, once as `auth_error`.
    ("no db connected", Outcome::ChannelConfig, Class::Config),
    ("db not connected", Outcome::ChannelConfig, Class::Config),
    ("database not initialized", Outcome::ChannelConfig, Class::Config),
    ("invalid model name passed in", Outcome::Gone, Class::Config),
    ("there is no 'model_name' with this string", Outcome::Gone, Class::Config),
    // A wrong key, where there is no database to look it up in.
    ("no connected db", Outcome::KeyBad, Class::ProxyAuth),
    ("authentication error, ", Outcome::KeyBad, Class::ProxyAuth),
    ("no api key passed in", Outcome::KeyBad, Class::ProxyAuth),
    ("malformed api key passed in", Outcome::KeyBad, Class::ProxyAuth),
    ("invalid proxy server token", Outcome::KeyBad, Class::ProxyAuth),
    ("litellm virtual key expected", Outcome::KeyBad, Class::ProxyAuth),
    // The budget of one of its own keys or users.
    ("budget has been exceeded", Outcome::KeyBroke, Class::ProxyAuth),
    // The cap of its check.
    ("timeout exceeded", Outcome::TimedOut, Class::Server),
];

/// What upstreams say, where the tables of answers that come straight from them do not know enough.
static UPSTREAM: &[Rule] = &[
    // Gemini says of a rate what OpenAI says of an empty account.
    ANY.text(&["quota exceeded for metric", "ai.google.dev"]).is(Outcome::Busy),
    ANY.text(&[
        "insufficient credits",
        "requires more credits",
        "credit balance is too low",
        "exceeded your current quota",
        "insufficient balance",
        "insufficient_quota",
        "key limit exceeded",
        "spending limit",
        "payment required",
    ])
    .is(Outcome::KeyBroke),
    ANY.text(&["missing credentials", "api_key client option must be set", "but no key is set"]).is(Outcome::KeyBad),
    ANY.text(&[
        "connection error.",
        "cannot connect to host",
        "connection refused",
        "all connection attempts failed",
        "name or service not known",
        "temporary failure in name resolution",
    ])
    .is(Outcome::Unreachable),
    ANY.text(&["request timed out"]).is(Outcome::TimedOut),
];

/// The providers whose own tables are of use, by the word before `Exception`. Not `OpenAI`: everything that speaks its form
/// is called so.
const HOSTS: &[(&str, &str)] = &[
    ("openrouter", "openrouter.ai"),
    ("anthropic", "api.anthropic.com"),
    ("gemini", "generativelanguage.googleapis.com"),
    ("vertexai", "aiplatform.googleapis.com"),
    ("vertex_ai", "aiplatform.googleapis.com"),
    ("azure", "openai.azure.com"),
    ("bedrock", "amazonaws.com"),
    ("groq", "api.groq.com"),
    ("deepseek", "api.deepseek.com"),
    ("mistral", "api.mistral.ai"),
    ("together", "api.together.xyz"),
    ("xai", "api.x.ai"),
    ("cohere", "api.cohere.com"),
    ("perplexity", "api.perplexity.ai"),
    ("fireworks", "api.fireworks.ai"),
    ("moonshot", "api.moonshot.ai"),
    ("dashscope", "dashscope.aliyuncs.com"),
    ("volcengine", "volces.com"),
    ("nvidia", "integrate.api.nvidia.com"),
];

/// What stands in an error's text after its words: the router's own line, the stack.
const AFTER: [&str; 5] = [
    "stack trace: ",
    "Traceback (most recent call last)",
    "LiteLLM: model group '",
    "Received Model Group=",
    " LiteLLM Retried:",
];

/// Judges the text of an error: of an unhealthy endpoint, of an answer's `error.message`, or of a log line. `status`: the
/// answer's, or `exception_status`. An empty text with a status is judged by that alone.
pub fn litellm(status: Option<u16>, text: &str) -> (Outcome, Option<Class>) {
    let text = words(text);
    let (provider, said) = upstream(text);
    let lower = text.to_lowercase();
    if provider.is_empty()
        && let Some((_, outcome, class)) = OWN.iter().find(|(part, ..)| lower.contains(part))
    {
        return (*outcome, Some(*class));
    }
    let status = status.filter(|status| *status >= 400).or_else(|| named(&lower)).unwrap_or_default();
    if said.is_empty() && status >= 500 {
        // `health_check_details: false`. A missing key and a closed port are 500 too: nothing against the model.
        return (Outcome::Unknown, Some(Class::Server));
    }
    if lower.starts_with("litellm.timeout") {
        return (Outcome::TimedOut, Some(Class::Server));
    }
    let (outcome, status) = judged(provider, status, said);
    (outcome, class_of(outcome, status))
}

/// Judges a whole answer to a chat question, also a stream whose last event is an error, with status 200.
pub fn litellm_answer(status: u16, body: &[u8]) -> LitellmAnswer {
    let asked = Asked::chat("");
    let reply =
        Reply { status, headers: HeaderMap::new(), body: body.to_vec(), truncated: false, latency: Duration::ZERO };
    let success = (200..300).contains(&status);
    let fault = match read(&asked, &reply) {
        Body::Whole(value) => Fault::read(status, &value, success),
        Body::Events(events) => events.fault.and_then(|fault| Fault::read(status, &fault, success)),
        Body::Unread => None,
    };
    match fault {
        Some(fault) => {
            let masked = fault.has_code("all_deployments_in_cooldown");
            // `{"detail": {"error": …}}` is a code to the tables.
            let text = if fault.message.is_empty() { start(body) } else { fault.message };
            let (outcome, class) = match litellm(Some(fault.status), &text) {
                _ if masked => (Outcome::Busy, Some(Class::Masked)),
                // A 200 was sent when the model had begun.
                (Outcome::Broken, class) if success => (Outcome::Busy, class),
                judged => judged,
            };
            LitellmAnswer { outcome, class, detail: litellm_line(&text) }
        }
        None if success => {
            let finding = classify(&asked, &Ok(reply));
            let class = (finding.outcome.evidence() != Evidence::Alive).then_some(Class::Unknown);
            LitellmAnswer { outcome: finding.outcome, class, detail: finding.detail }
        }
        None => {
            let text = start(body);
            let (outcome, class) = litellm(Some(status), &text);
            LitellmAnswer { outcome, class, detail: litellm_line(&text) }
        }
    }
}

/// The line of an error's text that says what went wrong: without the stack, the router's line, and what `LiteLLM` says
/// twice. Foreign text, to be redacted before it is shown.
pub fn litellm_line(text: &str) -> String {
    let text = words(text);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    // `litellm.APIError: APIError: …`
    let once = line.strip_prefix("litellm.").and_then(|rest| {
        let (class, rest) = rest.split_once(": ")?;
        rest.starts_with(class).then_some(rest)
    });
    once.unwrap_or(line).chars().take(300).collect()
}

/// The start of a body, as text.
fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned()
}

/// The text without what follows its words.
fn words(text: &str) -> &str {
    let end = AFTER.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text[..end].trim()
}

/// The provider's name, in lower case only as far as it is compared, and what it said; no name: `LiteLLM`'s own words.
fn upstream(text: &str) -> (&str, &str) {
    const MARK: &str = "Exception";
    let found = text.find(MARK).and_then(|at| {
        let rest = &text[at + MARK.len()..];
        // `VertexAIException BadRequestError - …`
        let dash = rest.find(" - ").filter(|dash| *dash <= 40)?;
        let name = text[..at].rsplit([' ', '.']).next().filter(|name| !name.is_empty())?;
        Some((name, rest[dash + 3..].trim()))
    });
    // `litellm.AuthenticationError: Missing Anthropic API Key - …`
    let own = || text.strip_prefix("litellm.").and_then(|rest| rest.split_once(": ")).map_or(text, |(_, said)| said);
    found.unwrap_or_else(|| ("", own()))
}

/// The status that the name of `LiteLLM`'s exception stands for.
fn named(lower: &str) -> Option<u16> {
    let name = lower.strip_prefix("litellm.")?.split(':').next()?;
    Some(match name {
        "authenticationerror" => 401,
        "permissiondeniederror" => 403,
        "notfounderror" => 404,
        "timeout" => 408,
        "unprocessableentityerror" => 422,
        "ratelimiterror" => 429,
        "internalservererror" | "apiconnectionerror" => 500,
        "badgatewayerror" => 502,
        "serviceunavailableerror" => 503,
        "badrequesterror" | "contextwindowexceedederror" | "contentpolicyviolationerror" | "unsupportedparamserror" => {
            400
        }
        _ => return None,
    })
}

/// What the upstream's own words show, and the status that they were judged with.
fn judged(provider: &str, status: u16, said: &str) -> (Outcome, u16) {
    let name = provider.to_lowercase();
    let host = HOSTS.iter().find(|(start, _)| name.starts_with(start)).map_or("", |(_, host)| host);
    let body = said.find('{').zip(said.rfind('}')).filter(|(start, end)| start < end);
    let value = body.and_then(|(start, end)| serde_json::from_str(&said[start..=end]).ok());
    let fault =
        value.and_then(|value| Fault::read(status, &value, false)).unwrap_or_else(|| Fault::plain(status, said));
    let code = fault.codes.iter().find_map(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    let fault = Fault { status: if status == 0 { code.unwrap_or_default() } else { status }, ..fault };
    let status = fault.status;
    if let Some(Says::Is(outcome)) = first(UPSTREAM, host, &fault) {
        return (outcome, status);
    }
    if let Some(finding) = refused(host, &fault) {
        return (finding.outcome, status);
    }
    // Without any status `by_status` would call it no answer at all.
    let outcome = if status == 0 { Outcome::Unknown } else { by_status(&fault, false).outcome };
    (outcome, status)
}

/// The class that an outcome has; `status` tells a rate from a server that is too busy.
fn class_of(outcome: Outcome, status: u16) -> Option<Class> {
    Some(match outcome {
        Outcome::Works => return None,
        Outcome::KeyBroke => Class::Credits,
        Outcome::KeyBad => Class::Auth,
        Outcome::Broken | Outcome::TimedOut | Outcome::Empty | Outcome::Unreachable => Class::Server,
        Outcome::Busy | Outcome::NoRoute if status >= 500 => Class::Server,
        Outcome::Busy => Class::Rate,
        Outcome::Filtered
        | Outcome::Gone
        | Outcome::NoAccess
        | Outcome::NoRoute
        | Outcome::ChannelConfig
        | Outcome::Shape => Class::Config,
        // A request that it does not take; a bare 403 may be anything.
        Outcome::Unknown if matches!(status, 400 | 404 | 409 | 413 | 422) => Class::Config,
        Outcome::Suspect | Outcome::Unknown => Class::Unknown,
    })
}

#[cfg(test)]
mod tests;
