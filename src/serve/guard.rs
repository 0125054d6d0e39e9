//! Who may read, and who may act.
//!
//! Decides: what a token, a session and an origin give the right to. Reading and acting are two rights: without
//! `web.act_token` nobody acts, and without `web.read_token` only loopback reads (`config` refuses any other address).
//! Must not know: what is read or done.

mod origin;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa_axum::router::OpenApiRouter;

use self::origin::Origins;
use super::App;
use super::api::{ApiError, Code};
use super::login::{Attempts, Way};
use super::session::{SessionId, Sessions};
use crate::clock;
use crate::config::{SecretRef, WebConfig};

/// The cookie that says which session a browser is in.
pub(super) const COOKIE: &str = "channelwarden_session";
/// The header that our own page sends with each mutation.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";

/// What a token gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// To look at everything.
    Read,
    /// To read, and to act.
    Act,
}

/// What whoever asks may do: handlers behind [`Guard::reads`] and [`Guard::acts`] find it among the request's
/// extensions.
#[derive(Clone, Debug)]
pub struct Rights {
    /// Look at everything.
    pub may_read: bool,
    /// Scan, approve, reject, undo, hold.
    pub may_act: bool,
    /// The session that says so, where it was not a token sent along.
    pub(super) session: Option<SessionId>,
}

impl Rights {
    /// Those of whoever may read and write our store's file: it calls the [`router`](super::router) in its own process and
    /// sends them along as an extension of the request, which nothing that comes over a socket can.
    pub fn of_owner() -> Self {
        Self::of(Right::Act, None)
    }

    pub(super) fn of(right: Right, session: Option<SessionId>) -> Self {
        Self { may_read: true, may_act: right == Right::Act, session }
    }
}

/// Keeps the rights. Cheap to clone.
#[derive(Clone)]
pub struct Guard(pub(super) Arc<Inner>);

/// A token as it is kept: not the token.
type TokenDigest = [u8; 32];

pub(super) struct Inner {
    read: Option<TokenDigest>,
    act: Option<TokenDigest>,
    origins: Origins,
    /// Whether people come by https: then cookies go over nothing else.
    pub(super) secure: bool,
    pub(super) sessions: Sessions,
    pub(super) attempts: Attempts,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Guard {
    /// Reads the tokens and keeps their SHA-256 only.
    ///
    /// # Errors
    /// A sentence on the key whose secret cannot be read; never the secret.
    pub fn new(config: &WebConfig) -> Result<Self, String> {
        let digest = |key: &str, token: &Option<SecretRef>| {
            let token =
                token.as_ref().map(SecretRef::resolve).transpose().map_err(|why| format!("web.{key}: {why}"))?;
            Ok::<_, String>(token.map(|token| Sha256::digest(token.expose()).into()))
        };
        let public = config.public_url.as_deref();
        Ok(Self(Arc::new(Inner {
            read: digest("read_token", &config.read_token)?,
            act: digest("act_token", &config.act_token)?,
            origins: Origins::new(public),
            secure: public.is_some_and(|url| url.starts_with("https:")),
            sessions: Sessions::default(),
            attempts: Attempts::default(),
        })))
    }

    /// Without any token of the configuration: for a router that no socket leads to.
    pub(super) fn of_owner() -> Self {
        Self(Arc::new(Inner {
            read: None,
            act: None,
            origins: Origins::new(None),
            secure: false,
            sessions: Sessions::default(),
            attempts: Attempts::default(),
        }))
    }

    /// Whether reading needs a token.
    pub(super) fn reading_needs_a_token(&self) -> bool {
        self.0.read.is_some()
    }

    /// Whether there is a token to act with.
    pub(super) fn acting_is_possible(&self) -> bool {
        self.0.act.is_some()
    }

    /// What a token gives. Every token is compared, whole, whatever the others said.
    pub(super) fn right_of(&self, token: &str) -> Option<Right> {
        let sent: TokenDigest = Sha256::digest(token).into();
        let is = |kept: Option<TokenDigest>| kept.is_some_and(|kept| bool::from(kept.ct_eq(&sent)));
        match (is(self.0.act), is(self.0.read)) {
            (true, _) => Some(Right::Act),
            (false, true) => Some(Right::Read),
            (false, false) => None,
        }
    }

    /// What the session gives that whoever asks is in, or no session.
    ///
    /// # Errors
    /// They call us by a name that is none of ours.
    pub(super) fn rights_by_session(&self, headers: &HeaderMap, now: Timestamp) -> Result<Rights, ApiError> {
        self.require_own_name(headers)?;
        for id in cookies(headers) {
            if let Some(right) = self.0.sessions.right(&id, now) {
                return Ok(Rights::of(right, Some(id)));
            }
        }
        Ok(Rights { may_read: self.0.read.is_none(), may_act: false, session: None })
    }

    /// What the asker brings along from within this process, or the token gives that was sent, or else the session.
    ///
    /// # Errors
    /// A wrong token, too many of them, or a name that is none of ours.
    fn rights(&self, request: &Request) -> Result<Rights, ApiError> {
        if let Some(rights) = request.extensions().get::<Rights>() {
            return Ok(rights.clone());
        }
        let headers = request.headers();
        let Some(token) = bearer(headers) else { return self.rights_by_session(headers, clock::now()) };
        self.require_own_name(headers)?;
        let peer = request.extensions().get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| peer.ip());
        let right = self.0.attempts.compare(Way::Header, peer, || self.right_of(token))?;
        right.map(|right| Rights::of(right, None)).ok_or_else(|| {
            ApiError::new(
                Code::Unauthorized,
                "this token is neither web.read_token nor web.act_token",
                "check it for a typing error",
            )
        })
    }

