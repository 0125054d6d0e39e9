//! The public status page, its JSON and badges: open to everybody, whatever the rights of others.
//!
//! Decides: that nothing is there but the lines of `web.status`, under the names given there: no channel, key, address,
//! group, nor any text of an upstream. Must not know: who asks.

mod badge;
mod board;
mod page;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use self::board::Board;
use super::App;
use super::api::{ApiError, Code};
use crate::clock;

/// What everybody's browser may keep, and for how long.
const CACHING: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=60");
/// Others may show it in their pages.
const SHOWN_ELSEWHERE: (&str, &str) = ("cross-origin-resource-policy", "cross-origin");

#[derive(Clone)]
struct Public {
    app: App,
    board: Arc<Board>,
}

/// Nothing at all where the page is off.
pub(super) fn routes(app: &App) -> Router {
    if !app.config.web.status.enabled {
        return Router::new();
    }
    Router::new()
        .route("/status", get(page))
        .route("/status.json", get(json))
        .route("/status.css", get(style))
        .route("/badge/{name}", get(badge))
        .with_state(Public { app: app.clone(), board: Arc::default() })
}

async fn page(State(public): State<Public>, headers: HeaderMap) -> Result<Response, ApiError> {
    let shown = public.board.now(&public.app, clock::now()).await?;
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let words = page::Words::of(accepted);
    let text = page::page(&public.app.config.web.status.title, &shown, words).into_string();
    Ok(([CACHING, (header::VARY, "accept-language")], Html(text)).into_response())
}

async fn json(State(public): State<Public>) -> Result<Response, ApiError> {
    let shown = public.board.now(&public.app, clock::now()).await?;
    Ok(([CACHING], [SHOWN_ELSEWHERE], Json(&*shown)).into_response())
}

async fn style() -> Response {
    ([CACHING, (header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("status/page.css")).into_response()
}

/// What a badge shows.
#[derive(Deserialize)]
struct Wanted {
    /// Left out: the state. `7d`, `30d` or `90d`: uptime over so many days.
    uptime: Option<String>,
}

async fn badge(
    State(public): State<Public>,
    Path(file): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let none = || ApiError::new(Code::NotFound, "there is no such badge", "/status.json lists the names; add .svg");
    let name = file.strip_suffix(".svg").ok_or_else(none)?;
    let shown = public.board.now(&public.app, clock::now()).await?;
    let line = shown.models.iter().find(|line| line.name == name).ok_or_else(none)?;
    let svg = match wanted.uptime.as_deref() {
        None => badge::state(&line.name, line.state),
        Some("7d") => badge::uptime(&line.name, "7d", line.uptime_7d),
        Some("30d") => badge::uptime(&line.name, "30d", line.uptime_30d),
        Some("90d") => badge::uptime(&line.name, "90d", line.uptime_90d),
        Some(_) => {
            return Err(ApiError::new(Code::BadRequest, "`uptime` is 7d, 30d or 90d", "left out, the state is shown"));
        }
    };
    let kind = (header::CONTENT_TYPE, "image/svg+xml");
    Ok((StatusCode::OK, [CACHING, kind], [SHOWN_ELSEWHERE], svg.into_string()).into_response())
}
