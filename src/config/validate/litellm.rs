//! How a `LiteLLM` is read and watched, and a gateway's process. What of it does not fit together.

use std::time::Duration;

use super::Findings;
use super::ways::api;
use crate::config::outline::KeyPath;
use crate::config::{Environment, GatewayConfig, LitellmConfig, WriteBy};
use crate::model::{GatewayKind, ModelName};

/// The shortest wait for one model's check: what `LiteLLM` waits itself (60 s), and what its answer takes.
const SHORTEST_WAIT: Duration = Duration::from_secs(65);
/// Files and processes are looked at no more often.
const SHORTEST_LOOK: Duration = Duration::from_millis(250);

/// It is read and written by its API alone.
pub(super) fn ways(findings: &mut Findings, gateway: &GatewayConfig, path: &KeyPath, environment: Environment<'_>) {
    let has_none = [
        (
            "database",
            gateway.database.is_some(),
            "LiteLLM's database keeps its models encrypted; its API tells of them",
        ),
        ("repair", gateway.repair, "LiteLLM has no routing rows that could disagree"),
        ("lease", gateway.lease, "it stands in the gateway's database, and LiteLLM's is not touched"),
    ];
    for (key, given, why) in has_none {
        if given {
            findings.refuse(path.child(key), format!("leave it out for a LiteLLM: {why}"));
        }
    }
    if gateway.write == Some(WriteBy::Database) {
        findings.refuse(path.child("write"), "a LiteLLM is written by its API alone; leave it out");
    }
    if gateway.logs.database.is_some() {
        let message = "leave it out for a LiteLLM: what it logs is read as `litellm.logs` says";
        findings.refuse(path.child("logs").child("database"), message);
    }
    if gateway.models.only_priced == Some(true) {
        let message = "leave it out for a LiteLLM: it serves names without a price too";
        findings.refuse(path.child("models").child("only_priced"), message);
    }
    let Some(access) = &gateway.api else {
        let message = "a LiteLLM is read by its API: give api: { url: \"http://127.0.0.1:4000\", token: \"…\" } with its \
                       master key as token";
        findings.refuse(path.child("api"), message);
        return;
    };
    let path = path.child("api");
    let has_none = [
        ("user", access.user.is_some(), "its master key belongs to no user"),
        ("user_key", access.user_key.is_some(), "its models are seen by its master key as by any other"),
        ("test_channels", access.test_channels, "`litellm.health` says how its models are asked"),
    ];
    for (key, given, why) in has_none {
        if given {
            findings.refuse(path.child(key), format!("leave it out for a LiteLLM: {why}"));
        }
    }
    api(findings, access, &path, environment);
}

/// How it is watched; of another gateway nothing of it.
pub(super) fn litellm(findings: &mut Findings, gateway: &GatewayConfig, path: &KeyPath) {
    let (settings, path) = (&*gateway.litellm, path.child("litellm"));
    if gateway.kind != Some(GatewayKind::LiteLlm) {
        if *settings != LitellmConfig::default() {
            findings.refuse(path, "only a LiteLLM has these; if it is one, add kind: \"litellm\"");
        }
        return;
    }
    for (key, time, least, why) in [
        (
            "timeout",
            settings.timeout,
            SHORTEST_WAIT,
            "LiteLLM goes on with a check that is given up, and it is paid for",
        ),
        ("check", settings.check, Duration::from_secs(5), "each look is three requests"),
        ("chat_every", settings.chat_every, Duration::from_mins(1), "each question is paid for"),
    ] {
        if time < least {
            findings.refuse(path.child(key), format!("at least {}: {why}", humantime::format_duration(least)));
        }
    }
    for (index, name) in settings.chat.iter().enumerate() {
        let place = path.child("chat").item(index);
        if ModelName::parse(name).is_none() {
            findings.refuse(place, "this cannot be a model's name: it is empty, too long, or has a comma");
        } else if settings.chat[..index].contains(name) {
            findings.refuse(place, "this model stands twice");
        }
    }
    let (logs, path) = (&settings.logs, path.child("logs"));
    if logs.every < SHORTEST_LOOK {
        findings.refuse(path.child("every"), "at least 250ms");
    }
    for (index, file) in logs.files.iter().enumerate() {
        if file.as_os_str().is_empty() {
            findings.refuse(path.child("files").item(index), "must name a file");
        }
    }
    for (key, names) in [("journal", &logs.journal), ("docker", &logs.docker)] {
        for (index, name) in names.iter().enumerate() {
            let known = |c: char| c.is_ascii_alphanumeric() || "_.-@:\\".contains(c);
            if name.starts_with('-') || name.is_empty() || !name.chars().all(known) {
                let message =
                    "write its name as systemd or docker shows it: letters, digits, `_`, `.`, `-`, `@` and `:`";
                findings.refuse(path.child(key).item(index), message);
            }
        }
    }
}

/// Any gateway's process.
pub(super) fn process(findings: &mut Findings, gateway: &GatewayConfig, path: &KeyPath) {
    let path = path.child("process");
    if gateway.process.every < SHORTEST_LOOK {
        findings.refuse(path.child("every"), "at least 250ms");
    }
    if gateway.process.port == Some(0) {
        findings.refuse(path.child("port"), "a port is a number from 1 to 65535");
    }
    if gateway.process.watch == Some(false) && gateway.process.port.is_some() {
        findings.notes.push(format!("{path}.port has no effect: {path}.watch is false"));
    }
}
