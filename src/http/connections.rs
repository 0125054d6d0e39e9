//! Which connections were there before a request.
//!
//! Decides: whether a request had to open one, or to wait until one was open: then DNS, TCP and TLS stand in its times.
//! Must not know: what travels on them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::Response;
use tokio::time::Instant;

/// A pair of addresses seen longer ago is another connection: no idle one is kept as long.
const REMEMBERED: Duration = Duration::from_mins(5);
/// More than these are tidied away.
const AT_MOST: usize = 1024;

/// The connections that carried an answer lately, by both their addresses.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<(SocketAddr, SocketAddr), Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    first: Instant,
    last: Instant,
}

impl Connections {
    /// Whether the connection of `response` was not there yet when its request was `sent`.
    pub(super) fn is_new(&self, response: &Response, sent: Instant) -> bool {
        let info = response.extensions().get::<HttpInfo>();
        info.is_some_and(|info| self.note((info.local_addr(), info.remote_addr()), sent, Instant::now()))
    }

    fn note(&self, ends: (SocketAddr, SocketAddr), sent: Instant, now: Instant) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= AT_MOST && !known.contains_key(&ends) {
            known.retain(|_, seen| now.duration_since(seen.last) < REMEMBERED);
            // All of them busy: what is forgotten is only taken for new once more.
            if known.len() >= AT_MOST {
                known.clear();
            }
        }
        let seen = known.entry(ends).or_insert(Known { first: now, last: now });
        if now.duration_since(seen.last) >= REMEMBERED {
            seen.first = now;
        }
        seen.last = now;
        seen.first >= sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(port: u16) -> (SocketAddr, SocketAddr) {
        (SocketAddr::from(([127, 0, 0, 1], port)), SocketAddr::from(([127, 0, 0, 1], 443)))
    }

    #[test]
    fn a_connection_is_new_to_those_who_waited_for_it() {
        let connections = Connections::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert!(connections.note(ends(1), at(0), at(50)));
        // Sent while the connection was being opened; then one that found it there.
        assert!(connections.note(ends(1), at(10), at(60)));
        assert!(!connections.note(ends(1), at(70), at(80)));
        assert!(connections.note(ends(2), at(70), at(80)));
        // The same ports, long after.
        let later = at(80) + REMEMBERED;
        assert!(connections.note(ends(1), later - Duration::from_millis(5), later));
    }

    #[test]
    fn the_memory_is_bounded() {
        let connections = Connections::default();
        let now = Instant::now();
        for port in 0..=u16::MAX {
            connections.note(ends(port), now, now);
        }
        assert!(connections.0.lock().unwrap().len() <= AT_MOST);
    }
}
