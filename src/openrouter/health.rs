//! What OpenRouter itself measures of a model's endpoints, and what to think of it: evidence that costs nothing.
//!
//! Decides: a light for each model, by a rule of four lines. Must not know: requests, quotas, what is kept.
//!
//! The rule, over the endpoints that serve the model (of a free one: those that charge nothing), the best one counts:
//! 1. none at all: down.
//! 2. one in good standing (status 0) with an uptime of [`GOOD`] and more: healthy.
//! 3. all put back (negative status) and none with an uptime over [`BAD`]: down.
//! 4. anything else (figures that disagree, too little traffic for any, only providers that charge): doubtful. Only
//!    these are worth a probe.
//!
//! The uptime is that of the last 30 minutes; where there was no traffic, of the last day. Requests that were rate
//! limited are not in it, so a healthy free model may still be busy.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::{Free, is_all_zero};
use super::snapshot::Model;
use crate::model::{Evidence, Outcome};

/// Percent of answered requests from which an endpoint is well.
pub const GOOD: f64 = 90.0;
/// Percent of answered requests up to which it is not there.
pub const BAD: f64 = 5.0;
/// How long a probe's word counts, and how long a model is not asked again.
pub const PROBE_COUNTS: SignedDuration = SignedDuration::from_hours(6);
/// How long OpenRouter's figures count: they are of its last half hour.
pub const FIGURES_COUNT: SignedDuration = SignedDuration::from_hours(2);
/// Endpoints of one model that are looked at.
const ENDPOINTS_AT_MOST: usize = 100;

/// What is thought of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// It answers others now, or answered us.
    Healthy,
    /// The figures disagree, or there are none.
    Doubtful,
    /// Nobody serves it now, or it is closed to us.
    Down,
    /// Nobody asked.
    Unknown,
}

impl Light {
    /// The light's name, in tables and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Doubtful => "doubtful",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// What OpenRouter measured of one model, the best endpoint's figures first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// When it was read.
    pub at: Timestamp,
    /// How many endpoints serve it; of a free model, those that charge nothing.
    pub endpoints: usize,
    /// How many of a free model's endpoints charge something: not to be used for it.
    pub paid: usize,
    /// How many of them are in good standing (status 0).
    pub good: usize,
    /// Percent of answered requests, of the best endpoint: in the last 5 minutes,
    pub uptime_5m: Option<f64>,
    /// in the last 30 minutes,
    pub uptime_30m: Option<f64>,
    /// in the last day.
    pub uptime_1d: Option<f64>,
    /// Milliseconds to the first token, the middle one of the last 30 minutes; only told to a key.
    pub ttft_p50_ms: Option<f64>,
    /// Tokens a second, the middle one of the last 30 minutes; only told to a key.
    pub tokens_p50: Option<f64>,
}

/// Reads `GET /models/{author}/{slug}/endpoints`. `None` when it is no such answer.
pub(super) fn read(answer: &Value, free: Free, at: Timestamp) -> Option<Health> {
    let all = answer.pointer("/data/endpoints")?.as_array()?;
    let charges_nothing =
        |endpoint: &&Value| endpoint.get("pricing").and_then(Value::as_object).is_none_or(is_all_zero);
    let wanted = |endpoint: &&Value| free == Free::No || charges_nothing(endpoint);
    let mut of: Vec<One> = all.iter().take(ENDPOINTS_AT_MOST).filter(wanted).map(One::read).collect();
    of.sort_by(|a, b| b.rank().total_cmp(&a.rank()));
    let best = of.first();
    Some(Health {
        at,
        endpoints: of.len(),
        paid: all.len().min(ENDPOINTS_AT_MOST) - of.len(),
        good: of.iter().filter(|one| one.good).count(),
        uptime_5m: best.and_then(|one| one.uptime_5m),
        uptime_30m: best.and_then(|one| one.uptime_30m),
        uptime_1d: best.and_then(|one| one.uptime_1d),
        ttft_p50_ms: best.and_then(|one| one.ttft),
        tokens_p50: best.and_then(|one| one.tokens),
    })
}

