//! What is served over HTTP: the REST API, the dashboard, metrics, the public status page.
//!
//! Decides: who may ask for what, and in which form it is answered.
//! Must not know: gateways, probes, the writer. It reads our store and hands orders on.

pub mod acts;
pub mod api;
mod guard;
mod headers;
mod health;
mod listen;
pub mod live;
mod login;
mod pages;
mod refusal;
mod session;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

pub use self::acts::{Act, ActError, Acts, Done, DoneChannel, Order};
pub use self::guard::{Guard, Rights};
pub use self::live::{Event, Live, Running};
use self::refusal::Refusal;
use crate::config::Config;
use crate::store::Store;

/// The longest body of a request, in bytes.
const BODY: usize = 64 * 1024;
/// The longest pause in a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(10);

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
    /// Who may read, and who may act.
    pub guard: Guard,
}

impl App {
    /// What the handlers of this configuration use.
    ///
    /// # Errors
    /// A sentence on the key whose secret cannot be read.
    pub fn new(store: Store, config: Arc<Config>, live: Live, acts: Option<Acts>) -> Result<Self, String> {
        let guard = Guard::new(&config.web)?;
        Ok(Self { store, config, live, acts, guard })
    }
}

/// Everything that is served.
pub fn router(app: App) -> Router {
    let guard = app.guard.clone();
    let routes = OpenApiRouter::new().merge(guard.reads(api::routes())).merge(login::routes());
    let (routes, _openapi) = routes.split_for_parts();
    routes
        .merge(health::routes())
        .fallback(pages::file)
        .with_state(app)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers::secure))
}

/// A mistake of ours in one handler is one answer, and ends nothing.
#[expect(clippy::needless_pass_by_value, reason = "the form that the layer asks for")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!("an answer failed: {}", said.unwrap_or("no words"));
    Refusal::internal().into_response()
}

/// Serves until `stop`; what is being answered then is answered, for a few seconds.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) {
    listen::serve(listener, router(app), stop.cancelled_owned()).await;
}
