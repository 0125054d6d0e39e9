//! The channels of the gateways, each with its models' lights in sum.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked};
use super::error::ApiError;
use super::holds;
use super::list::Listed;
use crate::clock;
use crate::serve::App;
use crate::store::{Light, ModelQuery};

/// More models than any gateway has.
const EVERY_MODEL: u32 = 100_000;

/// One channel, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct ChannelRow {
    /// The gateway's name.
    gateway: String,
    /// The channel's id.
    id: i64,
    /// Its name: text from outside.
    name: String,
    /// The provider, by our name of its type; empty: not known yet.
    provider: String,
    /// `enabled`, `auto-disabled`, `disabled` or another; empty: not known yet.
    status: String,
    /// Its groups, as the gateway has them.
    groups: String,
    /// Why it was left alone, or nothing on it answered: text from outside.
    note: String,
    /// Models on its list, and those withdrawn by us.
    models: u64,
    /// Of these, green.
    up: u64,
    /// Yellow.
    degraded: u64,
    /// Red.
    down: u64,
    /// Nothing is known.
    unknown: u64,
    /// Off its list by our hand.
    withdrawn: u64,
    /// The mean of its models' uptime over 24 hours, in percent.
    uptime_24h: Option<f64>,
    /// Why nothing is written to it, if so.
    hold: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChannelsQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// So many at most.
    #[serde(default = "thousand")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

fn thousand() -> u32 {
    1000
}

/// The channels, by gateway and id.
#[utoipa::path(get, path = "/api/channels", tag = "overview", params(ChannelsQuery),
    responses((status = 200, body = [ChannelRow])))]
pub(super) async fn channels(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<ChannelsQuery>,
) -> Result<Listed<ChannelRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    let rows = rows(&app, gateway).await?;
    Ok(Listed::part(rows, &uri, asked.limit, asked.offset))
}

async fn rows(app: &App, gateway: Option<String>) -> Result<Vec<ChannelRow>, ApiError> {
    let mut channels: BTreeMap<(String, i64), (ChannelRow, Vec<f64>)> = BTreeMap::new();
    for (gateway, seen, _) in app.store.channels_seen(gateway.as_deref()).await? {
        let row = ChannelRow {
            gateway: gateway.clone(),
            id: seen.channel.id,
            name: seen.channel.name,
            provider: seen.provider,
            status: seen.status,
            groups: seen.groups,
            note: seen.note,
            ..ChannelRow::default()
        };
        channels.insert((gateway, row.id), (row, vec![]));
    }
    let every = ModelQuery { gateway, limit: EVERY_MODEL, ..ModelQuery::default() };
    for model in app.store.models(&every, clock::now()).await?.rows {
        let (row, uptimes) = channels.entry((model.gateway.clone(), model.channel)).or_default();
        (row.gateway, row.id) = (model.gateway, model.channel);
        if row.name.is_empty() {
            row.name = model.channel_name;
        }
        row.models += 1;
        row.withdrawn += u64::from(model.withdrawn.is_some());
        match model.light {
            Light::Up => row.up += 1,
            Light::Degraded => row.degraded += 1,
            Light::Down => row.down += 1,
            Light::Unknown => row.unknown += 1,
        }
        uptimes.extend(model.uptime_24h);
    }
    let holds = holds::all(&app.store).await?;
    let finished = channels.into_values().map(|(mut row, uptimes)| {
        row.uptime_24h = mean(&uptimes);
        row.hold = holds.iter().find_map(|hold| hold.stops(&row.gateway, row.id)).map(str::to_owned);
        row
    });
    Ok(finished.collect())
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mean(of: &[f64]) -> Option<f64> {
    (!of.is_empty()).then(|| of.iter().sum::<f64>() / of.len() as f64)
}
