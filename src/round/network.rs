//! Whether our own network answers: if not, nobody's silence means anything.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::NetworkConfig;

/// Why our own network is not to be trusted, if so. Any HTTP answer in the round proves it, unless the operator named
/// addresses to check.
pub(super) async fn trouble(config: &NetworkConfig, answered: bool) -> Option<String> {
    if config.check.is_empty() {
        return (!answered).then(|| "no upstream answered anything: our own network may be down".to_owned());
    }
    let reach = |address: String| async move {
        timeout(Duration::from_secs(5), TcpStream::connect(address)).await.is_ok_and(|socket| socket.is_ok())
    };
    let mut answers: FuturesUnordered<_> = config.check.iter().cloned().map(reach).collect();
    while let Some(reached) = answers.next().await {
        if reached {
            return None;
        }
    }
    Some(format!(
        "none of network.check ({}) accepts a connection: our own network may be down",
        config.check.join(", ")
    ))
}