struct One {
    good: bool,
    uptime_5m: Option<f64>,
    uptime_30m: Option<f64>,
    uptime_1d: Option<f64>,
    ttft: Option<f64>,
    tokens: Option<f64>,
}

impl One {
    fn read(endpoint: &Value) -> Self {
        let number = |at: &str| endpoint.pointer(at).and_then(Value::as_f64).filter(|n| n.is_finite() && *n >= 0.0);
        let percent = |at: &str| number(at).map(|n| n.min(100.0));
        Self {
            // Left out, it is as good as any.
            good: endpoint.get("status").and_then(Value::as_i64).is_none_or(|status| status >= 0),
            uptime_5m: percent("/uptime_last_5m"),
            uptime_30m: percent("/uptime_last_30m"),
            uptime_1d: percent("/uptime_last_1d"),
            ttft: number("/latency_last_30m/p50"),
            tokens: number("/throughput_last_30m/p50"),
        }
    }

    /// Good standing first, then the uptime.
    fn rank(&self) -> f64 {
        let uptime = self.uptime_30m.or(self.uptime_1d).or(self.uptime_5m).unwrap_or(0.0);
        if self.good { 1000.0 + uptime } else { uptime }
    }
}

/// What to think of a model at `now`, and why in a few words.
pub fn light(model: &Model, now: Timestamp) -> (Light, String) {
    if model.entry.free == Free::Router {
        return (Light::Unknown, "a router: another model answers each time".to_owned());
    }
    if model.usable == Some(false) {
        return (Light::Down, "not for this account: its privacy or provider settings leave it out".to_owned());
    }
    let by_figures = model.figures(now).map_or_else(|| (Light::Unknown, String::new()), |figures| by_figures(&figures));
    // A probe's word is for what the figures leave open.
    let probe = model.probe.as_ref().filter(|probe| probe.at + PROBE_COUNTS > now);
    if let (Light::Doubtful | Light::Unknown, Some(probe)) = (by_figures.0, probe) {
        let why = if probe.detail.is_empty() { probe.outcome.to_string() } else { probe.detail.clone() };
        match (probe.outcome.evidence(), probe.outcome) {
            (Evidence::Alive, _) => return (Light::Healthy, "it answered our probe".to_owned()),
            (Evidence::Denied, _) => return (Light::Down, format!("our probe: {why}")),
            (Evidence::Failing | Evidence::Unrouted, _) | (Evidence::Nothing, Outcome::Busy) => {
                return (Light::Doubtful, format!("our probe: {why}"));
            }
            (Evidence::Nothing, _) => {}
        }
    }
    by_figures
}

