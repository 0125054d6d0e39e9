//! Which program this is.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The version, as `1.2.3`.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which program this is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// `channelwarden`.
    name: String,
    /// As `1.2.3`.
    version: String,
}

/// Which program this is.
#[utoipa::path(get, path = "/api/version", tag = "overview", responses((status = 200, body = Version)))]
pub(super) async fn version() -> Json<Version> {
    Json(Version { name: "channelwarden".to_owned(), version: VERSION.to_owned() })
}
