//! The one constructor of HTTP clients.
//!
//! Decides: TLS, redirects, keep-alive. Must not know: requests.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::dns::GuardedDns;

#[expect(clippy::disallowed_methods, reason = "the one constructor of HTTP clients")]
pub(super) fn builder(tls: &ClientConfig, connect_timeout: Duration, user_agent: &str) -> reqwest::ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        // Following one could carry the key to another host, and says that the channel's address is wrong.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .dns_resolver(Arc::new(GuardedDns))
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(Duration::from_secs(90))
        .tcp_keepalive(Duration::from_secs(30))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .user_agent(user_agent)
}

/// Mozilla's roots, the system's and the operator's: containers often have none, companies have their own.
pub(super) fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(authorities(ca_file)?);
    trusting(roots)
}

/// Nobody's: for addresses that are not https.
pub(super) fn no_tls() -> Result<ClientConfig, String> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, String> {
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

/// The system's certificate authorities, as far as they can be read, and the operator's.
pub(crate) fn authorities(ca_file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut authorities = rustls_native_certs::load_native_certs().certs;
    let is_readable = |authority: &CertificateDer<'_>| RootCertStore::empty().add(authority.clone().into_owned());
    authorities.retain(|authority| is_readable(authority).is_ok());
    if let Some(path) = ca_file {
        let unreadable = |error: &dyn fmt::Display| {
            format!("probe.ca_file {}: {error}; it must hold certificates in PEM form", path.display())
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
        let before = authorities.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            is_readable(&certificate).map_err(|error| unreadable(&error))?;
            authorities.push(certificate);
        }
        if authorities.len() == before {
            return Err(unreadable(&"no certificate found"));
        }
    }
    Ok(authorities)
}
