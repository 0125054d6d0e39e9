//! `doctor` as a person runs it: over real databases, simulated upstreams, a `LiteLLM` that answers as the real one does,
//! and files as people have them.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "cli/scene.rs"]
mod scene;
#[path = "support/world.rs"]
mod world;

#[path = "doctor/given.rs"]
mod given;
#[path = "doctor/proxy.rs"]
mod proxy;
#[path = "doctor/reached.rs"]
mod reached;

use serde_json::Value;

use crate::scene::Ran;

/// The findings that are worse than notes, as "level check place: what".
fn bad(ran: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| ["warning", "error"].contains(&finding["level"].as_str().unwrap()))
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let place = &finding["place"];
            let line = place["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
            let place = format!("{}{}{line}", text(&place["key"]), text(&place["file"]));
            format!("{} {} {place}: {}", text(&finding["level"]), text(&finding["check"]), text(&finding["what"]))
        })
        .collect()
}

/// Whether a finding of any level says this.
fn says(ran: &Ran, check: &str, words: &str) -> bool {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let findings = report["findings"].as_array().unwrap();
    findings.iter().any(|finding| {
        let text = format!("{} | {} | {}", finding["what"], finding["why"], finding["fix"]);
        finding["check"] == check && text.contains(words)
    })
}
