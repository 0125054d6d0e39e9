//! THE HTTP client: the one place that builds one, and the one way a request leaves.
//!
//! Decides: TLS, proxies, which connection, deadlines, body caps, and what sort of failure a missing answer is.
//! Must not know: models, channels, what an answer means.

mod client;
mod connections;
mod dns;
mod failure;

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Request};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep_until};
use url::{Host, Url};

pub(crate) use self::client::authorities;
use self::client::{builder, no_tls, tls};
use self::connections::Connections;
pub(crate) use self::dns::forbidden;
use self::failure::sort;
pub use self::failure::{Transport, TransportKind};
use crate::config::ProbeConfig;
use crate::model::{Secret, Timing};

/// The longest that a stream may stand still once its first token has come; less where the first byte must come sooner.
/// Before the first token a model may think in silence: then each event may take as long as a first byte.
const STANDSTILL: Duration = Duration::from_secs(30);
/// How long after its end a stream is still read: the counts may follow, and the connection can be used again.
const AFTERWARDS: Duration = Duration::from_secs(1);

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

/// How a request leaves, and how much of its answer is read.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The channel's own proxy.
    pub proxy: Option<&'a Secret>,
    /// At most this many bytes of the body are read.
    pub cap: usize,
    /// On a connection that nothing else uses or used.
    pub fresh: bool,
}

/// Somebody who watches a body come.
pub trait Watch: Send {
    /// Whether the body is a stream, which may not stand still.
    fn streams(&self) -> bool;

    /// All of the body that is there `at` so many milliseconds from the request: called when more of it has come.
    fn see(&mut self, body: &[u8], at: u32) -> Seen;
}

/// What a watcher saw in the newest piece of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that shows progress: comments, half an event.
    Nothing,
    /// An event; nothing was said yet.
    Event,
    /// An event of an answer that has begun.
    Token,
    /// The answer is complete, whatever may follow.
    Ended,
    /// No more need be read.
    Enough,
}

/// Nobody watches: a whole answer.
struct Unwatched;

impl Watch for Unwatched {
    fn streams(&self) -> bool {
        false
    }

    fn see(&mut self, _: &[u8], _: u32) -> Seen {
        Seen::Nothing
    }
}

/// Clients for every route out: straight, by the system's proxy, by a channel's own proxy.
pub struct Http {
    limits: Limits,
    tls: ClientConfig,
    user_agent: String,
    /// Loopback is never asked through the system's proxy.
    direct: Route,
    system: Route,
    proxied: Mutex<HashMap<String, Route>>,
    connections: Connections,
}

/// One route's clients.
#[derive(Clone)]
struct Route {
    /// Uses connections again.
    kept: Client,
    /// Never does.
    fresh: Client,
}

