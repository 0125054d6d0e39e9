//! How things stand at the moment of a scrape, read from our own store.
//!
//! Decides: which figures. Must not know: what happened before; that is counted as it happens.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Labels, litellm};
use crate::serve::App;
use crate::serve::api::{ALERTS, AlertRow, ApiError};
use crate::store::{HoldScope, PostCounts, StoreError};

/// Everything, everywhere: what is spent in all stands under this scope.
const IN_ALL: &str = "";

pub(super) async fn registry(app: &App, now: Timestamp) -> Result<Registry, ApiError> {
    let mut registry = Registry::default();
    let all = registry.sub_registry_with_prefix("channelwarden");
    gateways(app, all).await?;
    working(app, all).await?;
    holds(app, all).await?;
    budget(app, all, now).await?;
    messages(app, all).await?;
    litellm::stand(app, all, now).await?;
    Ok(registry)
}

async fn gateways(app: &App, all: &mut Registry) -> Result<(), StoreError> {
    let (open, planned, held): (Family<Labels, Gauge>, Family<Labels, Gauge>, Family<Labels, Gauge>) =
        Default::default();
    let last: Family<Labels, Gauge<f64, AtomicU64>> = Family::default();
    for name in app.config.gateways.keys() {
        let gateway = || ("gateway", name.clone());
        let unsettled = app.store.open_intents_count(name).await?;
        open.get_or_create(&vec![gateway()]).set(unsettled.cast_signed());
        if let Some(good) = app.store.last_rounds(name).await?.good {
            let labels = vec![gateway(), ("stage", "round".to_owned())];
            last.get_or_create(&labels).set(good.as_duration().as_secs_f64());
        }
        let wanted = app.store.wanted(name).await?;
        for (kind, models) in [("removed", wanted.removed), ("added", wanted.added), ("restored", wanted.restored)] {
            planned.get_or_create(&vec![gateway(), ("kind", kind.to_owned())]).set(models.cast_signed());
        }
        for (guard, models) in wanted.by_guard {
            held.get_or_create(&vec![gateway(), ("guard", guard)]).set(models.cast_signed());
        }
    }
    all.register("journal_open_intents", "Writes begun of which the end is not known", open);
    let about = "When a round last ended without an error and with our own network up";
    all.register_with_unit("last_success_timestamp", about, Unit::Seconds, last);
    all.register("plan_changes", "Models that the latest plans change and that are not written yet", planned);
    all.register("plan_held", "Models that guards hold back from the latest plans", held);
    Ok(())
}

async fn working(app: &App, all: &mut Registry) -> Result<(), StoreError> {
    let (working, listed): (Family<Labels, Gauge>, Family<Labels, Gauge>) = Default::default();
    for channel in app.store.channel_counts(None).await? {
        let labels = vec![
            ("gateway", channel.gateway),
            ("channel", channel.channel.to_string()),
            ("channel_name", channel.name),
        ];
        working.get_or_create(&labels).set(channel.counts.up.cast_signed());
        listed.get_or_create(&labels).set(channel.counts.total.saturating_sub(channel.counts.withdrawn).cast_signed());
    }
    all.register("model_working", "Models of a channel that worked when they were last looked at", working);
    all.register("model_listed", "Models on a channel's list", listed);
    Ok(())
}

async fn holds(app: &App, all: &mut Registry) -> Result<(), ApiError> {
    let counts: Family<Labels, Gauge> = Family::default();
    let of = |scope: &str| vec![("scope", scope.to_owned())];
    for scope in ["everything", "gateway", "channel", "model"] {
        counts.get_or_create(&of(scope)).set(0);
    }
    for hold in app.store.holds().await? {
        let scope = match hold.scope {
            HoldScope { model: Some(_), .. } => "model",
            HoldScope { channel: Some(_), .. } => "channel",
            HoldScope { gateway: Some(_), .. } => "gateway",
            HoldScope { gateway: None, channel: None, model: None } => "everything",
        };
        counts.get_or_create(&of(scope)).inc();
    }
    // A file that cannot be looked for stops writes as one that is there.
    if tokio::fs::try_exists(app.store.hold_file()).await.unwrap_or(true) {
        counts.get_or_create(&of("everything")).inc();
    }
    all.register("hold", "Holds in force by what they stop", counts);
    Ok(())
}

async fn budget(app: &App, all: &mut Registry, now: Timestamp) -> Result<(), StoreError> {
    let left: Family<Labels, Gauge<f64, AtomicU64>> = Family::default();
    let spent = app.store.spent_in(now.to_zoned(TimeZone::UTC).date(), IN_ALL).await?;
    let limits = &app.config.budget;
    for (of, spent, limit) in [("requests", spent.requests, limits.requests), ("tokens", spent.tokens, limits.tokens)] {
        // 0 is no limit: then all is left, always.
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = if limit == 0 { 1.0 } else { limit.saturating_sub(spent) as f64 / limit as f64 };
        left.get_or_create(&vec![("of", of.to_owned())]).set(share);
    }
    all.register("probe_budget_remaining_ratio", "The share of today's budget for probes that is left (UTC)", left);
    Ok(())
}

async fn messages(app: &App, all: &mut Registry) -> Result<(), StoreError> {
    let posts: Family<Labels, Gauge> = Family::default();
    let mut counts: BTreeMap<String, PostCounts> = app.store.post_counts().await?.into_iter().collect();
    for name in app.config.notify.receivers.keys() {
        counts.entry(name.clone()).or_default();
    }
    for (receiver, counts) in counts {
        for (state, count) in [("waiting", counts.waiting), ("dead", counts.dead)] {
            let labels = vec![("receiver", receiver.clone()), ("state", state.to_owned())];
            posts.get_or_create(&labels).set(count.cast_signed());
        }
    }
    all.register("notify_outbox", "Messages to a receiver that are on their way, or were given up", posts);
    let alerts: Family<Labels, Gauge> = Family::default();
    for severity in ["info", "warning", "critical"] {
        alerts.get_or_create(&vec![("severity", severity.to_owned())]).set(0);
    }
    for row in app.store.snapshot::<Vec<AlertRow>>(ALERTS).await?.unwrap_or_default() {
        alerts.get_or_create(&vec![("severity", row.severity)]).inc();
    }
    all.register("alerts", "Things that are wrong, as the alerts last saw them", alerts);
    Ok(())
}
