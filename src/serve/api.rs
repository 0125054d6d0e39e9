//! The REST API: two routers, one for who may read and one for who may act, and what surrounds both.
//!
//! Decides: paths, forms, codes of errors. Must not know: how anything is kept or done, and who may.
#![allow(unused_qualifications, reason = "utoipa's macros write whole paths")]

mod acts;
mod alerts;
mod ask;
mod budget;
mod changes;
mod channels;
mod document;
mod error;
mod etag;
mod events;
mod free;
mod gateways;
mod grid;
mod holds;
mod list;
mod litellm;
mod models;
mod outbox;
mod plan;
mod rounds;
mod series;
mod status;
mod summary;
mod transitions;
mod version;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::alerts::{ALERTS, AlertRow};
pub use self::document::Document;
pub(super) use self::error::of_panic;
pub use self::error::{ApiError, Code, ErrorBody, Told};
pub(super) use self::events::notice_others;
pub(super) use self::litellm::DeploymentState;
use super::App;

/// Every path that only reads.
pub fn reads() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(summary::summary))
        .routes(routes!(gateways::gateways))
        .routes(routes!(channels::channels))
        .routes(routes!(models::models))
        .routes(routes!(models::withdrawn))
        .routes(routes!(models::model))
        .routes(routes!(models::history))
        .routes(routes!(series::model_series))
        .routes(routes!(series::series))
        .routes(routes!(transitions::model_transitions))
        .routes(routes!(transitions::transitions))
        .routes(routes!(rounds::rounds))
        .routes(routes!(status::status))
        .routes(routes!(grid::grid))
        .routes(routes!(changes::changes))
        .routes(routes!(changes::change))
        .routes(routes!(plan::plan))
        .routes(routes!(holds::holds))
        .routes(routes!(alerts::alerts))
        .routes(routes!(outbox::outbox))
        .routes(routes!(litellm::models))
        .routes(routes!(litellm::incidents))
        .routes(routes!(litellm::latest))
        .routes(routes!(free::free))
        .routes(routes!(budget::budget))
        .routes(routes!(version::version))
        .routes(routes!(events::events))
        .routes(routes!(document::json))
        .routes(routes!(document::page))
        .route("/api/style.css", axum::routing::get(document::style))
}

/// Every path that does something.
pub fn acts() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(acts::scan))
        .routes(routes!(acts::apply))
        .routes(routes!(acts::approve))
        .routes(routes!(acts::reject))
        .routes(routes!(acts::undo))
        .routes(routes!(acts::hold))
        .routes(routes!(acts::release))
        .routes(routes!(outbox::retry))
        .routes(routes!(litellm::check))
}

/// What all of it has in common: the description of the whole, errors of one form, marks.
pub fn surround(routes: OpenApiRouter<App>) -> Router<App> {
    let (routes, openapi) = routes.split_for_parts();
    let document = Document::new(&openapi);
    routes
        .route("/api/", any(nowhere))
        .route("/api/{*rest}", any(nowhere))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::Extension(document))
        .layer(middleware::from_fn(etag::mark))
}

async fn nowhere() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such path", "GET /api lists them all")
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("{method} is nothing that {} knows", uri.path());
    ApiError::new(Code::BadRequest, message, "the header `Allow` says what it knows")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}
