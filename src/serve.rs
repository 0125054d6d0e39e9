//! What is served over HTTP: the REST API, the dashboard, metrics, the public status page.
//!
//! Decides: who may ask for what, and in which form it is answered.
//! Must not know: gateways, probes, the writer. It reads our store and hands orders on.

pub mod acts;
pub mod api;
pub mod live;

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

pub use self::acts::{Act, ActError, Acts, Done, DoneChannel, Order};
pub use self::live::{Event, Live, Running};
use crate::config::Config;
use crate::store::Store;

/// What every handler may use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// Our own store.
    pub store: Store,
    /// The configuration.
    pub config: Arc<Config>,
    /// What goes on just now.
    pub live: Live,
    /// Who may act; `None`: nobody does in this process (`serve` beside a loop).
    pub acts: Option<Acts>,
}

/// Everything that is served.
pub fn router(app: App) -> Router {
    let routes = OpenApiRouter::new().merge(api::reads()).merge(api::acts());
    api::surround(routes).with_state(app)
}

/// Serves until `stop`.
///
/// # Errors
/// What the socket said.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> std::io::Result<()> {
    let noticing = tokio::spawn(api::notice_others(app.store.clone(), app.live.clone(), stop.clone()));
    let router = router(app).layer(axum::Extension(api::Stopping(stop.clone())));
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    noticing.abort();
    served
}
