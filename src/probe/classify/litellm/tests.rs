//! Every sample of a real `LiteLLM`, with the class that the table of failures gives it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::model::Class as C;
use crate::model::Outcome as O;

/// What a sample shows, and what that is.
type Row = (&'static str, O, Option<C>);

const ASKED: &[Row] = &[
    ("gpt-badkey", O::KeyBad, Some(C::Auth)),
    ("gpt-boom", O::Broken, Some(C::Server)),
    ("gpt-err200", O::Broken, Some(C::Server)),
    ("gpt-gone", O::Gone, Some(C::Config)),
    ("gpt-hang", O::TimedOut, Some(C::Server)),
    ("gpt-htmlgw", O::Broken, Some(C::Server)),
    ("gpt-limited", O::Busy, Some(C::Rate)),
    ("gpt-lowbal", O::KeyBroke, Some(C::Credits)),
    ("gpt-nodns", O::Unreachable, Some(C::Server)),
    ("gpt-nokey", O::KeyBad, Some(C::Auth)),
    ("gpt-noquota", O::KeyBroke, Some(C::Credits)),
    ("gpt-overload", O::Busy, Some(C::Server)),
    ("gpt-refused", O::Unreachable, Some(C::Server)),
    ("gpt-work", O::Works, None),
    ("oai-nocredit", O::KeyBroke, Some(C::Credits)),
    ("or-badkey", O::KeyBad, Some(C::Auth)),
    ("or-err200", O::Busy, Some(C::Server)),
    ("or-gone", O::Gone, Some(C::Config)),
    ("or-keylimit", O::KeyBroke, Some(C::Credits)),
    ("or-limited", O::Busy, Some(C::Rate)),
    ("or-lowcredit", O::KeyBroke, Some(C::Credits)),
    ("or-nocredit", O::KeyBroke, Some(C::Credits)),
];

const ANSWERS: &[Row] = &[
    ("chat-no-key.http.txt", O::KeyBad, Some(C::ProxyAuth)),
    ("chat-wrong-key.http.txt", O::KeyBad, Some(C::ProxyAuth)),
    ("chat-unknown-model.http.txt", O::Gone, Some(C::Config)),
    ("chat-stream-midstream.http.txt", O::KeyBroke, Some(C::Credits)),
    ("chat-stream-nocredit.http.txt", O::KeyBroke, Some(C::Credits)),
    ("chat-stream-ok.http.txt", O::Works, None),
    ("route-mixed-1.http.txt", O::Works, None),
    ("route-mixed-2.http.txt", O::Works, None),
    ("route-mixed-3.http.txt", O::Works, None),
    ("route-pair-auth-1.http.txt", O::KeyBad, Some(C::Auth)),
    ("route-pair-auth-2.http.txt", O::KeyBad, Some(C::Auth)),
    ("route-pair-auth-3.http.txt", O::KeyBad, Some(C::Auth)),
    ("route-pair-credit-1.http.txt", O::KeyBroke, Some(C::Credits)),
    ("route-pair-credit-2.http.txt", O::KeyBroke, Some(C::Credits)),
    ("route-pair-credit-3.http.txt", O::KeyBroke, Some(C::Credits)),
    ("route-with-fb.http.txt", O::Works, None),
    ("block-blk-cfg.http.txt", O::ChannelConfig, Some(C::Blocked)),
    ("info-gpt-badkey.http.txt", O::KeyBad, Some(C::Auth)),
    ("info-gpt-work.http.txt", O::Works, None),
    ("info-or-nocredit.http.txt", O::KeyBroke, Some(C::Credits)),
    ("json-gpt-badkey.http.txt", O::KeyBad, Some(C::Auth)),
    ("json-gpt-gone.http.txt", O::Gone, Some(C::Config)),
    ("json-gpt-limited.http.txt", O::Busy, Some(C::Rate)),
    ("json-gpt-work.http.txt", O::Works, None),
    ("json-or-nocredit.http.txt", O::KeyBroke, Some(C::Credits)),
    ("prom-gpt-badkey.http.txt", O::KeyBad, Some(C::Auth)),
    ("prom-gpt-gone.http.txt", O::Gone, Some(C::Config)),
    ("prom-gpt-work.http.txt", O::Works, None),
    ("prom-or-nocredit.http.txt", O::KeyBroke, Some(C::Credits)),
    // Bodies alone: the status is that of their code.
    ("admin-nodb-model-block.json", O::ChannelConfig, Some(C::Config)),
    ("v2-model-info.json", O::ChannelConfig, Some(C::Config)),
    ("health-history.json", O::ChannelConfig, Some(C::Config)),
    ("health-latest.json", O::ChannelConfig, Some(C::Config)),
    ("health-malformed.json", O::KeyBad, Some(C::ProxyAuth)),
    ("health-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("health-wrongkey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("health-readiness-details-malformed.json", O::KeyBad, Some(C::ProxyAuth)),
    ("health-readiness-details-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("health-readiness-details-wrongkey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("dis-health-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("pub-health-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("model-info-malformed.json", O::KeyBad, Some(C::ProxyAuth)),
    ("model-info-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("model-info-wrongkey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("v1models-malformed.json", O::KeyBad, Some(C::ProxyAuth)),
    ("v1models-nokey.json", O::KeyBad, Some(C::ProxyAuth)),
    ("v1models-wrongkey.json", O::KeyBad, Some(C::ProxyAuth)),
];

/// The bursts: six calls (or four) within seconds, by their number.
const BURSTS: &[(&str, [Option<C>; 6])] = &[
    ("route-burst-auth", [Some(C::Auth), Some(C::Auth), Some(C::Masked), Some(C::Masked), None, None]),
    ("route-burst-credit", [Some(C::Credits), Some(C::Credits), Some(C::Masked), Some(C::Masked), None, None]),
    ("single-burst-gpt-badkey", [Some(C::Auth), MASKED, MASKED, MASKED, MASKED, MASKED]),
    ("single-burst-gpt-gone", [Some(C::Config), MASKED, MASKED, MASKED, MASKED, MASKED]),
    ("single-burst-or-nocredit", [Some(C::Credits); 6]),
];
const MASKED: Option<C> = Some(C::Masked);

/// Lists of endpoints: how many there are of each class, and how many are well.
const HEALTH: &[(&str, usize, &[C])] = &[
    ("health-23models-full.http.txt", 2, &[]),
    ("health-key-default.json", 1, &[C::Auth, C::Credits, C::Config, C::Rate, C::Server]),
    ("health-xapikey.json", 1, &[]),
    ("route-health-mixed.json", 1, &[C::Auth]),
    ("block-health.json", 4, &[]),
    ("nomk-health-nokey.json", 1, &[C::Auth, C::Credits]),
];

/// What says nothing of a model or a failure: read by those that ask for it.
const OTHER: &[&str] = &[
    "block-model-info.json",
    "block-v1models.json",
    "health-backlog.json",
    "health-drain.json",
    "health-license.json",
    "health-liveliness-malformed.json",
    "health-liveliness-nokey.json",
    "health-liveliness-wrongkey.json",
    "health-liveliness.json",
    "health-liveness.json",
    "health-readiness-details.json",
    "health-readiness-malformed.json",
    "health-readiness-nokey.json",
    "health-readiness-publicdetails.json",
    "health-readiness-wrongkey.json",
    "health-readiness.json",
    "health-shared-status.json",
    "healthm-does-not-exist.http.txt",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/litellm/samples")
}

/// A sample's status and body. What is a body alone has the status that it names, or else 500: those have no other.
fn sample(name: &str) -> (u16, Vec<u8>) {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    if name.ends_with(".http.txt") {
        let text = String::from_utf8(bytes).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let body = text.split_once("\n\n").unwrap().1;
        return (status, body.as_bytes().to_vec());
    }
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let code = value.pointer("/error/code").and_then(Value::as_str).map_or(500, |code| code.parse().unwrap());
    (code, bytes)
}

fn unwell(body: &[u8]) -> Vec<(u16, String, String)> {
    let value: Value = serde_json::from_slice(body).unwrap();
    let one = |item: &Value| {
        let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
        (u16::try_from(item["exception_status"].as_u64().unwrap()).unwrap(), text("model"), text("error"))
    };
    value["unhealthy_endpoints"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn every_answer_has_the_class_of_the_table() {
    for (name, outcome, class) in ANSWERS {
        let (status, body) = sample(name);
        let answer = litellm_answer(status, &body);
        assert_eq!((answer.outcome, answer.class), (*outcome, *class), "{name}: {answer:?}");
        assert_eq!(answer.detail.is_empty(), class.is_none(), "{name}: {answer:?}");
    }
    for (name, outcome, class) in ASKED {
        let name = format!("chat-{name}.http.txt");
        let (status, body) = sample(&name);
        let answer = litellm_answer(status, &body);
        assert_eq!((answer.outcome, answer.class), (*outcome, *class), "{name}: {answer:?}");
    }
}

#[test]
fn every_check_of_a_model_has_the_class_of_the_table() {
    for (name, outcome, class) in ASKED {
        let (_, body) = sample(&format!("healthm-{name}.http.txt"));
        let found: Vec<_> = unwell(&body).iter().map(|(status, _, text)| litellm(Some(*status), text)).collect();
        let expected: Vec<_> = class.iter().map(|class| (*outcome, Some(*class))).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_list_of_endpoints_is_read() {
    for (name, well, classes) in HEALTH {
        let (_, body) = sample(name);
        let value: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["healthy_endpoints"].as_array().unwrap().len(), *well, "{name}");
        let found = unwell(&body);
        if name.contains("23models") {
            // The same models as are asked one by one.
            for (status, model, text) in found {
                let (outcome, class) = litellm(Some(status), &text);
                let key = model.rsplit('/').next().unwrap();
                let key = match key {
                    "or-badkey" | "or-gone" | "or-limited" => key.to_owned(),
                    "lowbal-anthropic" => "gpt-lowbal".to_owned(),
                    "work" => "gpt-nokey".to_owned(),
                    _ if key == "nocredit" && model.starts_with("openai") => "oai-nocredit".to_owned(),
                    _ if model.starts_with("openrouter") => format!("or-{key}"),
                    _ => format!("gpt-{key}"),
                };
                let row = ASKED.iter().find(|(name, ..)| *name == key);
                assert_eq!(row.map(|row| (row.1, row.2)), Some((outcome, class)), "{model}: {key}");
            }
            continue;
        }
        let found: Vec<_> = found.iter().map(|(status, _, text)| litellm(Some(*status), text).1.unwrap()).collect();
        assert_eq!(found, *classes, "{name}");
    }
}

#[test]
fn a_cooldown_masks_what_came_before() {
    for (start, classes) in BURSTS {
        for (number, class) in (1..).zip(classes).filter(|(_, class)| class.is_some()) {
            let (status, body) = sample(&format!("{start}-{number}.json"));
            assert_eq!(litellm_answer(status, &body).class, *class, "{start}-{number}");
        }
    }
}

#[test]
fn no_sample_is_left_out() {
    let mut known: BTreeSet<String> = OTHER.iter().map(|&name| name.to_owned()).collect();
    known.extend(ANSWERS.iter().map(|row| row.0.to_owned()));
    known.extend(HEALTH.iter().map(|row| row.0.to_owned()));
    known.extend(
        ASKED.iter().flat_map(|row| [format!("chat-{}.http.txt", row.0), format!("healthm-{}.http.txt", row.0)]),
    );
    for (start, classes) in BURSTS {
        let many = classes.iter().flatten().count();
        known.extend((1..=many).map(|number| format!("{start}-{number}.json")));
    }
    let judged = ["chat-", "healthm-", "health-", "route-", "single-burst-", "block-", "info-", "json-", "prom-"];
    let found: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| judged.iter().any(|start| name.starts_with(start)))
        .filter(|name| !name.ends_with(".log.txt") && !name.ends_with(".headers.txt"))
        .collect();
    assert!(found.len() > 100, "{}", found.len());
    let left: Vec<_> = found.iter().filter(|name| !known.contains(*name)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn words_come_before_the_status_and_a_status_alone_is_something() {
    for (status, text, outcome, class) in [
        // `health_check_details: false`.
        (Some(401), "", O::KeyBad, C::Auth),
        (Some(402), "", O::KeyBroke, C::Credits),
        (Some(404), "", O::ChannelConfig, C::Config),
        (Some(408), "", O::TimedOut, C::Server),
        (Some(429), "", O::Busy, C::Rate),
        (Some(500), "", O::Unknown, C::Server),
        (None, "", O::Unknown, C::Unknown),
        (Some(403), "litellm.PermissionDeniedError: OpenAIException - Forbidden", O::Unknown, C::Unknown),
        // No status: the exception's name.
        (None, "litellm.AuthenticationError: AuthenticationError: OpenAIException - x", O::KeyBad, C::Auth),
        (None, "litellm.RateLimitError: RateLimitError: OpenAIException - slow down", O::Busy, C::Rate),
        (None, "litellm.Timeout: Connection timed out after 5 seconds.", O::TimedOut, C::Server),
        (None, "Timeout exceeded", O::TimedOut, C::Server),
        (None, "400: {'error': '/chat/completions: Invalid model name passed in model=x.'}", O::Gone, C::Config),
        (
            Some(401),
            "litellm.AuthenticationError: Missing Anthropic API Key - A call is being made to anthropic but no key is set",
            O::KeyBad,
            C::Auth,
        ),
        // Gemini says of a rate what OpenAI says of an empty account.
        (
            Some(429),
            r#"litellm.RateLimitError: RateLimitError: GeminiException - {"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generativelanguage.googleapis.com/x, limit: 10","status":"RESOURCE_EXHAUSTED"}}"#,
            O::Busy,
            C::Rate,
        ),
        (
            Some(400),
            r#"litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            O::KeyBroke,
            C::Credits,
        ),
        // An upstream's words are never taken for LiteLLM's own.
        (
            Some(500),
            "litellm.InternalServerError: InternalServerError: OpenAIException - Model is blocked, no connected db, timeout exceeded",
            O::Broken,
            C::Server,
        ),
        // Nor is what stands in a stack or in the router's line for the upstream's.
        (
            Some(500),
            "litellm.InternalServerError: OpenAIException - oops\nstack trace: insufficient credits",
            O::Broken,
            C::Server,
        ),
        (
            Some(500),
            "litellm.InternalServerError: OpenAIException - oops\n\nLiteLLM: model group 'insufficient credits' failed",
            O::Broken,
            C::Server,
        ),
        // Of a route that needs a database.
        (Some(500), r#"{"error":{"message":"No DB Connected","type":"auth_error"}}"#, O::ChannelConfig, C::Config),
    ] {
        assert_eq!(litellm(status, text), (outcome, Some(class)), "{status:?} {text}");
    }
}

#[test]
fn a_page_or_nothing_is_judged_by_its_status() {
    let answer = litellm_answer(502, b"<html><body>502 Bad Gateway</body></html>");
    assert_eq!((answer.outcome, answer.class), (O::Broken, Some(C::Server)));
    assert_eq!(litellm_answer(500, b"Internal Server Error").class, Some(C::Server));
    assert_eq!(litellm_answer(200, b"").class, Some(C::Unknown));
    assert_eq!(litellm_answer(200, b"{}").class, Some(C::Unknown));
}

#[test]
fn the_line_says_it_once() {
    for (text, line) in [
        ("litellm.APIError: APIError: X - y\nstack trace: z", "APIError: X - y"),
        (
            "litellm.NotFoundError: OpenAIException - gone\n\nLiteLLM: model group 'x'",
            "litellm.NotFoundError: OpenAIException - gone",
        ),
        ("\n\n  Timeout exceeded", "Timeout exceeded"),
        ("", ""),
    ] {
        assert_eq!(litellm_line(text), line);
    }
    assert_eq!(litellm_line(&"é".repeat(1000)).chars().count(), 300);
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged(text in ".{0,200}", status in proptest::option::of(0u16..700)) {
        let wrapped = format!("litellm.APIError: XException - {text}");
        for text in [&text, &wrapped] {
            let (outcome, class) = litellm(status, text);
            proptest::prop_assert!(class.is_some() || outcome == O::Works);
            litellm_line(text);
        }
        litellm_answer(status.unwrap_or(200), text.as_bytes());
    }
}
