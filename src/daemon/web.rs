//! The server beside the loop: what it may use, and what happens when its port is taken.
//!
//! Decides: that a dashboard that cannot be served stops no round. Must not know: what is served.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{BACK_OFF, Desk};
use crate::model::{ChannelRef, Outcome};
use crate::round::Progress;
use crate::serve::{self, Acts, App, Live, Metrics};

/// Starts the server among `serving`, until `over` is set; what is asked for there goes the way of `acts`.
pub(super) fn start(desk: &Desk, metrics: &Metrics, acts: Acts, over: CancellationToken, serving: &TaskTracker) {
    let at = match desk.config.web.address() {
        Ok(Some(at)) => at,
        Ok(None) => return,
        Err(why) => return tracing::error!("there is no dashboard: web.listen: {why}"),
    };
    let config = Arc::new(desk.config.clone());
    match App::new(desk.store.clone(), config, desk.live.clone(), acts) {
        Ok(app) => {
            let app = App { metrics: metrics.clone(), stop: over, ..app };
            serving.spawn(serve(app, at));
        }
        Err(why) => tracing::error!("there is no dashboard: {why}"),
    }
}

/// Serves until `app.stop` is set. A port that is taken is tried again: the gateways are looked after all the same.
async fn serve(app: App, at: SocketAddr) {
    loop {
        match TcpListener::bind(at).await {
            Ok(listener) => {
                let at = listener.local_addr().unwrap_or(at);
                tracing::info!("the dashboard is at http://{at}");
                return serve::serve(listener, app).await;
            }
            Err(error) => tracing::error!(
                "the dashboard cannot listen at {at}: {error}; free it, or name another in web.listen (tried again every \
                 {} s; the rounds go on)",
                BACK_OFF.as_secs()
            ),
        }
        tokio::select! {
            () = sleep(BACK_OFF) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

/// Tells those who look how far a round is.
pub(super) struct Teller {
    pub(super) live: Live,
    pub(super) gateway: Arc<str>,
}

impl Progress for Teller {
    fn expect(&self, probes: usize) {
        self.live.moved(&self.gateway, probes, 0);
    }

    fn probed(&self, _channel: &ChannelRef, _outcome: Outcome) {
        self.live.moved(&self.gateway, 0, 1);
    }
}
