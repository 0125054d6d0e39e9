//! Which names are ours, and which pages.
//!
//! Decides: that a request comes to a name of ours (DNS rebinding), and from a page of ours (CSRF).
//! Must not know: tokens and sessions.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use url::{Position, Url};

use super::{ApiError, Code};

/// Where people open us.
#[derive(Debug)]
pub(super) struct Origins {
    /// `web.public_url`.
    public: Option<Url>,
}

impl Origins {
    pub(super) fn new(public_url: Option<&str>) -> Self {
        Self { public: public_url.and_then(|url| Url::parse(url).ok()) }
    }

    /// The name that we were called by is loopback's, or that of `public_url`.
    pub(super) fn require_own_name(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let host = host(headers).map(without_port);
        let public = self.public.as_ref().and_then(Url::host_str);
        let own = |host: &str| is_loopback(host) || public.is_some_and(|public| public.eq_ignore_ascii_case(host));
        if host.is_some_and(own) {
            return Ok(());
        }
        Err(ApiError::new(
            Code::Forbidden,
            "without web.read_token we answer to loopback's names only",
            "open http://127.0.0.1 and our port; or set web.public_url to the address that you open, or web.read_token",
        ))
    }

    /// What a browser tells of the page that sends this, if it is a browser: that page is ours.
    pub(super) fn require_own(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let foreign = || {
            Err(ApiError::new(
                Code::Forbidden,
                "this was sent by a page of another site",
                "where a proxy stands in front, set web.public_url to the address that you open",
            ))
        };
        if headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site") {
            return foreign();
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        // `null`, too, is nobody's page.
        let Some(origin) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else { return foreign() };
        let same = |public: &Url| public.origin() == origin.origin();
        let authority = &origin[Position::BeforeHost..Position::AfterPort];
        let called = host(headers).is_some_and(|host| host.eq_ignore_ascii_case(authority));
        if called || self.public.as_ref().is_some_and(same) { Ok(()) } else { foreign() }
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        Some(_) | None => host,
    }
}

fn is_loopback(name: &str) -> bool {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn names_that_are_ours() {
        let origins = Origins::new(Some("https://cw.example.com"));
        let own = |host: &str| origins.require_own_name(&headers(&[("host", host)])).is_ok();
        for host in
            ["127.0.0.1", "127.0.0.1:8000", "127.1.2.3:1", "[::1]:8000", "[::1]", "LocalHost:8000", "cw.Example.com"]
        {
            assert!(own(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8000",
            "10.0.0.1",
            "",
            "evil@127.0.0.1",
            "[::2]",
        ] {
            assert!(!own(host), "{host}");
        }
        assert!(origins.require_own_name(&headers(&[])).is_err());
    }

    #[test]
    fn pages_that_are_ours() {
        let origins = Origins::new(Some("https://cw.example.com/"));
        let own =
            |origin: &str| origins.require_own(&headers(&[("host", "127.0.0.1:8000"), ("origin", origin)])).is_ok();
        assert!(own("http://127.0.0.1:8000") && own("https://cw.example.com"));
        for origin in [
            "null",
            "",
            "http://127.0.0.1:9000",
            "http://cw.example.com",
            "https://cw.example.com:444",
            "https://evil.example",
        ] {
            assert!(!own(origin), "{origin}");
        }
        assert!(origins.require_own(&headers(&[])).is_ok());
        assert!(origins.require_own(&headers(&[("sec-fetch-site", "cross-site")])).is_err());
        assert!(origins.require_own(&headers(&[("sec-fetch-site", "same-origin")])).is_ok());
    }
}
