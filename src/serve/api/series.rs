//! Sums over time: of one model, of a gateway, of everything.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::ask::{self, Asked, Named};
use super::error::ApiError;
use super::models::{ModelId, named};
use crate::clock;
use crate::serve::App;
use crate::store::{SeriesPoint, Window};

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub(super) enum Back {
    /// A day.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// A week.
    #[serde(rename = "7d")]
    Week,
    /// Thirty days.
    #[serde(rename = "30d")]
    Month,
    /// Ninety days.
    #[serde(rename = "90d")]
    Quarter,
}

/// How long each bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub(super) enum Bucket {
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
    /// Six hours, from midnight UTC on.
    #[serde(rename = "6h")]
    Six,
    /// A UTC day.
    #[serde(rename = "1d")]
    Day,
}

/// The window that ends with the bucket of `now`: `back` divided by `bucket` buckets, each beginning where it does in
/// UTC, so that an answer only changes when something was seen.
fn window(back: Back, bucket: Option<Bucket>, now: Timestamp) -> Window {
    let (hours, usual) = match back {
        Back::Day => (24, Bucket::Hour),
        Back::Week => (7 * 24, Bucket::Six),
        Back::Month => (30 * 24, Bucket::Day),
        Back::Quarter => (90 * 24, Bucket::Day),
    };
    let bucket_hours = match bucket.unwrap_or(usual) {
        Bucket::Hour => 1,
        Bucket::Six => 6,
        Bucket::Day => 24,
    };
    let length = i64::from(bucket_hours) * 3600;
    let until = Timestamp::from_second((now.as_second().div_euclid(length) + 1) * length).unwrap_or(Timestamp::MAX);
    let from = until.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    Window { from, until, bucket_hours }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelSeriesQuery {
    /// How far back.
    #[serde(default)]
    #[param(inline)]
    window: Back,
    /// How long each bucket is; left out: an hour of a day, six of a week, else a day.
    #[serde(default)]
    #[param(inline, value_type = Bucket, required = false)]
    bucket: Option<Bucket>,
}

/// What was seen of a model over time, the oldest first; a bucket without observations is not there. By name, of all of
/// that name together.
#[utoipa::path(get, path = "/api/models/{id}/series", tag = "models", params(ModelId, ModelSeriesQuery),
    responses((status = 200, body = [SeriesPoint])))]
pub(super) async fn model_series(
    State(app): State<App>,
    Named(id): Named<String>,
    Asked(asked): Asked<ModelSeriesQuery>,
) -> Result<Json<Vec<SeriesPoint>>, ApiError> {
    let ids: Vec<_> = named(&app, &id).await?.iter().map(|row| row.id).collect();
    let window = window(asked.window, asked.bucket, clock::now());
    Ok(Json(app.store.series(&ids, None, window).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SeriesQuery {
    /// Of this gateway only.
    #[serde(default)]
    #[param(max_length = 500)]
    gateway: String,
    /// How far back.
    #[serde(default)]
    #[param(inline)]
    window: Back,
    /// How long each bucket is; left out: an hour of a day, six of a week, else a day.
    #[serde(default)]
    #[param(inline, value_type = Bucket, required = false)]
    bucket: Option<Bucket>,
}

/// What was seen of all models together over time, the oldest first.
#[utoipa::path(get, path = "/api/series", tag = "overview", params(SeriesQuery),
    responses((status = 200, body = [SeriesPoint])))]
pub(super) async fn series(
    State(app): State<App>,
    Asked(asked): Asked<SeriesQuery>,
) -> Result<Json<Vec<SeriesPoint>>, ApiError> {
    let gateway = ask::gateway(&app.config, asked.gateway)?;
    let window = window(asked.window, asked.bucket, clock::now());
    Ok(Json(app.store.series(&[], gateway.as_deref(), window).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_ends_with_the_bucket_of_now_and_begins_in_utc() {
        let now = at("2026-11-21T14:30:00Z");
        for (back, bucket, from, until, hours) in [
            (Back::Day, None, "2026-11-20T15:00:00Z", "2026-11-21T15:00:00Z", 1),
            (Back::Week, None, "2026-11-14T18:00:00Z", "2026-11-21T18:00:00Z", 6),
            (Back::Month, None, "2026-10-23T00:00:00Z", "2026-11-22T00:00:00Z", 24),
            (Back::Quarter, Some(Bucket::Six), "2026-08-23T18:00:00Z", "2026-11-21T18:00:00Z", 6),
        ] {
            let wanted = Window { from: at(from), until: at(until), bucket_hours: hours };
            assert_eq!(window(back, bucket, now), wanted, "{back:?}");
        }
        let midnight = at("2026-11-21T00:00:00Z");
        assert_eq!(
            window(Back::Day, Some(Bucket::Day), midnight).from,
            midnight,
            "a day that just began is the window"
        );
    }
}
