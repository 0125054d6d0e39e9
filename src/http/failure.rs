//! Why no complete answer came.
//!
//! Decides: what sort of failure a reqwest error is, and its words without URL and key. Must not know: what a failure
//! says of a model.

use std::error::Error as _;
use std::time::Duration;
use std::{fmt, io};

/// No complete answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {why}")]
pub struct Transport {
    /// The sort of failure.
    pub kind: TransportKind,
    /// In words, without URL and key.
    pub why: String,
    /// Until it failed.
    pub latency: Duration,
}

/// Why no complete answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// Connected, but the first byte or the whole answer took longer than its deadline.
    TimedOut,
    /// The name does not resolve, or only to addresses that are never asked.
    Dns,
    /// No connection: refused, unreachable, connect timeout, proxy.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The connection was closed or reset before an answer came.
    Reset,
    /// What came is not HTTP.
    Protocol,
    /// The answer began and its body broke off or cannot be decoded.
    Body,
    /// The client for this channel could not be built (its proxy), or its address not be read.
    Setup,
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no answer in time",
            Self::Dns => "the host's name does not resolve",
            Self::Connect => "no connection",
            Self::Tls => "TLS failed",
            Self::Reset => "the connection was closed without an answer",
            Self::Protocol => "the answer is not HTTP",
            Self::Body => "the answer's body broke off or cannot be decoded",
            Self::Setup => "the channel's proxy cannot be used",
        })
    }
}

/// Tells a reqwest error's sort by its flags and its chain of causes.
pub(super) fn sort(error: reqwest::Error) -> (TransportKind, String) {
    let error = error.without_url();
    let mut causes = Vec::new();
    let mut cause = error.source();
    let (mut tls, mut reset, mut unresolved) = (false, false, false);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            tls |= io.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
            reset |= matches!(
                io.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
            );
        }
        tls |= inner.is::<rustls::Error>();
        let words = inner.to_string();
        unresolved |= words == "dns error";
        reset |= words.contains("closed before message completed") || words.contains("connection closed");
        causes.push(words);
        cause = inner.source();
    }
    let kind = if error.is_connect() {
        match (unresolved, tls) {
            (true, _) => TransportKind::Dns,
            (false, true) => TransportKind::Tls,
            (false, false) => TransportKind::Connect,
        }
    } else if error.is_timeout() {
        TransportKind::TimedOut
    } else if error.is_decode() || error.is_body() {
        TransportKind::Body
    } else if tls {
        TransportKind::Tls
    } else if reset {
        TransportKind::Reset
    } else {
        TransportKind::Protocol
    };
    // The innermost cause says most: "Connection refused (os error 111)".
    let why = causes.pop().unwrap_or_else(|| error.to_string());
    (kind, crate::model::redact(&why, &[]))
}
