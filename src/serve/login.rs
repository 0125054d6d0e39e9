//! `/api/session`, `/api/login`, `/api/logout`: a person's way from a token to a session.
//!
//! Decides: how often somebody may try, and what the cookie looks like. Must not know: what rights are for.

mod attempts;

use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::attempts::Attempts;
use super::App;
use super::api::{ApiError, Code, ErrorBody};
use super::guard::{COOKIE, Guard, Rights, cookies};
use super::session::{SessionId, WHOLE};
use crate::clock;

/// What whoever asks may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the API's form: one answer to each of a page's questions")]
pub(super) struct SessionState {
    /// Look at everything.
    may_read: bool,
    /// Scan, approve, reject, undo, hold.
    may_act: bool,
    /// Reading needs a token here.
    needs_token: bool,
    /// There is a token to act with; without one nobody acts over HTTP.
    acts_with_token: bool,
    /// To be sent as `X-CSRF-Token` with each mutation; `null` where nobody is logged in.
    csrf: Option<String>,
}

/// A token to log in with.
#[derive(Deserialize, ToSchema)]
pub(super) struct Login {
    /// `web.read_token` or `web.act_token`.
    #[schema(format = Password)]
    token: String,
}

/// Open to everybody: they say and give who may what.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(session)).routes(routes!(login)).routes(routes!(logout))
}

/// What whoever asks may do, and the text to send with each mutation.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = SessionState)))]
async fn session(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    // Whoever sends a wrong token is told what is open without one.
    let rights = app.guard.rights(&without_token(headers), clock::now())?;
    Ok(told(&app.guard, &rights, None))
}

/// Begins a session.
#[utoipa::path(post, path = "/api/login", tag = "session", request_body = Login, responses(
    (status = 200, body = SessionState), (status = 429, body = ErrorBody, description = "Too many attempts: `rate_limited`."),
))]
async fn login(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, ApiError> {
    let guard = &app.guard;
    let now = clock::now();
    guard.require_own_page(&headers, None)?;
    let before = guard.rights(&without_token(headers), now)?;
    if !guard.reading_needs_a_token() && !guard.acting_is_possible() {
        let hint = "reading is open here; set web.act_token in the configuration to act";
        return Err(ApiError::new(Code::Forbidden, "there is no token to log in with", hint));
    }
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer.ip());
    guard.0.attempts.one_more(peer)?;
    let Json(Login { token }) = body.map_err(|_| {
        ApiError::new(Code::BadRequest, "no token in it", "send {\"token\": \"…\"} as application/json")
    })?;
    let Some(right) = guard.right_of(token.trim()) else {
        tracing::warn!(?peer, "a login with a wrong token");
        let hint = "web.read_token reads, web.act_token reads and acts";
        return Err(ApiError::new(Code::Unauthorized, "this token is wrong", hint));
    };
    if let Some(old) = &before.session {
        guard.0.sessions.end(old);
    }
    let id = guard.0.sessions.begin(right, now).map_err(|error| ApiError::internal(&error))?;
    let cookie = cookie(guard, id.expose(), WHOLE.as_secs());
    Ok(told(guard, &Rights::of(right, Some(id)), Some(cookie)))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/logout", tag = "session", responses((status = 200, body = SessionState)))]
async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let guard = &app.guard;
    let headers = without_token(headers);
    let rights = guard.rights(&headers, clock::now())?;
    guard.require_own_page(&headers, rights.session.as_ref())?;
    if let Some(id) = &rights.session {
        guard.0.sessions.end(id);
    }
    let rights = Rights { may_read: !guard.reading_needs_a_token(), may_act: false, session: None };
    // Also a cookie whose session ended long ago goes.
    let gone = cookies(&headers).next().map(|_| cookie(guard, "", 0));
    Ok(told(guard, &rights, gone))
}

fn without_token(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(header::AUTHORIZATION);
    headers
}

fn told(guard: &Guard, rights: &Rights, cookie: Option<HeaderValue>) -> Response {
    let state = SessionState {
        may_read: rights.may_read,
        may_act: rights.may_act,
        needs_token: guard.reading_needs_a_token(),
        acts_with_token: guard.acting_is_possible(),
        csrf: rights.session.as_ref().map(SessionId::csrf),
    };
    let mut answer = ([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response();
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// A cookie that no script reads and no other site sends.
fn cookie(guard: &Guard, id: &str, seconds: i64) -> HeaderValue {
    let secure = if guard.0.secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
