//! The rows themselves, as the API gives them away.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ChannelRef, Outcome};

/// A model's traffic light. By the share of the last 24 hours' observations that say anything: from 90 % green, from
/// 50 % yellow, below red; a model whose latest observation that says anything shows it down is never green, and none is
/// while nothing on its channel answers because of its key or its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// It works.
    Up,
    /// It works at times, or went down just now.
    Degraded,
    /// It does not work.
    Down,
    /// Nothing says anything of it.
    #[default]
    Unknown,
}

/// How many models stand in which light.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Counts {
    /// All that are on a list, or were withdrawn by us.
    pub total: u64,
    /// Green.
    pub up: u64,
    /// Yellow.
    pub degraded: u64,
    /// Red.
    pub down: u64,
    /// Of which nothing is known.
    pub unknown: u64,
    /// Off a list by our hand.
    pub withdrawn: u64,
    /// Uptime of all of them over 24 hours, in percent.
    pub uptime_24h: Option<f64>,
    /// The median answer of 24 hours, in ms.
    pub p50_ms: Option<u32>,
    /// What 95 of 100 answers of 24 hours stayed under, in ms.
    pub p95_ms: Option<u32>,
    /// The latest observation of all.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_updated: Option<Timestamp>,
}

/// How many models of one channel stand in which light.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ChannelCounts {
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// The channel's name.
    pub name: String,
    /// Its models; times are not told.
    pub counts: Counts,
}

/// A part of many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The part asked for.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

impl<T> Page<T> {
    /// The same part with every row made into another.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(make).collect(), total: self.total }
    }
}

/// What models are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelSort {
    /// Gateway, channel, name.
    #[default]
    Place,
    /// The model's name.
    Name,
    /// Uptime of 24 hours.
    Uptime,
    /// The mean answer of 24 hours.
    Latency,
    /// The median time to the first token.
    Ttft,
    /// Failures in a row.
    Failures,
    /// When it was last looked at.
    Seen,
}

/// Which models, in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelQuery {
    /// Of this gateway only.
    pub gateway: Option<String>,
    /// Of this channel only, by id.
    pub channel: Option<i64>,
    /// In one of these lights only; empty: in any.
    pub lights: Vec<Light>,
    /// Only those withdrawn by us.
    pub withdrawn: Option<bool>,
    /// Whose name, or whose channel's name, has this text in it, whatever the case.
    pub search: Option<String>,
    /// Exactly this name.
    pub name: Option<String>,
    /// The order.
    pub sort: ModelSort,
    /// The other way round.
    pub descending: bool,
    /// So many are left out first.
    pub offset: u64,
    /// So many at most.
    pub limit: u32,
}

/// One model on one channel, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ModelRow {
    /// Its number in our store, which stays.
    pub id: i64,
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// The channel's name.
    pub channel_name: String,
    /// The model as the gateway lists it.
    pub model_id: String,
    /// Whether it stands on the channel's list.
    pub listed: bool,
    /// Off the list by our hand: since when, and why.
    pub withdrawn: Option<Withdrawal>,
    /// The traffic light.
    pub light: Light,
    /// `OK`, `429`, `HTTP 503` and so on, `FAIL` where no answer came, `NONE` where it was never asked.
    pub latest_status: String,
    /// The latest outcome, by its name; empty: never asked.
    pub outcome: String,
    /// The latest HTTP status.
    pub status: Option<u16>,
    /// Why, in the upstream's words, redacted: hostile text.
    pub detail: String,
    /// When it was last asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// Since when it is up, or down.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// When it is looked at again before the next round.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_probe: Option<Timestamp>,
    /// In percent, of the observations of 24 hours that say anything.
    pub uptime_24h: Option<f64>,
    /// The mean answer of 24 hours, in ms.
    pub avg_latency_24h: Option<f64>,
    /// The median answer of 24 hours, in ms.
    pub p50_ms: Option<u32>,
    /// What 95 of 100 answers of 24 hours stayed under, in ms.
    pub p95_ms: Option<u32>,
    /// The median time to the first token in 24 hours, in ms.
    pub ttft_p50_ms: Option<u32>,
    /// Observations in a row that show it down; what says nothing is left out.
    pub consecutive_failures: u32,
    /// The mean answer of each of the last 24 hours, oldest first, in ms; none: no answer.
    pub sparkline_data: Vec<Option<u32>>,
    /// Uptime in percent of each of the last 24 hours, oldest first; none: nothing known.
    pub uptime_hours: Vec<Option<u8>>,
}

