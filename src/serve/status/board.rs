//! What the public page shows, made once a minute for everybody.
//!
//! Decides: one state and 90 days for each line of the configuration. Must not know: HTML, badges.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::config::StatusModel;
use crate::serve::App;
use crate::store::{Light, ModelQuery, SeriesPoint, StoreError, Window};

/// Days shown, today among them.
pub(super) const DAYS: usize = 90;
/// So long what was made is shown: whoever asks how often, our store is asked once in that time.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// Channels of one line that are looked at.
const CHANNELS: u32 = 500;
const DAY: i64 = 86_400;

/// The page's content, and `/status.json`.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// As the configuration names the page.
    pub(super) title: String,
    /// When this was made.
    pub(super) at: Timestamp,
    /// The worst state of any line; a line of which nothing is known counts as none.
    pub(super) state: Light,
    /// In the order of the configuration.
    pub(super) models: Vec<Line>,
}

/// One model.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// The name given in the configuration.
    pub(super) name: String,
    /// As it stands.
    pub(super) state: Light,
    /// In percent of what says anything.
    pub(super) uptime_7d: Option<f64>,
    /// The same of 30 days.
    pub(super) uptime_30d: Option<f64>,
    /// The same of 90 days.
    pub(super) uptime_90d: Option<f64>,
    /// A day each, the oldest first.
    pub(super) days: Vec<Day>,
}

/// One day (UTC).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Day {
    /// As `2026-11-21`.
    pub(super) day: String,
    /// In percent; none: nothing is known of it.
    pub(super) uptime: Option<f64>,
}

/// Keeps what was made last.
#[derive(Default)]
pub(super) struct Board(Mutex<Option<Arc<Shown>>>);

impl Board {
    /// What is shown now. Who comes while it is made waits for it, and makes nothing of their own.
    pub(super) async fn now(&self, app: &App, now: Timestamp) -> Result<Arc<Shown>, StoreError> {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now.duration_since(kept.at).abs() < FRESH) {
            return Ok(Arc::clone(kept));
        }
        let mut models = vec![];
        for line in &app.config.web.status.models {
            models.push(made(app, line, now).await?);
        }
        let state = models.iter().map(|line| line.state).filter(|state| *state != Light::Unknown).max();
        let title = app.config.web.status.title.clone();
        let shown = Arc::new(Shown { title, at: now, state: state.unwrap_or_default(), models });
        *kept = Some(Arc::clone(&shown));
        Ok(shown)
    }
}

async fn made(app: &App, line: &StatusModel, now: Timestamp) -> Result<Line, StoreError> {
    let query = ModelQuery {
        gateway: Some(line.gateway.clone()),
        name: Some(line.model.clone()),
        limit: CHANNELS,
        ..ModelQuery::default()
    };
    let mut rows = app.store.models(&query, now).await?.rows;
    rows.retain(|row| line.channels.is_empty() || line.channels.contains(&row.channel));
    // It is up while any channel has it up; the best one comes first in the order of lights.
    let state = rows.iter().map(|row| row.light).min().unwrap_or_default();
    let today = now.as_second().div_euclid(DAY);
    let first = today - DAYS.cast_signed() as i64 + 1;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let window = Window { from: midnight(first), until: midnight(today + 1), bucket_hours: 24 };
    // No ids would mean all of the gateway.
    let points = if ids.is_empty() { vec![] } else { app.store.series(&ids, None, window).await? };
    let points: HashMap<i64, SeriesPoint> =
        points.into_iter().map(|point| (point.at.as_second().div_euclid(DAY), point)).collect();
    let over = |days: i64| {
        let counted = (today - days + 1..=today).filter_map(|day| points.get(&day));
        let (up, known) = counted.fold((0, 0), |(up, known), day| (up + day.up, known + day.up + day.down));
        percent(up, known)
    };
    let day = |day: i64| Day {
        day: midnight(day).strftime("%Y-%m-%d").to_string(),
        uptime: points.get(&day).and_then(|point| percent(point.up, point.up + point.down)),
    };
    Ok(Line {
        name: line.name.clone(),
        state,
        uptime_7d: over(7),
        uptime_30d: over(30),
        uptime_90d: over(90),
        days: (first..=today).map(day).collect(),
    })
}

fn midnight(day: i64) -> Timestamp {
    Timestamp::from_second(day * DAY).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A share of `known`, cut to two places: what was down once is never 100.
fn percent(up: u64, known: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let share = |of: u64| of as f64 / 100.0;
    (known > 0).then(|| share(up.saturating_mul(10_000) / known))
}
