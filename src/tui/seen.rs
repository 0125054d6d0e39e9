//! What the API answers, as far as it is drawn.
//!
//! Decides: which members are read. Another version may answer: a member that is missing, null or of another type is as
//! if it were empty, and one that we do not know is left alone. Must not know: who asks, and what is drawn of it. Pure.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Whatever stands there, or the type's empty value.
fn loose<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(from: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

/// Structs of which every member may be missing or of another type.
macro_rules! seen {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name { $($(#[$of])* #[serde(deserialize_with = "loose")] pub(crate) $field: $type,)* }
    )*};
}

seen! {
    /// `GET /api/status`.
    Status {
        version: String,
        well: Option<bool>,
        totals: Totals,
        gateways: Vec<Gateway>,
        litellm: Vec<LiteLlm>,
        processes: Vec<Process>,
        alerts: Vec<Alert>,
        actions: Vec<Action>,
    }
    /// Sums over all gateways.
    Totals {
        models: u64,
        working: u64,
        down: u64,
        degraded: u64,
        withdrawn: u64,
        channels: u64,
        channels_down: u64,
    }
    /// A gateway.
    Gateway {
        name: String,
        kind: Option<String>,
        mode: String,
        trouble: Option<String>,
        trouble_since: Option<Timestamp>,
        last_round: Option<Round>,
        next_round: Option<Timestamp>,
        counts: Counts,
        held: u64,
        proposed: u64,
        holds: Count,
    }
    /// Its latest round.
    Round {
        id: i64,
        started: Option<Timestamp>,
        ended: Option<Timestamp>,
        probed: u64,
        applied: u64,
        held: u64,
    }
    /// Models by their light.
    Counts {
        total: u64,
        up: u64,
        degraded: u64,
        down: u64,
        unknown: u64,
        withdrawn: u64,
    }
    /// A `LiteLLM` proxy.
    LiteLlm {
        gateway: String,
        checks: Vec<Check>,
        deployments: Deployments,
        incidents: Vec<Incident>,
        failures_24h: std::collections::BTreeMap<String, u64>,
    }
    /// One step of its ladder.
    Check {
        name: String,
        well: Option<bool>,
        detail: String,
        latency_ms: Option<u64>,
        at: Option<Timestamp>,
        since: Option<Timestamp>,
    }
    /// Its deployments in figures.
    Deployments {
        total: u64,
        well: u64,
        ill: u64,
        unknown: u64,
        blocked: u64,
    }
    /// Something that lasts there.
    Incident {
        subject: String,
        deployment: String,
        class: String,
        since: Option<Timestamp>,
        last: Option<Timestamp>,
        times: u64,
        detail: String,
        source: String,
    }
    /// A gateway's process.
    Process {
        gateway: String,
        found: Option<bool>,
        pid: Option<u64>,
        name: String,
        processes: u64,
        started: Option<Timestamp>,
        uptime_s: Option<u64>,
        cpu_percent: Option<f64>,
        memory_bytes: Option<u64>,
        open_files: Option<u64>,
        restarts: u64,
        at: Option<Timestamp>,
    }
    /// Something that is wrong.
    Alert {
        cause: String,
        severity: String,
        gateway: String,
        channel: Option<i64>,
        channel_name: String,
        subject: String,
        since: Option<Timestamp>,
        evidence: String,
    }
    /// What a person might do next.
    Action {
        why: String,
        command: String,
    }
    /// `GET /api/channels`: one of them.
    Channel {
        gateway: String,
        id: i64,
        name: String,
        provider: String,
        status: String,
        groups: String,
        note: String,
        models: u64,
        up: u64,
        degraded: u64,
        down: u64,
        unknown: u64,
        withdrawn: u64,
        uptime_24h: Option<f64>,
        hold: Option<String>,
    }
    /// `GET /api/models`: one of them.
    Model {
        id: i64,
        gateway: String,
        channel: i64,
        channel_name: String,
        #[serde(rename = "model_id")]
        name: String,
        listed: Option<bool>,
        withdrawn: Option<Withdrawal>,
        light: String,
        latest_status: String,
        outcome: String,
        detail: String,
        last_seen: Option<Timestamp>,
        since: Option<Timestamp>,
        next_probe: Option<Timestamp>,
        uptime_24h: Option<f64>,
        p50_ms: Option<u64>,
        p95_ms: Option<u64>,
        ttft_p50_ms: Option<u64>,
        consecutive_failures: u64,
        sparkline_data: Vec<Option<u64>>,
        uptime_hours: Vec<Option<u64>>,
    }
    /// Off its channel's list by our hand.
    Withdrawal {
        at: Option<Timestamp>,
        outcome: String,
        times: u64,
    }
    /// `GET /api/changes`: one of them.
    Change {
        id: i64,
        gateway: String,
        channel: i64,
        channel_name: String,
        state: String,
        opened: Option<Timestamp>,
        settled: Option<Timestamp>,
        round: Option<i64>,
        removed: Vec<Removal>,
        added: Vec<String>,
        restored: Vec<String>,
        undoes: Option<i64>,
        undone_by: Option<i64>,
        undoable: bool,
        live: Option<Timestamp>,
        live_due: Option<Timestamp>,
        live_note: String,
        note: String,
    }
    /// A model taken off, and why.
    Removal {
        model: String,
        reason: String,
    }
    /// `GET /api/plan`: what is wanted of one channel, and not written.
    Wanted {
        gateway: String,
        channel: i64,
        channel_name: String,
        round: i64,
        at: Option<Timestamp>,
        mode: String,
        removed: Vec<Removal>,
        added: Vec<String>,
        restored: Vec<String>,
        held: Vec<Held>,
        /// Empty: another version answers.
        mark: String,
    }
    /// What one guard holds back of it.
    Held {
        guard: String,
        why: String,
        may_be_lifted: bool,
        removals: Vec<Removal>,
        additions: Vec<String>,
    }
    /// `GET /api/litellm/models`: one deployment.
    Deployment {
        gateway: String,
        channel: i64,
        id: String,
        name: String,
        upstream: String,
        api_base: String,
        mode: String,
        in_database: bool,
        /// `well`, `ill`, `unknown` or `blocked`.
        state: String,
        status: Option<u64>,
        class: Option<String>,
        detail: String,
        at: Option<Timestamp>,
    }
    /// What came of an act.
    Done {
        channels: Vec<DoneChannel>,
        notes: Vec<String>,
    }
    /// What came of it on one channel.
    DoneChannel {
        gateway: String,
        channel: i64,
        channel_name: String,
        outcome: String,
        change: Option<i64>,
        why: String,
    }
}

/// How many there are: told as a number or as the things themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        Ok(Self(value.as_array().map_or_else(|| value.as_u64().unwrap_or_default(), |rows| rows.len() as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_null_strange_or_unknown_breaks_nothing() {
        let told = json!({
            "version": 3, "well": "yes", "later": { "a": 1 }, "totals": { "models": 7, "down": null },
            "gateways": [{ "name": "main", "kind": null, "holds": [{}, {}], "counts": [], "last_round": "never" }, { "holds": 3 }],
            "processes": { "a": 1 }, "alerts": null,
        });
        let status: Status = serde_json::from_value(told).unwrap();
        assert_eq!((status.totals.models, status.totals.down, status.well), (7, 0, None));
        assert_eq!(status.gateways[0].name, "main");
        assert_eq!((status.gateways[0].holds, status.gateways[1].holds), (Count(2), Count(3)));
        assert!(status.processes.is_empty() && status.gateways[0].last_round.is_none());
        assert_eq!(serde_json::from_value::<Status>(json!({})).unwrap(), Status::default());
    }
}
