//! The channels of the gateways, each with its models' lights in sum.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::{self, Asked, PageOfGateway};
use super::error::ApiError;
use super::holds;
use super::list::Listed;
use crate::serve::App;
use crate::store::ChannelCounts;

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
    /// Uptime of its models together over 24 hours, in percent.
    uptime_24h: Option<f64>,
    /// Why nothing is written to it, if so.
    hold: Option<String>,
}

/// The channels, by gateway and id.
#[utoipa::path(get, path = "/api/channels", tag = "overview", params(PageOfGateway),
    responses((status = 200, body = [ChannelRow])))]
pub(super) async fn channels(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<PageOfGateway>,
) -> Result<Listed<ChannelRow>, ApiError> {
    ask::page(asked.limit, 1000, asked.offset)?;
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    let rows = rows(&app, gateway).await?;
    Ok(Listed::part(rows, &uri, asked.limit, asked.offset))
}

async fn rows(app: &App, gateway: Option<String>) -> Result<Vec<ChannelRow>, ApiError> {
    let mut channels: BTreeMap<(String, i64), ChannelRow> = BTreeMap::new();
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
        channels.insert((gateway, row.id), row);
    }
    for ChannelCounts { gateway, channel, name, counts } in app.store.channel_counts(gateway.as_deref()).await? {
        let row = channels.entry((gateway.clone(), channel)).or_insert_with(|| ChannelRow {
            gateway,
            id: channel,
            name,
            ..ChannelRow::default()
        });
        row.models = counts.total;
        row.up = counts.up;
        row.degraded = counts.degraded;
        row.down = counts.down;
        row.unknown = counts.unknown;
        row.withdrawn = counts.withdrawn;
        row.uptime_24h = counts.uptime_24h;
    }
    let mut rows: Vec<_> = channels.into_values().collect();
    let holds = holds::all(&app.store).await?;
    for row in &mut rows {
        row.hold = holds.iter().find_map(|hold| hold.stops(&row.gateway, row.id)).map(str::to_owned);
    }
    Ok(rows)
}
