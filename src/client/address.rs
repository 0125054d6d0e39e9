//! An address that a person gave, and a token for it.
//!
//! Decides: which can be used, and how a client for it is made. Must not know: what is asked there.

use std::time::Duration;

use reqwest::header::HeaderValue;
use url::Url;

use crate::config::ProbeConfig;
use crate::http::Http;
use crate::model::Secret;

/// An address of a web server, without anything secret in it.
pub(super) fn read(url: &str) -> Result<Url, String> {
    let form = "write it as http://host:port or https://host";
    let url = Url::parse(url).map_err(|error| format!("the address cannot be read ({error}): {form}"))?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err(format!("that is no address of a web server: {form}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address has a user or password in it; give the token by its own option".to_owned());
    }
    Ok(url)
}

/// What goes into `Authorization`; never shown.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose().trim()))
        .map_err(|_| "the token has characters in it that no token has".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// A client for this address, whose answers may take so long.
pub(super) fn http(url: &Url, patience: Duration) -> Result<Http, String> {
    let limits = ProbeConfig {
        connect_timeout: patience.min(Duration::from_secs(10)),
        first_byte_timeout: patience,
        timeout: patience,
        ..ProbeConfig::default()
    };
    Http::for_address(url, &limits)
}