impl Route {
    fn build(how: impl Fn() -> reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        Ok(Self { kept: how().build()?, fresh: how().pool_max_idle_per_host(0).build()? })
    }
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
        Self::build(config, tls(config.ca_file.as_deref())?)
    }

    /// The same for this address alone: where it is not https, no certificates are read, which takes most of the time.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn for_address(address: &Url, config: &ProbeConfig) -> Result<Self, String> {
        Self::build(config, if address.scheme() == "https" { tls(config.ca_file.as_deref())? } else { no_tls()? })
    }

    fn build(config: &ProbeConfig, tls: ClientConfig) -> Result<Self, String> {
        let limits = Limits {
            connect: config.connect_timeout,
            first_byte: config.first_byte_timeout,
            total: config.timeout.max(Duration::from_millis(1)),
        };
        let build = |how: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder| {
            Route::build(|| how(builder(&tls, limits.connect, &config.user_agent))).map_err(|error| {
                format!("the HTTP client cannot be built (see probe.user_agent): {}", error.without_url())
            })
        };
        let (direct, system) = (build(reqwest::ClientBuilder::no_proxy)?, build(|builder| builder)?);
        let (proxied, connections) = (Mutex::default(), Connections::default());
        Ok(Self { limits, direct, system, proxied, connections, user_agent: config.user_agent.clone(), tls })
    }

    /// Sends `request` and reads at most `cap` bytes of the answer's body. Redirects are answers, never followed.
    ///
    /// # Errors
    /// No complete answer within the deadlines; its words hold neither URL nor key.
    pub async fn send(&self, request: Request, proxy: Option<&Secret>, cap: usize) -> Result<Reply, Transport> {
        self.send_watched(request, Way { proxy, cap, fresh: false }, &mut Timing::default(), &mut Unwatched).await
    }

    /// Asks an address with GET, and reads at most `cap` bytes of what it says.
    ///
    /// # Errors
    /// As [`Http::send`]; the address stands in no word of it.
    pub async fn get(&self, url: &str, cap: usize) -> Result<Reply, Transport> {
        let url = Url::parse(url).map_err(|error| Transport {
            kind: TransportKind::Setup,
            why: format!("its address cannot be read: {error}"),
            latency: Duration::ZERO,
        })?;
        self.send(Request::new(Method::GET, url), None, cap).await
    }

    /// As [`Http::send`], on the way that is asked for: notes when what came, and shows `watch` the body as it comes. A
    /// stream that stands still has failed, unless its answer is complete; what keeps the connection open but is no event
    /// is no progress.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn send_watched<W: Watch>(
        &self,
        request: Request,
        way: Way<'_>,
        timing: &mut Timing,
        watch: &mut W,
    ) -> Result<Reply, Transport> {
        let started = Instant::now();
        let fail = |kind, why: String| Transport { kind, why, latency: started.elapsed() };
        let late = |what: &str, after: Duration| {
            let after =
                humantime::format_duration(Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(0)));
            fail(TransportKind::TimedOut, format!("{what} {after}"))
        };
        let failed = |error| {
            let (kind, why) = sort(error);
            fail(kind, why)
        };
        let millis = || u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        let client = self.client(&request, way).map_err(|why| fail(TransportKind::Setup, why))?;
        let Limits { first_byte, total, .. } = self.limits;
        // One timer for all deadlines: it is set on as the answer comes.
        let mut deadline = pin!(sleep_until(started + first_byte.min(total)));
        // What is there counts, also when our own machine stood still until after the deadline.
        let mut response = tokio::select! {
            biased;
            response = client.execute(request) => response.map_err(failed)?,
            () = &mut deadline => return Err(late("no first byte within", first_byte.min(total))),
        };
        timing.headers_ms = Some(millis());
        timing.cold = way.fresh || self.connections.is_new(&response, started);
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let end = started + total;
        let mut patience = if watch.streams() { first_byte } else { total };
        deadline.as_mut().reset(end.min(Instant::now() + patience));
        let expected = response.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let mut body = Vec::with_capacity(expected.min(way.cap));
        let (mut begun, mut complete) = (false, false);
        let truncated = loop {
            let chunk = tokio::select! {
                biased;
                chunk = response.chunk() => match chunk {
                    // What was said stays said: the stream is cut off, which its reader sees by the missing end.
                    Err(_) if begun => break false,
                    chunk => chunk.map_err(failed)?,
                },
                () = &mut deadline => match complete {
                    true => break true,
                    false if Instant::now() >= end => return Err(late("no complete answer within", total)),
                    false => return Err(late("the stream stood still for", patience)),
                },
            };
            let Some(chunk) = chunk else { break false };
            let at = millis();
            timing.first_byte_ms.get_or_insert(at);
            let room = way.cap - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            let seen = watch.see(&body, at);
            patience = match seen {
                Seen::Enough => break true,
                Seen::Event | Seen::Token | Seen::Ended | Seen::Nothing if chunk.len() > room => break true,
                Seen::Nothing => continue,
                Seen::Event => first_byte,
                Seen::Token => first_byte.min(STANDSTILL),
                Seen::Ended => AFTERWARDS,
            };
            begun |= matches!(seen, Seen::Token | Seen::Ended);
            complete |= seen == Seen::Ended;
            deadline.as_mut().reset(end.min(Instant::now() + patience));
        };
        Ok(Reply { status, headers, body, truncated, latency: started.elapsed() })
    }

    fn client(&self, request: &Request, way: Way<'_>) -> Result<Client, String> {
        let pick = |route: &Route| if way.fresh { route.fresh.clone() } else { route.kept.clone() };
        let Some(proxy) = way.proxy else {
            let loopback = match request.url().host() {
                Some(Host::Ipv4(v4)) => v4.is_loopback(),
                Some(Host::Ipv6(v6)) => v6.is_loopback(),
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                None => false,
            };
            return Ok(pick(if loopback { &self.direct } else { &self.system }));
        };
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = proxied.get(proxy.expose()) {
            return Ok(pick(route));
        }
        let form = "write it as http://, https://, socks5:// or socks5h://host:port";
        let by = reqwest::Proxy::all(proxy.expose()).map_err(|_| format!("it cannot be read: {form}"))?;
        let route = Route::build(|| builder(&self.tls, self.limits.connect, &self.user_agent).proxy(by.clone()))
            .map_err(|_| format!("no client can be built with it: {form}"))?;
        let client = pick(&route);
        proxied.insert(proxy.expose().to_owned(), route);
        Ok(client)
    }
}