    /// A page of somebody else's whose name was made to point at us would read as we ourselves do.
    fn require_own_name(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if self.0.read.is_none() { self.0.origins.require_own_name(headers) } else { Ok(()) }
    }

    /// Whether what these rights came by is still in force: a stream that they opened ends with the session.
    pub(super) fn still(&self, rights: &Rights, now: Timestamp) -> bool {
        rights.session.as_ref().is_none_or(|id| self.0.sessions.lasts(id, now))
    }

    /// That a mutation comes from our own page, or from no page at all.
    ///
    /// # Errors
    /// It comes from a foreign one, or by a session without its `X-CSRF-Token`.
    pub(super) fn require_own_page(&self, headers: &HeaderMap, session: Option<&SessionId>) -> Result<(), ApiError> {
        self.0.origins.require_own(headers)?;
        let sent = headers.get(CSRF_HEADER).map_or(&b""[..], |value| value.as_bytes());
        match session {
            Some(session) if !session.has_csrf(sent) => Err(ApiError::new(
                Code::Forbidden,
                "the header X-CSRF-Token is missing or not this session's",
                "GET /api/session tells it as `csrf`; a token in `Authorization: Bearer` needs none",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// These routes only for who may read.
    pub fn reads(&self, router: OpenApiRouter<App>) -> OpenApiRouter<App> {
        router.route_layer(from_fn_with_state(self.clone(), may_read))
    }

    /// These routes only for who may act.
    pub fn acts(&self, router: OpenApiRouter<App>) -> OpenApiRouter<App> {
        router.route_layer(from_fn_with_state(self.clone(), may_act))
    }

    fn for_reading(&self, request: &Request) -> Result<Rights, ApiError> {
        let rights = self.rights(request)?;
        if rights.may_read {
            return Ok(rights);
        }
        let hint = "log in, or send web.read_token as `Authorization: Bearer …`";
        Err(ApiError::new(Code::Unauthorized, "reading needs a token", hint))
    }

    fn for_acting(&self, request: &Request) -> Result<Rights, ApiError> {
        let rights = self.rights(request)?;
        self.require_own_page(request.headers(), rights.session.as_ref())?;
        if rights.may_act {
            return Ok(rights);
        }
        if !self.acting_is_possible() {
            let hint = "set web.act_token in the configuration (16 characters or more), and log in with it";
            return Err(ApiError::new(Code::Forbidden, "nobody acts over HTTP here: there is no web.act_token", hint));
        }
        let hint = "log in with web.act_token, or send it as `Authorization: Bearer …`";
        let nobody = rights.session.is_none() && bearer(request.headers()).is_none();
        Err(if nobody {
            ApiError::new(Code::Unauthorized, "acting needs a token", hint)
        } else {
            ApiError::new(Code::Forbidden, "this token may only read", hint)
        })
    }
}

async fn may_read(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    pass(guard.for_reading(&request), request, next).await
}

async fn may_act(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    pass(guard.for_acting(&request), request, next).await
}

async fn pass(rights: Result<Rights, ApiError>, mut request: Request, next: Next) -> Response {
    match rights {
        Ok(rights) => {
            request.extensions_mut().insert(rights);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// The token that was sent along. Another scheme than `Bearer` is a proxy's, and not for us.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session ids among the cookies: another program on our host may have set one of the same name.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = SessionId> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, id)| SessionId::sent(id)).take(4)
}
