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
mod metrics;
mod pages;
mod session;
mod status;

use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

pub use self::acts::{Act, ActError, Acts, Done, DoneChannel, Order};
pub use self::guard::Guard;
pub use self::live::{Event, Live, Running};
pub use self::metrics::{ANSWER_BOUNDS_MS, Metrics, RoundFacts, WriteResult};
use crate::config::Config;
use crate::store::Store;

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
    /// What happened since we started.
    pub metrics: Metrics,
}

impl App {
    /// What the handlers of this configuration use; nobody acts, and nothing goes on.
    ///
    /// # Errors
    /// A sentence on the key whose secret cannot be read.
    pub fn new(store: Store, config: Arc<Config>) -> Result<Self, String> {
        let guard = Guard::new(&config.web)?;
        Ok(Self { store, config, live: Live::default(), acts: None, guard, metrics: Metrics::default() })
    }
}

/// Everything that is served.
pub fn router(app: App) -> Router {
    let guard = app.guard.clone();
    let routes =
        OpenApiRouter::new().merge(guard.reads(api::reads().merge(metrics::routes()))).merge(guard.acts(api::acts()));
    let open = Router::new().merge(health::routes()).fallback(pages::file).with_state(app.clone());
    let open = open.merge(status::routes(&app)).layer(CompressionLayer::new());
    api::surround(routes.merge(login::routes()))
        .with_state(app)
        .merge(open)
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        // What panics outside the API, which tells of it in its own form.
        .layer(CatchPanicLayer::new())
        .layer(from_fn(headers::secure))
}

/// Serves until `stop`; what is being answered then is answered, for a moment.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) {
    let noticing = tokio::spawn(api::notice_others(app.store.clone(), app.live.clone(), stop.clone()));
    let router = router(app).layer(Extension(api::Stopping(stop.clone())));
    listen::serve(listener, router, stop.cancelled_owned()).await;
    noticing.abort();
}
