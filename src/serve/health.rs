//! `/healthz` and `/readyz`: open to everybody, for whoever restarts and routes. Never a probe.
//!
//! Decides: when we call ourselves ready. Must not know: gateways; it asks our own store.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Serialize;

use super::App;
use crate::clock;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// What is wrong, a sentence each.
    reasons: Vec<String>,
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let status = if self.reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, [(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

/// The process answers.
async fn healthz() -> Health {
    Health { status: "ok", reasons: vec![] }
}

/// Our own store answers, and every gateway had a good round not long ago.
async fn readyz(State(app): State<App>) -> Health {
    let reasons = stale(&app, clock::now()).await;
    Health { status: if reasons.is_empty() { "ok" } else { "not ready" }, reasons }
}

async fn stale(app: &App, now: Timestamp) -> Vec<String> {
    let mut reasons = vec![];
    let patience = i64::try_from(app.config.stale_after().as_secs()).unwrap_or(i64::MAX);
    for gateway in app.config.gateways.keys() {
        match app.store.last_rounds(gateway).await.map(|rounds| rounds.good) {
            Ok(Some(last)) => {
                let age = now.duration_since(last).as_secs();
                if age > patience {
                    reasons.push(format!("{gateway}: last good round {} ago", in_words(age)));
                }
            }
            Ok(None) => reasons.push(format!("{gateway}: no good round yet")),
            Err(error) => {
                tracing::error!("{error}");
                return vec!["our own store does not answer".to_owned()];
            }
        }
    }
    reasons
}

/// An age in its largest unit.
fn in_words(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} d", seconds / 86_400),
    }
}
