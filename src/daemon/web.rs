//! The server beside the loop: what it may use, and what happens when its port is taken.
//!
//! Decides: that a dashboard that cannot be served stops no round. Must not know: what is served.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::BACK_OFF;
use crate::model::{ChannelRef, Outcome};
use crate::round::Progress;
use crate::serve::{self, App, Live};

/// Serves until one of the tokens is set. A port that is taken is tried again: the gateways are looked after all the
/// same.
pub(super) async fn serve(listen: String, app: App, stop: CancellationToken, retire: CancellationToken) {
    let over = CancellationToken::new();
    let served = async {
        loop {
            match TcpListener::bind(&listen).await {
                Ok(listener) => {
                    tracing::info!(
                        "the dashboard is at http://{}",
                        listener.local_addr().map_or(listen.clone(), |at| at.to_string())
                    );
                    if let Err(error) = serve::serve(listener, app.clone(), over.clone()).await {
                        tracing::error!("the dashboard: {error}");
                    }
                    if over.is_cancelled() {
                        return;
                    }
                }
                Err(error) => tracing::error!("the dashboard cannot listen at {listen}: {error}; see web.listen"),
            }
            sleep(BACK_OFF).await;
        }
    };
    let ended = async {
        tokio::select! {
            () = stop.cancelled() => {}
            () = retire.cancelled() => {}
        }
    };
    tokio::pin!(served);
    tokio::select! {
        () = &mut served => return,
        () = ended => over.cancel(),
    }
    // What is being answered is answered, unless it takes long.
    let _ = tokio::time::timeout(GRACE, served).await;
}

/// So long may an answer under way take when we stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

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
