//! Which program this is.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Which program this is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// `channelwarden`.
    name: String,
    /// As `1.2.3`.
    version: String,
}

/// Which program this is.
#[utoipa::path(get, path = "/api/version", responses((status = 200, body = Version)))]
pub(super) async fn version() -> Json<Version> {
    Json(Version { name: "channelwarden".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}