fn by_figures(health: &Health) -> (Light, String) {
    let Health { endpoints, good, .. } = *health;
    if endpoints == 0 && health.paid > 0 {
        return (Light::Doubtful, "only providers that charge for it serve it".to_owned());
    }
    if endpoints == 0 {
        return (Light::Down, "no provider serves it".to_owned());
    }
    let Some(uptime) = health.uptime_30m.or(health.uptime_1d) else {
        let standing = if good == 0 { "put back by OpenRouter" } else { "in good standing" };
        return (Light::Doubtful, format!("{standing}, no traffic to tell by"));
    };
    match good {
        0 if uptime <= BAD => (Light::Down, format!("put back by OpenRouter, {uptime:.0} % answered")),
        0 => (Light::Doubtful, format!("put back by OpenRouter, though {uptime:.0} % answered")),
        _ if uptime >= GOOD => (Light::Healthy, String::new()),
        _ => (Light::Doubtful, format!("only {uptime:.0} % answered")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openrouter::catalogue::entries;
    use crate::openrouter::snapshot::Probed;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn model(endpoints: Option<Value>) -> Model {
        let page = json!({ "data": [{ "id": "a/b:free", "pricing": { "prompt": "0", "completion": "0" } }] });
        let entry = entries(&page).unwrap().remove(0);
        let health = endpoints.and_then(|all| read(&json!({ "data": { "endpoints": all } }), entry.free, now()));
        Model { health, ..Model::new(entry) }
    }

    fn endpoint(status: i64, uptime: Option<f64>) -> Value {
        json!({ "status": status, "uptime_last_30m": uptime, "pricing": { "prompt": "0", "completion": "0" } })
    }

    #[test]
    fn the_best_endpoint_gives_the_light() {
        let paid = json!({ "status": 0, "uptime_last_30m": 100, "pricing": { "prompt": "0.1", "completion": "0.1" } });
        for (endpoints, want, why) in [
            (json!([]), Light::Down, "no provider"),
            (json!([paid]), Light::Doubtful, "that charge"),
            (json!([paid, endpoint(-10, Some(0.0))]), Light::Down, "put back"),
            (json!([endpoint(0, Some(99.9))]), Light::Healthy, ""),
            (json!([endpoint(-5, Some(1.0)), endpoint(0, Some(95.0))]), Light::Healthy, ""),
            (json!([endpoint(0, Some(40.0))]), Light::Doubtful, "only 40 %"),
            (json!([endpoint(0, None)]), Light::Doubtful, "no traffic"),
            (json!([endpoint(-2, None)]), Light::Doubtful, "put back"),
            (json!([endpoint(-2, Some(97.0))]), Light::Doubtful, "though 97 %"),
            (json!([endpoint(-10, Some(0.0)), endpoint(-1, Some(3.0))]), Light::Down, "put back"),
            (json!([{ "uptime_last_1d": 99.0 }]), Light::Healthy, ""),
            (json!([{ "status": "odd", "uptime_last_30m": "99" }]), Light::Doubtful, "no traffic"),
        ] {
            let (light, said) = light(&model(Some(endpoints.clone())), now());
            assert_eq!(light, want, "{endpoints}");
            assert!(said.contains(why) && said.is_empty() == why.is_empty(), "{endpoints}: {said}");
        }
        assert_eq!(light(&model(None), now()).0, Light::Unknown);
        assert_eq!(read(&json!({ "error": { "code": 404 } }), Free::Suffix, now()), None);
    }

    #[test]
    fn a_probe_decides_what_the_figures_leave_open_for_a_while() {
        let probed = |outcome| Some(Probed { at: now(), outcome, latency_ms: 80, detail: String::new() });
        let with = |status, uptime, outcome| {
            let model = Model { probe: probed(outcome), ..model(Some(json!([endpoint(status, uptime)]))) };
            light(&model, now()).0
        };
        assert_eq!(with(0, None, Outcome::Works), Light::Healthy);
        assert_eq!(with(0, None, Outcome::Gone), Light::Down);
        assert_eq!(with(0, Some(50.0), Outcome::Busy), Light::Doubtful);
        assert_eq!(with(0, Some(99.0), Outcome::Broken), Light::Healthy, "one failure against the figures of all");
        assert_eq!(with(0, None, Outcome::KeyBroke), Light::Doubtful);
        let old = Model { probe: probed(Outcome::Works), ..model(None) };
        assert_eq!(light(&old, now()).0, Light::Healthy);
        assert_eq!(light(&old, now() + PROBE_COUNTS).0, Light::Unknown);
    }

    #[test]
    fn old_figures_tell_nothing() {
        let model = model(Some(json!([endpoint(0, Some(99.0))])));
        assert_eq!(light(&model, now() + SignedDuration::from_hours(1)).0, Light::Healthy);
        assert_eq!(light(&model, now() + FIGURES_COUNT), (Light::Unknown, String::new()));
    }

    #[test]
    fn what_this_account_may_not_use_is_down_for_it_and_a_router_is_nothing_to_judge() {
        let closed = Model { usable: Some(false), ..model(Some(json!([endpoint(0, Some(99.0))]))) };
        assert_eq!(light(&closed, now()).0, Light::Down);
        let mut router = model(Some(json!([])));
        router.entry.free = Free::Router;
        assert_eq!(light(&router, now()).0, Light::Unknown);
    }
}
