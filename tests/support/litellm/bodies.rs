//! The bodies of its answers, made from those of the real one.

use std::path::Path;

use serde_json::{Value, json};

use super::{Deployed, State};

const MODEL_INFO: &str = include_str!("../../litellm/samples/model-info.json");

/// A sample's status and body.
pub(super) fn sample(name: &str) -> (u16, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/litellm/samples").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let status = head.strip_prefix("HTTP ").unwrap().split(' ').next().unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// One of `/model/info`: 171 members, of which these are the deployment's own.
pub(super) fn model_info(one: &Deployed) -> Value {
    let sample: Value = serde_json::from_str(MODEL_INFO).unwrap();
    let mut item = sample["data"][0].clone();
    item["model_name"] = json!(one.name);
    item["litellm_params"]["model"] = json!(one.upstream);
    match &one.api_base {
        Some(base) => item["litellm_params"]["api_base"] = json!(base),
        None => drop(item["litellm_params"].as_object_mut().unwrap().shift_remove("api_base")),
    }
    if let Some(credential) = &one.credential {
        item["litellm_params"]["litellm_credential_name"] = json!(credential);
    }
    item["model_info"]["id"] = json!(one.id);
    item["model_info"]["db_model"] = json!(one.in_database);
    item["model_info"]["mode"] = json!(one.mode);
    if one.blocked {
        item["model_info"]["blocked"] = json!(true);
    }
    item
}

/// One of `/health`, and whether it is a healthy one.
pub(super) fn endpoint(one: &Deployed, timed_out: bool, details: bool, old: bool) -> (bool, Value) {
    let mut item = match (&one.state, timed_out) {
        (_, true) => ill("gpt-hang"),
        (State::Ill(name), false) => ill(name),
        (State::Says(status, words), false) => {
            let mut item = ill("gpt-badkey");
            item["error"] = json!(format!("{words}\nstack trace: Traceback (most recent call last):\n"));
            item["exception_status"] = json!(status);
            item
        }
        (State::Well | State::Omitted, false) => {
            json!({
                "api_base": "", "model": "", "x-ratelimit-remaining-requests": "41",
                "x-ratelimit-remaining-tokens": "9999", "model_id": "",
            })
        }
    };
    let well = item.get("error").is_none() && item.get("exception_status").is_none();
    let members = item.as_object_mut().unwrap();
    members["model"] = json!(one.upstream);
    members["model_id"] = json!(one.id);
    match &one.api_base {
        Some(base) => members["api_base"] = json!(base),
        None => drop(members.shift_remove("api_base")),
    }
    if !details {
        members.retain(|key, _| ["model", "model_id", "exception_status"].contains(&key.as_str()));
    }
    if old {
        members.retain(|key, _| !["model_id", "exception_status"].contains(&key.as_str()));
    }
    (well, item)
}

/// The unhealthy endpoint of a sample.
fn ill(name: &str) -> Value {
    let (_, body) = sample(&format!("healthm-{name}.http.txt"));
    let body: Value = serde_json::from_str(&body).unwrap();
    body["unhealthy_endpoints"][0].clone()
}

pub(super) fn health(endpoints: Vec<(bool, Value)>) -> Value {
    let (well, ill): (Vec<_>, Vec<_>) = endpoints.into_iter().partition(|(well, _)| *well);
    let items = |of: Vec<(bool, Value)>| of.into_iter().map(|(_, item)| item).collect::<Vec<_>>();
    let (well, ill) = (items(well), items(ill));
    let (healthy, unhealthy) = (well.len(), ill.len());
    json!({
        "healthy_endpoints": well, "unhealthy_endpoints": ill, "healthy_count": healthy, "unhealthy_count": unhealthy,
    })
}
