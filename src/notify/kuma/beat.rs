//! What a monitor is told.
//!
//! Decides: whether a model or a channel is up, down, or unknown. Must not know: addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::config::{Config, UpWhen};
use crate::model::redact;
use crate::notify::picture::channels::{cause, is_watched};
use crate::store::{ChannelStand, Light, ModelStand, Stands};

/// What one monitor is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beat {
    pub(super) of: Of,
    pub(super) up: bool,
    pub(super) msg: String,
    pub(super) ping_ms: Option<u32>,
}

/// What it is of. Names are hostile text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A model, over all channels; the first gateway that has it.
    Model { model: String, gateway: String },
    /// A channel; `alone`: its gateway is the only one, so that its id is enough.
    Channel { gateway: String, id: i64, name: String, alone: bool },
}

/// For a log: no control character of a name comes through.
impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model { model, .. } => write!(f, "model {model:?}"),
            Self::Channel { gateway, id, name, .. } => write!(f, "channel {gateway}/{id} {name:?}"),
        }
    }
}

/// What is known of a model on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Works,
    AtTimes,
    Fails,
    Unknown,
}

/// All that is known: of every channel that the operator does not leave out, of every model read, and of the `named` ones
/// that no channel has.
pub(super) fn beats(config: &Config, stands: &Stands, named: &[&str], now: Timestamp) -> Vec<Beat> {
    let patience = SignedDuration::try_from(config.stale_after()).unwrap_or(SignedDuration::MAX);
    let is_fresh = |good: &&Option<Timestamp>| good.is_some_and(|good| now.duration_since(good) <= patience);
    let fresh: BTreeSet<&str> =
        stands.good.iter().filter(|(_, good)| is_fresh(good)).map(|(gateway, _)| gateway.as_str()).collect();
    let alone = config.gateways.len() == 1;
    let channels = stands.channels.iter().filter(|stand| fresh.contains(stand.gateway.as_str()));
    let mut beats: Vec<_> = channels.filter_map(|stand| channel(config, stands, stand, alone)).collect();

    let by_id: BTreeMap<(&str, i64), &ChannelStand> =
        stands.channels.iter().map(|stand| ((stand.gateway.as_str(), stand.seen.channel.id), stand)).collect();
    let mut models: BTreeMap<&str, Vec<(&ModelStand, Stand)>> = named.iter().map(|name| (*name, vec![])).collect();
    for model in &stands.models {
        let of = models.entry(&model.model).or_default();
        let channel = by_id.get(&(model.gateway.as_str(), model.channel));
        // A channel that is off serves nobody.
        if channel.is_none_or(|stand| stand.seen.channel.created != model.created || !is_watched(config, stand)) {
            continue;
        }
        let is_down = channel.is_some_and(|stand| cause(stand).is_some());
        of.push((
            model,
            if fresh.contains(model.gateway.as_str()) { on_channel(model, is_down) } else { Stand::Unknown },
        ));
    }
    let all_fresh = !stands.good.is_empty() && fresh.len() == stands.good.len();
    beats.extend(models.into_iter().filter_map(|(name, on)| model(config, name, &on, all_fresh)));
    beats
}

fn on_channel(model: &ModelStand, channel_is_down: bool) -> Stand {
    if channel_is_down || !model.listed {
        return Stand::Fails;
    }
    match model.light {
        Light::Up => Stand::Works,
        Light::Degraded => Stand::AtTimes,
        // Red for what 24 hours come to; its users are served now.
        Light::Down if model.up => Stand::AtTimes,
        Light::Down => Stand::Fails,
        Light::Unknown => Stand::Unknown,
    }
}

fn channel(config: &Config, stands: &Stands, stand: &ChannelStand, alone: bool) -> Option<Beat> {
    let id = stand.seen.channel.id;
    let of = Of::Channel { gateway: stand.gateway.clone(), id, name: stand.seen.channel.name.clone(), alone };
    let down = |msg: &str| Some(Beat { of: of.clone(), up: false, msg: redact(msg, &[]), ping_ms: None });
    if config.gateways.get(&stand.gateway)?.channels.excludes(id) {
        return None;
    }
    if !is_watched(config, stand) {
        return down(&format!("the channel is {}", stand.seen.status));
    }
    if let Some(cause) = cause(stand) {
        return down(if stand.seen.note.is_empty() { cause.as_str() } else { &stand.seen.note });
    }
    let works = stands.works.get(&(stand.gateway.clone(), id)).copied().unwrap_or_default();
    if works.known == 0 {
        return None;
    }
    let msg = format!("{} of {} models work", works.working, works.known);
    let ping_ms = works.mean_ms.filter(|_| works.working > 0);
    Some(Beat { up: works.working > 0, msg, ping_ms, of })
}

fn model(config: &Config, name: &str, on: &[(&ModelStand, Stand)], all_fresh: bool) -> Option<Beat> {
    let gateway = on.first().map(|(model, _)| model.gateway.clone()).unwrap_or_default();
    let of = Of::Model { model: name.to_owned(), gateway };
    if on.is_empty() {
        // As long as one gateway's channels are not known, it may be on one of them.
        return all_fresh.then(|| Beat { of, up: false, msg: "no enabled channel has it".to_owned(), ping_ms: None });
    }
    let count = |wanted: Stand| on.iter().filter(|(_, stand)| *stand == wanted).count();
    let (works, at_times, fails) = (count(Stand::Works), count(Stand::AtTimes), count(Stand::Fails));
    let unknown = count(Stand::Unknown);
    let up = match config.uptime_kuma.up_when {
        UpWhen::Any if works + at_times > 0 => true,
        UpWhen::Any if unknown > 0 => return None,
        UpWhen::Any => false,
        UpWhen::All if fails > 0 => false,
        UpWhen::All if unknown > 0 => return None,
        UpWhen::All => true,
    };
    let serving = || on.iter().filter(|(_, stand)| matches!(stand, Stand::Works | Stand::AtTimes));
    let times = serving().filter_map(|(model, _)| model.p50_ms);
    let ping_ms = match config.uptime_kuma.up_when {
        UpWhen::Any => times.min(),
        UpWhen::All => times.max(),
    };
    let degraded = if up && (works == 0 || fails > 0) { "degraded: " } else { "" };
    let where_not: Vec<String> = on
        .iter()
        .filter(|(_, stand)| *stand == Stand::Fails)
        .take(3)
        .map(|(model, _)| {
            let off = if model.listed { "" } else { " (withdrawn)" };
            format!("{}/{}{off}", model.gateway, model.channel)
        })
        .collect();
    let not = if where_not.is_empty() { String::new() } else { format!("; not on {}", where_not.join(", ")) };
    let msg = format!("{degraded}works on {} of {} channels{not}", works + at_times, on.len());
    Some(Beat { of, up, msg, ping_ms: ping_ms.filter(|_| up) })
}
