//! What `/health` says, and of which deployments. Pure.
//!
//! Decides: what is told of whom, and what is told of nobody. Must not know: how it was asked; what a failure means.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::listing::base;
use crate::model::Deployment;

/// More than this in one answer is no proxy's.
const MOST: usize = 10_000;

/// How one deployment is, in `LiteLLM`'s words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawHealth {
    /// Its check went well.
    pub well: bool,
    /// `exception_status`.
    pub status: Option<u16>,
    /// `error` up to its stack trace, without our key. Foreign text; empty where it is well.
    pub text: String,
    /// How long the answer took that tells of it, in ms; 0 where that is no check of its own.
    pub latency_ms: u32,
}

/// One item of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Not told by 1.80 and before.
    id: Option<String>,
    upstream: String,
    /// Not told without `health_check_details`.
    api_base: Option<String>,
    health: RawHealth,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    healthy_endpoints: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    unhealthy_endpoints: Option<Vec<&'a RawValue>>,
}

/// Reads the answer; `shown` takes out of foreign words what must not be shown. `None`: that is no answer of `/health`.
/// `{}` is one: nothing was looked at yet. With 503 it has its lists: other things say 503 too.
pub(super) fn parse(status: u16, body: &[u8], shown: impl Fn(&str) -> String) -> Option<Vec<Item>> {
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    if status == 503 && body.healthy_endpoints.is_none() && body.unhealthy_endpoints.is_none() {
        return None;
    }
    let well = body.healthy_endpoints.into_iter().flatten().map(|item| (true, item));
    let ill = body.unhealthy_endpoints.into_iter().flatten().map(|item| (false, item));
    let read = |(well, raw): (bool, &RawValue)| {
        let item: Value = serde_json::from_str(raw.get()).ok().filter(Value::is_object)?;
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        // A trace may quote anything, and says nothing more.
        let error = text("error").unwrap_or_default();
        let error = error.split_once("\nstack trace").map_or(error, |(error, _)| error);
        let status = item.get("exception_status");
        let status = status.and_then(|status| status.as_u64().or_else(|| status.as_str()?.parse().ok()));
        Some(Item {
            id: text("model_id").filter(|id| !id.is_empty()).map(str::to_owned),
            upstream: text("model").unwrap_or_default().to_owned(),
            api_base: text("api_base").map(base),
            health: RawHealth {
                well,
                status: status.and_then(|status| status.try_into().ok()).filter(|_| !well),
                text: if well { String::new() } else { shown(error) },
                latency_ms: 0,
            },
        })
    };
    Some(well.chain(ill).filter_map(read).take(MOST).collect())
}

/// Which of the deployments each item is about: by its id. Without one by what it asks and where; where several are
/// alike and not equally well, none of them is known. `name`: only deployments of this name were asked.
pub(super) fn join<'a>(
    items: Vec<Item>,
    known: impl Iterator<Item = &'a Deployment>,
    name: Option<&str>,
) -> Vec<(String, RawHealth)> {
    let (with, without): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.id.is_some());
    let mut by_id: HashMap<String, RawHealth> = HashMap::new();
    for item in with {
        if let Some(id) = item.id {
            by_id.entry(id).or_insert(item.health);
        }
    }
    known
        .filter_map(|deployment| {
            let found = by_id.remove(&deployment.id).or_else(|| {
                let asked = name.is_none_or(|name| name == deployment.name);
                let alike = |item: &&Item| {
                    let there = item.api_base.as_ref().is_none_or(|base| *base == deployment.api_base);
                    asked && item.upstream == deployment.upstream && there
                };
                let mut alike = without.iter().filter(alike);
                let first = alike.next()?;
                alike.all(|other| other.health.well == first.health.well).then(|| first.health.clone())
            })?;
            Some((deployment.id.clone(), found))
        })
        .collect()
}
