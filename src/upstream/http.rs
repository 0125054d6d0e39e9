//! THE HTTP client: the one place that builds one, and the one way a request leaves.
//!
//! Decides: TLS, proxies, deadlines, body caps, and what sort of failure a missing answer is.
//! Must not know: models, channels, what an answer means.

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Request, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, sleep_until};
use url::Host;

use super::dns::GuardedDns;
use crate::config::ProbeConfig;
use crate::model::Secret;

/// An HTTP answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body, decompressed, up to the cap.
    pub body: Vec<u8>,
    /// Whether there was (or may have been) more than `body` holds.
    pub truncated: bool,
    /// From sending the request to the last byte read.
    pub latency: Duration,
}

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
    /// The client for this channel could not be built (its proxy).
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

/// Clients for every route out: straight, by the system's proxy, by a channel's own proxy.
pub struct Http {
    limits: Limits,
    tls: ClientConfig,
    user_agent: String,
    /// Loopback is never asked through the system's proxy.
    direct: Client,
    system: Client,
    proxied: Mutex<HashMap<String, Client>>,
}

#[derive(Clone, Copy)]
struct Limits {
    connect: Duration,
    first_byte: Duration,
    total: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Builds the clients that need no channel.
    ///
    /// # Errors
    /// What in the configuration cannot be used: `probe.ca_file`, `probe.user_agent`.
    pub fn new(config: &ProbeConfig) -> Result<Self, String> {
        let tls = tls(config.ca_file.as_deref())?;
        let limits = Limits {
            connect: config.connect_timeout,
            first_byte: config.first_byte_timeout,
            total: config.timeout.max(Duration::from_millis(1)),
        };
        let build = |how: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder| {
            how(builder(&tls, limits, &config.user_agent)).build().map_err(|error| {
                format!("the HTTP client cannot be built (see probe.user_agent): {}", error.without_url())
            })
        };
        let (direct, system) = (build(reqwest::ClientBuilder::no_proxy)?, build(|builder| builder)?);
        Ok(Self { limits, direct, system, proxied: Mutex::default(), user_agent: config.user_agent.clone(), tls })
    }

    /// Sends `request` and reads at most `cap` bytes of the answer's body. Redirects are answers, never followed.
    ///
    /// # Errors
    /// No complete answer within the deadlines; its words hold neither URL nor key.
    pub async fn send(&self, request: Request, proxy: Option<&Secret>, cap: usize) -> Result<Reply, Transport> {
        self.send_until(request, proxy, cap, |_| false).await
    }

    /// As [`Http::send`], and stops reading as soon as `enough` says so of what was read so far.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn send_until(
        &self,
        request: Request,
        proxy: Option<&Secret>,
        cap: usize,
        mut enough: impl FnMut(&[u8]) -> bool + Send,
    ) -> Result<Reply, Transport> {
        let started = Instant::now();
        let fail = |kind, why: String| Transport { kind, why, latency: started.elapsed() };
        let late = |what: &str, after: Duration| {
            let after =
                humantime::format_duration(Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(0)));
            fail(TransportKind::TimedOut, format!("{what} within {after}"))
        };
        let client = self.client(&request, proxy).map_err(|why| fail(TransportKind::Setup, why))?;
        let Limits { first_byte, total, .. } = self.limits;
        let failed = |error| {
            let (kind, why) = sort(error);
            fail(kind, why)
        };
        // One timer for both deadlines: it is set on when the first byte is there.
        let mut deadline = pin!(sleep_until(started + first_byte.min(total)));
        let mut response = tokio::select! {
            response = client.execute(request) => response.map_err(failed)?,
            () = &mut deadline => return Err(late("no first byte", first_byte.min(total))),
        };
        deadline.as_mut().reset(started + total);
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let (body, truncated) = tokio::select! {
            read = read(response, cap, &mut enough) => read.map_err(failed)?,
            () = deadline => return Err(late("no complete answer", total)),
        };
        Ok(Reply { status, headers, body, truncated, latency: started.elapsed() })
    }

    fn client(&self, request: &Request, proxy: Option<&Secret>) -> Result<Client, String> {
        let Some(proxy) = proxy else {
            let loopback = match request.url().host() {
                Some(Host::Ipv4(v4)) => v4.is_loopback(),
                Some(Host::Ipv6(v6)) => v6.is_loopback(),
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                None => false,
            };
            return Ok(if loopback { self.direct.clone() } else { self.system.clone() });
        };
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = proxied.get(proxy.expose()) {
            return Ok(client.clone());
        }
        let form = "write it as http://, https://, socks5:// or socks5h://host:port";
        let route = reqwest::Proxy::all(proxy.expose()).map_err(|_| format!("it cannot be read: {form}"))?;
        let client = builder(&self.tls, self.limits, &self.user_agent)
            .proxy(route)
            .build()
            .map_err(|_| format!("no client can be built with it: {form}"))?;
        proxied.insert(proxy.expose().to_owned(), client.clone());
        Ok(client)
    }
}

/// Reads the body up to `cap`; says whether more was left.
async fn read(
    mut response: Response,
    cap: usize,
    enough: &mut impl FnMut(&[u8]) -> bool,
) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let expected = response.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(expected.min(cap));
    while let Some(chunk) = response.chunk().await? {
        let room = cap - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room || enough(&body) {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

#[expect(clippy::disallowed_methods, reason = "the one constructor of HTTP clients")]
fn builder(tls: &ClientConfig, limits: Limits, user_agent: &str) -> reqwest::ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        // Following one could carry the key to another host, and says that the channel's address is wrong.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .dns_resolver(Arc::new(GuardedDns))
        .connect_timeout(limits.connect)
        .pool_idle_timeout(Duration::from_secs(90))
        .tcp_keepalive(Duration::from_secs(30))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .user_agent(user_agent)
}

/// Mozilla's roots, the system's and the operator's: containers often have none, companies have their own.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let unreadable = |error: &dyn fmt::Display| {
            format!("probe.ca_file {}: {error}; it must hold certificates in PEM form", path.display())
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
        let mut read = 0;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
            read += 1;
        }
        if read == 0 {
            return Err(unreadable(&"no certificate found"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // reqwest sets no ALPN on a preconfigured backend: without this every connection is HTTP/1.1.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// Tells a reqwest error's sort by its flags and its chain of causes.
fn sort(error: reqwest::Error) -> (TransportKind, String) {
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
    (kind, super::redact(&why, &[]))
}
