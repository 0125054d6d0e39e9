//! Which addresses a name may lead to.
//!
//! Decides: cloud metadata and link-local addresses are never asked, also behind a name. Must not know: why we ask.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves as the system does, then leaves out what [`forbidden`] forbids.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardedDns;

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| !forbidden(address.ip())).collect();
            if allowed.is_empty() {
                let why = "the name leads to no address, or to a link-local or metadata address only";
                return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, why).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Link-local addresses, among them the metadata services of the clouds.
pub(crate) fn forbidden(address: IpAddr) -> bool {
    const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    const AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == ALIBABA,
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6 == AWS,
    }
}
