//! The REST API.
//!
//! Decides: paths, forms, codes of errors. Must not know: how anything is kept or done.

mod version;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Every path below `/api`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(version::version))
}
