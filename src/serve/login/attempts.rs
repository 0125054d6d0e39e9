//! How often somebody may try to log in.
//!
//! Decides: so many attempts from one address, and so many in all. Must not know: how an attempt ended.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::{ApiError, Code};

/// From one address, in a minute; so many at once.
const FROM_ONE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// From all addresses together, in a minute.
const IN_ALL: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Addresses kept before those that rested are forgotten.
const ADDRESSES: usize = 1000;

/// Counts attempts.
pub(in crate::serve) struct Attempts {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    in_all: DefaultDirectRateLimiter,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            by_address: RateLimiter::keyed(Quota::per_minute(FROM_ONE)),
            in_all: RateLimiter::direct(Quota::per_minute(IN_ALL)),
        }
    }
}

impl Attempts {
    /// One more, if that may be.
    pub(super) fn one_more(&self, peer: Option<IpAddr>) -> Result<(), ApiError> {
        let wait = |until: NotUntil<_>| {
            let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let error =
                ApiError::new(Code::RateLimited, "too many attempts to log in", format!("try again in {seconds} s"));
            error.after(u32::try_from(seconds).unwrap_or(u32::MAX))
        };
        if self.by_address.len() > ADDRESSES {
            self.by_address.retain_recent();
        }
        // One address alone must not use up what is there for all.
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), network);
        self.by_address.check_key(&peer).map_err(wait)?;
        self.in_all.check().map_err(wait)
    }
}

/// Who has one IPv6 address has 2⁶⁴ of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_stopped_before_all_are() {
        let attempts = Attempts::default();
        let from = |address: &str| attempts.one_more(Some(address.parse().unwrap())).is_ok();
        assert!((0..FROM_ONE.get()).all(|_| from("192.0.2.1")));
        assert!(!from("192.0.2.1") && !from("::ffff:192.0.2.1"));
        assert!((0..FROM_ONE.get()).all(|n| from(&format!("2001:db8::{n:x}"))));
        assert!(!from("2001:db8::ffff") && from("2001:db8:0:1::1"));
        assert!(!(0..IN_ALL.get()).all(|n| from(&format!("198.51.100.{n}"))));
    }
}
