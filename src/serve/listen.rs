//! Connections: taken, bounded, ended.
//!
//! Decides: how many there may be, how long a request's head may take, and how long we wait for them at the end.
//! Must not know: what is served.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

/// Connections at once; more wait to be taken.
const CONNECTIONS: usize = 512;
/// From the first byte of a request, or from the end of the last one, until its head is there: whoever sends a byte a
/// minute keeps nothing of ours.
const HEAD: Duration = Duration::from_secs(20);
/// The longest head of a request, in bytes.
const HEAD_SIZE: usize = 32 * 1024;
/// So long what is being answered may take at the end.
const FAREWELL: Duration = Duration::from_secs(2);
/// After a failure to take a connection (too many open files).
const BREATH: Duration = Duration::from_millis(200);

/// Serves until `stop`; what is being answered then is answered, for a few seconds.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_SIZE);
    let (graceful, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = take(&listener, &room) => taken,
            Some(_) = connections.join_next() => continue,
            () = &mut stop => break,
        };
        let (stream, peer, place) = match taken {
            Ok(Some(taken)) => taken,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!("a connection cannot be taken: {error}");
                sleep(BREATH).await;
                continue;
            }
        };
        let router = router.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(axum::body::Body::new)
        });
        let service = TowerToHyperService::new(router);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // What goes wrong on one connection (a browser that left) is nobody's business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    // Those that last longer are dropped with the set.
    let _ = timeout(FAREWELL, graceful.shutdown()).await;
}

type Taken = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, as soon as there is room for one.
async fn take(listener: &TcpListener, room: &Arc<Semaphore>) -> std::io::Result<Option<Taken>> {
    // Closed is never: we do not close it.
    let Ok(place) = Arc::clone(room).acquire_owned().await else { return Ok(None) };
    match listener.accept().await {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Ok(Some((stream, peer, place)))
        }
        // They left before we came.
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
