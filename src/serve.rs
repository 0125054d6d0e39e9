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

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::timeout::RequestBodyTimeoutLayer;

pub use self::acts::{Act, ActError, Acts, Done, DoneChannel, Ended, Order};
pub use self::api::{ALERTS, AlertRow};
pub use self::guard::{Guard, Rights};
pub use self::live::{Event, Live, Running};
pub use self::metrics::{ANSWER_BOUNDS_MS, Metrics, RoundFacts, WriteResult};
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
    /// The way to who may act.
    pub acts: Acts,
    /// Who may read, and who may ask for acts.
    pub guard: Guard,
    /// What happened since we started.
    pub metrics: Metrics,
    /// Set when the server stops: streams that would never end do.
    pub stop: CancellationToken,
}

impl App {
    /// What the handlers of this configuration use.
    ///
    /// # Errors
    /// A sentence on the key whose secret cannot be read.
    pub fn new(store: Store, config: Arc<Config>, live: Live, acts: Acts) -> Result<Self, String> {
        let guard = Guard::new(&config.web)?;
        Ok(Self { guard, ..Self::of_owner(store, config, live, acts) })
    }

    /// The same for who calls the router in this process with [`Rights::of_owner`]: no token is read.
    pub fn of_owner(store: Store, config: Arc<Config>, live: Live, acts: Acts) -> Self {
        let (guard, metrics, stop) = (Guard::of_owner(), Metrics::default(), CancellationToken::new());
        Self { store, config, live, acts, guard, metrics, stop }
    }
}

/// Everything that is served: what needs a right first, then what is open to everybody.
pub fn router(app: App) -> Router {
    let (guard, status) = (app.guard.clone(), status::routes(&app));
    let reads = guard.reads(api::reads().merge(metrics::routes()));
    let acts = guard.acts(api::acts());
    // Small answers gain nothing, and a stream must not wait for a block to fill.
    let worth_it = SizeAbove::new(1024).and(NotForContentType::SSE);
    api::surround(reads.merge(acts).merge(login::routes()))
        .merge(health::routes())
        .fallback(pages::file)
        .with_state(app)
        .merge(status)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(CompressionLayer::new().compress_when(worth_it))
        .layer(CatchPanicLayer::custom(api::of_panic))
        .layer(from_fn(headers::secure))
}

/// Serves until `app.stop` is set; what is being answered then is answered, for a few seconds.
pub async fn serve(listener: TcpListener, app: App) {
    let noticing = tokio::spawn(api::notice_others(app.store.clone(), app.live.clone(), app.stop.clone()));
    let stop = app.stop.clone();
    listen::serve(listener, router(app), stop.cancelled_owned()).await;
    noticing.abort();
}