/// Taken off a channel's list by us.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Withdrawal {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What was seen.
    pub outcome: String,
    /// How often in a row.
    pub count: u32,
    /// The first of them.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// In words: hostile text.
    pub reason: String,
}

/// One observation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Seen {
    /// The model's number.
    pub model: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub run_datetime: Timestamp,
    /// Whether it showed the model up.
    pub ok: bool,
    /// `OK`, `429`, `HTTP 503` and so on, `FAIL` where no answer came.
    pub status_label: String,
    /// The outcome, by its name.
    pub outcome: String,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The complete answer, in ms.
    pub latency_ms: u32,
    /// The first token, in ms.
    pub ttft_ms: Option<u32>,
    /// The request's shape.
    pub shape: String,
    /// In millionths of a US dollar, estimated.
    pub cost: Option<u64>,
    /// The round.
    pub round: i64,
    /// Why, redacted: hostile text.
    pub detail: String,
}

/// From when to when, in buckets of which length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// A bucket, in whole hours; 24 and more are whole UTC days.
    pub bucket_hours: u32,
}

/// What the observations of one bucket show together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// Where the bucket begins (UTC).
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Observations that showed the model up.
    pub up: u64,
    /// Down.
    pub down: u64,
    /// That say nothing, rate limits among them.
    pub unknown: u64,
    /// Rate limits.
    pub limited: u64,
    /// In percent, of those that say anything.
    pub uptime: Option<f64>,
    /// The median answer, in ms.
    pub p50_ms: Option<u32>,
    /// What 95 of 100 answers stayed under, in ms.
    pub p95_ms: Option<u32>,
    /// The median time to the first token, in ms.
    pub ttft_p50_ms: Option<u32>,
    /// What 95 of 100 first tokens stayed under, in ms.
    pub ttft_p95_ms: Option<u32>,
}

/// A model went up or down.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Transition {
    /// The model's number.
    pub model: i64,
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// The model as the gateway lists it.
    pub model_id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Up, or down.
    pub up: bool,
    /// The outcome that showed it.
    pub outcome: String,
    /// Why, redacted: hostile text.
    pub detail: String,
}

/// What one round showed of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum Cell {
    /// It works.
    #[serde(rename = "OK")]
    Ok,
    /// A rate limit.
    #[serde(rename = "429")]
    Limited,
    /// Anything else.
    #[serde(rename = "FAIL")]
    Fail,
    /// It was not asked.
    #[serde(rename = "MISS")]
    Miss,
}

/// One model over some rounds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GridRow {
    /// Its number.
    pub id: i64,
    /// The gateway's name.
    pub gateway: String,
    /// The channel's id.
    pub channel: i64,
    /// The channel's name.
    pub channel_name: String,
    /// The model as the gateway lists it.
    pub model_id: String,
    /// A cell a round.
    pub cells: Vec<Cell>,
}

/// A channel as a round saw it, for whoever reads our store and no gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelSeen {
    /// Which.
    pub channel: ChannelRef,
    /// The provider, by our name of its type.
    pub provider: String,
    /// `enabled`, `auto-disabled`, `disabled` or another.
    pub status: String,
    /// Its groups, as the gateway has them.
    pub groups: String,
    /// Why it was left alone, or nothing on it answered; empty: it was looked at, and something did.
    pub note: String,
    /// What most of its models showed, where none answered.
    pub down: Option<Outcome>,
}
