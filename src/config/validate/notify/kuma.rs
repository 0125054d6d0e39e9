//! Uptime Kuma's push addresses: whom they belong to, and what is put into those that are templates.

use std::time::Duration;

use super::super::Findings;
use super::super::ways::secret;
use super::kinds::{address, is_web};
use crate::config::outline::KeyPath;
use crate::config::{Config, Environment};
use crate::model::ModelName;

pub(super) fn kuma(findings: &mut Findings, config: &Config, environment: Environment<'_>) {
    let kuma = &config.uptime_kuma;
    let path = KeyPath::of(&["uptime_kuma"]);
    let sound = kuma.every >= Duration::from_secs(5);
    findings.require(sound, &["uptime_kuma", "every"], "at least 5s; Uptime Kuma itself wants 20s or more");
    let sound = !kuma.timeout.is_zero() && kuma.timeout <= Duration::from_mins(1);
    findings.require(sound, &["uptime_kuma", "timeout"], "must be more than 0s, and 1m at most");
    for (model, url) in &kuma.model_url {
        let path = path.child("model_url").child(model.clone());
        if ModelName::parse(model).is_none() {
            findings.refuse(path.clone(), "this cannot be a model's name: it is empty, too long, or has a comma");
        }
        address(findings, url, path, environment);
    }
    for (channel, url) in &kuma.channel_url {
        let path = path.child("channel_url").child(channel.clone());
        let (gateway, id) = channel.split_once('/').map_or((None, channel.as_str()), |(name, id)| (Some(name), id));
        if !id.parse::<i64>().is_ok_and(|id| id > 0) {
            findings.refuse(path.clone(), "write a channel's id, such as 12, or main/12 for that of gateway main");
        } else if let Some(gateway) = gateway.filter(|name| !config.gateways.contains_key(*name)) {
            findings.refuse(path.clone(), format!("there is no gateway `{gateway}`"));
        } else if gateway.is_none() && config.gateways.len() > 1 {
            findings.refuse(path.clone(), "of which gateway? there are several; write it as name/id");
        }
        address(findings, url, path, environment);
    }
    for (key, template, known, needed) in [
        ("model_template", &kuma.model_template, &["{model}", "{gateway}"][..], &["{model}"][..]),
        ("channel_template", &kuma.channel_template, &["{channel}", "{name}", "{gateway}"], &["{channel}", "{name}"]),
    ] {
        let Some(template) = template else { continue };
        let path = path.child(key);
        let Some(text) = secret(findings, template, path.clone(), environment) else { continue };
        if !needed.iter().any(|part| text.contains(part)) {
            let message = format!("has no {} in it: all would push to one address", needed.join(" or "));
            findings.refuse(path.clone(), message);
        }
        let filled = known.iter().fold(text, |text, part| text.replace(part, "x"));
        if filled.contains(['{', '}']) {
            findings.refuse(path, format!("has something else in braces than {}", known.join(", ")));
        } else {
            is_web(findings, &filled, path);
        }
    }
}
