//! The server beside the loop: what it may use, and what happens when its port is taken.
//!
//! Decides: that a dashboard that cannot be served stops no round. Must not know: what is served.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{BACK_OFF, Desk};
use crate::model::{ChannelRef, Outcome};
use crate::round::Progress;
use crate::serve::{self, Acts, App, Live, Metrics};

/// Starts the server, and the desk that does what is asked for there.
pub(super) fn start(desk: Desk, metrics: &Metrics, watches: &TaskTracker) {
    let (acts, orders) = Acts::new();
    let config = Arc::new(desk.config.clone());
    let (stop, retire) = (desk.stop.clone(), desk.retire.clone());
    match App::new(desk.store.clone(), config, desk.live.clone(), Some(acts)) {
        Ok(app) => {
            let app = App { metrics: metrics.clone(), ..app };
            watches.spawn(desk.attend(orders));
            watches.spawn(serve(app, stop, retire));
        }
        Err(why) => tracing::error!("there is no dashboard: {why}"),
    }
}

/// Serves until one of the tokens is set. A port that is taken is tried again: the gateways are looked after all the
/// same.
async fn serve(app: App, stop: CancellationToken, retire: CancellationToken) {
    let listen = app.config.web.listen.clone();
    let over = CancellationToken::new();
    let served = async {
        while !over.is_cancelled() {
            match TcpListener::bind(&listen).await {
                Ok(listener) => {
                    let at = listener.local_addr().map_or_else(|_| listen.clone(), |at| at.to_string());
                    tracing::info!("the dashboard is at http://{at}");
                    return serve::serve(listener, app.clone(), over.clone()).await;
                }
                Err(error) => tracing::error!("the dashboard cannot listen at {listen}: {error}; see web.listen"),
            }
            tokio::select! {
                () = sleep(BACK_OFF) => {}
                () = over.cancelled() => {}
            }
        }
    };
    let ended = async {
        tokio::select! {
            () = stop.cancelled() => {}
            () = retire.cancelled() => {}
        }
        over.cancel();
    };
    tokio::join!(served, ended);
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
